"""Sigmoid inhibition and chains of transit compartments over one day.

A chain dx1/dt = k (1 - E - x1), dxi/dt = k (x(i-1) - xi) is linear in its input, so a day of it is an
exact decay of the state plus an integral over E(t), taken by quadrature at fixed nodes.
"""

from __future__ import annotations

from pmrl.compiled import part
from pmrl.elementary import exp, fma, log
from pmrl.quadrature import DAY_HOURS


@part()
def sigmoid_inhibition(c, c50, gamma):  # type: ignore[no-untyped-def]
    """c**gamma / (c50**gamma + c**gamma), 0 (below 1e-100) where there is no drug."""
    return 1.0 / (1.0 + exp(gamma * (log(c50) - log(c))))


@part()
def inhibition_of_amounts(amount, v, c50, gamma):  # type: ignore[no-untyped-def]
    """Replace amounts in the volume `v`, `(n_nodes,)`, by the inhibition that their concentrations exert."""
    per_litre = 1.0 / v
    for n in range(amount.size):
        amount[n] = sigmoid_inhibition(amount[n] * per_litre, c50, gamma)


def chain_size(n_compartments: int, n_nodes: int) -> int:
    """Length of a chain's table: its rate, a decay and a row of nodes for each compartment."""
    return 1 + n_compartments * (1 + n_nodes)


@part()
def chain_table(k, times, weights, n_compartments, table):  # type: ignore[no-untyped-def]
    """What a day does to a chain with rate k (per hour); nothing is done where it is of this rate already.

    After the rate: what a compartment keeps (m = 0) or receives from the m-th before it; then, compartment
    by compartment, what E at each of the nodes takes from it by the end of the day.
    """
    if table[0] == k:
        return
    table[0] = k
    table[1] = exp(-k * DAY_HOURS)
    for m in range(1, n_compartments):
        table[1 + m] = table[m] * k * DAY_HOURS / m
    first = 1 + n_compartments
    n_nodes = weights.size
    for n in range(n_nodes):
        table[first + n] = weights[n] * k * exp(-k * (DAY_HOURS - times[n]))
    for i in range(1, n_compartments):
        for n in range(n_nodes):
            left = k * (DAY_HOURS - times[n]) / i
            table[first + i * n_nodes + n] = table[first + (i - 1) * n_nodes + n] * left


@part()
def weighted_sum(weights, first, values):  # type: ignore[no-untyped-def]
    """Sum over n of weights[first + n] values[n], for a multiple of four values.

    Four partial sums in a fixed order run on vector instructions and give the same digits everywhere.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for n in range(0, values.size, 4):
        a = fma(weights[first + n], values[n], a)
        b = fma(weights[first + n + 1], values[n + 1], b)
        c = fma(weights[first + n + 2], values[n + 2], c)
        d = fma(weights[first + n + 3], values[n + 3], d)
    return (a + b) + (c + d)


@part()
def chain_day(y, first, n_compartments, effect, table):  # type: ignore[no-untyped-def]
    """Move the chain y[first : first + n_compartments] 24 h on under `effect` at the nodes.

    Without drug a chain rests at 1.
    """
    rows = 1 + n_compartments
    for i in range(n_compartments - 1, -1, -1):
        deficit = weighted_sum(table, rows + i * effect.size, effect)
        for m in range(i + 1):
            deficit += table[1 + m] * (1.0 - y[first + i - m])
        y[first + i] = 1.0 - deficit
