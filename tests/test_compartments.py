"""Kinetics and effect chains over one day against formulas that were not used to write them."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from model_cases import Case, Floats, each_case
from scipy.linalg import expm

import pmrl.compiled
from pmrl.compartments import decay_table, one_compartment_day, two_compartment_day, two_compartment_rates
from pmrl.effects import chain_day, chain_size, chain_table, sigmoid_inhibition
from pmrl.models.registry import MODELS
from pmrl.quadrature import DAY_HOURS, day_nodes
from pmrl.solve import course

TIMES, WEIGHTS = day_nodes(24)


def decays(*rates: float) -> list[Floats]:
    """The tables of some rates."""
    tables = [np.full(TIMES.size + 1, np.nan) for _ in rates]
    for rate, table in zip(rates, tables, strict=True):
        decay_table(rate, TIMES, table)
    return tables


def test_a_table_is_made_anew_for_another_rate_only() -> None:
    (table,) = decays(0.5)
    np.testing.assert_allclose(table, np.append(0.5, np.exp(-0.5 * TIMES)), rtol=1e-14)
    table[1:] = 7.0
    decay_table(0.5, TIMES, table)
    assert (table[1:] == 7.0).all()
    decay_table(0.0, TIMES, table)
    np.testing.assert_array_equal(table, np.append(0.0, np.ones(TIMES.size)))


@pytest.mark.parametrize(("k", "ka"), [(0.0224, 2.0), (0.003, 0.5), (0.5, 0.05), (0.09, 1.1)])
def test_one_compartment_is_the_matrix_exponential(k: float, ka: float) -> None:
    amount, start = np.empty(WEIGHTS.size), np.array([5.7, 3.0])
    y = start.copy()
    one_compartment_day(y, k, ka, *decays(k, ka), amount)
    rates = np.array([[-ka, 0.0], [ka, -k]])
    np.testing.assert_allclose(amount, [(expm(rates * t) @ start)[1] for t in TIMES[:-1]], rtol=1e-10)
    np.testing.assert_allclose(y, expm(rates * DAY_HOURS) @ start, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("cl", "v1", "q", "v2"), [(0.314, 13.8, 0.131, 6.59), (0.04, 20.0, 0.5, 1.0)])
def test_two_compartments_are_the_matrix_exponential(cl: float, v1: float, q: float, v2: float) -> None:
    k10, k12, k21, ka = cl / v1, q / v1, q / v2, 2.0
    alpha, beta = two_compartment_rates(k10, k12, k21)
    rates = np.array([[-ka, 0.0, 0.0], [ka, -k10 - k12, k21], [0.0, k12, -k21]])
    np.testing.assert_allclose(sorted([-alpha, -beta, -ka]), np.sort(np.linalg.eigvals(rates)), rtol=1e-10)
    amount, start = np.empty(WEIGHTS.size), np.array([5.7, 3.0, 1.5])
    y = start.copy()
    two_compartment_day(y, k12, k21, *decays(alpha, beta, ka), amount)
    np.testing.assert_allclose(amount, [(expm(rates * t) @ start)[1] for t in TIMES[:-1]], rtol=1e-9)
    np.testing.assert_allclose(y, expm(rates * DAY_HOURS) @ start, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("steps", [1, 3, 6])
@pytest.mark.parametrize("k", [0.0083, 0.1, 0.52])
def test_a_chain_under_constant_effect_is_the_matrix_exponential(steps: int, k: float) -> None:
    table, effect = np.full(chain_size(steps, WEIGHTS.size), np.nan), np.full(WEIGHTS.size, 0.3)
    chain_table(k, TIMES, WEIGHTS, steps, table)
    x = np.linspace(1.0, 0.6, steps)
    rates = k * (np.eye(steps, k=-1) - np.eye(steps))
    # Constant input: x(t) = x_inf + expm(rates t) (x(0) - x_inf), with every compartment going to 1 - E.
    expected = 0.7 + expm(rates * DAY_HOURS) @ (x - 0.7)
    y = np.concatenate([[9.0], x, [9.0]])
    chain_day(y, 1, steps, effect, table)
    np.testing.assert_allclose(y[1:-1], expected, rtol=1e-9)
    assert y[0] == y[-1] == 9.0


def test_sigmoid_inhibition() -> None:
    assert 0.0 <= sigmoid_inhibition(0.0, 2.0, 0.4) < 1e-100
    assert 0.0 <= sigmoid_inhibition(-1e-18, 2.0, 0.4) < 1e-100
    assert sigmoid_inhibition(2.0, 2.0, 0.4) == pytest.approx(0.5)
    assert sigmoid_inhibition(6.0, 2.0, 1.0) == pytest.approx(0.75)
    assert sigmoid_inhibition(1e9, 2.0, 1.0) == pytest.approx(1.0)


def test_quadrature_is_exact_where_it_claims_to_be() -> None:
    times = TIMES[:-1]
    assert float(WEIGHTS.sum()) == pytest.approx(DAY_HOURS)
    assert times.min() > 0
    assert times.max() < TIMES[-1] == DAY_HOURS
    # Weights carry the square-root substitution: half powers are integrated exactly.
    integral = float(WEIGHTS @ times**1.5)
    assert integral == pytest.approx(DAY_HOURS**2.5 / 2.5, rel=1e-12)


def finer(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The model's own source in plain Python, with four times as many quadrature nodes."""
    original = Path(str(import_module(MODELS[name]).__file__)).read_text(encoding="utf-8")
    source, found = re.subn(r"^_N = (\d+)$", r"_N = 4 * \1", original, flags=re.MULTILINE)
    assert found == 1, f"{name}: no line `_N = <number of nodes>`"
    monkeypatch.setattr(pmrl.compiled, "of_model", lambda *_: lambda function: function)
    module = ModuleType(f"{name} with more nodes")
    # Dataclasses look their module up by name.
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, module.__name__, "exec"), module.__dict__)  # noqa: S102 - the project's own source
    return module


@each_case
def test_more_quadrature_nodes_change_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    m = finer(case.model.name, monkeypatch).MODEL
    doses = np.array([[10.0, 5.0, 0.0, 5.0]])
    for p in (case.typical(), case.typical("*3/*3", "A/A", age=90.0, weight_kg=40.0)):
        y, constants, values = m.initial(p)[0], np.full(m.n_constants, np.nan), []
        m.prepare(p[0], constants)
        for dose in doses[0]:
            y[m.states.index(m.dose_state)] += m.intake(dose, p[0])
            m.day(0.0, y, p[0], constants)
            values.append(m.biomarker(y, p[0]))
        np.testing.assert_allclose(course(case.model, p, doses)[0][0, 1:], values, rtol=1e-7, atol=0)
