"""What is done at a visit: blood is sampled, doses are written down, the next visit is planned.

All for one patient, row i; kernels loop over patients.
"""

from __future__ import annotations

import numpy as np

from pmrl.compiled import part
from pmrl.randomness import Stream, normal, uniform_pair

_ASSAY, _ASSAY_ADDED, _VISIT = int(Stream.ASSAY), int(Stream.ASSAY_ADDED), int(Stream.VISIT)


@part()
def days_until_attended(today, planned, seed, patient, following, missed, horizon):  # type: ignore[no-untyped-def]
    """Days until the patient really comes again: after a missed visit, on the next scheduled day.

    The draw belongs to the patient and the day of the planned visit, and the horizon is never missed.
    """
    after = today + planned
    while after < horizon and missed > 0.0 and uniform_pair(seed, patient, after, _VISIT)[0] < missed:
        after = following[after]
    return max(min(after, horizon) - today, 0)


@part()
def write_down(i, today, days, doses, start, count, dose, interval, prescribed):  # type: ignore[no-untyped-def]
    """Record what is prescribed for the coming `days` days at the visit that is taking place."""
    last = doses.shape[1] - 1
    total = 0.0
    for k in range(days):
        prescribed[i, today - start + k] = doses[i, min(k, last)]
        total += doses[i, min(k, last)]
    dose[i, count[i] - 1] = total / days
    interval[i, count[i] - 1] = np.float64(days)


@part()
def sample_lab(  # type: ignore[no-untyped-def]
    i, today, seed, patient, start, latent, delay, assay, count, at, lab
):
    """Append a visit today with a lab of blood drawn `delay` days ago.

    `assay`: log-SD of a result, its SD on top, and the lab's limits.
    """
    drawn = max(today - delay - start, 0)
    value = latent[i, drawn] * np.exp(assay[0] * normal(seed, patient, today, _ASSAY))
    if assay[1] > 0.0:
        value += assay[1] * normal(seed, patient, today, _ASSAY_ADDED)
    at[i, count[i]] = np.float64(today)
    lab[i, count[i]] = min(max(value, assay[2]), assay[3])
    count[i] += 1


@part()
def days_until_scheduled(today, following, horizon):  # type: ignore[no-untyped-def]
    """Days until the next scheduled visit, at most until the horizon; 0 where the episode is over."""
    return max(min(following[min(today, horizon)], horizon) - today, 0)
