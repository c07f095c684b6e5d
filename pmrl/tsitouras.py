"""The explicit half of the general kernel: Tsitouras' pair, every patient with steps of their own."""

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
    DISTANCE,
    DRIFT,
    ERROR,
    FAILED,
    GROWTH,
    LANES,
    NOW,
    ORIGIN,
    SCALE,
    STAGE,
    START,
    STATE,
    STEP,
    STIFF,
    STOP,
    STRICT,
    TAKEN,
    TIME,
    copy,
    row,
    set_to_stages,
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
from pmrl.tableaux import TSITOURAS

_A = np.zeros((7, 7))
for _stage, _weights in enumerate(TSITOURAS.a, start=1):
    _A[_stage, : len(_weights)] = _weights
_C, _ERROR = np.array(TSITOURAS.c), np.array(TSITOURAS.error)

TOLERANCE = 1e-6
"""Largest error of a step, in units of a state's scale, over the model's strictness."""
SLOW_SHARE = 0.02
"""A state's scale is how far it has moved since the dose, but at least this share of its size: a state that
moves little in a day remembers many days' errors, and so must make smaller ones."""
LEAST_SHARE = 1e-4
"""And at least this share of the largest state's size: what it matters when it starts from nothing."""
FIRST_SHARE = 0.1
"""The first step, as a share of the time in which the derivative changes by its own size."""
STIFF_PRODUCT, STIFF_REST = 1.5, 15.0
"""Steps are handed to `pmrl.rosenbrock` where step times rate is above the first, so that stability keeps
them short, and the rest of the time times rate above the second, so that the change pays."""
LEAP = 4.0
"""The first step over there, in steps of here."""


@part()
def begin(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Scales, first derivatives (stage 0) and first steps, from STATE, NOW and STOP."""
    for i in range(n_lanes):
        row(work, TIME)[i] = row(work, ORIGIN)[i] + row(work, NOW)[i]
        row(work, STIFF)[i] = row(work, FAILED)[i] = row(work, ERROR)[i] = 0.0
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            row(work, ERROR)[i] = max(row(work, ERROR)[i], abs(row(work, STATE + at)[i]))
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            y = row(work, STATE + at)[i]
            row(work, START + at)[i] = row(work, ARGUMENT + at)[i] = y
            least = max(LEAST_SHARE * row(work, ERROR)[i], 1e-300)
            row(work, SCALE + at)[i] = max(SLOW_SHARE * abs(y), least)
    rhs(work, n_lanes)
    for i in range(n_lanes):
        ahead = 1e-6 * (row(work, STOP)[i] - row(work, NOW)[i])
        row(work, STEP)[i] = ahead
        row(work, TIME)[i] = row(work, ORIGIN)[i] + (row(work, NOW)[i] + ahead)
        row(work, CHANGE)[i] = row(work, DISTANCE)[i] = 0.0
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            slope = row(work, DERIVATIVE + at)[i]
            row(work, STAGE + at)[i] = slope
            row(work, ARGUMENT + at)[i] = row(work, STATE + at)[i] + row(work, STEP)[i] * slope
    rhs(work, n_lanes)
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            size = max(abs(row(work, STATE + at)[i]), 1e-3 * row(work, ERROR)[i] + 1e-300)
            slope = row(work, STAGE + at)[i]
            change = abs(row(work, DERIVATIVE + at)[i] - slope) / size
            row(work, CHANGE)[i] = max(row(work, CHANGE)[i], change)
            row(work, DISTANCE)[i] = max(row(work, DISTANCE)[i], abs(slope) / size)
    for i in range(n_lanes):
        span = row(work, STOP)[i] - row(work, NOW)[i]
        change = row(work, CHANGE)[i]
        share = FIRST_SHARE * row(work, STEP)[i] * max(row(work, DISTANCE)[i], change)
        row(work, STEP)[i] = min(span, share / change) if change > 0.0 else span


@part()
def _take_stages(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Stages 1 to 6 from STATE and stage 0; ARGUMENT ends as the fifth-order result.

    The argument of stage 5, which is at the same time, stays in DRIFT.
    """
    for s in range(1, 7):
        set_to_stages(work, ARGUMENT, _A[s], s, n_states, n_lanes)
        for j in range(n_states):
            at = j * LANES
            for i in range(n_lanes):
                slope = row(work, ARGUMENT + at)[i]
                row(work, ARGUMENT + at)[i] = fma(row(work, STEP)[i], slope, row(work, STATE + at)[i])
        if s == 5:
            copy(work, DRIFT, ARGUMENT, n_states, n_lanes)
        for i in range(n_lanes):
            row(work, TIME)[i] = row(work, ORIGIN)[i] + (row(work, NOW)[i] + _C[s] * row(work, STEP)[i])
        rhs(work, n_lanes)
        copy(work, STAGE + s * BLOCK, DERIVATIVE, n_states, n_lanes)


@part()
def _estimate(work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """ERROR of the step in units of TOLERANCE, and how stiff the equations are: the rate CHANGE / DISTANCE.

    Stages 5 and 6 are at the same time, so the quotient of the differences of slopes and states is a rate.
    """
    for i in range(n_lanes):
        row(work, ERROR)[i] = row(work, CHANGE)[i] = row(work, DISTANCE)[i] = 0.0
    set_to_stages(work, CANDIDATE, _ERROR, 7, n_states, n_lanes)
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            moved = abs(row(work, ARGUMENT + at)[i] - row(work, START + at)[i])
            per_scale = 1.0 / max(row(work, SCALE + at)[i], moved)
            wrong = abs(row(work, STEP)[i] * row(work, CANDIDATE + at)[i])
            error = wrong * per_scale * (1.0 / TOLERANCE) * row(work, STRICT)[i]
            # Not a number is the largest of errors.
            row(work, ERROR)[i] = max(row(work, ERROR)[i], error if error < BEYOND else BEYOND)
            slopes = row(work, STAGE + 6 * BLOCK + at)[i] - row(work, STAGE + 5 * BLOCK + at)[i]
            states = row(work, ARGUMENT + at)[i] - row(work, DRIFT + at)[i]
            row(work, CHANGE)[i] = max(row(work, CHANGE)[i], abs(slopes) * per_scale)
            row(work, DISTANCE)[i] = max(row(work, DISTANCE)[i], abs(states) * per_scale)


@part()
def _choose_steps(work, n_lanes):  # type: ignore[no-untyped-def]
    """The next steps; 0 for patients whose equations are stiff, with STIFF as their first step there."""
    for i in range(n_lanes):
        h, rest = row(work, STEP)[i], row(work, STOP)[i] - row(work, NOW)[i]
        change, distance = row(work, CHANGE)[i], row(work, DISTANCE)[i]
        slow = h * change > STIFF_PRODUCT * distance and rest * change > STIFF_REST * distance
        stiff = slow and row(work, TAKEN)[i] > 0.0
        row(work, STIFF)[i] = LEAP * h if stiff else row(work, STIFF)[i]
        row(work, STEP)[i] = 0.0 if stiff else h * row(work, GROWTH)[i]


@part()
def explicit(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """From NOW to STOP, or to where a patient's equations turn out to be stiff: STIFF is then a first step.

    NOW equal to STOP leaves a patient as they are. Returns the number of steps.
    """
    begin(rhs, work, n_states, n_lanes)
    going, steps = 1, 0
    while going > 0 and steps < MOST_STEPS:
        steps += 1
        shorten_last(work, n_lanes)
        _take_stages(rhs, work, n_states, n_lanes)
        _estimate(work, n_states, n_lanes)
        set_growth(work, 0.1, 5.0, n_lanes)
        move_on(work, n_lanes)
        _choose_steps(work, n_lanes)
        note_failures(work, n_lanes)
        going = going_on(work, n_lanes)
        accept(work, n_states, n_lanes, ARGUMENT)
        for j in range(n_states):
            at = j * LANES
            for i in range(n_lanes):
                first, last = row(work, STAGE + at)[i], row(work, STAGE + 6 * BLOCK + at)[i]
                row(work, STAGE + at)[i] = last if row(work, TAKEN)[i] > 0.0 else first
    give_up(work, n_lanes)
    return steps
