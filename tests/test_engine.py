"""Doses in shares, patients put into lanes and taken out again, days that fail: against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import DAY_LENGTH, EQUATIONS, EXACT, PER_MG, SHARES, F, day_of, harm_of, patients, tolerance

from pmrl import lanes
from pmrl.engine import (
    DOSE_STATE,
    DOSES_PER_DAY,
    SCRATCH,
    _take_next_share,
    enter,
    intake,
    leave,
    live_exactly,
    live_side_by_side,
    stand_aside,
    write_harm,
)
from pmrl.engine import (
    EXACT as IS_EXACT,
)
from pmrl.failure import NOT_A_NUMBER
from pmrl.lanes import LANES, work_size

N = 3
P = patients(N)
Y = np.array([[0.1, 5.0], [0.2, 0.0], [0.3, 40.0]])
DAYS, DOSES = (2, 7, -3), (30.0, 12.0, 0.0)


def scratch() -> np.ndarray:
    return np.full(work_size(2, 4), np.nan)


def row(work: np.ndarray, name: str, state: int = 0, n: int = N) -> np.ndarray:
    at = getattr(lanes, name) + state * LANES
    return work[at : at + n]


def entered() -> np.ndarray:
    work = scratch()
    for lane in range(N):
        enter(EQUATIONS.code, EQUATIONS.units, lane, DAYS[lane], DOSES[lane], Y[lane], P[lane], work)
    return work


def test_what_a_model_says_of_itself() -> None:
    for model, exact, room in ((EXACT, 1, 1), (EQUATIONS, 0, work_size(2, 4))):
        found = [model.code[at] for at in (DOSE_STATE, DOSES_PER_DAY, IS_EXACT, SCRATCH)]
        assert found == [1, SHARES, exact, room]


def test_a_dose_is_absorbed_in_the_unit_of_the_model() -> None:
    for p in P:
        assert intake(EQUATIONS.code, EQUATIONS.units, 30.0, p) == pytest.approx(PER_MG * p[F] * 30.0)


def test_a_day_by_the_propagator_is_the_closed_form() -> None:
    for day, dose, start, p in zip(DAYS, DOSES, Y, P, strict=True):
        y, table = start.copy(), np.empty(1)
        EXACT.prepare(p, table)
        live_exactly(EXACT.code, EXACT.units, day, dose, y, p, table)
        np.testing.assert_allclose(y, day_of(EXACT, day, dose, start, p), rtol=1e-13)


def test_patients_enter_with_the_first_share_of_their_dose() -> None:
    work, shares = entered(), PER_MG * P[:, F] * DOSES / SHARES
    np.testing.assert_array_equal(row(work, "STATE", 0), Y[:, 0])
    np.testing.assert_allclose(row(work, "STATE", 1), Y[:, 1] + shares)
    for k in range(4):
        np.testing.assert_array_equal(row(work, "PARAMETERS", k), P[:, k])
    np.testing.assert_array_equal(row(work, "ORIGIN"), np.array(DAYS) * DAY_LENGTH)
    np.testing.assert_allclose(row(work, "STOP"), DAY_LENGTH / SHARES)
    np.testing.assert_allclose(row(work, "SHARE"), shares)
    np.testing.assert_array_equal(row(work, "STRICT"), 3.0)
    assert not row(work, "NOW").any()
    assert not row(work, "STATUS").any()


def test_the_next_share_is_for_those_who_have_not_failed() -> None:
    work = entered()
    row(work, "STATUS")[:] = [0.0, 3.0, 1.0]
    row(work, "NOW")[:] = row(work, "STOP")
    row(work, "SHARE")[:] = [5.0, 7.0, 11.0]
    before = work.copy()
    _take_next_share(EQUATIONS.code, EQUATIONS.units, work, N)
    np.testing.assert_allclose(row(work, "STATE", 1) - row(before, "STATE", 1), [5.0, 0.0, 0.0])
    np.testing.assert_array_equal(row(work, "STATE", 0), row(before, "STATE", 0))
    np.testing.assert_allclose(row(work, "ORIGIN"), (np.array(DAYS) + 1.0 / SHARES) * DAY_LENGTH)
    np.testing.assert_allclose(row(work, "STOP"), [DAY_LENGTH / SHARES, 0.0, 0.0])
    assert not row(work, "NOW").any()
    # Lanes beyond are left alone.
    assert np.isnan(work[lanes.NOW + N : lanes.NOW + LANES]).all()


def test_a_day_side_by_side_is_the_closed_form_and_who_stands_aside_stays() -> None:
    work = entered()
    before = [row(work, "STATE", j)[1] for j in range(2)]
    stand_aside(1, work)
    live_side_by_side(EQUATIONS.code, EQUATIONS.units, work, 2, N)
    for lane in (0, 2):
        y = np.empty(2)
        assert leave(lane, y, work) == 0
        expected = day_of(EQUATIONS, DAYS[lane], DOSES[lane], Y[lane], P[lane])
        np.testing.assert_allclose(y, expected, rtol=tolerance(EQUATIONS), atol=1e-5)
    assert [row(work, "STATE", j)[1] for j in range(2)] == before
    assert row(work, "STATUS").tolist() == [0.0, 0.0, 0.0]


def test_a_failure_stays_to_the_end_of_the_day_and_harms_nobody_else() -> None:
    work = entered()
    row(work, "PARAMETERS", 3)[1] = np.nan
    live_side_by_side(EQUATIONS.code, EQUATIONS.units, work, 2, N)
    y = np.array([7.0, 8.0])
    assert leave(1, y, work) == NOT_A_NUMBER
    assert y.tolist() == [7.0, 8.0]
    assert [leave(lane, y, work) for lane in (0, 2)] == [0, 0]
    expected = day_of(EQUATIONS, DAYS[2], DOSES[2], Y[2], P[2])
    np.testing.assert_allclose(y, expected, rtol=tolerance(EQUATIONS), atol=1e-5)


def test_a_status_is_the_gravest_of_the_day() -> None:
    # A failure at an earlier share is not forgotten by the shares that follow.
    work = entered()
    row(work, "STATUS")[:] = [2.0, 0.0, 1.0]
    live_side_by_side(EQUATIONS.code, EQUATIONS.units, work, 2, N)
    assert row(work, "STATUS").tolist() == [2.0, 0.0, 1.0]


def test_harm_is_noted_where_a_model_has_one() -> None:
    harm, code = np.full((N, 4), np.nan), EXACT.code.copy()
    found = write_harm(code, 1, 2, 12.0, Y[2], P[1], harm)
    assert found == harm[1, 2] == pytest.approx(harm_of(12.0, Y[2], P[1]))
    assert np.isnan(harm).sum() == harm.size - 1
    code[-1] = 0
    assert write_harm(code, 0, 0, 12.0, Y[2], P[1], harm) == 0.0
    assert np.isnan(harm[0, 0])
