"""Tacrolimus rules: starts by weight, CYP3A5 or equation, and the dose in proportion to the level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl import dose_rules_tacrolimus as rules
from pmrl.agents.composed import Sequence
from pmrl.agents.policy import Policy
from pmrl.agents.proportional import Proportional
from pmrl.agents.stage import Floats, Start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.parameter import Parameter

_TDM = "usual drug monitoring, from memory: the dose times target over level, by at most half"
MOST = Parameter(0.5, "of the dose, at one visit", _TDM, "recalled")
FIRST_LEVEL_DAY = 3


def _by(rule: Callable[[rules.Covariates, rules.Genotypes], Floats], visit: Visit) -> Floats:
    return np.asarray(rule(visit.covariates, visit.genotypes))


_STARTS = {
    "weight": Start(partial(_by, rules.weight_start), "the standard dose, 0.2 mg/kg/day"),
    "cpic": Start(partial(_by, rules.cpic_start), "CPIC: 0.2 mg/kg/day, 0.3 with CYP3A5*1"),
    "dpwg": Start(partial(_by, rules.dpwg_start), "DPWG: 0.2 mg/kg/day, x1.5 and x2.5 by copies of CYP3A5*1"),
    "andrews": Start(
        partial(_by, rules.andrews_start), "Andrews 2019: by CYP3A5, CYP3A4*22, age and surface area"
    ),
}
_PROTOCOLS = {"tdm": (False, _TDM), "tdm-outside": (True, f"{_TDM}; a level in range is left alone (ours)")}


def _started(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


def _monitored(start: str, protocol: str, therapy: Therapy) -> Policy:
    leaves_in_range, text = _PROTOCOLS[protocol]
    stage = Proportional(MOST, FIRST_LEVEL_DAY, leaves_in_range)
    summary = f"{_STARTS[start].source}; {text}"
    return Sequence(f"{start}+{protocol}", _STARTS[start], ((FIRST_LEVEL_DAY, stage),), summary)


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    **{start: partial(_started, start) for start in _STARTS},
    **{
        f"{start}+{protocol}": partial(_monitored, start, protocol)
        for protocol in _PROTOCOLS
        for start in _STARTS
    },
}
"""By name: starts that are kept, and starts followed by drug monitoring."""
