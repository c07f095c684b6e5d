"""Named reward terms; their weights are data."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, jit
from pmrl.errors import InputError, unknown

TERMS = ("in_range", "below", "above", "far_above", "squared_log_deviation", "visit")
"""Days in, below and above range, days above the first safety limit, sum over days of
ln(biomarker / target)^2, and 1 for every visit."""

DEFAULT_WEIGHTS: Mapping[str, float] = {"in_range": 1.0, "far_above": -0.5}
"""Days in range, less half a day for every day above the first safety limit."""


def weight_vector(weights: Mapping[str, float] | None) -> NDArray[np.float64]:
    """Weights in the order of `TERMS`, 0 for those not named.

    Raises:
        InputError: there is no such term, or a weight is not a number.
    """
    chosen = DEFAULT_WEIGHTS if weights is None else weights
    for name in chosen:
        if name not in TERMS:
            raise unknown("reward term", name, TERMS)
        if not math.isfinite(chosen[name]):
            raise InputError(f"reward weight {name} is {chosen[name]}: give a number")
    return np.array([float(chosen.get(name, 0.0)) for name in TERMS])


@jit(
    types.void(
        MATRIX, types.int64, INTEGERS, INTEGERS, types.float64, types.float64, types.float64, types.float64,
        VECTOR, MATRIX, VECTOR, VECTOR,
    )
)  # fmt: skip
def score(latent, start, day, days, low, high, far, target, weights, terms, reward, cost):  # type: ignore[no-untyped-def]
    """Terms `(n, n_terms)` of the `days[i]` days that ended at `day[i]`, their weighted sum, and the cost."""
    for i in range(day.size):
        for k in range(terms.shape[1]):
            terms[i, k] = 0.0
        for d in range(day[i] - days[i] + 1, day[i] + 1):
            value = latent[i, d - start]
            if value < low:
                terms[i, 1] += 1.0
            elif value > high:
                terms[i, 2] += 1.0
            else:
                terms[i, 0] += 1.0
            if value > far:
                terms[i, 3] += 1.0
            if value > 0.0:
                terms[i, 4] += np.log(value / target) ** 2
        if days[i] > 0:
            terms[i, 5] = 1.0
        total = 0.0
        for k in range(terms.shape[1]):
            total += weights[k] * terms[i, k]
        reward[i] = total
        cost[i] = terms[i, 3]
