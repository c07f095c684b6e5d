"""Oracles bound everybody: more knowledge is not worse, and nobody else is shown the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.catalogue import resolve_all
from pmrl.agents.clairvoyant import Clairvoyant
from pmrl.agents.oracle import Oracle
from pmrl.agents.policy import Policy
from pmrl.agents.registry import policy
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.benchmark import Comparison, compare
from pmrl.experiments.comparison_numbers import as_dict

Floats = NDArray[np.float64]
N, SEED, SLACK = 16, 7, 0.002
"""Patients; and by how much of the primary outcome an oracle may be below a policy."""
MORE = {"mercaptopurine": 32}
"""O2 plans ahead and does not know the future: where little is to be gained, chance shows in few patients."""


@cache
def comparison(drug: str) -> Comparison:
    """Rules, learned policies and the two oracles that bound them."""
    one = therapy(drug)
    policies = resolve_all("rules,learned,o2,o3", one)
    return compare(policies, one, Scenario(cohort="validation"), MORE.get(drug, N), SEED, "fixed")


@pytest.mark.parametrize("drug", THERAPIES)
def test_no_policy_is_better_than_an_oracle(drug: str) -> None:
    found, primary = comparison(drug), therapy(drug).primary
    outcome = {name: arm.outcomes[primary] for name, arm in found.arms.items()}
    others = [name for name in outcome if name not in ("o2", "o3")]
    for oracle in ("o2", "o3"):
        for name in others:
            assert outcome[oracle].mean() >= outcome[name].mean() - SLACK, f"{oracle} below {name}"
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
