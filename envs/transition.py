"""From one visit to the next in one compiled call: what is prescribed, lived, measured, rewarded and seen."""

from __future__ import annotations

import numpy as np
from numba import types

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, jit
from pmrl.engine import SCRATCH
from pmrl.envs.attendance import days_until_attended, days_until_scheduled, sample_lab, write_down
from pmrl.envs.observation import OBSERVATIONS, observe
from pmrl.envs.reward import score
from pmrl.lanes import LANES
from pmrl.world import WORLD, live_until

RECORD = (INTEGERS, MATRIX, MATRIX, MATRIX, MATRIX, MATRIX, INTEGERS)
"""count, at, lab, dose, interval, prescribed, next_interval: the attributes of `pmrl.envs.clinic.Clinic`."""
RULES = (INTEGERS, types.int64, types.int64, VECTOR)
"""Next scheduled day of every day, horizon, lab delay in days; log-SD and SD of the assay, its limits."""
ASSESSMENT = (MATRIX, VECTOR, MATRIX, MATRIX, MATRIX, VECTOR, VECTOR, VECTOR, OBSERVATIONS)
"""Limits and weights of the reward, terms `(n_terms, n)`, reward and cost `(2, n)`; static part, dose
estimate, lower and upper bounds of the observation, and the observation, without rows for no assessment."""


@jit(types.void(INTEGERS, *RECORD, *RULES, *WORLD))
def arrive(  # type: ignore[no-untyped-def]
    came,
    count, at, lab, dose, interval, prescribed, next_interval,
    following, horizon, delay, assay,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
):  # fmt: skip
    """Today's visit of the rows where `came` > 0."""
    for i in range(ids.size):
        if came[i] > 0:
            sample_lab(i, today[i], seed, ids[i], start, latent, delay, assay, count, at, lab)
        next_interval[i] = days_until_scheduled(today[i], following, horizon)


@jit(
    types.int64(
        types.int64, types.int64, INTEGERS, MATRIX, types.float64, INTEGERS,
        *RECORD, *RULES, *ASSESSMENT, *WORLD,
    )
)  # fmt: skip
def transition(  # type: ignore[no-untyped-def]
    first, end, planned, doses, missed, days,
    count, at, lab, dose, interval, prescribed, next_interval,
    following, horizon, delay, assay,
    limits, weights, terms, reward_and_cost, static, estimate, low, high, observation,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
):  # fmt: skip
    """Take the rows `first` to `end` from the visit today to their next one.

    `doses` are dispensed, mg for each coming day; the visit is planned in `planned[i]` days and does not
    take place with probability `missed`. Fills `days[i]`, the days lived, 0 where the episode is over.
    Returns the failure of one, as `pmrl.failure.PER_ROW` says, else 0.
    """
    own, scratch = np.empty((LANES, p.shape[1])), np.full(code[SCRATCH], np.nan)
    for group in range(first, end, LANES):
        after = min(group + LANES, end)
        for i in range(group, after):
            days[i] = days_until_attended(today[i], planned[i], seed, ids[i], following, missed, horizon)
            if days[i] > 0:
                write_down(i, today[i], days[i], doses, start, count, dose, interval, prescribed)
        failed = live_until(
            group, after, days, doses, own, scratch,
            code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
            latent, taken, harm, today,
        )  # fmt: skip
        if failed:
            return failed
        for i in range(group, after):
            if days[i] > 0:
                sample_lab(
                    i, today[i], seed, ids[i], start, latent, delay, assay, count, at, lab,
                )  # fmt: skip
            next_interval[i] = days_until_scheduled(today[i], following, horizon)
            if observation.shape[0] > 0:
                score(i, latent, harm, start, today[i], days[i], limits, weights, terms, reward_and_cost)
                observe(
                    i, today[i], next_interval[i], count[i], lab, dose, interval, static, estimate[i], low,
                    high, observation,
                )  # fmt: skip
    return 0
