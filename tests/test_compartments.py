"""Kinetics and effect chains over one day against formulas that were not used to write them."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from model_cases import Case, each_case
from scipy.linalg import expm

import pmrl.compiled
from pmrl.compartments import (
    one_compartment_day,
    one_compartment_tables,
    two_compartment_day,
    two_compartment_rates,
    two_compartment_tables,
)
from pmrl.effects import chain_day, chain_tables, sigmoid_inhibition
from pmrl.models.registry import MODELS
from pmrl.quadrature import DAY_HOURS, day_nodes
from pmrl.solve import course

TIMES, WEIGHTS = day_nodes(24)


@pytest.mark.parametrize(("k", "ka"), [(0.0224, 2.0), (0.003, 0.5), (0.5, 0.05), (0.09, 1.1)])
def test_one_compartment_is_the_matrix_exponential(k: float, ka: float) -> None:
    table, amount = np.empty((2, TIMES.size + 1)), np.empty(TIMES.size)
    one_compartment_tables(k, ka, TIMES, table)
    y, gut = np.array([0.7, 3.0]), 0.7 + 5.0
    one_compartment_day(y, gut, k, ka, table, amount)
    rates, start = np.array([[-ka, 0.0], [ka, -k]]), np.array([gut, 3.0])
    np.testing.assert_allclose(amount, [(expm(rates * t) @ start)[1] for t in TIMES], rtol=1e-10)
    np.testing.assert_allclose(y, expm(rates * DAY_HOURS) @ start, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("cl", "v1", "q", "v2"), [(0.314, 13.8, 0.131, 6.59), (0.04, 20.0, 0.5, 1.0)])
def test_two_compartments_are_the_matrix_exponential(cl: float, v1: float, q: float, v2: float) -> None:
    k10, k12, k21, ka = cl / v1, q / v1, q / v2, 2.0
    alpha, beta = two_compartment_rates(k10, k12, k21)
    rates = np.array([[-ka, 0.0, 0.0], [ka, -k10 - k12, k21], [0.0, k12, -k21]])
    np.testing.assert_allclose(sorted([-alpha, -beta, -ka]), np.sort(np.linalg.eigvals(rates)), rtol=1e-10)
    table, amount = np.empty((3, TIMES.size + 1)), np.empty(TIMES.size)
    two_compartment_tables(alpha, beta, ka, TIMES, table)
    y, gut = np.array([0.7, 3.0, 1.5]), 0.7 + 5.0
    two_compartment_day(y, gut, alpha, beta, k12, k21, ka, table, amount)
    start = np.array([gut, 3.0, 1.5])
    np.testing.assert_allclose(amount, [(expm(rates * t) @ start)[1] for t in TIMES], rtol=1e-9)
    np.testing.assert_allclose(y, expm(rates * DAY_HOURS) @ start, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("steps", [1, 3, 6])
@pytest.mark.parametrize("k", [0.0083, 0.1, 0.52])
def test_a_chain_under_constant_effect_is_the_matrix_exponential(steps: int, k: float) -> None:
    decay, table, effect = np.empty(steps), np.empty((steps, TIMES.size)), np.full(TIMES.size, 0.3)
    chain_tables(k, TIMES, WEIGHTS, decay, table)
    x = np.linspace(1.0, 0.6, steps)
    rates = k * (np.eye(steps, k=-1) - np.eye(steps))
    # Constant input: x(t) = x_inf + expm(rates t) (x(0) - x_inf), with every compartment going to 1 - E.
    expected = 0.7 + expm(rates * DAY_HOURS) @ (x - 0.7)
    chain_day(x, effect, decay, table)
    np.testing.assert_allclose(x, expected, rtol=1e-9)


def test_sigmoid_inhibition() -> None:
    assert sigmoid_inhibition(0.0, 2.0, 0.4) == 0.0
    assert sigmoid_inhibition(-1e-18, 2.0, 0.4) == 0.0
    assert sigmoid_inhibition(2.0, 2.0, 0.4) == pytest.approx(0.5)
    assert sigmoid_inhibition(6.0, 2.0, 1.0) == pytest.approx(0.75)
    assert sigmoid_inhibition(1e9, 2.0, 1.0) == pytest.approx(1.0)


def test_quadrature_is_exact_where_it_claims_to_be() -> None:
    total = float(WEIGHTS.sum())
    assert total == pytest.approx(DAY_HOURS)
    assert TIMES.min() > 0
    assert TIMES.max() < DAY_HOURS
    # Weights carry the square-root substitution: half powers are integrated exactly.
    integral = float(WEIGHTS @ TIMES**1.5)
    assert integral == pytest.approx(DAY_HOURS**2.5 / 2.5, rel=1e-12)


def finer(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The model's own source in plain Python, with four times as many quadrature nodes."""
    original = Path(str(import_module(MODELS[name]).__file__)).read_text(encoding="utf-8")
    source, found = re.subn(r"^_N = (\d+)$", r"_N = 4 * \1", original, flags=re.MULTILINE)
    assert found == 1, f"{name}: no line `_N = <number of nodes>`"
    for compile_ in ("jit", "function_pointer"):
        monkeypatch.setattr(pmrl.compiled, compile_, lambda *_: lambda function: function)
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
        y, constants, values = m.initial(p)[0], np.zeros(m.n_constants), []
        m.prepare(p[0], constants)
        for dose in doses[0]:
            m.day(y, constants, dose)
            values.append(m.biomarker(y, constants))
        np.testing.assert_allclose(course(case.model, p, doses)[0][0, 1:], values, rtol=1e-7, atol=0)
