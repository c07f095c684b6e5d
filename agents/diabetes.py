"""Diabetes rules: fixed starts, and steps up by HbA1c every three months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from pmrl.agents import composed, fixed
from pmrl.agents.policy import Policy
from pmrl.agents.raising import Raising
from pmrl.agents.stage import Floats, Start
from pmrl.dose_rules_sipoglitazar import LADDER, equal_exposure
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.targets_diabetes import LOOK_EVERY, TARGET_HIGH

_STEPS = f"one dose up every {LOOK_EVERY.value:g} days while HbA1c is above {TARGET_HIGH.value:g}%"


def next_of(doses: Floats, visit: Visit, current: Floats) -> Floats:
    """The next dose of an ascending list, or the current one where that is beyond its end."""
    above = np.minimum(np.searchsorted(doses, current, side="right"), doses.size - 1)
    return np.maximum(current, doses[above])


def _lowest(visit: Visit) -> Floats:
    return np.full(len(visit), float(LADDER[0]))


def _by_genotype(visit: Visit) -> Floats:
    return equal_exposure(visit.genotypes["UGT2B15"])


_DOSES = tuple(float(dose) for dose in LADDER)
_STANDARD = Start(fixed.standard, "the therapy's standard dose")
_LOWEST = Start(_lowest, "the lowest dose of the trials of this research compound, 8 mg/day")
_GENOTYPE = Start(_by_genotype, "the AUC of 32 mg/day in UGT2B15 *1/*2 for every genotype (ours)")


def _kept(name: str, start: Start, therapy: Therapy) -> Policy:
    return composed.Sequence(name, start)


def _stepped(name: str, start: Start, doses: tuple[float, ...], therapy: Therapy) -> Policy:
    levels = np.array(doses or therapy.grid.levels)
    every = int(LOOK_EVERY.value)
    later = ((every, Raising(partial(next_of, levels), float(TARGET_HIGH), every)),)
    return composed.Sequence(name, start, later, f"{start.source}; then {_STEPS} ({TARGET_HIGH.source})")


SIPOGLITAZAR_RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "genotype": partial(_kept, "genotype", _GENOTYPE),
    "lowest+steps": partial(_stepped, "lowest+steps", _LOWEST, _DOSES),
    "standard+steps": partial(_stepped, "standard+steps", _STANDARD, _DOSES),
    "genotype+steps": partial(_stepped, "genotype+steps", _GENOTYPE, _DOSES),
}
"""By name, for sipoglitazar, a research compound."""
EMPAGLIFLOZIN_RULES: Mapping[str, Callable[[Therapy], Policy]] = {
    "standard+steps": partial(_stepped, "standard+steps", _STANDARD, ()),
}
"""By name; the steps are the doses there are."""
