"""Phenytoin rules: starts by weight or by CYP2C9, and the usual small steps by level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pmrl.agents import fixed
from pmrl.agents.composed import Sequence
from pmrl.agents.increments import Increment, Increments
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_phenytoin import cpic_start, weight_start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.parameter import Parameter

_UP = "standard texts, from memory: below 7 mg/L +100 mg/day, 7 to 12 +50, above 12 at most +30"
_DOWN = "ours: no rule for levels above the range was found"


def _step(change: float) -> Parameter:
    up = change > 0.0
    return Parameter(change, "mg/day", _UP if up else _DOWN, "recalled" if up else "assumption")


# The rule for raising is for patients who still have seizures. Here a level in range is left alone.
BANDS = (
    Increment(0.0, _step(100.0)),
    Increment(7.0, _step(50.0)),
    Increment(10.0, _step(0.0)),
    Increment(20.0, _step(-30.0)),
    Increment(25.0, _step(-60.0)),
    Increment(30.0, _step(-90.0), held_days=2),
)
FIRST_LEVEL_DAY = 7


def _by_weight(visit: Visit) -> Floats:
    return weight_start(visit.covariates["weight_kg"])


def _by_genotype(visit: Visit) -> Floats:
    return cpic_start(visit.covariates["weight_kg"], visit.genotypes["CYP2C9"])


_STARTS = {
    "standard": Start(fixed.standard, "300 mg/day"),
    "weight": Start(_by_weight, "5 mg/kg/day"),
    "cpic": Start(_by_genotype, "CPIC 2020: 5 mg/kg/day, -25% at CYP2C9 activity score 1, -50% below"),
}


def _started(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


def _titrated(start: str, therapy: Therapy) -> Policy:
    steps = Increments(BANDS, FIRST_LEVEL_DAY)
    return Sequence(
        f"{start}+steps", _STARTS[start], ((FIRST_LEVEL_DAY, steps),), _STARTS[start].source + "; " + _UP
    )


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "weight": partial(_started, "weight"),
    "cpic": partial(_started, "cpic"),
    **{f"{start}+steps": partial(_titrated, start) for start in _STARTS},
}
"""By name: starts that are kept, and starts followed by steps."""
