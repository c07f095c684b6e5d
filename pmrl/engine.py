"""One day of patients: what every kernel that simulates calls, whatever the model."""

from __future__ import annotations

import numpy as np

from pmrl.compiled import day_at, lanes_at, part
from pmrl.integrate import integrate
from pmrl.lanes import FAILED, LANES, NOW, ORIGIN, PARAMETERS, STATE, STOP, row

# Where a model's vector of whole numbers, `pmrl.model.PatientModel.code`, keeps what.
LANES_ADDRESS, PREPARE_ADDRESS, DAY_ADDRESS, BIOMARKER_ADDRESS = 0, 1, 2, 3
EXACT, SCRATCH = 4, 5
DOSE_STATE, BIOAVAILABILITY, CLEARANCE, SENSITIVITY = 6, 7, 8, 9
# And where its vector of numbers, `PatientModel.units`, keeps what.
AMOUNT_PER_MG, DAY_LENGTH = 0, 1


@part()
def swallow(code, units, dose, y, p):  # type: ignore[no-untyped-def]
    """Take `dose` mg now: y is changed."""
    y[code[DOSE_STATE]] += units[AMOUNT_PER_MG] * p[code[BIOAVAILABILITY]] * dose


@part()
def live_exactly(code, units, dose, y, p, c):  # type: ignore[no-untyped-def]
    """Take `dose` mg and live 24 h by the exact propagator; y is replaced, `c` holds the tables of `p`."""
    swallow(code, units, dose, y, p)
    day_at(code[DAY_ADDRESS])(y, p, c)


@part()
def enter(code, units, lane, day, dose, y, p, work):  # type: ignore[no-untyped-def]
    """Put a patient who takes `dose` mg at the start of `day` into a lane of the general kernel."""
    swallow(code, units, dose, y, p)
    for j in range(y.size):
        row(work, STATE + j * LANES)[lane] = y[j]
    for k in range(p.size):
        row(work, PARAMETERS + k * LANES)[lane] = p[k]
    row(work, ORIGIN)[lane] = np.float64(day) * units[DAY_LENGTH]
    row(work, NOW)[lane] = 0.0
    row(work, STOP)[lane] = units[DAY_LENGTH]


@part()
def stand_aside(lane, work):  # type: ignore[no-untyped-def]
    """Who is in this lane stays as they are."""
    row(work, NOW)[lane] = row(work, STOP)[lane] = 0.0


@part()
def live_side_by_side(code, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Let the patients in the lanes live their day; the sum of their failures, 0 where all is well."""
    integrate(lanes_at(code[LANES_ADDRESS]), work, n_states, n_lanes)
    failures = 0.0
    for i in range(n_lanes):
        failures += row(work, FAILED)[i]
    return failures


@part()
def leave(lane, y, work):  # type: ignore[no-untyped-def]
    """Take a patient out of a lane; y is replaced unless the day failed. Their status."""
    status = np.int64(row(work, FAILED)[lane])
    if status == 0:
        for j in range(y.size):
            y[j] = row(work, STATE + j * LANES)[lane]
    return status
