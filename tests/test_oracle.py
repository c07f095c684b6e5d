"""Oracles bound everybody: more knowledge is not worse, and nobody else is shown the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.catalogue import resolve_all
from pmrl.agents.clairvoyant import Clairvoyant
from pmrl.agents.imagined_lives import LUCK
from pmrl.agents.oracle import Oracle, in_force, occasions
from pmrl.agents.policy import Policy
from pmrl.agents.registry import policy
from pmrl.daily import LENGTH
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.benchmark import Comparison, compare
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.randomness import Stream, normal

Floats = NDArray[np.float64]
N, SEED, SLACK, ERRORS = 16, 7, 0.002, 2.0
"""Patients; by how much of the primary outcome O2 may be below a policy, and by how many standard errors of
the paired difference more: O2 does not know the future, and in few patients chance shows."""
SHORT: dict[str, tuple[int, int | None]] = {"mercaptopurine": (6, 70), "allopurinol": (5, None)}
"""Patients and days where a whole episode of many takes a minute."""


@cache
def comparison(drug: str) -> Comparison:
    """All other policies and the two oracles that bound them."""
    one = therapy(drug)
    n, days = SHORT.get(drug, (N, None))
    policies = resolve_all("rules,learned,bayes,o2,o3", one)
    return compare(policies, one, Scenario(cohort="validation", days=days), n, SEED, "fixed")


@pytest.mark.parametrize("drug", THERAPIES)
def test_no_policy_is_better_than_an_oracle(drug: str) -> None:
    found, primary = comparison(drug), therapy(drug).primary
    outcome = {name: arm.outcomes[primary] for name, arm in found.arms.items()}
    others = [name for name in outcome if name not in ("o2", "o3")]
    assert {"map", "mpc"} <= set(others)
    for name in others:
        ahead = outcome["o2"] - outcome[name]
        error = ahead.std(ddof=1) / np.sqrt(ahead.size)
        assert ahead.mean() >= -SLACK - ERRORS * error, f"o2 below {name}"
    for name in others:
        # By construction, in every single patient.
        assert (outcome["o3"] >= outcome[name] - 1e-9).all(), name


@pytest.mark.parametrize("drug", ["warfarin", "phenytoin"])
def test_the_gap_is_that_between_best_rule_and_oracle(drug: str) -> None:
    found = as_dict(comparison(drug))
    gap = found["gap"]
    assert gap["o2"]["closed"] == pytest.approx(1.0)
    assert gap["o3"]["closed_to_clairvoyant"] == pytest.approx(1.0)
    assert gap["fixed"]["closed"] == 0.0
    mean = {name: row["ttr"]["mean"] for name, row in found["policies"].items()}
    assert gap["ppo"]["closed"] == pytest.approx((mean["ppo"] - mean["fixed"]) / (mean["o2"] - mean["fixed"]))


def test_knowing_the_parameters_helps_and_the_state_more() -> None:
    one = therapy("warfarin")
    policies = [policy(name, one) for name in ("fixed", "o1", "o2")]
    arms = compare(policies, one, Scenario(cohort="validation"), 64, SEED).arms
    fixed, o1, o2 = (arms[name].outcomes["ttr"].mean() for name in ("fixed", "o1", "o2"))
    assert fixed + 0.2 < o1 < o2


def test_o2_knows_what_is_in_force_and_not_what_begins_later() -> None:
    one = therapy("warfarin")
    clinic = Clinic(one, Scenario(cohort="validation", interaction="antibiotic"), 32, SEED)
    clinic.admit(np.arange(32))
    while clinic.world.day[0] < 40:
        clinic.treat(np.full((32, 1), 4.0))
    world, days = clinic.world, clinic.horizon
    ids = np.arange(64).reshape(32, 2)
    clearance, sensitivity = in_force(world, ids, days)
    today = int(world.day[0])
    begun = (world.clearance_by[:, : today + 1] != 1.0).any(axis=1)
    now = world.clearance_by[:, today] != 1.0
    assert now.any()
    assert not begun.all()
    np.testing.assert_array_equal(clearance[now][:, 0], world.clearance_by[now])
    assert (clearance[~begun] == 1.0).all()
    # To the end of today's occasion imagined patients share the true one's.
    end = (today // LENGTH + 1) * LENGTH
    assert (sensitivity[:, :, :today] == 1.0).all()
    assert (sensitivity[:, :, end:] == 1.0).all()
    day = np.full(64, today)
    theirs = occasions(LUCK, ids.reshape(-1), day, world.occasion_sd).reshape(32, 2)
    truth = [
        np.exp(world.occasion_sd * normal(SEED, i, today // LENGTH, int(Stream.OCCASION))) for i in world.ids
    ]
    np.testing.assert_allclose(sensitivity[:, :, today] * theirs, np.tile(truth, (2, 1)).T, rtol=1e-12)


def test_only_oracles_see() -> None:
    one = therapy("warfarin")
    for name in ("o1", "o2", "o3"):
        found = policy(name, one)
        assert found.kind == "oracle"
        assert isinstance(found, Oracle)
    for other in resolve_all("rules,learned,bayes", one):
        assert other.kind != "oracle"
        assert not isinstance(other, Oracle)


def test_the_clairvoyant_lives_the_life_it_foresaw() -> None:
    """Also in a world with disturbances, missed visits and an earlier life on the drug."""
    one = therapy("warfarin")
    options = {"interaction": "antibiotic", "surgery": True, "missed_visits": 0.2, "start": "established"}
    scenario = Scenario(cohort="validation", **options)  # type: ignore[arg-type]
    policies: list[Policy] = [policy("aurora", one), Clairvoyant(one)]
    arms = compare(policies, one, scenario, 16, SEED).arms
    assert (arms["o3"].outcomes["ttr"] >= arms["aurora"].outcomes["ttr"] - 1e-9).all()
    assert arms["o3"].outcomes["ttr"].mean() > arms["aurora"].outcomes["ttr"].mean() + 0.05
