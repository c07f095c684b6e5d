"""Oral one- and two-compartment kinetics over one day, in closed form.

Amounts in mg, rates per hour. Each function moves the amounts 24 h on and writes the central amount at
the given times, from which a model computes its concentration.
"""

from __future__ import annotations

import numpy as np

from pmrl.compiled import jit
from pmrl.quadrature import DAY_HOURS


@jit()
def one_compartment_tables(k, ka, times, table):  # type: ignore[no-untyped-def]
    """exp(-k t) and exp(-ka t) at `times`, then at 24 h: rows 0 and 1 of `table`, `(2, n_times + 1)`."""
    for n in range(times.size):
        table[0, n] = np.exp(-k * times[n])
        table[1, n] = np.exp(-ka * times[n])
    table[0, times.size] = np.exp(-k * DAY_HOURS)
    table[1, times.size] = np.exp(-ka * DAY_HOURS)


@jit()
def one_compartment_day(y, gut, k, ka, table, amount):  # type: ignore[no-untyped-def]
    """dgut/dt = -ka gut ; dcentral/dt = ka gut - k central.

    y[0:2] = gut, central before the dose; `gut` the amount in the gut just after it.
    """
    slow = gut * ka / (ka - k)
    for n in range(amount.size):
        amount[n] = (y[1] + slow) * table[0, n] - slow * table[1, n]
    y[1] = (y[1] + slow) * table[0, amount.size] - slow * table[1, amount.size]
    y[0] = gut * table[1, amount.size]


@jit()
def two_compartment_rates(k10, k12, k21):  # type: ignore[no-untyped-def]
    """The fast and the slow disposition rate (per hour)."""
    total = k10 + k12 + k21
    alpha = 0.5 * (total + np.sqrt(total * total - 4.0 * k10 * k21))
    return alpha, k10 * k21 / alpha


@jit()
def two_compartment_tables(alpha, beta, ka, times, table):  # type: ignore[no-untyped-def]
    """exp(-alpha t), exp(-beta t), exp(-ka t) at `times`, then at 24 h: `table` is `(3, n_times + 1)`."""
    for n in range(times.size + 1):
        t = times[n] if n < times.size else DAY_HOURS
        table[0, n] = np.exp(-alpha * t)
        table[1, n] = np.exp(-beta * t)
        table[2, n] = np.exp(-ka * t)


@jit()
def two_compartment_day(y, gut, alpha, beta, k12, k21, ka, table, amount):  # type: ignore[no-untyped-def]
    """Dgut = -ka gut ; dA1 = ka gut - (k10 + k12) A1 + k21 A2 ; dA2 = k12 A1 - k21 A2.

    y[0:3] = gut, A1, A2 before the dose; `gut` the amount in the gut just after it.
    """
    from_gut = ka * gut * (k21 - ka) / ((alpha - ka) * (beta - ka))
    peripheral_from_gut = k12 * from_gut / (k21 - ka)
    a1, a2 = y[1] - from_gut, (y[2] - peripheral_from_gut) / k12
    fast = (a1 - (k21 - beta) * a2) / (beta - alpha)
    slow = a2 - fast
    for n in range(amount.size):
        amount[n] = (
            fast * (k21 - alpha) * table[0, n] + slow * (k21 - beta) * table[1, n] + from_gut * table[2, n]
        )
    end = amount.size
    y[0] = gut * table[2, end]
    y[1] = (
        fast * (k21 - alpha) * table[0, end] + slow * (k21 - beta) * table[1, end] + from_gut * table[2, end]
    )
    y[2] = k12 * (fast * table[0, end] + slow * table[1, end]) + peripheral_from_gut * table[2, end]
