"""exp and ln in plain arithmetic, so that a loop over them runs on vector instructions.

A call into the C library keeps the compiler from vectorising a loop, and its last digit differs between
machines. These agree with the library's to 1e-15 relative and give the same digits everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from pmrl.compiled import instruction, part

SMALLEST = 1e-300
"""ln treats everything below as this."""
_LARGEST_POWER = 700.0
_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with zeros at its end: n times it is exact (fdlibm, e_exp.c).
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# 1.5 * 2**52: adding it leaves the nearest whole number in the low bits.
_ROUND = 6755399441055744.0
_EXPONENT_BITS, _EXPONENT_BIAS = 52, 1023
_HALF_ROOT_BITS = 0x3FE6A09E667F3BCD
"""The bits of sqrt(1/2)."""


@instruction(lambda x: np.float64(x).view(np.int64))
def _bits(typingctx: Any, x: Any) -> Any:
    """The bits of a float64 as int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@instruction(lambda bits: np.int64(bits).view(np.float64))
def _from_bits(typingctx: Any, bits: Any) -> Any:
    """The float64 with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


@instruction(lambda a, b, c: a * b + c)
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """A b + c, rounded once: one instruction where there is one, and the same digits where there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@part()
def exp(x):  # type: ignore[no-untyped-def]
    """e**x for -700 <= x <= 700, and the bound's value beyond: 2**n e**r with |r| <= ln(2) / 2, Taylor.

    Not a number stays so.
    """
    given = x
    x = min(max(x, -_LARGEST_POWER), _LARGEST_POWER)
    shifted = fma(x, _LOG2_E, _ROUND)
    n = shifted - _ROUND
    r = fma(-n, _LN2_LOW, fma(-n, _LN2_HIGH, x))
    p = 1.0 / 479001600.0
    p = fma(p, r, 1.0 / 39916800.0)
    p = fma(p, r, 1.0 / 3628800.0)
    p = fma(p, r, 1.0 / 362880.0)
    p = fma(p, r, 1.0 / 40320.0)
    p = fma(p, r, 1.0 / 5040.0)
    p = fma(p, r, 1.0 / 720.0)
    p = fma(p, r, 1.0 / 120.0)
    p = fma(p, r, 1.0 / 24.0)
    p = fma(p, r, 1.0 / 6.0)
    p = fma(p, r, 0.5)
    p = fma(p, r, 1.0)
    p = fma(p, r, 1.0)
    result = p * _from_bits((_bits(shifted) + _EXPONENT_BIAS) << _EXPONENT_BITS)
    return result if given == given else given


@part()
def log(x):  # type: ignore[no-untyped-def]
    """Ln x for x >= 1e-300, and ln 1e-300 below: x = 2**e m with m around 1, ln m = 2 artanh((m-1)/(m+1)).

    Not a number stays so.
    """
    bits = _bits(max(x, SMALLEST))
    e = (bits - _HALF_ROOT_BITS) >> _EXPONENT_BITS
    m = _from_bits(bits - (e << _EXPONENT_BITS))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 2.0 / 19.0
    p = fma(p, z, 2.0 / 17.0)
    p = fma(p, z, 2.0 / 15.0)
    p = fma(p, z, 2.0 / 13.0)
    p = fma(p, z, 2.0 / 11.0)
    p = fma(p, z, 2.0 / 9.0)
    p = fma(p, z, 2.0 / 7.0)
    p = fma(p, z, 2.0 / 5.0)
    p = fma(p, z, 2.0 / 3.0)
    exponent = _from_bits(e + _bits(_ROUND)) - _ROUND
    result = fma(exponent, _LN2_HIGH, fma(exponent, _LN2_LOW, s * fma(p, z, 2.0)))
    return result if x == x else x
