"""Single steps of both halves of the general kernel against the same methods written with numpy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from pmrl import lanes, rosenbrock, tsitouras
from pmrl.compiled import RHS, of_model
from pmrl.lanes import BLOCK, LANES, STAGE, STAGES, side_by_side, work_size
from pmrl.stepping import BEYOND
from pmrl.tableaux import RODAS5P, TSITOURAS

Floats = np.ndarray
N = 3
ORIGIN, NOW, STOP = np.array([0.0, 24.0, 48.0]), np.array([1.0, 2.0, 0.5]), np.array([24.0, 20.0, 6.0])
STEP, STRICT = np.array([0.1, 0.05, 0.2]), np.array([1.0, 2.0, 10.0])
RATE = np.array([0.5, 3.0, 0.1])
STATE = np.array([[5.0, 1.0, -2.0], [0.5, 0.2, 40.0]])
START = STATE + np.array([[1.0, -2.0, 0.1], [0.0, 3.0, -0.4]])
SCALE = np.array([[0.1, 2.0, 0.05], [3.0, 0.01, 0.8]])


@of_model(RHS)
def _equations(t, y, p, dydt):
    dydt[0] = -p[0] * y[0] * y[0] + math.sin(t)
    dydt[1] = p[0] * y[0] - 0.1 * y[1] * t


RHS_LANES = side_by_side(_equations)


def slope(i: int) -> Callable[[float, Floats], Floats]:
    """dy/dt of the patient in lane i."""

    def found(t: float, y: Floats) -> Floats:
        return np.array([-RATE[i] * y[0] ** 2 + math.sin(t), RATE[i] * y[0] - 0.1 * y[1] * t])

    return found


def scratch() -> Floats:
    """Three patients on the way through different days."""
    work = np.full(work_size(2, 1), np.nan)
    for name in ("ORIGIN", "NOW", "STOP", "STEP", "STRICT"):
        work[getattr(lanes, name) : getattr(lanes, name) + N] = globals()[name]
    for name in ("STATE", "START", "SCALE"):
        for j, row in enumerate(globals()[name]):
            at = getattr(lanes, name) + j * LANES
            work[at : at + N] = row
    work[lanes.PARAMETERS : lanes.PARAMETERS + N] = RATE
    return work


def row(work: Floats, name: str) -> Floats:
    return work[getattr(lanes, name) :][:N]


def block(work: Floats, at: int | str) -> Floats:
    at = getattr(lanes, at) if isinstance(at, str) else at
    return work[at : at + 2 * LANES].reshape(2, LANES)[:, :N]


def runge_kutta(i: int) -> tuple[Floats, Floats]:
    """Tsitouras' stages `(7, n_states)` and their arguments."""
    stages, arguments = np.zeros((7, 2)), np.zeros((7, 2))
    for s in range(7):
        weights = np.zeros(7) if s == 0 else np.pad(TSITOURAS.a[s - 1], (0, 7 - s))
        arguments[s] = STATE[:, i] + STEP[i] * (weights @ stages)
        stages[s] = slope(i)(ORIGIN[i] + NOW[i] + TSITOURAS.c[s] * STEP[i], arguments[s])
    return stages, arguments


def explicit_step() -> Floats:
    work = scratch()
    for i in range(N):
        block(work, STAGE)[:, i] = slope(i)(ORIGIN[i] + NOW[i], STATE[:, i])
    tsitouras._take_stages(RHS_LANES, work, 2, N)
    return work


def test_an_explicit_step() -> None:
    work = explicit_step()
    for i in range(N):
        stages, arguments = runge_kutta(i)
        for s in range(7):
            np.testing.assert_allclose(block(work, STAGE + s * BLOCK)[:, i], stages[s], rtol=1e-12)
        np.testing.assert_allclose(block(work, "ARGUMENT")[:, i], arguments[6], rtol=1e-12)
        np.testing.assert_allclose(block(work, "DRIFT")[:, i], arguments[5], rtol=1e-12)


def test_the_error_and_stiffness_of_an_explicit_step() -> None:
    work = explicit_step()
    tsitouras._estimate(work, 2, N)
    for i in range(N):
        stages, arguments = runge_kutta(i)
        scale = np.maximum(SCALE[:, i], np.abs(arguments[6] - START[:, i]))
        wrong = np.abs(STEP[i] * (np.array(TSITOURAS.error) @ stages)) / scale
        assert row(work, "ERROR")[i] == pytest.approx(wrong.max() * 1e6 * STRICT[i], rel=1e-6)
        for name, rows in (("CHANGE", stages), ("DISTANCE", arguments)):
            assert row(work, name)[i] == pytest.approx((np.abs(rows[6] - rows[5]) / scale).max(), rel=1e-6)


def test_an_error_that_is_not_a_number_is_the_largest() -> None:
    for module, last in ((tsitouras, STAGE), (rosenbrock, STAGE + (STAGES - 1) * BLOCK)):
        work = explicit_step()
        block(work, "CANDIDATE")[:] = 1.0
        block(work, STAGE + (STAGES - 1) * BLOCK)[:] = 1.0
        block(work, last)[1, 1] = np.nan
        module._estimate(work, 2, N)
        assert (row(work, "ERROR") == BEYOND).tolist() == [False, True, False]


@pytest.mark.parametrize("span", [1.0, 1e-4])
@pytest.mark.parametrize(
    "state", [STATE, np.array([[5.0, 0.0, 0.0], [0.0, 0.02, 0.0]])], ids=["some", "none"]
)
def test_where_a_day_begins(state: Floats, span: float) -> None:
    work = scratch()
    block(work, "STATE")[:] = state
    row(work, "STOP")[:] = stop = NOW + span * (STOP - NOW)
    tsitouras.begin(RHS_LANES, work, 2, N)
    for i in range(N):
        y, largest = state[:, i], np.abs(state[:, i]).max()
        scale = np.maximum(0.02 * np.abs(y), max(1e-4 * largest, 1e-300))
        np.testing.assert_allclose(block(work, "SCALE")[:, i], scale)
        np.testing.assert_array_equal(block(work, "START")[:, i], y)
        first = slope(i)(ORIGIN[i] + NOW[i], y)
        np.testing.assert_allclose(block(work, STAGE)[:, i], first, rtol=1e-12)
        # A tenth of the time in which the derivative changes by its own size, by a difference.
        ahead = 1e-6 * (stop[i] - NOW[i])
        size = np.maximum(np.abs(y), max(1e-3 * largest, 1e-300))
        change = np.abs(slope(i)(ORIGIN[i] + (NOW[i] + ahead), y + ahead * first) - first) / size
        expected = 0.1 * ahead * max((np.abs(first) / size).max(), change.max()) / change.max()
        # The difference leaves nine digits, or five.
        assert row(work, "STEP")[i] == pytest.approx(min(expected, stop[i] - NOW[i]), rel=1e-9 / span)
    assert not row(work, "STIFF").any()
    assert not row(work, "FAILED").any()


def test_stiff_patients_are_handed_over_with_a_longer_step() -> None:
    #        stiff, not stable by step, not worth it, failed step, just too stable, just not worth it, just so
    rows = {
        "STEP": [0.2, 0.1, 0.2, 0.2, 0.15, 0.25, 0.25],
        "NOW": [0.0, 0.0, 22.6, 0.0, 0.0, 22.5, 22.4375],
        "CHANGE": [20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 20.0],
        "TAKEN": [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0],
    }
    work, n = scratch(), 7
    for name, values in (rows | {"STOP": [24.0] * n, "DISTANCE": [2.0] * n, "GROWTH": [3.0] * n}).items():
        work[getattr(lanes, name) : getattr(lanes, name) + n] = values
    work[lanes.STIFF : lanes.STIFF + n] = 0.0
    tsitouras._choose_steps(work, n)
    assert work[lanes.STIFF : lanes.STIFF + n] == pytest.approx([0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    assert work[lanes.STEP : lanes.STEP + n] == pytest.approx([0.0, 0.3, 0.6, 0.6, 0.45, 0.75, 0.0])


def jacobian(i: int) -> Floats:
    t = ORIGIN[i] + NOW[i]
    return np.array([[-2.0 * RATE[i] * STATE[0, i], 0.0], [RATE[i], -0.1 * t]])


def test_the_jacobian_and_the_drift_are_derivatives() -> None:
    work = scratch()
    rosenbrock._linearise(RHS_LANES, work, 2, N)
    for i in range(N):
        t = ORIGIN[i] + NOW[i]
        np.testing.assert_allclose(block(work, "SLOPE")[:, i], slope(i)(t, STATE[:, i]), rtol=1e-12)
        found = np.array([block(work, lanes.JACOBIAN + r * BLOCK)[:, i] for r in range(2)])
        np.testing.assert_allclose(found, jacobian(i), rtol=1e-4, atol=1e-6)
        # By a difference over so short a time that few digits are left.
        drift = [math.cos(t), -0.1 * STATE[1, i]]
        np.testing.assert_allclose(block(work, "DRIFT")[:, i], drift, rtol=1e-3, atol=3e-2)


def test_the_jacobian_of_states_that_are_small_or_nothing() -> None:
    work = scratch()
    row(work, "ORIGIN")[:] = row(work, "NOW")[:] = 0.0
    block(work, "STATE")[:] = state = np.array([[1e-6, 0.0, 2.0], [0.0, 3.0, 1e-9]])
    block(work, "SCALE")[:] = [[1e-6, 1e-3, 1e-6], [1e-3, 1.0, 1e-9]]
    rosenbrock._linearise(RHS_LANES, work, 2, N)
    found = block(work, lanes.JACOBIAN)
    # A difference goes beyond by 1.5e-8 of the size, which is the error of the derivative of a square.
    np.testing.assert_allclose(found[0], -2.0 * RATE * state[0], rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(block(work, lanes.JACOBIAN + BLOCK)[0], RATE, rtol=1e-6)
    np.testing.assert_array_equal(found[1], 0.0)


@of_model(RHS)
def _hasty(t, y, p, dydt):
    dydt[0] = math.sin(1e6 * t)


def test_the_drift_is_of_as_short_a_time_as_the_step_is() -> None:
    work = scratch()
    row(work, "ORIGIN")[:] = row(work, "NOW")[:] = 0.0
    row(work, "STEP")[:] = 1e-6
    rosenbrock._linearise(side_by_side(_hasty), work, 1, N)
    np.testing.assert_allclose(block(work, "DRIFT")[0], 1e6, rtol=1e-6)


def implicit_step(i: int) -> tuple[Floats, Floats]:
    """Result and error of Rodas5P, with the exact derivatives."""
    t, h, y = ORIGIN[i] + NOW[i], STEP[i], STATE[:, i]
    drift = np.array([math.cos(t), -0.1 * y[1]])
    stages, argument = np.zeros((STAGES, 2)), y
    for s in range(STAGES):
        a, c = (np.zeros(s) if s == 0 else np.array(table[s - 1]) for table in (RODAS5P.a, RODAS5P.coupling))
        argument = y + a @ stages[:s]
        right = slope(i)(t + RODAS5P.c[s] * h, argument) + c @ stages[:s] / h + RODAS5P.d[s] * h * drift
        stages[s] = np.linalg.solve(np.eye(2) / (RODAS5P.gamma * h) - jacobian(i), right)
    return argument + stages[-1], stages[-1]


def test_an_implicit_step_and_its_error() -> None:
    work = scratch()
    rosenbrock._linearise(RHS_LANES, work, 2, N)
    for i in range(N):
        block(work, "DRIFT")[:, i] = [math.cos(ORIGIN[i] + NOW[i]), -0.1 * STATE[1, i]]
        for r in range(2):
            block(work, lanes.JACOBIAN + r * BLOCK)[:, i] = jacobian(i)[r]
    rosenbrock._factor(work, 2, N)
    rosenbrock._take_stages(RHS_LANES, work, 2, N)
    rosenbrock._estimate(work, 2, N)
    for i in range(N):
        result, wrong = implicit_step(i)
        np.testing.assert_allclose(block(work, "CANDIDATE")[:, i], result, rtol=1e-11)
        scale = np.maximum(SCALE[:, i], np.abs(result - START[:, i]))
        error = (np.abs(wrong) / scale).max() / 3e-6 * STRICT[i]
        assert row(work, "ERROR")[i] == pytest.approx(error, rel=1e-6)
