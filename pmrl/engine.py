"""One day of patients: what every kernel that simulates calls, whatever the model."""

from __future__ import annotations

import numpy as np

from pmrl.compiled import day_at, harm_at, lanes_at, part
from pmrl.integrate import integrate
from pmrl.lanes import FAILED, LANES, NOW, ORIGIN, PARAMETERS, SHARE, STATE, STATUS, STOP, STRICT, row

# Where a model's vector of whole numbers, `pmrl.model.PatientModel.code`, keeps what.
LANES_ADDRESS, PREPARE_ADDRESS, DAY_ADDRESS, BIOMARKER_ADDRESS = 0, 1, 2, 3
EXACT, SCRATCH = 4, 5
DOSE_STATE, BIOAVAILABILITY, CLEARANCE, SENSITIVITY, DOSES_PER_DAY, HARM_ADDRESS = 6, 7, 8, 9, 10, 11
# And where its vector of numbers, `PatientModel.units`, keeps what.
AMOUNT_PER_MG, DAY_LENGTH, STRICTNESS = 0, 1, 2


@part()
def intake(code, units, dose, p):  # type: ignore[no-untyped-def]
    """What `dose` mg add to the dose state."""
    return units[AMOUNT_PER_MG] * p[code[BIOAVAILABILITY]] * dose


@part()
def live_exactly(code, units, day, dose, y, p, c):  # type: ignore[no-untyped-def]
    """Take `dose` mg on `day`, in equal shares, and live 24 h by the propagator; y is replaced.

    `c` holds the tables of `p`.
    """
    share = intake(code, units, dose, p) / code[DOSES_PER_DAY]
    for k in range(code[DOSES_PER_DAY]):
        y[code[DOSE_STATE]] += share
        t = (day + k / code[DOSES_PER_DAY]) * units[DAY_LENGTH]
        day_at(code[DAY_ADDRESS])(t, y, p, c)


@part()
def enter(code, units, lane, day, dose, y, p, work):  # type: ignore[no-untyped-def]
    """Put a patient who takes `dose` mg on `day`, in equal shares, into a lane of the general kernel."""
    share = intake(code, units, dose, p) / code[DOSES_PER_DAY]
    for j in range(y.size):
        row(work, STATE + j * LANES)[lane] = y[j]
    row(work, STATE + code[DOSE_STATE] * LANES)[lane] += share
    for k in range(p.size):
        row(work, PARAMETERS + k * LANES)[lane] = p[k]
    row(work, ORIGIN)[lane] = np.float64(day) * units[DAY_LENGTH]
    row(work, NOW)[lane] = 0.0
    row(work, STOP)[lane] = units[DAY_LENGTH] / code[DOSES_PER_DAY]
    row(work, SHARE)[lane] = share
    row(work, STATUS)[lane] = 0.0
    row(work, STRICT)[lane] = units[STRICTNESS]


@part()
def stand_aside(lane, work):  # type: ignore[no-untyped-def]
    """Who is in this lane stays as they are."""
    for at in (NOW, STOP, SHARE, STATUS):
        row(work, at)[lane] = 0.0


@part()
def _take_next_share(code, units, work, n_lanes):  # type: ignore[no-untyped-def]
    """The next dose of the day, for those who have not failed."""
    for i in range(n_lanes):
        failed = row(work, STATUS)[i] > 0.0
        row(work, STATE + code[DOSE_STATE] * LANES)[i] += 0.0 if failed else row(work, SHARE)[i]
        row(work, ORIGIN)[i] += units[DAY_LENGTH] / code[DOSES_PER_DAY]
        row(work, STOP)[i] = 0.0 if failed else row(work, STOP)[i]
        row(work, NOW)[i] = 0.0


@part()
def live_side_by_side(code, units, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Let the patients in the lanes live their day, from dose to dose; STATUS says how it went."""
    for dose in range(code[DOSES_PER_DAY]):
        if dose > 0:
            _take_next_share(code, units, work, n_lanes)
        integrate(lanes_at(code[LANES_ADDRESS]), work, n_states, n_lanes)
        for i in range(n_lanes):
            row(work, STATUS)[i] = max(row(work, STATUS)[i], row(work, FAILED)[i])


@part()
def leave(lane, y, work):  # type: ignore[no-untyped-def]
    """Take a patient out of a lane; y is replaced unless the day failed. Their status."""
    status = np.int64(row(work, STATUS)[lane])
    if status == 0:
        for j in range(y.size):
            y[j] = row(work, STATE + j * LANES)[lane]
    return status


@part()
def write_harm(code, i, column, dose, y, p, harm):  # type: ignore[no-untyped-def]
    """Note what is to be feared of the day that patient i has lived, where the model says so; 0 where not."""
    if code[HARM_ADDRESS] == 0:
        return 0.0
    harm[i, column] = harm_at(code[HARM_ADDRESS])(dose, y, p)
    return harm[i, column]
