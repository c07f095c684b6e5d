"""The implicit half of the general kernel: a Rosenbrock pair for the stiff rest of a day.

(1 / (gamma h) - J) k_s = f(y + sum a_sr k_r) + sum c_sr k_r / h + d_s h df/dt, with the Jacobian J by forward
differences. The matrix is factored without pivots: where that loses digits the error shows it, and a shorter
step makes the diagonal dominant.
"""

from __future__ import annotations

import numpy as np

from pmrl.compiled import part
from pmrl.elementary import fma
from pmrl.lanes import (
    ARGUMENT,
    BLOCK,
    CANDIDATE,
    CHANGE,
    DERIVATIVE,
    DRIFT,
    ERROR,
    GROWTH,
    JACOBIAN,
    LANES,
    MATRIX,
    NOW,
    ORIGIN,
    SCALE,
    SLOPE,
    STAGE,
    STAGES,
    START,
    STATE,
    STEP,
    STIFF,
    STRICT,
    TIME,
    copy,
    row,
    set_to_stages_twice,
)  # fmt: skip
from pmrl.stepping import (
    BEYOND,
    MOST_STEPS,
    accept,
    give_up,
    going_on,
    move_on,
    note_failures,
    set_growth,
    shorten_last,
)  # fmt: skip
from pmrl.tableaux import RODAS5P

_A, _COUPLING = np.zeros((STAGES, STAGES)), np.zeros((STAGES, STAGES))
for _table, _rows in ((_A, RODAS5P.a), (_COUPLING, RODAS5P.coupling)):
    for _stage, _weights in enumerate(_rows, start=1):
        _table[_stage, : len(_weights)] = _weights
_C, _D, _GAMMA = np.array(RODAS5P.c), np.array(RODAS5P.d), RODAS5P.gamma
_LAST = STAGES - 1

TOLERANCE = 3e-6
"""Largest error of a step, in units of a state's scale."""
_DIFFERENCE = 1.5e-8
"""Relative step of a difference: the square root of the rounding error."""


@part()
def _linearise(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """SLOPE, JACOBIAN and DRIFT (df/dt) at STATE and NOW."""
    for i in range(n_lanes):
        row(work, TIME)[i] = row(work, ORIGIN)[i] + row(work, NOW)[i]
    copy(work, ARGUMENT, STATE, n_states, n_lanes)
    rhs(work, n_lanes)
    copy(work, SLOPE, DERIVATIVE, n_states, n_lanes)
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            y = row(work, STATE + at)[i]
            row(work, ARGUMENT + at)[i] = y + _DIFFERENCE * max(abs(y), row(work, SCALE + at)[i])
        rhs(work, n_lanes)
        for i in range(n_lanes):
            # The step as it was rounded.
            row(work, ERROR)[i] = 1.0 / (row(work, ARGUMENT + at)[i] - row(work, STATE + at)[i])
        for k in range(n_states):
            pair = JACOBIAN + k * BLOCK + at
            for i in range(n_lanes):
                rise = row(work, DERIVATIVE + k * LANES)[i] - row(work, SLOPE + k * LANES)[i]
                row(work, pair)[i] = rise * row(work, ERROR)[i]
        for i in range(n_lanes):
            row(work, ARGUMENT + at)[i] = row(work, STATE + at)[i]
    for i in range(n_lanes):
        ahead = _DIFFERENCE * max(row(work, STEP)[i], 1e-300)
        row(work, TIME)[i] = row(work, ORIGIN)[i] + (row(work, NOW)[i] + ahead)
        began = row(work, ORIGIN)[i] + row(work, NOW)[i]
        row(work, ERROR)[i] = 1.0 / max(row(work, TIME)[i] - began, 1e-300)
    rhs(work, n_lanes)
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            rise = row(work, DERIVATIVE + at)[i] - row(work, SLOPE + at)[i]
            row(work, DRIFT + at)[i] = rise * row(work, ERROR)[i]


@part()
def _factor(work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """MATRIX = 1 / (gamma STEP) - JACOBIAN as L and U in place, the diagonal of U inverted."""
    for r in range(n_states):
        for c in range(n_states):
            pair = r * BLOCK + c * LANES
            for i in range(n_lanes):
                row(work, MATRIX + pair)[i] = -row(work, JACOBIAN + pair)[i]
        diagonal = MATRIX + r * BLOCK + r * LANES
        for i in range(n_lanes):
            row(work, diagonal)[i] += 1.0 / (_GAMMA * row(work, STEP)[i])
    for k in range(n_states):
        diagonal = MATRIX + k * BLOCK + k * LANES
        for i in range(n_lanes):
            row(work, diagonal)[i] = 1.0 / row(work, diagonal)[i]
        for r in range(k + 1, n_states):
            left = MATRIX + r * BLOCK + k * LANES
            for i in range(n_lanes):
                row(work, left)[i] *= row(work, diagonal)[i]
            for c in range(k + 1, n_states):
                here, above = MATRIX + r * BLOCK + c * LANES, MATRIX + k * BLOCK + c * LANES
                for i in range(n_lanes):
                    row(work, here)[i] = fma(-row(work, left)[i], row(work, above)[i], row(work, here)[i])


@part()
def _solve(work, block, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Replace a block by the solution of MATRIX x = block."""
    for r in range(n_states):
        to = block + r * LANES
        for c in range(r):
            pair = MATRIX + r * BLOCK + c * LANES
            for i in range(n_lanes):
                known = row(work, block + c * LANES)[i]
                row(work, to)[i] = fma(-row(work, pair)[i], known, row(work, to)[i])
    for back in range(n_states):
        r = n_states - 1 - back
        to = block + r * LANES
        for c in range(r + 1, n_states):
            pair = MATRIX + r * BLOCK + c * LANES
            for i in range(n_lanes):
                known = row(work, block + c * LANES)[i]
                row(work, to)[i] = fma(-row(work, pair)[i], known, row(work, to)[i])
        diagonal = MATRIX + r * BLOCK + r * LANES
        for i in range(n_lanes):
            row(work, to)[i] *= row(work, diagonal)[i]


@part()
def _take_stages(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """All stages; CANDIDATE is the result, and the last stage its error."""
    copy(work, DERIVATIVE, SLOPE, n_states, n_lanes)
    for s in range(STAGES):
        block = STAGE + s * BLOCK
        set_to_stages_twice(work, ARGUMENT, _A[s], block, _COUPLING[s], s, n_states, n_lanes)
        if s > 0:
            for i in range(n_states * LANES):
                row(work, ARGUMENT)[i] += row(work, STATE)[i]
            for i in range(n_lanes):
                row(work, TIME)[i] = row(work, ORIGIN)[i] + (row(work, NOW)[i] + _C[s] * row(work, STEP)[i])
            rhs(work, n_lanes)
        for i in range(n_lanes):
            row(work, CHANGE)[i] = 1.0 / row(work, STEP)[i]
        for j in range(n_states):
            at = j * LANES
            for i in range(n_lanes):
                drift = _D[s] * row(work, STEP)[i] * row(work, DRIFT + at)[i]
                known = row(work, DERIVATIVE + at)[i] + drift
                row(work, block + at)[i] = fma(row(work, block + at)[i], row(work, CHANGE)[i], known)
        _solve(work, block, n_states, n_lanes)
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            last = row(work, STAGE + _LAST * BLOCK + at)[i]
            row(work, CANDIDATE + at)[i] = row(work, ARGUMENT + at)[i] + last


@part()
def _estimate(work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """ERROR of the step in units of TOLERANCE."""
    for i in range(n_lanes):
        row(work, ERROR)[i] = 0.0
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            moved = abs(row(work, CANDIDATE + at)[i] - row(work, START + at)[i])
            scale = max(row(work, SCALE + at)[i], moved)
            wrong = abs(row(work, STAGE + _LAST * BLOCK + at)[i])
            error = wrong / (TOLERANCE * scale) * row(work, STRICT)[i]
            # Not a number is the largest of errors.
            row(work, ERROR)[i] = max(row(work, ERROR)[i], error if error < BEYOND else BEYOND)


@part()
def implicit(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """From NOW to STOP, with the first step STIFF. Returns the number of steps."""
    for i in range(n_lanes):
        row(work, STEP)[i] = row(work, STIFF)[i]
        row(work, STIFF)[i] = 0.0
    going, steps = 1, 0
    while going > 0 and steps < MOST_STEPS:
        steps += 1
        shorten_last(work, n_lanes)
        for i in range(n_lanes):
            # Whoever is done goes along with any step.
            row(work, STEP)[i] = row(work, STEP)[i] if row(work, STEP)[i] > 0.0 else 1.0
        _linearise(rhs, work, n_states, n_lanes)
        _factor(work, n_states, n_lanes)
        _take_stages(rhs, work, n_states, n_lanes)
        _estimate(work, n_states, n_lanes)
        set_growth(work, 0.1, 6.0, n_lanes)
        move_on(work, n_lanes)
        for i in range(n_lanes):
            row(work, STEP)[i] *= row(work, GROWTH)[i]
        note_failures(work, n_lanes)
        going = going_on(work, n_lanes)
        accept(work, n_states, n_lanes, CANDIDATE)
    give_up(work, n_lanes)
    return steps
