"""The compiled day against scipy's tightest solver, and against what kinetics must conserve."""

from __future__ import annotations

import numpy as np
import pytest
from model_cases import Case, Floats, cases, each_case
from scipy.integrate import solve_ivp

from pmrl.cohort import Cohort
from pmrl.solve import biomarker_of, course, reference_course

SCHEDULES = {
    "first dose": (10.0,),
    "maintenance": (5.0, 5.0, 5.0, 5.0, 5.0, 5.0),
    "hold": (7.5, 7.5, 0.0, 0.0, 0.0, 7.5),
    "double dose": (5.0, 10.0, 0.0, 10.0, 5.0),
    "overdose": (50.0, 50.0, 0.0),
}
PATIENTS = (
    ("*1/*1", "G/G", 18.0, 200.0),
    ("*1/*2", "G/A", 71.0, 80.0),
    ("*3/*3", "A/A", 100.0, 30.0),
)
ONE_COMPARTMENT = [case for case in cases() if "peripheral" not in case.model.states]
RELATIVE_TOLERANCE = {"hamberg-2010": 1e-6, "hamberg-2007": 1e-6}


def patient(case: Case, who: int) -> Floats:
    cyp2c9, vkorc1, age, weight = PATIENTS[who]
    return case.typical(cyp2c9, vkorc1, age=age, weight_kg=weight, height_cm=170.0)


def with_eliminated(case: Case, p: Floats, doses: Floats, start: Floats) -> tuple[Floats, float]:
    """The paper's equations with one more state, the drug eliminated: (states at the end, mg eliminated)."""
    m, one = case.model, p[0]
    rate = float(case.clearance(one) / case.volume(one))
    dose_state = m.states.index(m.dose_state)

    def rhs(t: float, y: Floats) -> Floats:
        dydt = np.zeros_like(y)
        m.rhs(t, np.ascontiguousarray(y[:-1]), one, dydt[:-1])
        dydt[-1] = rate * y[case.central]
        return dydt

    y = np.append(start, 0.0)
    for dose in doses:
        y[dose_state] += m.intake(float(dose), one)
        span = (0.0, 24.0 / m.time_unit_hours)
        y = solve_ivp(rhs, span, y, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    return y[:-1], float(y[-1])


@each_case
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_kernel_agrees_with_a_tight_solver(case: Case, schedule: str) -> None:
    tolerance = RELATIVE_TOLERANCE.get(case.model.name, 1e-5)
    doses = np.array(SCHEDULES[schedule])
    for who in range(len(PATIENTS)):
        p = patient(case, who)
        values, states = course(case.model, p, doses[None, :])
        expected, expected_states = reference_course(case.model, p[0], doses)
        np.testing.assert_allclose(values[0], expected, rtol=tolerance, atol=0)
        # Of amounts that have decayed to nothing (1e-20 mg) only the absolute error means anything.
        np.testing.assert_allclose(states[0], expected_states, rtol=tolerance, atol=1e-9)


@each_case
def test_random_patients_agree_with_a_tight_solver(case: Case) -> None:
    # Where the random effects are far out, so are the rates: the slowest and fastest of the chains.
    far = 2.5 * np.sign(np.random.default_rng(3).standard_normal((4, len(case.model.random_effects))))
    numbers, doses = case.model.numbers(case.numbers), np.array([10.0, 5.0, 5.0])
    p = np.ascontiguousarray(case.model.individual(numbers, Cohort.sample(4, seed=1), far))
    values = course(case.model, p, doses[None, :])[0]
    expected = [reference_course(case.model, one, doses)[0] for one in p]
    np.testing.assert_allclose(values, expected, rtol=RELATIVE_TOLERANCE.get(case.model.name, 1e-5), atol=0)


@each_case
@pytest.mark.parametrize("who", range(len(PATIENTS)))
def test_mass_balance(case: Case, who: int) -> None:
    p, doses = patient(case, who), np.array([10.0, 0.0, 5.0, 20.0])
    start = case.model.initial(p)[0]
    taken_in = sum(case.model.intake(float(dose), p[0]) for dose in doses)
    _, eliminated = with_eliminated(case, p, doses, start)
    in_body = course(case.model, p, doses[None, :])[1][0, case.drug_states].sum()
    assert eliminated > 0.05 * taken_in
    assert taken_in - eliminated - in_body == pytest.approx(0.0, abs=1e-8 * taken_in)


@each_case
def test_kinetics_superpose(case: Case) -> None:
    p, pk = patient(case, 1), case.drug_states
    first, second = np.array([[10.0, 0.0, 5.0, 2.5, 0.0]]), np.array([[0.0, 7.5, 7.5, 0.0, 20.0]])

    def amounts(doses: Floats) -> Floats:
        return course(case.model, p, doses)[1][0, pk]

    together = amounts(first + second)
    assert together.max() > 1.0
    np.testing.assert_allclose(amounts(first) + amounts(second), together, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(3.0 * amounts(first), amounts(3.0 * first), rtol=1e-9, atol=1e-15)


@each_case
def test_mean_concentration_at_steady_state(case: Case) -> None:
    p, dose = patient(case, 1), 5.0
    settled = course(case.model, p, np.full((1, 400), dose))[1][0]
    _, eliminated = with_eliminated(case, p, np.array([dose]), settled)
    mean = eliminated / case.clearance(p[0]) / (24.0 / case.model.time_unit_hours)
    absorbed = case.model.intake(dose, p[0])
    expected = absorbed / (case.clearance(p[0]) * 24.0 / case.model.time_unit_hours)
    assert mean == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("case", ONE_COMPARTMENT, ids=lambda case: case.name)
def test_accumulation(case: Case) -> None:
    for who in range(len(PATIENTS)):
        p = patient(case, who)
        k = float((case.clearance(p) / case.volume(p))[0])
        first = course(case.model, p, np.full((1, 1), 5.0))[1][0, case.central]
        settled = course(case.model, p, np.full((1, 2000), 5.0))[1][0, case.central]
        expected = 1.0 / (1.0 - np.exp(-k * 24.0 / case.model.time_unit_hours))
        assert settled / first == pytest.approx(expected, rel=1e-4)


def infused(case: Case, p: Floats, dose: float) -> float:
    """Biomarker in the end when a daily dose runs in evenly, as the closed form has it."""
    m, one = case.model, p[0]
    dose_state, hours = m.states.index(m.dose_state), 24.0 / m.time_unit_hours

    def rhs(t: float, y: Floats) -> Floats:
        dydt = np.empty_like(y)
        m.rhs(t, np.ascontiguousarray(y), one, dydt)
        dydt[dose_state] += m.intake(dose, one) / hours
        return dydt

    y = solve_ivp(rhs, (0.0, 400.0 * hours), m.initial(p)[0], method="LSODA", rtol=1e-9, atol=1e-11).y[:, -1]
    return biomarker_of(m, one, np.ascontiguousarray(y))


@each_case
@pytest.mark.parametrize("target", [1.8, 2.5, 4.0])
def test_the_closed_form_is_the_steady_state_of_the_equations(case: Case, target: float) -> None:
    for who in range(len(PATIENTS)):
        p = patient(case, who)
        dose = float(case.model.maintenance_dose(p, target)[0])
        assert infused(case, p, dose) == pytest.approx(target, rel=1e-5)


@each_case
def test_the_closed_form_is_the_daily_dose_that_holds_the_target(case: Case) -> None:
    p = np.concatenate(
        [case.typical(cyp, vk) for cyp, vk in (("*1/*1", "G/G"), ("*1/*3", "G/A"), ("*3/*3", "A/A"))]
    )
    closed = case.model.maintenance_dose(p, 2.5)
    low, high = 0.5 * closed, 2.0 * closed
    for _ in range(15):
        middle = 0.5 * (low + high)
        reached = course(case.model, p, np.repeat(middle[:, None], 400, axis=1))[0][:, -1]
        low, high = np.where(reached < 2.5, middle, low), np.where(reached < 2.5, high, middle)
    # Daily doses swing the concentration, which the closed form holds still: most where the response is fast.
    np.testing.assert_allclose(closed, middle, rtol=0.03 if case.model.name == "ohara-2014" else 0.02)
