"""Kernels as plain Python do what they do compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kernel_sample import sample
from numba import types

from pmrl import interpreted
from pmrl.compiled import BIOMARKER, address, of_model
from pmrl.models.registry import model

SAMPLE = Path(__file__).with_name("kernel_sample.py")


def sample_of_another_process(folder: Path, *, interpreting: bool) -> dict[str, np.ndarray]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": str(int(interpreting))}
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, str(SAMPLE), str(folder / "sample.npz")],
        env=environment, capture_output=True, text=True, timeout=3600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(folder / "sample.npz") as found:
        return dict(found)


@pytest.mark.slow
def test_results_are_those_of_compiled_kernels(tmp_path: Path) -> None:
    here = sample()
    there = sample_of_another_process(tmp_path, interpreting=not interpreted.ON)
    assert list(there) == list(here)
    for name, expected in here.items():
        if name.startswith("exactly"):
            np.testing.assert_array_equal(there[name], expected, err_msg=name)
        else:
            # Stiff ones take steps by a Jacobian of differences, which makes much of rounding: other steps,
            # and an error within the solver's own.
            relative = 5e-6 if name.startswith("stiff") else 1e-9
            np.testing.assert_allclose(there[name], expected, rtol=relative, atol=1e-12, err_msg=name)


def test_numbers_are_those_of_the_signature() -> None:
    def kinds(whole, real, array):
        return type(whole), type(real), array

    given = np.arange(3.0)
    found = interpreted.kernel(kinds, types.void(types.int64, types.float64, types.float64[::1]))(1, 2, given)
    assert found[:2] == (np.int64, np.float64)
    assert found[2] is given
    assert interpreted.kernel(lambda x: x + np.int64(1), types.int64(types.int64))(2**63 - 1) == -(2**63)
    assert interpreted.kernel(lambda x: np.uint64(x), types.uint64(types.int64))(-1) == 2**64 - 1
    plain = interpreted.kernel(lambda x: (x, x > 1), types.void(types.int64))(3)
    assert [type(value) for value in plain] == [int, bool]


def test_numbers_go_wrong_without_a_warning() -> None:
    ratio = interpreted.kernel(lambda x, y: x / y, types.float64(types.float64, types.float64))
    assert ratio(1, 0) == np.inf
    assert np.isnan(ratio(0, 0))
    assert ratio(1e308, 1e-308) == np.inf


def test_also_numbers_written_in_a_kernel_divide_by_zero() -> None:
    def ratios(n):
        total, (first, _) = 1.0, (0.0, n)
        for _ in range(n):
            total += 1.0
        return total / first

    assert interpreted.kernel(ratios, types.float64(types.int64))(0) == np.inf


def test_a_number_stands_for_a_function() -> None:
    twice, thrice = (interpreted.kernel(function) for function in (lambda x: 2 * x, lambda x: 3 * x))
    numbers = [interpreted.number_of(one) for one in (twice, thrice, twice)]
    assert numbers[0] == numbers[2] != numbers[1]
    assert 0 not in numbers
    assert [interpreted.function_of(np.int64(number))(5) for number in numbers] == [10, 15, 10]


@pytest.fixture
def interpreting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreted, "ON", True)


@pytest.mark.usefixtures("interpreting")
def test_decorators_leave_functions_as_they_are() -> None:
    @of_model(BIOMARKER)
    def first(y, p):
        return y[0]

    y = np.array([3.0, 4.0])
    assert first(y, y) == first.py_func(y, y) == 3.0
    assert interpreted.function_of(address(first, BIOMARKER)) is first.py_func


def test_an_exact_model_has_an_address_for_each_of_its_functions() -> None:
    code = model("hamberg-2010").code
    assert np.unique(code[1:4]).size == 3
    assert (code[1:4] != 0).all()
