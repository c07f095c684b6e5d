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
    PREPARE_ADDRESS,
    SCRATCH,
    SENSITIVITY,
    enter,
    leave,
    live_exactly,
    live_side_by_side,
    stand_aside,
)
from pmrl.failure import require_success
from pmrl.lanes import LANES
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
    return np.exp(occasion_sd * normal(seed, patient, day // _OCCASION_DAYS, _OCCASION))


@part()
def set_own(own, code, p, by_clearance, by_sensitivity):  # type: ignore[no-untyped-def]
    """A patient's parameters `p` as they are on a day."""
    for name in range(own.size):
        own[name] = p[name]
    own[code[CLEARANCE]] *= by_clearance
    own[code[SENSITIVITY]] *= by_sensitivity


@part()
def live_until_exactly(  # type: ignore[no-untyped-def]
    i, days, doses, own, c,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """Let patient i live `days` days by the exact propagator, whose tables are in `c`; see `live_until`."""
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    last = doses.shape[1] - 1
    by_clearance, by_sensitivity, by_occasion = 1.0, 1.0, 1.0
    for k in range(days):
        d = today[i] + k
        change = k == 0
        if k == 0 or d % _OCCASION_DAYS == 0:
            by_occasion = occasion_of(d, seed, ids[i], occasion_sd)
            change = True
        now_clearance, now_sensitivity, off = disturbed(i, d, clearance_by, sensitivity_by, held)
        if change or now_clearance != by_clearance or now_sensitivity != by_sensitivity:
            by_clearance, by_sensitivity = now_clearance, now_sensitivity
            set_own(own, code, p[i], by_clearance, by_sensitivity * by_occasion)
            prepare_at(code[PREPARE_ADDRESS])(own, c)
        dose = 0.0 if off else taken_of(doses[i, min(k, last)], seed, ids[i], d, shares[i])
        live_exactly(code, units, dose, y[i], own, c)
        taken[i, d - start] = dose
        latent[i, d - start + 1] = biomarker(y[i], own)
    today[i] += days


@part()
def live_until_side_by_side(  # type: ignore[no-untyped-def]
    first, n_lanes, days, doses, own, work,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """Let `n_lanes` patients from row `first` on live `days[i]` days by the general kernel."""
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    last, longest = doses.shape[1] - 1, 0
    for i in range(first, first + n_lanes):
        longest = max(longest, days[i])
    for k in range(longest):
        for lane in range(n_lanes):
            i = first + lane
            if k >= days[i]:
                stand_aside(lane, work)
                continue
            d = today[i] + k
            by_clearance, by_sensitivity, off = disturbed(i, d, clearance_by, sensitivity_by, held)
            by_occasion = occasion_of(d, seed, ids[i], occasion_sd)
            set_own(own[lane], code, p[i], by_clearance, by_sensitivity * by_occasion)
            dose = 0.0 if off else taken_of(doses[i, min(k, last)], seed, ids[i], d, shares[i])
            taken[i, d - start] = dose
            enter(code, units, lane, d, dose, y[i], own[lane], work)
        live_side_by_side(code, units, work, y.shape[1], n_lanes)
        for lane in range(n_lanes):
            i = first + lane
            if k < days[i]:
                status = leave(lane, y[i], work)
                if status:
                    return status + 8 * i
                latent[i, today[i] + k - start + 1] = biomarker(y[i], own[lane])
    for i in range(first, first + n_lanes):
        today[i] += days[i]
    return 0


@part()
def live_until(  # type: ignore[no-untyped-def]
    first, end, days, doses, own, scratch,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """Let the patients of rows `first` to `end`, at most `LANES`, live `days[i]` days from `today[i]`.

    They take `doses[i]` as their adherence has it: what is prescribed, mg for each coming day, whose last
    column goes on. Column d - start of `latent` is the biomarker at the start of day d, of `taken` the dose
    swallowed on day d. `y` and `today` are moved on. Disturbances are by day from 0 on, all equally many, and
    do not exist before and after. `own`, `(LANES, n_parameters)`, and `scratch` are room to work in.

    Returns status + 8 * row of one whose equations could not be solved, else 0.
    """
    if code[EXACT]:
        for i in range(first, end):
            live_until_exactly(
                i, days[i], doses, own[0], scratch,
                code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
                latent, taken, today,
            )  # fmt: skip
        return 0
    return live_until_side_by_side(
        first, end - first, days, doses, own, scratch,
        code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
        taken, today,
    )  # fmt: skip


@jit(types.int64(INTEGERS, MATRIX, *WORLD))
def live(  # type: ignore[no-untyped-def]
    days, doses,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, today,
):  # fmt: skip
    """`live_until` of every patient."""
    own, scratch = np.empty((LANES, p.shape[1])), np.full(code[SCRATCH], np.nan)
    for first in range(0, ids.size, LANES):
        failed = live_until(
            first, min(first + LANES, ids.size), days, doses, own, scratch,
            code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
            latent, taken, today,
        )  # fmt: skip
        if failed:
            return failed
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
