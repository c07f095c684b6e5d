"""Tacrolimus rules: starts by weight, CYP3A5 or equation, and the dose in proportion to the level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl import dose_rules_tacrolimus as rules
from pmrl.agents.composed import Sequence
from pmrl.agents.monitoring import monitored
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Floats, Start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit

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


def _started(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    **{start: partial(_started, start) for start in _STARTS},
    **monitored(_STARTS, FIRST_LEVEL_DAY),
}
"""By name: starts that are kept, and starts followed by drug monitoring."""
