"""`pmrl validate` of a drug without recorded doses, `pmrl calibrate`, the table of the posterior ablation."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pmrl_command import numbers, run
from test_cli_errors import HEADER, ROW

from pmrl.agents.registry import policy
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments import calibration, commands_science, posterior_ablation
from pmrl.experiments.posterior_ablation import TEST_SEED, ablate, as_row, main
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.models.calibration_file import read_calibration
from pmrl.models.registry import model

SHIPPED = read_calibration(calibration.FILE)


def test_validate_of_another_drug_is_of_its_published_results(
    monkeypatch: Any, capsys: Any, tmp_path: Path
) -> None:
    code, out, err = run(monkeypatch, capsys, "validate", "efavirenz", "--json", tmp_path / "found.json")
    assert (code, err) == (0, "")
    found, expected = numbers(tmp_path / "found.json")["anchors"], model("sanchez-2011").anchors
    assert [anchor["what"] for anchor in found] == [anchor.what for anchor in expected]
    holding = sum(anchor["ok"] for anchor in found)
    assert f"anchors: {holding} of {len(expected)} hold" in out
    # What does not hold is said, with the reason where it is known.
    assert out.count("  miss: ") == len(expected) - holding


def test_a_miss_is_shown_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"what": "AUC", "expected": 2.0, "got": 2.54321, "ok": False, "known_miss": "no lag time"}
    fine = {**row, "ok": True}
    commands_science._print_anchors([row, fine, {**row, "what": "peak", "known_miss": ""}])
    assert capsys.readouterr().out.splitlines() == [
        "anchors: 1 of 3 hold",
        "  miss: AUC: expected 2, got 2.543 (no lag time)",
        "  miss: peak: expected 2, got 2.543",
    ]


def refitted(monkeypatch: pytest.MonkeyPatch, **changed: float) -> None:
    """The refit gives the shipped numbers but for some."""
    fitted = {**SHIPPED["fitted"], **changed}
    record = {**SHIPPED, "fitted": fitted}
    refit = SimpleNamespace(fitted=fitted, record=record)

    def calibrate(table: Any, progress: Any = None) -> Any:
        assert len(table) > 0
        progress(1.0)
        return refit

    monkeypatch.setattr(calibration, "calibrate", calibrate)


def test_calibrate_says_which_numbers_it_finds_again(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    name = next(iter(SHIPPED["fitted"]))
    refitted(monkeypatch, **{name: 1.5 * SHIPPED["fitted"][name]})
    code, out, err = run(monkeypatch, capsys, "calibrate", "warfarin", "--json", tmp_path / "found.json")
    assert (code, err) == (0, "")
    found = numbers(tmp_path / "found.json")
    assert found["reproduced"] == {one: one != name for one in SHIPPED["fitted"]}
    assert found["shipped"] == SHIPPED["fitted"]
    assert out.count(" NO ") == 1


def test_calibrate_on_other_patients_reproduces_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    refitted(monkeypatch)
    cohort = tmp_path / "clinic.csv"
    cohort.write_text(HEADER + ROW)
    target = tmp_path / "found.json"
    code, _, err = run(monkeypatch, capsys, "calibrate", "warfarin", "--cohort", cohort, "--json", target)
    assert (code, err) == (0, "")
    assert numbers(target)["reproduced"] is None


@pytest.mark.parametrize(
    ("drug", "part"), [("phenytoin", "warfarin"), ("wafarin", "did you mean 'warfarin'")]
)
def test_what_cannot_be_calibrated_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, drug: str, part: str
) -> None:
    monkeypatch.setattr(calibration, "calibrate", lambda *_, **__: pytest.fail("calibrated"))
    code, _, err = run(monkeypatch, capsys, "calibrate", drug)
    assert (code, err.count("\n")) == (2, 1)
    assert part in err


def trained_as(monkeypatch: pytest.MonkeyPatch, **policies: str) -> None:
    """Trainings end at once in a rule: by algorithm, which."""

    def run_training(name: str, of: Any, scenario: Any, seed: int, threads: int, steps: int) -> Any:
        assert scenario.cohort == "train"
        return SimpleNamespace(policy=policy(policies[name.replace("-", "_")], of), seconds=float(seed))

    monkeypatch.setattr(posterior_ablation, "run_training", run_training)


def test_an_ablation_is_the_paired_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    warfarin = therapy("warfarin")
    trained_as(monkeypatch, ppo="fixed", ppo_posterior="aurora")
    found = ablate(warfarin, "ppo", (1, 2), 64, 20)
    fixed, aurora = (
        outcomes(rollout(policy(name, warfarin), warfarin, Scenario(cohort="test"), 20, TEST_SEED), warfarin)
        for name in ("fixed", "aurora")
    )
    gain = aurora["ttr"] - fixed["ttr"]
    assert (found.labs, found.posterior) == pytest.approx((fixed["ttr"].mean(), aurora["ttr"].mean()))
    assert found.differences == pytest.approx((gain.mean(), gain.mean()))
    assert found.difference.mean == pytest.approx(gain.mean())
    assert found.difference.low < gain.mean() < found.difference.high
    assert found.seconds == (1.5, 1.5)
    cells = [cell.strip() for cell in as_row("warfarin", "ppo", 1000, found).strip("|").split("|")]
    assert cells[:3] == ["warfarin", "ppo", "1,000"]
    assert cells[3] == f"{100 * fixed['ttr'].mean():.1f}"


def test_the_ablation_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    trained_as(monkeypatch, dqn="fixed", dqn_posterior="fixed")
    monkeypatch.setattr(ablate, "__defaults__", (20,))
    assert main(["warfarin", "--algorithm", "dqn", "--seeds", "1", "--steps", "64"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("| warfarin | dqn | 64 |")
    assert "+0.0 (+0.0 to +0.0)" in out
    assert main(["wafarin"]) == 2
    assert "did you mean 'warfarin'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["warfarin", "--algorithm", "sac"])


def test_the_shipped_calibration_is_plain_json() -> None:
    assert json.loads(json.dumps(SHIPPED, allow_nan=False)) == SHIPPED
    assert all(np.isfinite(value) for value in SHIPPED["fitted"].values())
