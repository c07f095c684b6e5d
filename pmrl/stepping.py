"""Steps of both halves of the general kernel: their lengths, who takes them, and who gives up.

Lengths follow from the estimated error of the last step, the same way in both.
"""

from __future__ import annotations

from pmrl.compiled import part
from pmrl.elementary import exp, log
from pmrl.failure import NOT_A_NUMBER, STEP_TOO_SMALL, TOO_MANY_STEPS
from pmrl.lanes import ERROR, FAILED, GROWTH, LANES, NOW, SCALE, START, STATE, STEP, STIFF, STOP, TAKEN, row

SAFETY = 0.9
"""Of the step that the error seems to allow."""
MOST_STEPS = 10_000
SMALLEST_STEP = 1e-13
"""Of the time to integrate over; below, time hardly moves."""
BEYOND = 1e300
"""An error that is not a number counts as this."""


@part()
def set_growth(work, least, most, n_lanes):  # type: ignore[no-untyped-def]
    """GROWTH: by how much the next step may be longer, for a fifth-order method.

    After a failure it is so much shorter that `shorten_last` does not undo it.
    """
    for i in range(n_lanes):
        error = row(work, ERROR)[i]
        limit = most if error <= 1.0 else 0.8
        wanted = max(least, SAFETY * exp(-0.2 * log(error + 1e-20)))
        row(work, GROWTH)[i] = min(limit, wanted)


@part()
def shorten_last(work, n_lanes):  # type: ignore[no-untyped-def]
    """No step goes beyond the end, and none just misses it."""
    for i in range(n_lanes):
        rest, h = row(work, STOP)[i] - row(work, NOW)[i], row(work, STEP)[i]
        row(work, STEP)[i] = rest if 1.1 * h >= rest else h


@part()
def accept(work, n_states, n_lanes, result):  # type: ignore[no-untyped-def]
    """STATE and SCALE move on to the block `result` where TAKEN."""
    for j in range(n_states):
        at = j * LANES
        for i in range(n_lanes):
            taken = row(work, TAKEN)[i] > 0.0
            y, new = row(work, STATE + at)[i], row(work, result + at)[i]
            scale = row(work, SCALE + at)[i]
            moved = max(scale, abs(new - row(work, START + at)[i]))
            row(work, STATE + at)[i] = new if taken else y
            row(work, SCALE + at)[i] = moved if taken else scale


@part()
def note_failures(work, n_lanes):  # type: ignore[no-untyped-def]
    """Patients whose next step would be too small are given up."""
    small = 0
    for i in range(n_lanes):
        h, rest = row(work, STEP)[i], row(work, STOP)[i] - row(work, NOW)[i]
        small += 1 if 0.0 < h < SMALLEST_STEP * rest else 0
    if small == 0:
        return
    for i in range(n_lanes):
        h, rest = row(work, STEP)[i], row(work, STOP)[i] - row(work, NOW)[i]
        if 0.0 < h < SMALLEST_STEP * rest:
            row(work, FAILED)[i] = NOT_A_NUMBER if row(work, ERROR)[i] >= BEYOND else STEP_TOO_SMALL
            row(work, NOW)[i] = row(work, STOP)[i]
            row(work, STEP)[i] = 0.0


@part()
def move_on(work, n_lanes):  # type: ignore[no-untyped-def]
    """TAKEN where a step's error is small enough, and NOW at its end."""
    for i in range(n_lanes):
        h, now, stop = row(work, STEP)[i], row(work, NOW)[i], row(work, STOP)[i]
        taken = now < stop and h > 0.0 and row(work, ERROR)[i] <= 1.0
        after = stop if h >= stop - now else now + h
        row(work, TAKEN)[i] = 1.0 if taken else 0.0
        row(work, NOW)[i] = after if taken else now


@part()
def going_on(work, n_lanes):  # type: ignore[no-untyped-def]
    """How many patients have a step to take."""
    going = 0
    for i in range(n_lanes):
        going += 1 if row(work, NOW)[i] < row(work, STOP)[i] and row(work, STEP)[i] > 0.0 else 0
    return going


@part()
def give_up(work, n_lanes):  # type: ignore[no-untyped-def]
    """Who is still on the way, and not stiff, has taken too many steps."""
    for i in range(n_lanes):
        if row(work, NOW)[i] < row(work, STOP)[i] and row(work, STIFF)[i] == 0.0:
            row(work, FAILED)[i] = TOO_MANY_STEPS
            row(work, NOW)[i] = row(work, STOP)[i]
