"""The coefficients: conditions that a method of order five meets, and steps that converge as they should."""

from __future__ import annotations

import numpy as np
import pytest
from ode_problems import Floats

from pmrl.tableaux import RODAS5P, TSITOURAS


def lower(rows: tuple[tuple[float, ...], ...]) -> Floats:
    matrix = np.zeros((len(rows) + 1, len(rows) + 1))
    for i, row in enumerate(rows, start=1):
        matrix[i, :i] = row
    return matrix


def conditions(a: Floats, b: Floats) -> dict[str, float]:
    """What is left of the 17 conditions up to order five, by their trees."""
    c = a.sum(axis=1)
    ac, ac2 = a @ c, a @ c**2
    return {
        "1": b.sum() - 1, "2": b @ c - 1 / 2, "3a": b @ c**2 - 1 / 3, "3b": b @ ac - 1 / 6,
        "4a": b @ c**3 - 1 / 4, "4b": b @ (c * ac) - 1 / 8, "4c": b @ ac2 - 1 / 12, "4d": b @ a @ ac - 1 / 24,
        "5a": b @ c**4 - 1 / 5, "5b": b @ (c**2 * ac) - 1 / 10, "5c": b @ (c * ac2) - 1 / 15,
        "5d": b @ (c * (a @ ac)) - 1 / 30, "5e": b @ ac**2 - 1 / 20, "5f": b @ a @ c**3 - 1 / 20,
        "5g": b @ a @ (c * ac) - 1 / 40, "5h": b @ a @ ac2 - 1 / 60, "5i": b @ a @ a @ ac - 1 / 120,
    }  # fmt: skip


def test_the_explicit_pair_has_orders_five_and_four() -> None:
    a = lower(TSITOURAS.a)
    np.testing.assert_allclose(a.sum(axis=1), TSITOURAS.c, atol=2e-15)
    weights = np.append(TSITOURAS.a[-1], 0.0)
    np.testing.assert_allclose(list(conditions(a, weights).values()), 0.0, atol=2e-14)
    embedded = conditions(a, weights - np.array(TSITOURAS.error))
    low = [value for name, value in embedded.items() if name[0] != "5"]
    np.testing.assert_allclose(low, 0.0, atol=2e-14)
    assert max(abs(value) for name, value in embedded.items() if name[0] == "5") > 1e-4


def test_the_rosenbrock_pair_meets_the_conditions_up_to_order_four() -> None:
    inverse = np.eye(8) / RODAS5P.gamma - lower(RODAS5P.coupling)
    gamma = np.linalg.inv(inverse)
    alpha = lower(RODAS5P.a) @ gamma
    b = np.append(RODAS5P.a[-1], 1.0) @ gamma
    a, beta = alpha.sum(axis=1), (alpha + gamma).sum(axis=1)
    whole = alpha + gamma
    np.testing.assert_allclose(a, RODAS5P.c, atol=1e-12)
    np.testing.assert_allclose(gamma.sum(axis=1), RODAS5P.d, atol=1e-12)
    left = [
        b.sum() - 1, b @ beta - 1 / 2, b @ a**2 - 1 / 3, b @ whole @ beta - 1 / 6, b @ a**3 - 1 / 4,
        b @ (a * (alpha @ beta)) - 1 / 8, b @ whole @ a**2 - 1 / 12, b @ whole @ whole @ beta - 1 / 24,
        b @ a**4 - 1 / 5, b @ whole @ whole @ whole @ beta - 1 / 120,
    ]  # fmt: skip
    np.testing.assert_allclose(left, 0.0, atol=1e-11)


def rate(t: float, y: Floats) -> Floats:
    """Nonlinear, in two states and in time; y = (exp(sin t), 1 / (1 + t))."""
    return np.array([y[0] * np.cos(t) * y[1] * (1.0 + t), -y[1] * y[1]])


def jacobian(t: float, y: Floats) -> Floats:
    return np.array([[np.cos(t) * y[1] * (1.0 + t), y[0] * np.cos(t) * (1.0 + t)], [0.0, -2.0 * y[1]]])


def drift(t: float, y: Floats) -> Floats:
    return np.array([y[0] * y[1] * (np.cos(t) - np.sin(t) * (1.0 + t)), 0.0])


def solution(t: float) -> Floats:
    return np.array([np.exp(np.sin(t)), 1.0 / (1.0 + t)])


def explicit_step(t: float, y: Floats, h: float) -> Floats:
    k = [rate(t, y)]
    for row, c in zip(TSITOURAS.a, TSITOURAS.c[1:], strict=True):
        after = y + h * sum(weight * slope for weight, slope in zip(row, k, strict=True))
        k.append(rate(t + c * h, after))
    return after


def rosenbrock_step(t: float, y: Floats, h: float) -> Floats:
    matrix = np.eye(2) / (RODAS5P.gamma * h) - jacobian(t, y)
    k: list[Floats] = []
    rows = zip(((), *RODAS5P.a), ((), *RODAS5P.coupling), RODAS5P.c, RODAS5P.d, strict=True)
    for a, coupling, c, d in rows:
        at = y + sum((w * one for w, one in zip(a, k, strict=True)), np.zeros(2))
        known = sum((w * one for w, one in zip(coupling, k, strict=True)), np.zeros(2)) / h
        k.append(np.linalg.solve(matrix, rate(t + c * h, at) + known + d * h * drift(t, y)))
    return at + k[-1]


@pytest.mark.parametrize("step", [explicit_step, rosenbrock_step])
def test_steps_converge_with_the_fifth_power(step) -> None:  # type: ignore[no-untyped-def]
    errors = []
    for steps in (32, 64, 128):
        y, h = solution(0.0), 2.0 / steps
        for k in range(steps):
            y = step(k * h, y, h)
        errors.append(np.abs(y - solution(2.0)).max())
    assert np.log2(np.array(errors[:-1]) / np.array(errors[1:])).min() > 4.75
    assert errors[1] < 1e-9
