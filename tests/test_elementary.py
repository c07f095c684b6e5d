"""exp and ln of our own against the C library's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmrl.compiled import VECTOR, jit
from pmrl.elementary import exp, log

WITHIN = 4.0 * np.finfo(float).eps


@jit(VECTOR(VECTOR))
def exps(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = exp(x[i])
    return out


@given(st.floats(-700.0, 700.0))
def test_exp(x: float) -> None:
    assert exp(x) == pytest.approx(np.exp(x), rel=WITHIN, abs=0)


@given(st.floats(1e-300, 1e300))
def test_log(x: float) -> None:
    # Near 1 the logarithm is small: relative to it, not to 1, it must be right.
    assert log(x) == pytest.approx(np.log(x), rel=WITHIN, abs=0)


@given(st.floats(-1e-3, 1e-3))
def test_log_near_one(x: float) -> None:
    assert log(1.0 + x) == pytest.approx(np.log(1.0 + x), rel=WITHIN, abs=0)


def test_beyond_the_range() -> None:
    assert exp(-1e9) == exp(-700.0) > 0.0
    assert exp(1e9) == exp(700.0) < np.inf
    assert log(0.0) == log(-5.0) == log(1e-300)
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0


def test_alone_and_in_a_vectorised_loop_the_digits_are_the_same() -> None:
    x = np.random.default_rng(1).uniform(-700.0, 700.0, 4099)
    np.testing.assert_array_equal(exps(x), [exp(value) for value in x])
