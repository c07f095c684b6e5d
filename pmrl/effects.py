"""Sigmoid inhibition and chains of transit compartments over one day.

A chain dx1/dt = k (1 - E - x1), dxi/dt = k (x(i-1) - xi) is linear in its input, so a day of it is an
exact decay of the state plus an integral over E(t), taken by quadrature at fixed nodes.
"""

from __future__ import annotations

import numpy as np

from pmrl.compiled import jit
from pmrl.quadrature import DAY_HOURS


@jit()
def sigmoid_inhibition(c, c50, gamma):  # type: ignore[no-untyped-def]
    """c**gamma / (c50**gamma + c**gamma), 0 where there is no drug."""
    if c <= 0.0:
        return 0.0
    return 1.0 / (1.0 + (c50 / c) ** gamma)


@jit()
def chain_tables(k, times, weights, decay, table):  # type: ignore[no-untyped-def]
    """What a day does to a chain with rate k (per hour).

    `decay[m]`: what a compartment keeps (m = 0) or receives from the m-th before it; `(n_compartments,)`.
    `table[i, n]`: what E at node n takes from compartment i by the end; `(n_compartments, n_nodes)`.
    """
    decay[0] = np.exp(-k * DAY_HOURS)
    for m in range(1, decay.size):
        decay[m] = decay[m - 1] * k * DAY_HOURS / m
    for n in range(times.size):
        left = k * (DAY_HOURS - times[n])
        value = weights[n] * k * np.exp(-left)
        for i in range(decay.size):
            table[i, n] = value
            value *= left / (i + 1)


@jit()
def chain_day(x, effect, decay, table):  # type: ignore[no-untyped-def]
    """Move the chain 24 h on under `effect` at the nodes; x starts at 1 without drug and is replaced."""
    for i in range(x.size - 1, -1, -1):
        deficit = 0.0
        for n in range(effect.size):
            deficit += table[i, n] * effect[n]
        for m in range(i + 1):
            deficit += decay[m] * (1.0 - x[i - m])
        x[i] = 1.0 - deficit
