"""The audit by model inversion: what a first dose reveals of a genotype, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pmrl_command import numbers, run
from private_cohort import write_cohort

from pmrl.agents.registry import policy
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.experiments.inversion import (
    LIKELIHOODS,
    area,
    attack,
    first_doses,
    guesses,
    membership_gap,
    posterior,
)
from pmrl.experiments.suspects import distinct_patients, suspects
from pmrl.iwpc import part

WARFARIN = therapy("warfarin")


@pytest.fixture(scope="module")
def people():
    return suspects(WARFARIN, "test", 1, 120)


@pytest.fixture(scope="module")
def stable():
    return suspects(WARFARIN, "test", 1, 120, stable_only=True)


@pytest.mark.parametrize("knows", LIKELIHOODS)
@pytest.mark.parametrize("rule", ["fixed", "gage-clinical", "random"])
def test_a_rule_that_knows_no_genotype_reveals_none(stable, rule: str, knows: str) -> None:
    found, _ = attack(policy(rule, WARFARIN), stable, 1, knows)
    assert set(found) == {"all genes", "CYP2C9", "VKORC1"}
    for row in found.values():
        assert row["gain"] == {"mean": 0.0, "ci": [0.0, 0.0]}
        assert row["area_gain"] == {"mean": 0.0, "ci": [0.0, 0.0]}


@pytest.mark.parametrize("rule", ["gage", "iwpc"])
def test_a_dose_by_genotype_reveals_it(people, rule: str) -> None:
    found, _ = attack(policy(rule, WARFARIN), people, 1)
    for gene in ("all genes", "VKORC1"):
        assert found[gene]["gain"]["ci"][0] > 0.1
        assert found[gene]["accuracy"]["mean"] > found[gene]["accuracy_without"]["mean"]
    assert found["VKORC1"]["area_gain"]["ci"][0] > 0.05


def test_the_recorded_stable_doses_are_those_of_the_patients(people, stable) -> None:
    assert np.isfinite(stable.stable_dose).all()
    assert len(stable) < len(people)
    table = part("test")
    recorded = set(zip(table.weight_kg, table.age, table.dose_mg_week / 7.0, strict=True))
    who = stable.visit.covariates
    found = zip(who["weight_kg"], who["age"], stable.stable_dose, strict=True)
    known = [one for one in found if not np.isnan(one).any()]
    assert len(known) > 80
    assert set(known) <= recorded


@pytest.mark.parametrize("rule", ["gage", "iwpc"])
def test_a_stable_dose_reveals_something_and_less_than_the_first_dose(stable, rule: str) -> None:
    first, last = (attack(policy(rule, WARFARIN), stable, 1, knows)[0] for knows in LIKELIHOODS)
    assert last["VKORC1"]["area_gain"]["ci"][0] > 0.02
    assert last["VKORC1"]["area_gain"]["mean"] < first["VKORC1"]["area_gain"]["mean"]


def test_a_stable_dose_that_is_predicted_exactly_reveals_what_the_first_does(stable) -> None:
    rule = policy("gage", WARFARIN)
    exact = replace(
        stable, stable_dose=(1.5 * np.sqrt(first_doses(rule, stable.visit).mean(axis=1)) + 1.0) ** 2
    )
    np.testing.assert_allclose(posterior(rule, exact, "stable-dose"), posterior(rule, stable), atol=1e-6)


def test_the_likelihood_of_a_stable_dose_is_normal_around_the_line(stable) -> None:
    """Of two candidates, by hand: root doses on a line, errors with the variance that is left."""
    own, known = np.array([1.0, 2.0, 4.0, 3.0]), np.array([1.1, 1.9, 4.2, 2.9])
    asked = np.stack([own, own[::-1]], axis=1)
    four = replace(stable, truth=stable.truth[:4], stable_dose=known**2)
    found = LIKELIHOODS["stable-dose"](four, own[:, None] ** 2, asked[:, :, None] ** 2)
    slope, start = np.polyfit(own, known, 1)
    error = known[:, None] - start - slope * asked
    expected = np.exp(-0.5 * error**2 / np.mean(error[:, 0] ** 2))
    np.testing.assert_allclose(found, expected)


def test_beliefs_are_probabilities_and_keep_the_truth(people) -> None:
    belief = posterior(policy("gage", WARFARIN), people)
    np.testing.assert_allclose(belief.sum(axis=1), 1.0)
    np.testing.assert_allclose(people.prior.sum(axis=1), 1.0)
    known = people.truth >= 0
    rows = np.flatnonzero(known)
    # What really was prescribed is possible: the truth only gains.
    assert (belief[rows, people.truth[rows]] >= people.prior[rows, people.truth[rows]] - 1e-12).all()
    right, _, _ = guesses(people, np.eye(people.candidates.shape[0])[np.maximum(people.truth, 0)])[
        "all genes"
    ]
    assert right[known].all()


def test_a_gene_for_which_few_are_typed_is_not_guessed(tmp_path: Path) -> None:
    header, *rows = write_cohort(tmp_path / "cohort.csv").read_text().splitlines()
    for typed, genes in ((9, ("CYP2C9",)), (10, ("CYP2C9", "VKORC1"))):
        kept = [row if k < typed else row.rsplit(",", 1)[0] + "," for k, row in enumerate(rows)]
        path = tmp_path / f"{typed}.csv"
        path.write_text("\n".join([header, *kept]) + "\n")
        found = suspects(WARFARIN, path, 1, 100)
        assert (found.genes, len(found)) == (genes, 19 if len(genes) == 1 else 10)


def test_each_recorded_patient_is_guessed_once(tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    found = distinct_patients(WARFARIN, path, 1, 1000)
    assert len(found) == 19
    assert np.unique(found.known_covariates["weight_kg"]).size == 19
    assert len(distinct_patients(WARFARIN, path, 1, 5)) == 5
    assert len(distinct_patients(therapy("phenytoin"), "test", 1, 30)) == 30


@pytest.mark.parametrize("drug", [drug for drug in THERAPIES if drug != "warfarin"])
def test_every_drug_can_be_audited(drug: str) -> None:
    one = therapy(drug)
    found, gains = attack(policy("fixed", one), suspects(one, "test", 1, 12), 1)
    assert all(row["gain"]["mean"] == 0.0 for row in found.values())
    assert all(values.shape == (12,) for values in gains.values())


def test_membership_gap_is_the_difference_of_means() -> None:
    found = membership_gap({"g": np.array([1.0, 1.0, 0.0, 0.0])}, {"g": np.zeros(4), "h": np.ones(4)})
    assert found["g"]["mean"] == 0.5
    assert found["g"]["ci"][0] == pytest.approx(0.5 - 1.96 * np.sqrt(1 / 3 / 4))
    assert set(found) == {"g"}


def test_area_counts_ties_by_half() -> None:
    assert area(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert np.isnan(area(np.array([0.5, 0.5]), np.array([True, True])))


def test_the_command(monkeypatch, capsys, tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    target = tmp_path / "found.json"
    code, out, error = run(
        monkeypatch, capsys, "audit", "warfarin", "--policies", "fixed,gage", "--patients", 60,
        "--members", path, "--json", target,
    )  # fmt: skip
    assert (code, error) == (0, "")
    assert "held-out" in out
    found = numbers(target)
    assert (found["members"]["patients"], found["knows"]) == (19, "first-dose")
    assert found["policies"]["gage"]["held_out"]["VKORC1"]["gain"]["mean"] > 0.0
    for wish in (
        ("--cohort", "tset"),
        ("--patients", 1),
        ("--policies", "none"),
        ("--knows", "last-dose"),
        ("--policies", "gage,o2"),
        ("--knows", "stable-dose", "--members", path),
    ):
        code, _, error = run(monkeypatch, capsys, "audit", "warfarin", *wish)
        assert (code, error.count("\n")) == (2, 1)
