"""Diabetes rules: fixed starts, and steps up by HbA1c every three months."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from pmrl.agents import composed, fixed
from pmrl.agents.ladder import Ladder
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_sipoglitazar import LADDER, equal_exposure
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.parameter import Parameter

_MEMORY = "usual care of type-2 diabetes, from memory"
GOAL = Parameter(7.0, "% HbA1c", _MEMORY, "recalled")
EVERY = Parameter(84.0, "days", _MEMORY + ": HbA1c every three months", "recalled")
_STEPS = f"one dose up every {EVERY.value:g} days while HbA1c is above {GOAL.value:g}%"


def _lowest(visit: Visit) -> Floats:
    return np.full(len(visit), float(LADDER[0]))


def _by_genotype(visit: Visit) -> Floats:
    return equal_exposure(visit.genotypes["UGT2B15"])


_STANDARD = Start(fixed.standard, "the therapy's standard dose")
_LOWEST = Start(_lowest, "the lowest dose of the trials of this research compound, 8 mg/day")
_GENOTYPE = Start(_by_genotype, "the AUC of 32 mg/day in UGT2B15 *1/*2 for every genotype (ours)")


def _kept(name: str, start: Start, therapy: Therapy) -> Policy:
    return composed.Sequence(name, start)


def _stepped(name: str, start: Start, doses: Sequence[Parameter], therapy: Therapy) -> Policy:
    later = ((int(EVERY.value), Ladder(doses, GOAL, EVERY)),)
    return composed.Sequence(name, start, later, f"{start.source}; then {_STEPS} ({_MEMORY})")


SIPOGLITAZAR_RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "genotype": partial(_kept, "genotype", _GENOTYPE),
    "lowest+steps": partial(_stepped, "lowest+steps", _LOWEST, LADDER),
    "standard+steps": partial(_stepped, "standard+steps", _STANDARD, LADDER),
    "genotype+steps": partial(_stepped, "genotype+steps", _GENOTYPE, LADDER),
}
"""By name, for sipoglitazar, a research compound."""
