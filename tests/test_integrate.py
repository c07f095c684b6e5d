"""The general kernel against scipy's tightest solvers, over months, and against conservation laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ode_equations import restless
from ode_problems import PROBLEMS, SWING, Floats, Problem
from scipy.integrate import solve_ivp

from pmrl import lanes
from pmrl.errors import InputError
from pmrl.failure import (
    NOT_A_NUMBER,
    PER_ROW,
    STEP_TOO_SMALL,
    TOO_MANY_STEPS,
    SimulationError,
    require_success,
)
from pmrl.lanes import LANES, MOST_PARAMETERS, MOST_STATES, side_by_side, work_size
from pmrl.rosenbrock import implicit
from pmrl.solve import course, reference_course
from pmrl.stepping import MOST_STEPS
from pmrl.tsitouras import begin, explicit

NAMED = {problem.name: problem for problem in PROBLEMS}
each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def lived(problem: Problem, days: int, start: Floats | None = None) -> Floats:
    """The states of the typical patient after some days of the daily dose."""
    states = None if start is None else start[None, :]
    return course(problem.model, problem.patients(1), np.full((1, days), problem.dose), states)[1][0]


def reference_day(
    problem: Problem, start: Floats, dose: float | None = None, patient: Floats | None = None
) -> tuple[Floats, Floats]:
    """The states a day after a dose, and the largest of each on the way: the scale of its error."""
    p, y = problem.patients(1)[0] if patient is None else patient, start.copy()
    y[0] += problem.dose if dose is None else dose

    def rhs(t: float, state: Floats) -> Floats:
        dydt = np.empty_like(state)
        problem.model.rhs(t, np.ascontiguousarray(state), p, dydt)
        return dydt

    # Where scipy's explicit solver would take minutes, its implicit ones end at about 1e-10.
    method, tolerance = ("LSODA", 1e-12) if problem.stiff else ("DOP853", 3e-14)
    small = 3e-14 * np.maximum(np.abs(y), 1e-3 * np.abs(y).max())
    found = solve_ivp(rhs, (0.0, problem.day), y, method=method, rtol=tolerance, atol=small)
    assert found.success
    return found.y[:, -1], np.abs(found.y).max(axis=1)


@each_problem
def test_every_day_agrees_with_a_tight_solver_and_errors_do_not_pile_up(problem: Problem) -> None:
    y, expected, errors = np.array(problem.initial), np.array(problem.initial), []
    for _ in range(problem.days):
        y = lived(problem, 1, y)
        expected, scale = reference_day(problem, expected)
        errors.append(np.max(np.abs(y - expected) / scale))
    assert max(errors) < 1e-5, f"worst on day {int(np.argmax(errors))}"


# The reference of the rest takes seconds a patient.
quick = [problem for problem in PROBLEMS if problem.name != "effect compartment in fast equilibrium"]


@pytest.mark.parametrize("problem", quick, ids=lambda problem: problem.name)
def test_other_patients_on_other_doses_are_as_exact(problem: Problem) -> None:
    """Patients who differ by a third, doses from a tenth to ten times the usual; states of that day."""
    random = np.random.default_rng(7)
    for row, p in enumerate(problem.patients(4, 0.3)):
        y = np.array(problem.initial)
        for _ in range(2):
            dose = problem.dose * np.exp(random.normal())
            expected, scale = reference_day(problem, y, dose, p)
            found = course(problem.model, p[None], np.array([[dose]]), y[None])[1][0]
            matters = scale > 1e-4 * scale.max()
            error = np.max((np.abs(found - expected) / np.maximum(scale, 1e-300))[matters])
            assert error < 1e-5, f"patient {row}"
            y = expected


@each_problem
def test_a_patient_does_not_depend_on_the_batch(problem: Problem) -> None:
    n, days = LANES + 5, 3
    p, doses = problem.patients(n, 0.3), np.full((n, days), problem.dose)
    values, states = course(problem.model, p, doses)
    in_threads = course(problem.model, p, doses, threads=3)
    np.testing.assert_array_equal(in_threads[1], states)
    for i in (0, 7, LANES - 1, n - 1):
        alone = course(problem.model, p[i : i + 1], doses[:1])
        np.testing.assert_array_equal(alone[0][0], values[i])
        np.testing.assert_array_equal(alone[1][0], states[i])


@each_problem
def test_days_are_what_they_are_however_they_are_grouped(problem: Problem) -> None:
    np.testing.assert_array_equal(lived(problem, 4), lived(problem, 2, lived(problem, 2)))


def test_nothing_happens_without_a_dose() -> None:
    for problem in PROBLEMS:
        if problem.dose > 0.0 and not any(problem.initial):
            states = course(problem.model, problem.patients(3), np.zeros((3, 5)))[1]
            np.testing.assert_array_equal(states, 0.0)


rate = st.floats(0.01, 50.0)


def two_compartments(p: list[float], start: list[float]) -> Floats:
    """Gut, central and peripheral a day later, without a dose."""
    model = NAMED["tacrolimus"].model
    parameters = np.array([[*p, 1.0, 1.0, 1.0]])
    return course(model, parameters, np.zeros((1, 1)), np.array([start]))[1][0]


@settings(max_examples=100, deadline=None)
@given(ka=rate, out=rate, back=rate, dose=st.floats(0.001, 1000.0))
def test_a_closed_system_keeps_what_is_in_it(ka: float, out: float, back: float, dose: float) -> None:
    y = two_compartments([ka, 0.0, 1.0, out, out / back], [dose, 0.0, 0.0])
    assert y.sum() == pytest.approx(dose, rel=1e-7)


@settings(max_examples=100, deadline=None)
@given(ka=rate, cl=rate, q=rate, v1=st.floats(1.0, 1000.0), v2=st.floats(1.0, 1000.0))
def test_any_two_compartments(ka: float, cl: float, q: float, v1: float, v2: float) -> None:
    matrix = np.array([[-ka, 0.0, 0.0], [ka, -(cl + q) / v1, q / v2], [0.0, q / v1, -q / v2]])
    values, vectors = np.linalg.eig(matrix)
    if np.linalg.cond(vectors) < 1e6:
        start = [100.0, 5.0, 20.0]
        expected = (vectors @ (np.exp(24.0 * values) * np.linalg.solve(vectors, np.array(start)))).real
        np.testing.assert_allclose(two_compartments([ka, cl, v1, q, v2], start), expected, rtol=0, atol=1e-3)


def test_a_stricter_model_makes_smaller_errors() -> None:
    """In an amount that falls far below its peak, which errors are measured by: clearance is ten-fold."""
    problem, central = NAMED["tacrolimus"], 1
    p, doses = problem.patients(1), np.full(3, problem.dose)
    p[0, central] *= 10.0
    expected = reference_course(problem.model, p[0], doses)[1][central]

    def error(strictness: float) -> float:
        found = course(replace(problem.model, strictness=strictness), p, doses[None])[1][0, central]
        return float(abs(found / expected - 1.0))

    assert error(100.0) < 0.1 * error(1.0)


def test_failures_name_the_patient_and_end_soon() -> None:
    problem = NAMED["phenytoin"]
    p = problem.patients(LANES + 3)
    p[LANES + 1, 2] = np.nan
    with pytest.raises(SimulationError, match=rf"^row {LANES + 1}: .*not a number"):
        course(problem.model, p, np.full((len(p), 2), problem.dose))
    # A negative Km has a pole on the way.
    p = problem.patients(1)
    p[0, 2] = -3.0
    with pytest.raises(SimulationError):
        course(problem.model, p, np.full((1, 5), problem.dose))
    for status in (NOT_A_NUMBER, STEP_TOO_SMALL):
        with pytest.raises(SimulationError, match="patient 4, day 9"):
            require_success(status + 4 * PER_ROW, lambda row: f"patient {row}, day 9")
    require_success(0, lambda row: "nobody")


def test_the_time_is_that_of_the_day() -> None:
    """The rate is cos(t): the days differ, because their times do."""
    values = course(SWING.model, SWING.patients(2), np.zeros((2, 6)))[0]
    np.testing.assert_allclose(values, np.tile(np.sin(np.arange(7) * 24.0), (2, 1)), atol=1e-5)


@pytest.mark.parametrize("method", [explicit, implicit], ids=["explicit", "implicit"])
def test_nobody_takes_steps_for_ever(method: Callable[..., int]) -> None:
    work, equations = np.zeros(work_size(1, 1)), side_by_side(restless)
    work[lanes.STOP] = work[lanes.STRICT] = 1.0
    begin(equations, work, 1, 1)
    work[lanes.STIFF] = 1e-6
    assert method(equations, work, 1, 1) == MOST_STEPS
    assert work[lanes.FAILED] == TOO_MANY_STEPS
    assert work[lanes.NOW] == work[lanes.STOP]


def test_the_scratch_has_limits() -> None:
    assert work_size(1, 1) == work_size(MOST_STATES, MOST_PARAMETERS)
    for states, parameters in ((0, 1), (MOST_STATES + 1, 1), (1, MOST_PARAMETERS + 1)):
        with pytest.raises(InputError, match="states"):
            work_size(states, parameters)


def test_a_model_has_one_of_the_two_kernels() -> None:
    model = NAMED["phenytoin"].model
    with pytest.raises(TypeError, match="rhs_lanes"):
        replace(model, rhs_lanes=None)
    with pytest.raises(TypeError, match="both or none"):
        replace(model, day=model.rhs)


def test_addresses_do_not_travel_to_other_processes() -> None:
    model = PROBLEMS[0].model
    assert model.code[0] > 0
    assert "code" in vars(model)
    assert "code" not in model.__getstate__()
