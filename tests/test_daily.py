"""A day of a patient, part by part: doses swallowed, disturbances, occasions, the parameters of the day."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl.daily import LENGTH, disturbed, occasion_of, set_own, taken_of
from pmrl.engine import CLEARANCE, SENSITIVITY
from pmrl.randomness import Stream, normal, uniforms

SEED, DAYS = 11, np.arange(-20, 200)
SHARES = np.array([0.3, 0.2])
U = np.array([uniforms(SEED, np.array([7]), Stream.ADHERENCE, day=int(day))[0, 0] for day in DAYS])
"""What is drawn for patient 7."""


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.3, 0.2], np.where(U < 0.3, 0.0, np.where(U > 0.8, 10.0, 5.0))),
        ([0.3, 0.0], np.where(U < 0.3, 0.0, 5.0)),
        ([0.0, 0.2], np.where(U > 0.8, 10.0, 5.0)),
        ([0.0, 0.0], np.full(DAYS.size, 5.0)),
        ([0.25, 0.25], np.where(U < 0.25, 0.0, np.where(U > 0.75, 10.0, 5.0))),
        ([0.6, 0.4], np.where(U < 0.6, 0.0, 10.0)),
    ],
)
def test_missed_below_and_doubled_above(shares: list[float], expected: np.ndarray) -> None:
    for dose in (5.0, 1.0):
        found = [taken_of(dose, SEED, 7, int(day), np.array(shares)) for day in DAYS]
        assert found == (expected / 5.0 * dose).tolist()
    assert {taken_of(0.0, SEED, 7, int(day), np.array(shares)) for day in DAYS} == {0.0}


def test_disturbances_are_by_row_and_day_and_end() -> None:
    clearance, sensitivity = np.array([[1.0, 1.5, 2.0]]), np.array([[0.9, 0.8, 0.7], [0.6, 0.5, 0.4]])
    held = np.array([[False, True, False], [True, False, False], [False, False, True]])
    for i in range(6):
        for day in range(3):
            expected = (clearance[0, day], sensitivity[i % 2, day], held[i % 3, day])
            assert disturbed(i, day, clearance, sensitivity, held) == expected
        for day in (-1, 3, 100):
            assert disturbed(i, day, clearance, sensitivity, held) == (1.0, 1.0, False)


@pytest.mark.parametrize("narrow", range(3))
def test_disturbances_end_with_the_shortest(narrow: int) -> None:
    clearance, sensitivity, held = np.full((1, 5), 2.0), np.full((2, 5), 0.5), np.ones((4, 5), dtype=np.bool_)
    given = [clearance, sensitivity, held]
    given[narrow] = np.ascontiguousarray(given[narrow][:, :3])
    found = [disturbed(7, day, *given) for day in range(-1, 6)]
    assert found == [(1.0, 1.0, False), *3 * [(2.0, 0.5, True)], *3 * [(1.0, 1.0, False)]]
    held[3] = False
    assert disturbed(7, 1, clearance, sensitivity, held) == (2.0, 0.5, False)


def test_an_occasion_is_log_normal_and_lasts_a_week() -> None:
    assert LENGTH == 7
    for day in range(-15, 16):
        week = (day + 70) // 7 - 10
        expected = np.exp(0.3 * normal(SEED, 7, week, int(Stream.OCCASION)))
        assert occasion_of(day, SEED, 7, 0.3) == pytest.approx(expected)
    assert occasion_of(3, SEED, 7, 0.0) == 1.0


def test_only_clearance_and_sensitivity_differ_by_day() -> None:
    code = np.zeros(12, dtype=np.int64)
    code[CLEARANCE], code[SENSITIVITY] = 1, 3
    own, p = np.full(4, np.nan), np.array([2.0, 3.0, 5.0, 7.0])
    set_own(own, code, p, 1.5, 0.5)
    assert own.tolist() == [2.0, 4.5, 5.0, 3.5]
    assert p.tolist() == [2.0, 3.0, 5.0, 7.0]
