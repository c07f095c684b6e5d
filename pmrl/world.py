"""Virtual patients living day by day: adherence, occasions and disturbances around a patient model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, biomarker_at, jit, part, prepare_at
from pmrl.daily import LENGTH, disturbed, occasion_of, set_own, taken_of
from pmrl.engine import (
    BIOMARKER_ADDRESS,
    EXACT,
    PREPARE_ADDRESS,
    SCRATCH,
    enter,
    leave,
    live_exactly,
    live_side_by_side,
    stand_aside,
    write_harm,
)
from pmrl.errors import InputError
from pmrl.failure import NOT_A_NUMBER, PER_ROW, listed, require_success
from pmrl.lanes import LANES
from pmrl.model import PatientModel

BOOLEANS = types.boolean[:, ::1]

WORLD = (
    INTEGERS, VECTOR, types.int64, INTEGERS, MATRIX, MATRIX, MATRIX, types.float64, MATRIX, MATRIX, BOOLEANS,
    types.int64, MATRIX, MATRIX, MATRIX, INTEGERS,
)  # fmt: skip
"""What `World.arrays` hands to a kernel."""


@part()
def live_until_exactly(  # type: ignore[no-untyped-def]
    i, days, doses, own, c,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
):  # fmt: skip
    """Let patient i live `days` days by the exact propagator, whose tables are in `c`; see `live_until`."""
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    last = doses.shape[1] - 1
    by_clearance = by_sensitivity = by_occasion = 1.0
    for k in range(days):
        d = today[i] + k
        change = k == 0 or d % LENGTH == 0
        if change:
            by_occasion = occasion_of(d, seed, ids[i], occasion_sd)
        now_clearance, now_sensitivity, off = disturbed(i, d, clearance_by, sensitivity_by, held)
        if change or now_clearance != by_clearance or now_sensitivity != by_sensitivity:
            by_clearance, by_sensitivity = now_clearance, now_sensitivity
            set_own(own, code, p[i], by_clearance, by_sensitivity * by_occasion)
            prepare_at(code[PREPARE_ADDRESS])(own, c)
        dose = 0.0 if off else taken_of(doses[i, min(k, last)], seed, ids[i], d, shares[i])
        live_exactly(code, units, d, dose, y[i], own, c)
        taken[i, d - start] = dose
        latent[i, d - start + 1] = biomarker(y[i], own)
        feared = write_harm(code, i, d - start, dose, y[i], own, harm)
        if not np.isfinite(latent[i, d - start + 1] + feared):
            return NOT_A_NUMBER + PER_ROW * i
    today[i] += days
    return 0


@part()
def live_until_side_by_side(  # type: ignore[no-untyped-def]
    first, n_lanes, days, doses, own, work,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
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
                    return status + PER_ROW * i
                column = today[i] + k - start
                latent[i, column + 1] = biomarker(y[i], own[lane])
                feared = write_harm(code, i, column, taken[i, column], y[i], own[lane], harm)
                if not np.isfinite(feared):
                    return NOT_A_NUMBER + PER_ROW * i
    for i in range(first, first + n_lanes):
        today[i] += days[i]
    return 0


@part()
def live_until(  # type: ignore[no-untyped-def]
    first, end, days, doses, own, scratch,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
):  # fmt: skip
    """Let the patients of rows `first` to `end`, at most `LANES`, live `days[i]` days from `today[i]`.

    They take `doses[i]` as their adherence has it: what is prescribed, mg for each coming day, whose last
    column goes on. Column d - start of `latent` is the biomarker at the start of day d, of `taken` the dose
    swallowed on day d. `y` and `today` are moved on. Disturbances are by day from 0 on, all equally many, and
    do not exist before and after. `own`, `(LANES, n_parameters)`, and `scratch` are room to work in.

    Returns the failure of one, as `pmrl.failure.PER_ROW` says, else 0.
    """
    if code[EXACT]:
        for i in range(first, end):
            failed = live_until_exactly(
                i, days[i], doses, own[0], scratch,
                code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
                latent, taken, harm, today,
            )  # fmt: skip
            if failed:
                return failed
        return 0
    return live_until_side_by_side(
        first, end - first, days, doses, own, scratch,
        code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
        taken, harm, today,
    )  # fmt: skip


@jit(types.int64(INTEGERS, MATRIX, *WORLD))
def live(  # type: ignore[no-untyped-def]
    days, doses,
    code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start, latent,
    taken, harm, today,
):  # fmt: skip
    """`live_until` of every patient."""
    own, scratch = np.empty((LANES, p.shape[1])), np.full(code[SCRATCH], np.nan)
    for first in range(0, ids.size, LANES):
        failed = live_until(
            first, min(first + LANES, ids.size), days, doses, own, scratch,
            code, units, seed, ids, p, y, shares, occasion_sd, clearance_by, sensitivity_by, held, start,
            latent, taken, harm, today,
        )  # fmt: skip
        if failed:
            return failed
    return 0


@dataclass
class World:
    """The true state of a batch of patients; everything in it is hidden from prescribers.

    Shapes: parameters `(n, n_parameters)`, states `(n, n_states)`, day `(n,)`, shares `(n, 2)`, latent `(n,
    n_days + 1)`, taken and harm `(n, n_days)`; columns count from day `start`. Without a harm of the model,
    `harm` has no columns.
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
    harm: NDArray[np.float64]

    def live(self, doses: NDArray[np.float64], days: NDArray[np.int64]) -> None:
        """Prescribe `doses` mg for each coming day, `(n, any)`, and let `days`, `(n,)`, go by.

        Raises:
            InputError: arrays of other shapes, or days beyond the room there is.
            SimulationError: the equations of a patient could not be solved; rows are then on different days,
                some of them in between: start them anew.
        """
        self.require_room(doses, days)
        self.require_success(live(days, doses, *self.arrays()))

    def require_room(self, doses: NDArray[np.float64], days: NDArray[np.int64]) -> None:
        """Kernels do not look whether they are within an array.

        Raises:
            InputError: they would not be.
        """
        n = self.ids.size
        if doses.ndim != 2 or doses.shape[0] != n or doses.shape[1] < 1 or days.shape != (n,):
            raise InputError(f"doses {doses.shape} and days {days.shape}: give ({n}, 1 or more) and ({n},)")
        if n and (days.min() < 0 or (self.day + days).max() > self.start + self.taken.shape[1]):
            last = self.start + self.taken.shape[1]
            raise InputError(f"{days.max()} days more: give 0 or more, and nobody beyond day {last}")
        harm_days = self.taken.shape[1] if self.model.harm is not None else 0
        if self.harm.shape != (n, harm_days):
            raise InputError(f"harm {self.harm.shape}: give ({n}, {harm_days})")
        if self.parameters.shape != (n, len(self.model.parameters)):
            raise InputError(f"parameters {self.parameters.shape}: give ({n}, {len(self.model.parameters)})")

    def arrays(self) -> tuple[Any, ...]:
        """The world as kernels take it, in the order of `WORLD`."""
        return (
            self.model.code, self.model.units, self.seed, self.ids, self.parameters, self.states, self.shares,
            self.occasion_sd, self.clearance_by, self.sensitivity_by, self.held, self.start, self.latent,
            self.taken, self.harm, self.day,
        )  # fmt: skip

    def require_success(self, failed: int) -> None:
        """Raise what a kernel reported, see `pmrl.failure.PER_ROW`."""
        require_success(failed, self.who, self.state_of)

    def who(self, row: int) -> str:
        """A row's patient and day, for a message."""
        return f"patient {self.ids[row]} of cohort seed {self.seed}, after day {self.day[row]}"

    def state_of(self, row: int) -> str:
        """A row's states, for a message."""
        return f"states {listed(self.model.states, self.states[row])}"
