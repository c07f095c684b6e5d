"""Efavirenz rules: starts by CYP2B6, and the dose in proportion to the level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl.agents import fixed
from pmrl.agents.composed import Sequence
from pmrl.agents.monitoring import monitored
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Floats, Start
from pmrl.envs.efavirenz import ONE_6, cpic_start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit

FIRST_LEVEL_DAY = 14


def _cpic(visit: Visit) -> Floats:
    return cpic_start(visit.covariates, visit.genotypes)


def _cpic_400(visit: Visit) -> Floats:
    return np.maximum(_cpic(visit), float(ONE_6))


_STARTS = {
    "standard": Start(fixed.standard, "600 mg/day"),
    "cpic": Start(_cpic, "CPIC 2019: 600 mg/day, 400 with one CYP2B6*6, 200 with two"),
    "cpic-400": Start(_cpic_400, "CPIC 2019: 600 mg/day, 400 with one or two CYP2B6*6"),
}


def _started(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    **{start: partial(_started, start) for start in ("cpic", "cpic-400")},
    **monitored(_STARTS, FIRST_LEVEL_DAY),
}
"""By name: starts that are kept, and starts followed by drug monitoring."""
