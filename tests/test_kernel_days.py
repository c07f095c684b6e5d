"""Days by both halves of the general kernel against the same methods written with numpy, step by step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import expm

from pmrl import lanes
from pmrl.compiled import RHS, of_model
from pmrl.failure import NOT_A_NUMBER
from pmrl.integrate import integrate
from pmrl.lanes import LANES, STAGES, side_by_side, work_size
from pmrl.rosenbrock import implicit
from pmrl.tableaux import RODAS5P, TSITOURAS
from pmrl.tsitouras import begin, explicit

Floats = np.ndarray
ORIGIN, NOW, STOP, STRICT = 10.0, 0.5, 3.0, 2.0
PATIENTS = {
    "calm": (0.02, 0.0, 99.0, 0.1),
    "lively": (4.0, 3.0, 0.0, 0.5),
    "sudden": (0.02, 1e9, 11.0, 0.1),
    "stiff": (0.5, 0.0, 99.0, 2e3),
}
P = np.array(list(PATIENTS.values()))
N = len(P)
Y = np.array([[5.0, 1.0], [5.0, 1.0], [5.0, 1.0], [5.0, 3.0]])
CALM, LIVELY, SUDDEN, STIFF = range(N)


@of_model(RHS)
def _equations(t, y, p, dydt):
    dydt[0] = -p[0] * y[0] + p[1] * max(t - p[2], 0.0)
    dydt[1] = p[3] * (y[0] - y[1])


RHS_LANES = side_by_side(_equations)


def slope(p: Floats) -> Callable[[float, Floats], Floats]:
    """dy/dt of a patient."""
    return lambda t, y: np.array([-p[0] * y[0] + p[1] * max(t - p[2], 0.0), p[3] * (y[0] - y[1])])


def entered(who: list[int]) -> Floats:
    """Scratch with these patients, whose day is partly over."""
    work = np.full(work_size(2, 4), np.nan)
    for name, value in (("ORIGIN", ORIGIN), ("NOW", NOW), ("STOP", STOP), ("STRICT", STRICT)):
        row(work, name, len(who))[:] = value
    for lane, i in enumerate(who):
        work[lanes.STATE + lane :: LANES][:2] = Y[i]
        work[lanes.PARAMETERS + lane :: LANES][:4] = P[i]
    return work


def row(work: Floats, name: str, n: int) -> Floats:
    at = getattr(lanes, name)
    return work[at : at + n]


def states(work: Floats, lane: int) -> Floats:
    return work[lanes.STATE + lane :: LANES][:2]


class Book:
    """A patient's day by the book; steps, and the step to go on with where the equations are stiff."""

    def __init__(self, i: int, first_step: float, strict: float = STRICT) -> None:
        self.f, self.y, self.h, self.now = slope(P[i]), Y[i].copy(), first_step, NOW
        self.start, self.strict, self.steps, self.stiff = Y[i].copy(), strict, 0, 0.0
        self.scale = np.maximum(0.02 * np.abs(self.y), 1e-4 * np.abs(self.y).max())

    def live(self, step: Callable[[], tuple[Floats, Floats, float, Floats]], most: float) -> None:
        """`step` is of a method: result, error, the one allowed; how far apart two slopes and states are."""
        while self.now < STOP and self.stiff == 0.0:
            rest = STOP - self.now
            self.h = rest if 1.1 * self.h >= rest else self.h
            y, wrong, allowed, (slopes, apart) = step()
            scale = np.maximum(self.scale, np.abs(y - self.start))
            error = (np.abs(wrong) / scale).max() / allowed * self.strict
            growth = min(most if error <= 1.0 else 0.8, max(0.1, 0.9 * (error + 1e-20) ** -0.2))
            self.steps += 1
            if error <= 1.0:
                self.now = STOP if self.h >= rest else self.now + self.h
                self.y, self.scale = y, scale
                if self.h * slopes > 1.5 * apart and (STOP - self.now) * slopes > 15.0 * apart:
                    self.stiff = 4.0 * self.h
            self.h *= growth

    def explicit_step(self) -> tuple[Floats, Floats, float, Floats]:
        stages, arguments = np.zeros((7, 2)), np.zeros((7, 2))
        for s in range(7):
            arguments[s] = self.y + self.h * (np.array(TSITOURAS.a[s - 1]) @ stages[:s] if s else 0.0)
            stages[s] = self.f(ORIGIN + self.now + TSITOURAS.c[s] * self.h, arguments[s])
        scale = np.maximum(self.scale, np.abs(arguments[6] - self.start))
        apart = np.array([(np.abs(of[6] - of[5]) / scale).max() for of in (stages, arguments)])
        return arguments[6], self.h * (np.array(TSITOURAS.error) @ stages), 1e-6, apart

    def implicit_step(self) -> tuple[Floats, Floats, float, Floats]:
        stages, argument, t = np.zeros((STAGES, 2)), self.y, ORIGIN + self.now
        jacobian = np.column_stack([self.f(t, e) - self.f(t, np.zeros(2)) for e in np.eye(2)])
        for s in range(STAGES):
            a, c = (np.array(table[s - 1]) if s else np.zeros(0) for table in (RODAS5P.a, RODAS5P.coupling))
            argument = self.y + a @ stages[:s]
            right = self.f(t + RODAS5P.c[s] * self.h, argument) + c @ stages[:s] / self.h
            stages[s] = np.linalg.solve(np.eye(2) / (RODAS5P.gamma * self.h) - jacobian, right)
        return argument + stages[-1], stages[-1], 3e-6, np.zeros(2)


def first_step(i: int) -> float:
    work = entered([i])
    begin(RHS_LANES, work, 2, 1)
    return float(row(work, "STEP", 1)[0])


@pytest.mark.parametrize("i", range(N), ids=list(PATIENTS))
def test_a_day_is_explicit_steps_of_the_lengths_that_errors_allow(i: int) -> None:
    book, work = Book(i, first_step(i)), entered([i])
    book.live(book.explicit_step, most=5.0)
    assert explicit(RHS_LANES, work, 2, 1) == book.steps
    np.testing.assert_allclose(states(work, 0), book.y, rtol=1e-9)
    assert row(work, "NOW", 1)[0] == pytest.approx(book.now)
    assert row(work, "STIFF", 1)[0] == pytest.approx(book.stiff, rel=1e-6)
    assert (book.stiff > 0.0) == (i == STIFF)
    assert row(work, "FAILED", 1)[0] == 0.0


@pytest.mark.parametrize("i", [CALM, STIFF])
@pytest.mark.parametrize(("first", "strict"), [(1e-6, STRICT), (1e-4, STRICT), (7.0, STRICT), (7.0, 1e4)])
def test_a_day_is_implicit_steps_of_the_lengths_that_errors_allow(
    i: int, first: float, strict: float
) -> None:
    book, work = Book(i, first, strict), entered([i])
    begin(RHS_LANES, work, 2, 1)
    row(work, "STIFF", 1)[:], row(work, "STRICT", 1)[:] = first, strict
    book.live(book.implicit_step, most=6.0)
    assert implicit(RHS_LANES, work, 2, 1) == book.steps
    np.testing.assert_allclose(states(work, 0), book.y, rtol=1e-6)
    assert row(work, "NOW", 1)[0] == STOP
    assert row(work, "FAILED", 1)[0] == 0.0


def test_everybody_s_day_ends_with_the_closed_form() -> None:
    who = [CALM, STIFF, LIVELY, STIFF, CALM, CALM]
    work, n = entered(who), len(who)
    row(work, "STOP", n)[4], row(work, "NOW", n)[5] = NOW, STOP
    integrate(RHS_LANES, work, 2, n)
    for lane in (0, 1, 3):
        p = P[who[lane]]
        expected = expm(np.array([[-p[0], 0.0], [p[3], -p[3]]]) * (STOP - NOW)) @ Y[who[lane]]
        np.testing.assert_allclose(states(work, lane), expected, rtol=1e-5)
    for lane in (4, 5):
        np.testing.assert_array_equal(states(work, lane), Y[CALM])
    assert row(work, "NOW", n).tolist() == row(work, "STOP", n).tolist()
    assert not row(work, "FAILED", n).any()
    for lane, i in enumerate(who[:4]):
        alone = entered([i])
        integrate(RHS_LANES, alone, 2, 1)
        np.testing.assert_array_equal(states(alone, 0), states(work, lane))


@pytest.mark.parametrize("lane", range(3))
@pytest.mark.parametrize("method", [explicit, implicit], ids=["explicit", "implicit"])
def test_who_is_not_a_number_is_given_up_soon_and_nobody_else(method: Callable[..., int], lane: int) -> None:
    work = entered([CALM] * 3)
    begin(RHS_LANES, work, 2, 3)
    row(work, "STIFF", 3)[:] = 0.1
    work[lanes.PARAMETERS + lane] = np.nan
    assert method(RHS_LANES, work, 2, 3) < 40
    assert row(work, "FAILED", 3).tolist() == [NOT_A_NUMBER * float(i == lane) for i in range(3)]
    expected = expm(np.array([[-P[0, 0], 0.0], [P[0, 3], -P[0, 3]]]) * (STOP - NOW)) @ Y[0]
    for other in {0, 1, 2} - {lane}:
        np.testing.assert_allclose(states(work, other), expected, rtol=1e-5)
