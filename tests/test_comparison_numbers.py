"""The numbers of a comparison are those of its patients, and the gap is worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from announcing_policy import Announcing

from pmrl.agents.catalogue import resolve_all
from pmrl.cohort import Cohort
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.benchmark import Comparison, compare
from pmrl.experiments.comparison_numbers import MEANS, PAIRED, SHARES, as_dict, gap, has_gap
from pmrl.experiments.disclosure import Disclosure
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.treatment import Way

THERAPY = therapy("warfarin")
N, SEED, DAYS = 60, 5, 35
EVENTS = ("inr_above_4", "inr_above_5")


def compared(best: str | None = "intermountain", cohort: Any = "test", **options: Any) -> Comparison:
    scenario = Scenario(cohort=cohort, days=DAYS)
    policies = resolve_all("fixed,intermountain", THERAPY)
    return compare(policies, THERAPY, scenario, N, SEED, best, {"intermountain": 0.7}, **options)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compared()


def test_every_number_is_the_bootstrap_over_the_patients(comparison: Comparison) -> None:
    found, bootstrap = as_dict(comparison)["policies"], Bootstrap(N, SEED)
    best = comparison.arms["intermountain"].outcomes
    for name, arm in comparison.arms.items():
        row, mine = found[name], arm.outcomes
        for key in (*SHARES, *EVENTS, *MEANS):
            assert row[key] == bootstrap.mean(mine[key]).as_dict()
        for key in (*PAIRED, *EVENTS):
            assert row["difference_to_best_rule"][key] == bootstrap.mean(mine[key] - best[key]).as_dict()
        stable = np.isfinite(mine["days_to_stable"])
        assert row["stable"]["mean"] == pytest.approx(stable.mean())
        assert row["median_days_to_stable"] == (
            np.median(mine["days_to_stable"][stable]) if stable.any() else None
        )
        assert row["seconds"] == arm.seconds
        assert (row["kind"], row["in_sample"]) == ("rule", False)
        assert row["by_genotype"]


def test_who_does_not_say_so_was_not_derived_on_these_patients() -> None:
    policies = [Announcing(THERAPY), *resolve_all("fixed", THERAPY)]
    policies[1].in_sample = True
    found = as_dict(compare(policies, THERAPY, Scenario(cohort="test", days=7), 5, SEED))["policies"]
    assert {name: row["in_sample"] for name, row in found.items()} == {"announcing": False, "fixed": True}


def test_visits_of_its_own_are_a_row_in_a_row(comparison: Comparison) -> None:
    found, bootstrap = as_dict(comparison)["policies"], Bootstrap(N, SEED)
    assert found["fixed"]["own_visits"] is None
    own = comparison.arms["intermountain"].own_visits
    assert own is not None
    assert set(found["intermountain"]["own_visits"]) == {*SHARES, *EVENTS, *MEANS}
    for key, value in found["intermountain"]["own_visits"].items():
        assert value == bootstrap.mean(own[key]).as_dict()
    assert found["intermountain"]["own_visits"]["visits"] != found["intermountain"]["visits"]


def test_the_head_says_what_was_compared(comparison: Comparison) -> None:
    found = as_dict(comparison)
    del found["policies"], found["notice"]
    assert found == {
        "drug": "warfarin",
        "environment": THERAPY.id,
        "patients": N,
        "interrupted": False,
        "seed": SEED,
        "days": DAYS,
        "safety_events": {
            "inr_above_4": {"name": "> 4", "unit": "of days"},
            "inr_above_5": {"name": "> 5", "unit": "of days"},
        },
        "primary": "ttr",
        "privacy": None,
        "best_rule": "intermountain",
        "best_rule_chosen_on": {"intermountain": 0.7},
        "gap": None,
    }


@pytest.mark.parametrize(("shown", "kept"), [(False, True), (True, False)])
def test_the_head_says_what_was_disclosed(shown: bool, kept: bool) -> None:
    asked = Disclosure(show_patients=shown, keep_ids=kept, smallest_cell=7)
    found = as_dict(compared(cohort=Cohort.sample(N, 1), disclosure=asked))["privacy"]
    assert found == {
        "smallest_cell": 7,
        "single_patients": "shown" if shown else "hidden",
        "ids": "of the cohort" if kept else "of this study only",
    }


def test_without_a_best_rule_nothing_is_compared_to_it() -> None:
    found = as_dict(compared(best=None))
    assert {name: row["difference_to_best_rule"] for name, row in found["policies"].items()} == {
        "fixed": None,
        "intermountain": None,
    }


KNOWN = {"rule": 0.5, "policy": 0.6, "o2": 0.75, "o3": 0.9}


class Known:
    """Estimates of which only the means matter."""

    def __init__(self, means: dict[str, float]) -> None:
        self.means = means

    def mean(self, way: Way, name: str) -> Estimate:
        assert not way.own_visits
        return Estimate(self.means[way.policy] if name == "net" else 0.0, 0.0, 0.0)


def gap_of(means: dict[str, float], best: str | None = "rule") -> Any:
    comparison: Any = SimpleNamespace(best_rule=best, arms=means, therapy=SimpleNamespace(primary="net"))
    found = gap(comparison, Known(means))  # type: ignore[arg-type]
    assert (found is not None) == has_gap(comparison)
    return found


def test_the_gap_is_a_share_of_what_the_oracles_gain_over_the_best_rule() -> None:
    found = gap_of(KNOWN)
    assert {name: row["closed"] for name, row in found.items()} == pytest.approx(
        {"rule": 0.0, "policy": 0.4, "o2": 1.0, "o3": 1.6}
    )
    assert {name: row["closed_to_clairvoyant"] for name, row in found.items()} == pytest.approx(
        {"rule": 0.0, "policy": 0.25, "o2": 0.625, "o3": 1.0}
    )


@pytest.mark.parametrize("oracle", [0.5, 0.4])
def test_there_is_no_share_of_nothing(oracle: float) -> None:
    found = gap_of(KNOWN | {"o2": oracle})
    assert [row["closed"] for row in found.values()] == [None] * 4
    without = gap_of({name: mean for name, mean in KNOWN.items() if name != "o3"})
    assert {row["closed_to_clairvoyant"] for row in without.values()} == {None}


def test_without_best_rule_or_oracle_there_is_no_gap() -> None:
    assert gap_of(KNOWN, best=None) is None
    assert gap_of(KNOWN, best="somebody else") is None
    assert gap_of({"rule": 0.5, "o3": 0.9}) is None
