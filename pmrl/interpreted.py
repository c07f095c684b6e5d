"""Kernels as the plain Python that they are written in, where numba's JIT is off (`NUMBA_DISABLE_JIT=1`).

Results are the same up to rounding, some hundred times more slowly: for what cannot look into compiled code,
such as a debugger or a measurement of coverage. `pmrl.compiled` asks here; nothing else needs to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numba
import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

Function = Callable[..., Any]

ON = bool(numba.config.DISABLE_JIT)

_FUNCTIONS: dict[int, Function] = {}
_NUMBERS: dict[Function, int] = {}


def part(function: Any) -> Any:
    """`function` with numpy's numbers for its constants: only those divide by zero as compiled ones do."""
    code = function.__code__
    constants = tuple(_numpy_number(value) for value in code.co_consts)
    function.__code__ = code.replace(co_consts=constants)
    return function


def _numpy_number(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_numpy_number(one) for one in value)
    return np.float64(value) if type(value) is float else value


def kernel(function: Any, signature: Any = None) -> Function:
    """`part`, as Python calls a compiled function: numbers become those of the signature and come back plain.

    They overflow, divide by zero and wrap around without a warning. `py_func` is the part, as numba has it.

    >>> kernel(lambda x, n: x / n, types.float64(types.float64, types.int64))(1, 0)
    inf
    """
    part(function)
    converts = [_conversion(kind) for kind in signature.args] if signature is not None else []

    @wraps(function)
    def call(*arguments: Any) -> Any:
        if converts:
            arguments = tuple(convert(given) for convert, given in zip(converts, arguments, strict=True))
        with np.errstate(all="ignore"):
            return _plain(function(*arguments))

    call.py_func = function  # type: ignore[attr-defined]
    return call


def _conversion(kind: Any) -> Function:
    return as_dtype(kind).type if isinstance(kind, types.Number) else lambda given: given


def _plain(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(_plain(one) for one in found)
    return found.item() if isinstance(found, np.generic) else found


def number_of(function: Any) -> int:
    """What stands for the address of a `kernel`: the same number each time, and never 0."""
    number = _NUMBERS.setdefault(function.py_func, len(_NUMBERS) + 1)
    _FUNCTIONS[number] = function.py_func
    return number


def function_of(number: int) -> Function:
    """The function that a number stands for, as kernels call it."""
    return _FUNCTIONS[int(number)]
