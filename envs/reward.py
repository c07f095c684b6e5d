"""Named reward terms; their weights are data."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.compiled import part
from pmrl.elementary import log
from pmrl.errors import InputError, unknown

TERMS = ("in_range", "below", "above", "unsafe", "squared_log_deviation", "visit", "harm")
"""Days in, below and above range, days of the therapy's first safety event on either side, sum over days of
ln(biomarker / target)^2, 1 for every visit, and the expected harmful events of the patient model."""

FARTHEST = 0.01
"""Of the aim: a biomarker that is less, such as a level without drug, deviates as this does."""
DEFAULT_WEIGHTS: Mapping[str, float] = {"in_range": 1.0, "unsafe": -0.5}
"""Days in range, less half a day for every unsafe day."""


def weight_vector(weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Weights in the order of `TERMS`, 0 for those not named.

    Raises:
        InputError: there is no such term, or a weight is not a number.
    """
    for name in weights:
        if name not in TERMS:
            raise unknown("reward term", name, TERMS)
        if not math.isfinite(weights[name]):
            raise InputError(f"reward weight {name} is {weights[name]}: give a number")
    return np.array([float(weights.get(name, 0.0)) for name in TERMS])


@part()
def score(i, latent, harm, start, today, days, limits, weights, terms, reward_and_cost):  # type: ignore[no-untyped-def]
    """Terms of the last `days` days of patient i up to `today`, and what they sum to.

    Column 0 of `latent` is day `start`, of `harm`, if it has any, the day that begins there. `limits`, `(5,
    n_days)`, are by day from 0 on: low, high, target, and below and above what a day is unsafe. `terms` is
    `(n_terms, n)`, `reward_and_cost` `(2, n)`.
    """
    inside, below, above, unsafe, squares, events = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for d in range(today - days + 1, today + 1):
        value = latent[i, d - start]
        if value < limits[0, d]:
            below += 1.0
        elif value > limits[1, d]:
            above += 1.0
        else:
            inside += 1.0
        if value < limits[3, d] or value > limits[4, d]:
            unsafe += 1.0
        squares += log(max(value / limits[2, d], FARTHEST)) ** 2
        if harm.shape[1] > 0:
            events += harm[i, d - 1 - start]
    terms[0, i], terms[1, i], terms[2, i] = inside, below, above
    terms[3, i], terms[4, i], terms[5, i] = unsafe, squares, 1.0 if days > 0 else 0.0
    terms[6, i] = events
    total = 0.0
    for k in range(terms.shape[0]):
        total += weights[k] * terms[k, i]
    reward_and_cost[0, i], reward_and_cost[1, i] = total, unsafe + events
