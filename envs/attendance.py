"""What is done at a visit: blood is sampled, doses are written down, the next visit is planned."""

from __future__ import annotations

import numpy as np
from numba import types

from pmrl.compiled import INTEGERS, MATRIX, jit
from pmrl.randomness import Stream, normal, uniform_pair

_ASSAY, _VISIT = int(Stream.ASSAY), int(Stream.VISIT)


@jit(
    types.void(
        types.int64, INTEGERS, INTEGERS, INTEGERS, types.int64, MATRIX, types.int64, types.float64,
        types.float64, types.float64, INTEGERS, MATRIX, MATRIX,
    )
)  # fmt: skip
def sample_lab(  # type: ignore[no-untyped-def]
    seed, ids, came, day, start, latent, delay, assay_sd, low, high, count, at, lab
):
    """Append a visit today, where `came[i]` > 0, with a lab of blood drawn `delay` days ago.

    Results lie within the lab's limits `low` and `high`.
    """
    for i in range(ids.size):
        if came[i] > 0:
            drawn = max(day[i] - delay - start, 0)
            value = latent[i, drawn] * np.exp(assay_sd * normal(seed, ids[i], day[i], _ASSAY))
            at[i, count[i]] = np.float64(day[i])
            lab[i, count[i]] = min(max(value, low), high)
            count[i] += 1


@jit(types.void(INTEGERS, INTEGERS, types.int64, INTEGERS))
def plan_next(day, following, horizon, out):  # type: ignore[no-untyped-def]
    """Days until the next scheduled visit, at most until the horizon; 0 where the episode is over."""
    for i in range(day.size):
        out[i] = max(min(following[min(day[i], horizon)], horizon) - day[i], 0)


@jit(
    types.void(
        types.int64, INTEGERS, INTEGERS, INTEGERS, INTEGERS, types.float64, types.int64, INTEGERS
    )
)  # fmt: skip
def attended(seed, ids, day, planned, following, missed, horizon, out):  # type: ignore[no-untyped-def]
    """Days until the patient really comes again: after a missed visit, on the next scheduled day.

    The draw belongs to the patient and the day of the planned visit, and the horizon is never missed.
    """
    for i in range(ids.size):
        after = day[i] + planned[i]
        while after < horizon and uniform_pair(seed, ids[i], after, _VISIT)[0] < missed:
            after = following[after]
        out[i] = max(min(after, horizon) - day[i], 0)


@jit(types.void(INTEGERS, INTEGERS, MATRIX, types.int64, INTEGERS, MATRIX, MATRIX, MATRIX))
def write_down(day, days, doses, start, count, dose, interval, prescribed):  # type: ignore[no-untyped-def]
    """Record what is prescribed for the coming `days[i]` days at the visit that is taking place."""
    last = doses.shape[1] - 1
    for i in range(day.size):
        if days[i] > 0:
            total = 0.0
            for k in range(days[i]):
                prescribed[i, day[i] + k - start] = doses[i, min(k, last)]
                total += doses[i, min(k, last)]
            dose[i, count[i] - 1] = total / days[i]
            interval[i, count[i] - 1] = np.float64(days[i])
