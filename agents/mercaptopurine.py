"""Mercaptopurine rules: starts by TPMT and NUDT15, and titration by neutrophils thereafter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pmrl.agents import fixed
from pmrl.agents.composed import Sequence
from pmrl.agents.hold_and_raise import CountRule, HoldAndRaise
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_mercaptopurine import cpic_start, dpwg_start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.parameter import Parameter

_COG = "protocols of the Children's Oncology Group, from memory"
_SIX_WEEKS = _COG + ": above 1.5 on 2 to 3 checks over 6 to 8 weeks"
COUNT_RULE = CountRule(
    hold_below=Parameter(0.5, "G/L", _COG, "recalled"),
    resume_above=Parameter(0.75, "G/L", _COG, "recalled"),
    resume_at=Parameter(0.5, "of the dose before", _COG, "recalled"),
    raise_above=Parameter(1.5, "G/L", _SIX_WEEKS, "recalled"),
    raise_to=Parameter(1.25, "of the dose", _SIX_WEEKS, "recalled"),
    raise_checks=Parameter(3.0, "checks in a row", _SIX_WEEKS, "recalled"),
    raise_days=Parameter(42.0, "days", _SIX_WEEKS, "recalled"),
)
FIRST_COUNT_DAY = 7


def _cpic(visit: Visit) -> Floats:
    return cpic_start(visit.genotypes)


def _dpwg(visit: Visit) -> Floats:
    return dpwg_start(visit.genotypes)


_STARTS = {
    "standard": Start(fixed.standard, "75 mg/m2/day"),
    "cpic": Start(_cpic, "CPIC: 75 mg/m2/day; 55% or 30% for one or two intermediate genes; poor 4.3 or 10"),
    "dpwg": Start(_dpwg, "DPWG: 75 mg/m2/day, 50% for intermediate and 10% for poor metabolisers"),
}


def _started(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


def _titrated(start: str, therapy: Therapy) -> Policy:
    stages = ((FIRST_COUNT_DAY, HoldAndRaise(COUNT_RULE)),)
    return Sequence(f"{start}+counts", _STARTS[start], stages, _STARTS[start].source + "; by ANC: " + _COG)


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "cpic": partial(_started, "cpic"),
    "dpwg": partial(_started, "dpwg"),
    **{f"{start}+counts": partial(_titrated, start) for start in _STARTS},
}
"""By name: starts that are kept, and starts followed by titration."""
