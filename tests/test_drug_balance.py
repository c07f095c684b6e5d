"""Pharmacokinetics of every model: nothing is lost or made, two doses add up, and what goes in comes out."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from pmrl.envs.registry import THERAPIES, therapy
from pmrl.model import PatientModel
from pmrl.models.registry import MODELS, model
from pmrl.solve import course

Floats = NDArray[np.float64]
every_model = pytest.mark.parametrize("name", MODELS)
STANDARD = {name: therapy(drug).standard_dose for drug in THERAPIES for name in therapy(drug).models}


@cache
def parameters(name: str) -> Floats:
    m = model(name)
    return m.patients(m.cohorts.maker("sampled", 8, None)(0, 24))


def doses(name: str) -> Floats:
    """A week, with a day without and a day with four times the usual dose."""
    return STANDARD[name] * np.array([1.0, 0.0, 4.0, 1.0, 0.5, 1.0, 1.0])


def lived(m: PatientModel, p: Floats, y: Floats, start: float, hours: float) -> tuple[Floats, float]:
    """States and amount eliminated after so many hours without a dose, by scipy."""

    def rhs(t: float, state: Floats) -> Floats:
        out = np.empty_like(state)
        m.rhs(t, np.ascontiguousarray(state[:-1]), p, out[:-1])
        out[-1] = m.balance.eliminated(t, state[:-1], p)
        return out

    end = start + hours / m.time_unit_hours
    both = solve_ivp(rhs, (start, end), np.append(y, 0.0), method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    return both[:-1], float(both[-1])


@every_model
def test_what_goes_in_is_in_the_body_or_has_left_it(name: str) -> None:
    m, p = model(name), parameters(name)[3]
    y, given, left = m.initial(p[None])[0], 0.0, 0.0
    assert m.balance.in_body(y, p) == 0.0
    for day, dose in enumerate(doses(name)):
        for share in range(m.doses_per_day):
            given += m.intake(dose, p) / m.doses_per_day
            y[m.states.index(m.dose_state)] += m.intake(dose, p) / m.doses_per_day
            start = (day + share / m.doses_per_day) * 24.0 / m.time_unit_hours
            y, eliminated = lived(m, p, y, start, 24.0 / m.doses_per_day)
            left += eliminated
    assert left > 0.1 * given
    assert m.balance.in_body(y, p) + left == pytest.approx(given, rel=1e-8)
    kernel = course(m, p[None], doses(name)[None])[1][0]
    assert m.balance.in_body(kernel, p) == pytest.approx(m.balance.in_body(y, p), rel=1e-5, abs=1e-5 * given)


@every_model
def test_two_courses_add_up_where_kinetics_are_linear(name: str) -> None:
    m, p = model(name), parameters(name)

    def in_body(given: Floats) -> Floats:
        states = course(m, p, np.tile(given, (len(p), 1)))[1]
        return np.array([m.balance.in_body(y, one) for y, one in zip(states, p, strict=True)])

    one, other = doses(name), doses(name)[::-1]
    apart, together = in_body(one) + in_body(other), in_body(one + other)
    if m.balance.linear:
        given = m.intake(float(one.sum()), p[0])
        np.testing.assert_allclose(together, apart, rtol=1e-5, atol=1e-7 * given)
        if m.balance.level:
            levels = [course(m, p, np.tile(doses, (len(p), 1)))[0] for doses in (one, other, one + other)]
            np.testing.assert_allclose(levels[2], levels[0] + levels[1], rtol=1e-4, atol=1e-5)
    else:
        assert (np.abs(together / apart - 1.0) > 0.01).all(), "the kinetics are said not to be linear"


@every_model
def test_at_steady_state_a_days_dose_leaves_in_a_day(name: str) -> None:
    m, dose = model(name), 0.5 * STANDARD[name]
    # Where elimination saturates there is no steady state near or above its limit.
    sizes = parameters(name)[:, m.column(m.clearance)]
    p = parameters(name)[int(np.argmax(sizes))]
    days = max(m.settling_days, 400)
    y = course(m, p[None], np.full((1, days), dose))[1][0]
    left, start = 0.0, days * 24.0 / m.time_unit_hours
    for share in range(m.doses_per_day):
        y[m.states.index(m.dose_state)] += m.intake(dose, p) / m.doses_per_day
        begin = start + share / m.doses_per_day * 24.0 / m.time_unit_hours
        y, eliminated = lived(m, p, y, begin, 24.0 / m.doses_per_day)
        left += eliminated
    assert left == pytest.approx(m.intake(dose, p), rel=1e-4)
