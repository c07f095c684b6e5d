"""Batches of patients through daily doses, and the slow tight solver they are checked against."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from pmrl.compiled import BIOMARKER, DAY, MATRIX, PREPARE, jit
from pmrl.model import PatientModel

_F = types.FunctionType


@jit(types.void(_F(PREPARE), _F(DAY), _F(BIOMARKER), types.int64, MATRIX, MATRIX, MATRIX, MATRIX))
def _course(prepare, day, biomarker, n_constants, p, y, doses, out):  # type: ignore[no-untyped-def]
    c = np.zeros(n_constants)
    for i in range(y.shape[0]):
        prepare(p[i], c)
        out[i, 0] = biomarker(y[i], c)
        for d in range(doses.shape[1]):
            day(y[i], c, doses[i, d])
            out[i, d + 1] = biomarker(y[i], c)


def course(
    model: PatientModel,
    parameters: NDArray[np.float64],
    doses: NDArray[np.float64],
    states: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Biomarker at the start of every day and after the last, and the states after the last.

    Args:
        model: the patient model.
        parameters: individual parameters, `(n_patients, n_parameters)`.
        doses: mg swallowed at the start of every day, `(n_patients, n_days)`.
        states: where the patients start, `(n_patients, n_states)`; drug-free where None.

    Returns:
        Noise-free biomarker `(n_patients, n_days + 1)`; column d is 24 h after the dose of day d - 1.
    """
    y = model.initial(parameters) if states is None else np.array(states, dtype=np.float64)
    doses = np.array(np.broadcast_to(doses, (len(parameters), doses.shape[-1])), dtype=np.float64, order="C")
    out = np.empty((len(y), doses.shape[1] + 1))
    _course(model.prepare, model.day, model.biomarker, model.n_constants, parameters, y, doses, out)
    return out, y


def biomarker_of(model: PatientModel, parameters: NDArray[np.float64], states: NDArray[np.float64]) -> float:
    """The biomarker of one patient in one state."""
    return float(course(model, parameters[None, :], np.zeros((1, 0)), states[None, :])[0][0, 0])


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

    for dose in doses:
        y = y.copy()
        y[target] += model.intake(float(dose), parameters)
        y = solve_ivp(rhs, (0.0, hours), y, method="DOP853", rtol=tolerance, atol=tolerance).y[:, -1]
        values.append(biomarker_of(model, parameters, y))
    return np.array(values), y
