"""Counter-based random numbers: a draw is a function of (seed, patient, day, stream) and of nothing else.

Philox 4x32-10 (Salmon 2011, SC '11, doi 10.1145/2063384.2063405). The key is the cohort seed, the counter
is (patient, day, stream), so a patient's life does not depend on batch size, order, process or policy.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import jit


class Stream(IntEnum):
    """What a draw is for; streams are independent. The order is part of every published number."""

    COHORT = 0
    ANCESTRY = 1
    GENOTYPE = 2
    COVARIATE = 3
    PARAMETER = 4
    ADHERENCE = 5
    OCCASION = 6
    ASSAY = 7
    VISIT = 8
    DISTURBANCE = 9
    POLICY = 10
    ASSAY_ADDED = 11


_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HIGH = np.uint64(0xFFFFFFFF), np.uint64(32)


@jit(types.UniTuple(types.uint64, 4)(*[types.uint64] * 6))
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Ten rounds of Philox 4x32 on counter words c0..c3 and key words k0, k1 (each 32 bits wide)."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HIGH) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HIGH) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@jit(types.UniTuple(types.float64, 2)(types.int64, types.int64, types.int64, types.int64))
def uniform_pair(seed, patient, day, stream):  # type: ignore[no-untyped-def]
    """Two independent uniforms in the open interval (0, 1), 52 bits each."""
    key, who = np.uint64(seed), np.uint64(patient)
    a, b, c, d = philox(
        who & _LOW,
        who >> _HIGH,
        np.uint64(day) & _LOW,
        np.uint64(stream),
        key & _LOW,
        key >> _HIGH,
    )
    scale = 1.0 / 4503599627370496.0  # 2**-52
    first = (np.float64((a << np.uint64(20)) | (b >> np.uint64(12))) + 0.5) * scale
    second = (np.float64((c << np.uint64(20)) | (d >> np.uint64(12))) + 0.5) * scale
    return first, second


@jit(types.float64(types.int64, types.int64, types.int64, types.int64))
def normal(seed, patient, day, stream):  # type: ignore[no-untyped-def]
    """One standard normal draw (Box-Muller)."""
    u, v = uniform_pair(seed, patient, day, stream)
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)


@jit(types.void(types.int64, types.int64[::1], types.int64, types.int64, types.float64[:, ::1]))
def _fill_uniform(seed, patients, day, stream, out):  # type: ignore[no-untyped-def]
    for i in range(patients.size):
        out[i, 0], out[i, 1] = uniform_pair(seed, patients[i], day, stream)


def uniforms(seed: int, patients: NDArray[np.int64], stream: Stream, day: int = 0) -> NDArray[np.float64]:
    """Two uniforms per patient, shape `(n_patients, 2)`. `day` numbers the draws of one stream."""
    out = np.empty((patients.size, 2))
    _fill_uniform(seed, np.ascontiguousarray(patients, dtype=np.int64), day, int(stream), out)
    return out


def normals(
    seed: int, patients: NDArray[np.int64], stream: Stream, count: int, first: int = 0
) -> NDArray[np.float64]:
    """Draws `first` and following, `count` standard normals per patient, `(n_patients, count)`."""
    out = np.empty((patients.size, count))
    for k in range(count):
        pair = uniforms(seed, patients, stream, day=first + k)
        out[:, k] = np.sqrt(-2.0 * np.log(pair[:, 0])) * np.cos(2.0 * np.pi * pair[:, 1])
    return out
