"""What one core could do at most: the nodes of a day and nothing else, and the memory of a course alone."""

from __future__ import annotations

import numpy as np
from numba import types

from pmrl.compiled import MATRIX, VECTOR, jit
from pmrl.effects import inhibition_of_amounts

NODES, PATIENT_DAYS, DAYS = 16, 92_160, 90


@jit(types.void(VECTOR, types.int64))
def nodes_only(amounts, days):
    for _ in range(days):
        # What comes out goes in again, so that the compiler cannot leave a day out.
        inhibition_of_amounts(amounts, 1.0, 1.3, 1.15)


@jit(types.void(MATRIX, MATRIX))
def memory_only(doses, out):
    for i in range(doses.shape[0]):
        for d in range(doses.shape[1]):
            out[i, d] = doses[i, d]


def test_nodes(benchmark):
    benchmark.group = (
        "the limits of one core: 16 nodes of a sigmoid a day; a dose read and an INR written a day"
    )
    benchmark.extra_info.update(amount=PATIENT_DAYS, unit="patient-days")
    benchmark.pedantic(nodes_only, (np.linspace(0.1, 2.0, NODES), PATIENT_DAYS), rounds=20, warmup_rounds=1)


def test_memory(benchmark):
    doses = np.full((262_144, DAYS), 5.0)
    benchmark.group = (
        "the limits of one core: 16 nodes of a sigmoid a day; a dose read and an INR written a day"
    )
    benchmark.extra_info.update(amount=doses.size, unit="patient-days")
    benchmark.pedantic(memory_only, (doses, np.empty_like(doses)), rounds=5, warmup_rounds=1)
