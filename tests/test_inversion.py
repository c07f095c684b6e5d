"""The audit by model inversion: what a first dose reveals of a genotype, and that nothing else does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pmrl_command import numbers, run
from private_cohort import write_cohort

from pmrl.agents.registry import policy
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.experiments.inversion import (
    area,
    attack,
    distinct_patients,
    guesses,
    membership_gap,
    posterior,
    suspects,
)

WARFARIN = therapy("warfarin")


@pytest.fixture(scope="module")
def people():
    return suspects(WARFARIN, "test", 1, 120)


@pytest.mark.parametrize("rule", ["fixed", "gage-clinical", "random"])
def test_a_rule_that_knows_no_genotype_reveals_none(people, rule: str) -> None:
    found, _ = attack(policy(rule, WARFARIN), people, 1)
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
    assert found["members"]["patients"] == 19
    assert found["policies"]["gage"]["held_out"]["VKORC1"]["gain"]["mean"] > 0.0
    for wish in (("--cohort", "tset"), ("--patients", 1), ("--policies", "none")):
        code, _, error = run(monkeypatch, capsys, "audit", "warfarin", *wish)
        assert (code, error.count("\n")) == (2, 1)
