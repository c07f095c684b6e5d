"""A small real comparison with two stand-ins for learned policies: rules that say they are learned."""

from __future__ import annotations

from functools import cache
from typing import Any

from pmrl.agents.policy import Kind, Policy
from pmrl.agents.registry import policy
from pmrl.envs.scenario import Scenario
from pmrl.envs.warfarin import THERAPY
from pmrl.experiments.benchmark import Comparison, compare
from pmrl.experiments.comparison_numbers import as_dict

BEST = "eu-pact+re-ly"
RULES = ("random", "minimum", "maximum", "fixed", "aurora", "caa", "pgaa", BEST)
N = 100
LEARNING = {
    name: [{"steps": 1000.0 * k, "ttr": 0.4 + 0.03 * k} for k in range(6)] for name in ("better", "<script>")
}


def stand_in(name: str, composition: str, kind: Kind = "learned") -> Policy:
    """A rule under another name that says it is of another kind."""
    rule = policy(composition, THERAPY)
    rule.name, rule.kind, rule.in_sample = name, kind, False
    return rule


@cache
def comparison() -> Comparison:
    """100 test patients; "better" beats the best rule that was chosen, "<script>" loses to it."""
    policies = [policy(name, THERAPY) for name in RULES]
    policies += [stand_in("better", "eu-pact+lenzini+re-ly"), stand_in("<script>", "gage-clinical")]
    policies += [
        stand_in("bayes", "gage+re-ly", "model-based"),
        stand_in("bad-bayes", "fixed", "model-based"),
    ]
    validation = {"aurora": 0.6, BEST: 0.72}
    return compare(policies, THERAPY, Scenario(cohort="test"), N, 5, BEST, validation)


@cache
def results() -> dict[str, Any]:
    """The comparison's numbers."""
    return as_dict(comparison())
