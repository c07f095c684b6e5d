"""Atorvastatin rules: fixed starts, CPIC's start by SLCO1B1, and doubling until LDL is at its goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl.agents import fixed
from pmrl.agents.composed import Sequence
from pmrl.agents.policy import Policy
from pmrl.agents.raising import Raising
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_atorvastatin import cpic_start, most_allowed
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit

LOOK_EVERY = 42
_DOUBLED = (
    f"then twice the dose every {LOOK_EVERY} days while LDL is above its goal (guidelines, from memory)"
)


def _twice(visit: Visit, current: Floats) -> Floats:
    return 2.0 * current


def _twice_within_cpic(visit: Visit, current: Floats) -> Floats:
    """At most CPIC's limit: beyond it another drug would be added."""
    return np.minimum(2.0 * current, most_allowed(visit.genotypes["SLCO1B1"], visit.therapy.grid.maximum))


_STANDARD = Start(fixed.standard, "20 mg/day")
_CPIC = Start(lambda visit: cpic_start(visit.genotypes["SLCO1B1"]), "40 mg/day, 20 with SLCO1B1 C/C (CPIC)")


def _cpic(therapy: Therapy) -> Policy:
    return Sequence("cpic", _CPIC)


def _doubled(
    name: str, start: Start, following: Callable[[Visit, Floats], Floats], therapy: Therapy
) -> Policy:
    later = ((LOOK_EVERY, Raising(following, therapy.target_high, LOOK_EVERY)),)
    return Sequence(name, start, later, f"{start.source}; {_DOUBLED}")


RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "cpic": _cpic,
    "standard+steps": partial(_doubled, "standard+steps", _STANDARD, _twice),
    "cpic+steps": partial(_doubled, "cpic+steps", _CPIC, _twice_within_cpic),
}
"""By name: a dose that is kept, and starts followed by doubling."""
