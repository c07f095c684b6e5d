"""Virtual patients living day by day: adherence, occasions and disturbances around a patient model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, biomarker_at, jit, part, prepare_at
from pmrl.engine import (
    BIOMARKER_ADDRESS,
    CLEARANCE,
    EXACT,
    N_CONSTANTS,
    PREPARE_ADDRESS,
    SENSITIVITY,
    live_a_day,
)
from pmrl.integrate import require_success
from pmrl.model import PatientModel
from pmrl.randomness import Stream, normal, uniform_pair
from pmrl.variability import OCCASION_DAYS

_ADHERENCE, _OCCASION = int(Stream.ADHERENCE), int(Stream.OCCASION)
_OCCASION_DAYS = int(OCCASION_DAYS.value)
BOOLEANS = types.boolean[:, ::1]

WORLD = (
    INTEGERS, VECTOR, types.int64, INTEGERS, MATRIX, MATRIX, MATRIX, types.float64, MATRIX, MATRIX, BOOLEANS,
    types.int64, MATRIX, MATRIX, INTEGERS,
)  # fmt: skip
"""What `World.arrays` hands to a kernel."""


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
def live_until(  # type: ignore[no-untyped-def]
    i, days, doses, own, c,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """Let patient `i` live `days` days from `today[i]`, taking `doses[i]` as their adherence has it.

    `doses` is what is prescribed, mg for each coming day; its last column goes on. Column d - start of
    `latent` is the biomarker at the start of day d, of `taken` the dose swallowed on day d. `y` and `today`
    are moved on. Disturbances are by day from 0 on, all equally many, and do not exist before and after.
    `own` and `c` are scratch for the parameters of the day and their tables. Returns the solver's status.
    """
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    last = doses.shape[1] - 1
    row, row_s, row_h = i % clearance_by.shape[0], i % sensitivity_by.shape[0], i % held.shape[0]
    width = min(clearance_by.shape[1], sensitivity_by.shape[1], held.shape[1])
    occasion = np.int64(-(2**40))
    by_clearance, by_sensitivity, by_occasion = 1.0, 1.0, 1.0
    for k in range(days):
        d = today[i] + k
        change = k == 0
        if d // _OCCASION_DAYS != occasion:
            occasion = d // _OCCASION_DAYS
            by_occasion = np.exp(occasion_sd * normal(seed, ids[i], occasion, _OCCASION))
            change = True
        now_clearance, now_sensitivity, off = 1.0, 1.0, False
        if 0 <= d < width:
            now_clearance, now_sensitivity = clearance_by[row, d], sensitivity_by[row_s, d]
            off = held[row_h, d]
        if now_clearance != by_clearance or now_sensitivity != by_sensitivity:
            by_clearance, by_sensitivity = now_clearance, now_sensitivity
            change = True
        if change:
            for name in range(own.size):
                own[name] = p[i, name]
            own[code[CLEARANCE]] *= by_clearance
            own[code[SENSITIVITY]] *= by_sensitivity * by_occasion
            if code[EXACT]:
                prepare_at(code[PREPARE_ADDRESS])(own, c)
        dose = 0.0 if off else taken_of(doses[i, min(k, last)], seed, ids[i], d, shares[i])
        status = live_a_day(code, units, d, dose, y[i], own, c)
        if status:
            return status
        taken[i, d - start] = dose
        latent[i, d - start + 1] = biomarker(y[i], own)
    today[i] += days
    return 0


@jit(types.int64(INTEGERS, MATRIX, *WORLD))
def live(  # type: ignore[no-untyped-def]
    days, doses,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """`live_until` of every patient; status + 8 * row of the first who failed, 0 where none did."""
    own, c = np.empty(p.shape[1]), np.full(code[N_CONSTANTS], np.nan)
    for i in range(ids.size):
        status = live_until(
            i, days[i], doses, own, c,
            code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
            latent, taken, today,
        )  # fmt: skip
        if status:
            return status + 8 * i
    return 0


@dataclass
class World:
    """The true state of a batch of patients; everything in it is hidden from prescribers.

    Shapes: parameters `(n, n_parameters)`, states `(n, n_states)`, day `(n,)`, shares `(n, 2)`,
    latent `(n, n_days + 1)`, taken `(n, n_days)`; columns count from day `start`.
    """

    model: PatientModel
    seed: int
    ids: NDArray[np.int64]
    parameters: NDArray[np.float64]
    states: NDArray[np.float64]
    day: NDArray[np.int64]
    shares: NDArray[np.float64]
    occasion_sd: float
    clearance_by: NDArray[np.float64]
    sensitivity_by: NDArray[np.float64]
    held: NDArray[np.bool_]
    start: int
    latent: NDArray[np.float64]
    taken: NDArray[np.float64]

    def live(self, doses: NDArray[np.float64], days: NDArray[np.int64]) -> None:
        """Prescribe `doses` mg for each coming day, `(n, any)`, and let `days`, `(n,)`, go by.

        Raises:
            SimulationError: the equations of a patient could not be solved.
        """
        self.require_success(live(days, doses, *self.arrays()))

    def arrays(self) -> tuple[Any, ...]:
        """The world as kernels take it, in the order of `WORLD`."""
        return (
            self.model.code, self.model.units, self.seed, self.ids, self.parameters, self.states, self.shares,
            self.occasion_sd, self.clearance_by, self.sensitivity_by, self.held, self.start, self.latent,
            self.taken, self.day,
        )  # fmt: skip

    def require_success(self, failed: int) -> None:
        """Raise what a kernel reported: 0, or status + 8 * row."""
        if failed:
            row = failed // 8
            who = f"patient {self.ids[row]} of cohort seed {self.seed}, after day {self.day[row]}"
            require_success(failed % 8, who)
