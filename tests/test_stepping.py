"""Steps of the general kernel, one patient to a lane: their lengths, who takes them, who gives up."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl import lanes
from pmrl.failure import NOT_A_NUMBER, STEP_TOO_SMALL, TOO_MANY_STEPS
from pmrl.lanes import (
    CANDIDATE,
    FAILED,
    GROWTH,
    LANES,
    NOW,
    SCALE,
    START,
    STATE,
    STEP,
    TAKEN,
    work_size,
)
from pmrl.stepping import (
    BEYOND,
    SMALLEST_STEP,
    accept,
    give_up,
    going_on,
    move_on,
    note_failures,
    set_growth,
    shorten_last,
)

Floats = np.ndarray
INF, NAN = float("inf"), float("nan")


def scratch(**rows: list[float]) -> Floats:
    """Scratch with these rows, by the names of `pmrl.lanes`."""
    work = np.full(work_size(2, 1), NAN)
    for name, values in rows.items():
        at = getattr(lanes, name)
        work[at : at + len(values)] = values
    return work


def of(work: Floats, at: int, n: int) -> list[float]:
    return work[at : at + n].tolist()


def test_growth_is_that_of_a_fifth_order_method_within_bounds() -> None:
    errors = [1.0, 2.0**-5, 2.0**5, 1e-30, 0.0, 1.0 + 1e-12, 1e9, BEYOND]
    work = scratch(ERROR=errors)
    set_growth(work, 0.1, 5.0, len(errors))
    # 0.9 / error^(1/5): by at most 5, by 0.8 at most after a step that failed, by 0.1 at least.
    expected = [0.9, 1.8, 0.45, 5.0, 5.0, 0.8, 0.1, 0.1]
    assert of(work, GROWTH, len(errors)) == pytest.approx(expected, rel=1e-9)


def test_no_step_goes_beyond_the_end_and_none_just_misses_it() -> None:
    work = scratch(NOW=[2.0] * 5, STOP=[12.0] * 5, STEP=[5.0, 9.0, 9.1, 10.0, 30.0])
    shorten_last(work, 5)
    assert of(work, STEP, 5) == [5.0, 9.0, 10.0, 10.0, 10.0]
    # 1.1 * 8 is 8.8 to the last bit: reaching it is enough.
    work = scratch(NOW=[0.0], STOP=[1.1 * 8.0], STEP=[8.0])
    shorten_last(work, 1)
    assert of(work, STEP, 1) == [1.1 * 8.0]


def test_states_and_scales_move_on_where_a_step_was_taken() -> None:
    work = scratch(TAKEN=[1.0, 0.0, 1.0])
    for j, (y, start, new, scale) in enumerate([(5.0, 4.0, 7.0, 0.5), (1.0, 3.0, -2.0, 0.25)]):
        for at, value in ((STATE, y), (START, start), (CANDIDATE, new), (SCALE, scale)):
            work[at + j * LANES : at + j * LANES + 3] = value
    accept(work, 2, 3, CANDIDATE)
    assert of(work, STATE, 3) == [7.0, 5.0, 7.0]
    assert of(work, STATE + LANES, 3) == [-2.0, 1.0, -2.0]
    # A scale is how far a state has been from where it began, and never shrinks.
    assert of(work, SCALE, 3) == [3.0, 0.5, 3.0]
    assert of(work, SCALE + LANES, 3) == [5.0, 0.25, 5.0]
    # Once more, for one that has moved less than before.
    work[CANDIDATE : CANDIDATE + 3] = 4.5
    accept(work, 2, 3, CANDIDATE)
    assert of(work, STATE, 3) == [4.5, 5.0, 4.5]
    assert of(work, SCALE, 3) == [3.0, 0.5, 3.0]


def test_a_step_is_taken_if_its_error_is_small_enough() -> None:
    #       small, largest, too large, done, given up, the last, beyond the end
    work = scratch(
        NOW=[1.0, 1.0, 1.0, 4.0, 1.0, 1.0, 1.0],
        STOP=[4.0] * 7,
        STEP=[2.0, 2.0, 2.0, 2.0, 0.0, 3.0, 9.0],
        ERROR=[0.5, 1.0, 1.001, 0.5, 0.5, 0.5, 0.5],
    )
    move_on(work, 7)
    assert of(work, TAKEN, 7) == [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert of(work, NOW, 7) == [3.0, 3.0, 1.0, 4.0, 1.0, 4.0, 4.0]


def test_the_last_step_ends_exactly_at_the_end() -> None:
    now, stop = 0.2, 0.9
    work = scratch(NOW=[now], STOP=[stop], STEP=[stop - now], ERROR=[0.0])
    assert now + (stop - now) != stop
    move_on(work, 1)
    assert of(work, NOW, 1) == [stop]


def test_who_has_a_step_to_take_goes_on() -> None:
    work = scratch(NOW=[0.0, 1.0, 0.0, 0.5, 0.0], STOP=[1.0] * 5, STEP=[0.1, 0.1, 0.0, 0.1, 0.1])
    assert [going_on(work, n) for n in range(6)] == [0, 1, 1, 1, 2, 3]


def test_steps_that_get_too_small_fail() -> None:
    # 1e-13 of the 10 that remain is the smallest; a step of 0 is none, and one failure leaves others alone.
    steps = [1.1e-12, 0.9e-12, 0.9e-12, 0.0, 1.0, SMALLEST_STEP * 10.0]
    errors = [2.0, 2.0, BEYOND, 2.0, 2.0, 2.0]
    work = scratch(NOW=[5.0] * 6, STOP=[15.0] * 6, STEP=steps, ERROR=errors, FAILED=[0.0] * 6)
    note_failures(work, 6)
    assert of(work, FAILED, 6) == [0.0, STEP_TOO_SMALL, NOT_A_NUMBER, 0.0, 0.0, 0.0]
    assert of(work, NOW, 6) == [5.0, 15.0, 15.0, 5.0, 5.0, 5.0]
    assert of(work, STEP, 6) == [1.1e-12, 0.0, 0.0, 0.0, 1.0, SMALLEST_STEP * 10.0]


@pytest.mark.parametrize("small", [[0], [1], [2], [3], [0, 2], [1, 2, 3], [0, 1, 2, 3]])
def test_small_steps_are_found_wherever_and_however_many_they_are(small: list[int]) -> None:
    steps = [1e-15 if k in small else 1.0 for k in range(4)]
    work = scratch(NOW=[0.0] * 4, STOP=[1.0] * 4, STEP=steps, ERROR=[2.0] * 4, FAILED=[0.0] * 4)
    note_failures(work, 4)
    assert [k for k in range(4) if work[FAILED + k] > 0.0] == small


def test_who_is_on_the_way_and_not_stiff_has_taken_too_many_steps() -> None:
    work = scratch(NOW=[0.5, 1.0, 0.5], STOP=[1.0] * 3, STIFF=[0.0, 0.0, 0.1], FAILED=[0.0] * 3)
    give_up(work, 3)
    assert of(work, FAILED, 3) == [TOO_MANY_STEPS, 0.0, 0.0]
    assert of(work, NOW, 3) == [1.0, 1.0, 0.5]
