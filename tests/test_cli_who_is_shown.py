"""What the commands say beside their numbers: who is simulated, and where a drug is a weak problem."""

from dataclasses import replace

import pytest
from pmrl_command import numbers, run
from small_comparison import comparison, results

from pmrl.envs.registry import THERAPIES, therapy
from pmrl.experiments.limitations import limitations


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            (),
            "one random patient of this description (seed 1; --typical shows the typical one); "
            "CYP2C9, VKORC1, CYP4F2, rs12777823 not given: average of European ancestry",
        ),
        (
            ("--typical", "--genotype", "CYP2C9=*1/*3", "--ancestry", "African"),
            "the typical patient, without random effects; CYP2C9 *1/*3; "
            "VKORC1, CYP4F2, rs12777823 not given: average of African ancestry",
        ),
        (("--patients", 3, "--seed", 2), "3 random patients of this description (seed 2), median and 90%"),
    ],
)
def test_simulate_says_who_is_shown(monkeypatch, capsys, tmp_path, wish, said):
    file = tmp_path / "numbers.json"
    code, out, _ = run(monkeypatch, capsys, "simulate", "warfarin", "--days", 3, *wish, "--json", file)
    assert code == 0
    assert f"Shown: {said}" in out
    assert said in numbers(file)["shown"]


def test_a_drug_without_genes_says_nothing_of_them(monkeypatch, capsys):
    genes = [drug for drug in THERAPIES if not therapy(drug).population.genes]
    for drug in genes:
        _, out, _ = run(monkeypatch, capsys, "simulate", drug, "--days", 2)
        assert "not given" not in out


@pytest.mark.parametrize("drug", THERAPIES)
def test_the_card_says_what_is_weak_and_what_is_left_out(monkeypatch, capsys, tmp_path, drug):
    one = therapy(drug)
    code, out, _ = run(monkeypatch, capsys, "drugs", "--card", drug, "--json", tmp_path / "card.json")
    assert code == 0
    card = numbers(tmp_path / "card.json")
    assert card["largest_dose_wins"] == (one.largest_dose_wins or None)
    assert card["caveats"] == list(one.caveats)
    table = out.index("every number")
    assert out.startswith("Weak dosing problem: ") is bool(one.largest_dose_wins)
    assert one.largest_dose_wins in out[:table]
    for caveat in one.caveats:
        assert f"- {caveat}\n" in out[table:]


def test_a_report_says_that_the_problem_is_weak():
    usual = comparison()
    weak = replace(usual, therapy=replace(usual.therapy, largest_dose_wins="More is always better."))
    found = limitations(weak, results())
    assert found[0].startswith("The patients are simulated.")
    assert found[1] == "Weak dosing problem: More is always better."
    assert [text for text in found if text != found[1]] == limitations(usual, results())
