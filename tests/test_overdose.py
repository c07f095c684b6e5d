"""Random and maximal dosing lose clearly to the best rule, or the therapy says that the largest dose wins."""

from __future__ import annotations

from functools import cache

import pytest

from pmrl.agents.registry import names_for, policy
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.benchmark import STRAW_MEN, choose_best_rule
from pmrl.experiments.rollout import outcomes, rollout

PATIENTS, SEED = 200, 11
CLEARLY, NEARLY = 0.15, 0.10
"""Share of days: what counts as losing clearly, and as doing about as well as the best rule."""


@cache
def lead(drug: str, straw_man: str, outcome: str | None = None) -> float:
    """By how much the best rule is better than a straw man on the same validation patients."""
    one = therapy(drug)
    rules = [policy(name, one) for name in names_for(one) if name not in STRAW_MEN]
    best, found = choose_best_rule(rules, one, Scenario(cohort="validation"), PATIENTS, SEED)
    assert best is not None
    course = rollout(policy(straw_man, one), one, Scenario(cohort="validation"), PATIENTS, SEED)
    return found[best] - float(outcomes(course, one)[one.primary].mean())


@pytest.mark.parametrize("drug", THERAPIES)
def test_overdose_loses_or_the_card_says_that_it_does_not(drug: str) -> None:
    reason = therapy(drug).largest_dose_wins
    if reason:
        assert len(reason.split()) > 10
        # A drug that says so without need would hide that its benchmark is sound.
        assert lead(drug, "maximum") < NEARLY or therapy(drug).primary == "net"
    else:
        assert lead(drug, "maximum") > CLEARLY
        assert lead(drug, "random") > CLEARLY


@pytest.mark.parametrize("drug", [drug for drug in THERAPIES if therapy(drug).primary == "net"])
def test_where_harm_has_a_price_the_largest_dose_does_more_of_it(drug: str) -> None:
    one = therapy(drug)
    event = next(name for name, found in one.safety_events.items() if found.unit == "of patients")
    harm = {
        name: outcomes(rollout(policy(name, one), one, Scenario(cohort="validation"), PATIENTS, SEED), one)[
            event
        ]
        for name in ("minimum", "fixed", "maximum", "cpic+steps")
    }
    assert (harm["minimum"] == 0.0).all()
    assert (harm["maximum"] >= harm["cpic+steps"]).all()
    assert harm["maximum"].mean() > 1.5 * harm["cpic+steps"].mean() > 0.0
