"""Batches of patients through daily doses, and the slow tight solver they are checked against."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, biomarker_at, jit, part, prepare_at
from pmrl.engine import (
    BIOMARKER_ADDRESS,
    EXACT,
    PREPARE_ADDRESS,
    SCRATCH,
    enter,
    leave,
    live_exactly,
    live_side_by_side,
)
from pmrl.errors import InputError
from pmrl.failure import NOT_A_NUMBER, PER_ROW, require_success
from pmrl.lanes import LANES
from pmrl.model import PatientModel
from pmrl.threads import in_parts

Floats = NDArray[np.float64]


@part()
def _exact_course(i, code, units, p, y, doses, out, c):  # type: ignore[no-untyped-def]
    """The course of patient i by the exact propagator; as `_course` reports it."""
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    prepare_at(code[PREPARE_ADDRESS])(p[i], c)
    out[i, 0] = biomarker(y[i], p[i])
    for d in range(doses.shape[1]):
        live_exactly(code, units, d, doses[i, d], y[i], p[i], c)
        out[i, d + 1] = biomarker(y[i], p[i])
    # Not a number stays so to the end.
    return 0 if np.isfinite(out[i, doses.shape[1]]) else NOT_A_NUMBER + PER_ROW * i


@part()
def _course_side_by_side(first, n_lanes, code, units, p, y, doses, out, work):  # type: ignore[no-untyped-def]
    """The courses of `n_lanes` patients by the general kernel; as `_course` reports it."""
    biomarker = biomarker_at(code[BIOMARKER_ADDRESS])
    for i in range(first, first + n_lanes):
        out[i, 0] = biomarker(y[i], p[i])
    for d in range(doses.shape[1]):
        for lane in range(n_lanes):
            i = first + lane
            enter(code, units, lane, d, doses[i, d], y[i], p[i], work)
        live_side_by_side(code, units, work, y.shape[1], n_lanes)
        for lane in range(n_lanes):
            i = first + lane
            status = leave(lane, y[i], work)
            if status:
                return status + PER_ROW * i
            out[i, d + 1] = biomarker(y[i], p[i])
    return 0


@jit(types.int64(types.int64, types.int64, INTEGERS, VECTOR, MATRIX, MATRIX, MATRIX, MATRIX))
def _course(first, end, code, units, p, y, doses, out):  # type: ignore[no-untyped-def]
    """Rows `first` to `end`; the failure of one, as `pmrl.failure.PER_ROW` says, else 0."""
    scratch = np.full(code[SCRATCH], np.nan)
    if code[EXACT]:
        for i in range(first, end):
            failed = _exact_course(i, code, units, p, y, doses, out, scratch)
            if failed:
                return failed
        return 0
    for group in range(first, end, LANES):
        n_lanes = min(LANES, end - group)
        failed = _course_side_by_side(group, n_lanes, code, units, p, y, doses, out, scratch)
        if failed:
            return failed
    return 0


def course(
    model: PatientModel,
    parameters: NDArray[np.float64],
    doses: NDArray[np.float64],
    states: NDArray[np.float64] | None = None,
    threads: int = 1,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Biomarker at the start of every day and after the last, and the states after the last.

    Args:
        model: the patient model.
        parameters: individual parameters, `(n_patients, n_parameters)`.
        doses: mg swallowed every day, in as many shares as the model's day has doses, `(n_patients, n_days)`,
            or one row for everybody.
        states: where the patients start, `(n_patients, n_states)`; drug-free where None.
        threads: among which the patients are shared out; results do not depend on it.

    Returns:
        Noise-free biomarker `(n_patients, n_days + 1)`; column d is 24 h after the dose of day d - 1.

    Raises:
        SimulationError: the equations of a patient could not be solved, or something is not a number.
        InputError: arrays of other shapes.
    """
    parameters = np.ascontiguousarray(parameters, dtype=np.float64)
    n, doses = len(parameters), np.array(doses, dtype=np.float64, order="C", ndmin=2)
    doses = np.repeat(doses, n, axis=0) if len(doses) == 1 else doses
    _require_shape(model, "parameters", parameters, (n, len(model.parameters)))
    _require_shape(model, "doses", doses, (n, doses.shape[-1]))
    y = model.initial(parameters) if states is None else np.array(states, dtype=np.float64)
    _require_shape(model, "states", y, (n, len(model.states)))
    broken = np.flatnonzero(~np.isfinite(parameters).all(axis=1))
    if broken.size:
        # Also a parameter that the biomarker does not show, such as one of the harm.
        require_success(int(NOT_A_NUMBER + PER_ROW * broken[0]), lambda row: f"row {row}")
    out = np.empty((len(y), doses.shape[1] + 1))
    failed = in_parts(_course, len(y), threads, (model.code, model.units, parameters, y, doses, out))
    require_success(failed, lambda row: f"row {row}")
    return out, y


def _require_shape(model: PatientModel, what: str, given: Floats, shape: tuple[int, ...]) -> None:
    """Kernels do not look whether they are within an array.

    Raises:
        InputError: an array that is not of the model or not of as many patients as the others.
    """
    if given.shape != shape:
        raise InputError(f"{what} of {model.name} have shape {given.shape}: give {shape}")


def biomarker_of(model: PatientModel, parameters: NDArray[np.float64], states: NDArray[np.float64]) -> float:
    """The biomarker of one patient in one state."""
    return float(model.biomarker(np.ascontiguousarray(states), np.ascontiguousarray(parameters)))


def reference_course(
    model: PatientModel, parameters: NDArray[np.float64], doses: NDArray[np.float64], tolerance: float = 3e-14
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for one patient by scipy's DOP853 on the paper's equations: about 10,000 times slower.

    Args:
        model: the patient model.
        parameters: `(n_parameters,)`.
        doses: mg, `(n_days,)`.
        tolerance: relative and absolute tolerance.
    """
    target = model.states.index(model.dose_state)
    y = model.initial(parameters[None, :])[0]
    hours = 24.0 / model.time_unit_hours
    values = [biomarker_of(model, parameters, y)]

    def rhs(t: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        dydt = np.empty_like(state)
        model.rhs(t, np.ascontiguousarray(state), parameters, dydt)
        return dydt

    for day, dose in enumerate(doses):
        for share in range(model.doses_per_day):
            y = y.copy()
            y[target] += model.intake(float(dose), parameters) / model.doses_per_day
            times = (day + np.array([share, share + 1]) / model.doses_per_day) * hours
            y = solve_ivp(rhs, tuple(times), y, method="DOP853", rtol=tolerance, atol=tolerance).y[:, -1]
        values.append(biomarker_of(model, parameters, y))
    return np.array(values), y
