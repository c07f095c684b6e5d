"""Allopurinol rules: starts by kidneys and by HLA-B, the dose by clearance, and monthly steps to target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl.agents import fixed
from pmrl.agents.composed import Sequence
from pmrl.agents.policy import Policy
from pmrl.agents.raising import Raising
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_allopurinol import by_clearance, cpic_start, guideline_start, monthly_step
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit

_STEPS = "then +100 mg a month (+50 at 60 mL/min and less) while urate is above target (Stamp 2017)"
_FIRST_STEP_DAY = 28


def _crcl(visit: Visit) -> Floats:
    return visit.covariates["crcl_ml_min"]


def _next(visit: Visit, current: Floats) -> Floats:
    """Who was given none is given none."""
    return np.where(current > 0.0, current + monthly_step(_crcl(visit)), 0.0)


_STARTS = {
    "standard": Start(fixed.standard, "300 mg/day"),
    "clearance": Start(
        lambda visit: by_clearance(_crcl(visit)), "the dose by creatinine clearance (Hande 1984)"
    ),
    "acr": Start(
        lambda visit: guideline_start(_crcl(visit)), "ACR: 100 mg/day, 50 with kidney disease of stage 3"
    ),
    "cpic": Start(
        lambda visit: cpic_start(_crcl(visit), visit.genotypes["HLA-B"]),
        "ACR's start, and none with HLA-B*58:01 (CPIC)",
    ),
}


def _kept(name: str, therapy: Therapy) -> Policy:
    return Sequence(name, _STARTS[name])


def _raised(start: str, therapy: Therapy) -> Policy:
    later = ((_FIRST_STEP_DAY, Raising(_next, therapy.target_high, _FIRST_STEP_DAY)),)
    return Sequence(f"{start}+steps", _STARTS[start], later, f"{_STARTS[start].source}; {_STEPS}")


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "clearance": partial(_kept, "clearance"),
    **{f"{start}+steps": partial(_raised, start) for start in ("standard", "acr", "cpic")},
}
"""By name: a dose that is kept, and starts followed by steps."""
