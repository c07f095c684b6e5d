"""What a day brings a patient: doses taken or not, disturbances, the occasion."""

from __future__ import annotations

import numpy as np

from pmrl.compiled import part
from pmrl.engine import CLEARANCE, SENSITIVITY
from pmrl.randomness import Stream, normal, uniform_pair
from pmrl.variability import OCCASION_DAYS

_ADHERENCE, _OCCASION = int(Stream.ADHERENCE), int(Stream.OCCASION)
LENGTH = int(OCCASION_DAYS.value)
"""Days that an occasion lasts."""


@part()
def taken_of(dose, seed, patient, day, shares):  # type: ignore[no-untyped-def]
    """What is swallowed of `dose` prescribed for `day`: nothing, the dose or twice the dose."""
    missed, doubled = shares[0], shares[1]
    if dose == 0.0 or missed + doubled == 0.0:
        return dose
    u, _ = uniform_pair(seed, patient, day, _ADHERENCE)
    if u < missed:
        return 0.0
    return 2.0 * dose if u > 1.0 - doubled else dose


@part()
def disturbed(i, day, clearance_by, sensitivity_by, held):  # type: ignore[no-untyped-def]
    """Multipliers of clearance and sensitivity on a day, and whether the drug is held."""
    width = min(clearance_by.shape[1], sensitivity_by.shape[1], held.shape[1])
    if day < 0 or day >= width:
        return 1.0, 1.0, False
    return (
        clearance_by[i % clearance_by.shape[0], day],
        sensitivity_by[i % sensitivity_by.shape[0], day],
        held[i % held.shape[0], day],
    )


@part()
def occasion_of(day, seed, patient, occasion_sd):  # type: ignore[no-untyped-def]
    """Multiplier of sensitivity on the occasion that `day` belongs to."""
    return np.exp(occasion_sd * normal(seed, patient, day // LENGTH, _OCCASION))


@part()
def set_own(own, code, p, by_clearance, by_sensitivity):  # type: ignore[no-untyped-def]
    """A patient's parameters `p` as they are on a day."""
    for name in range(own.size):
        own[name] = p[name]
    own[code[CLEARANCE]] *= by_clearance
    own[code[SENSITIVITY]] *= by_sensitivity
