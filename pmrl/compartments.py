"""Oral one- and two-compartment kinetics over one day, in closed form.

Amounts in mg, rates per hour. Each function moves the amounts 24 h on and writes the central amount at
the nodes of the day, from which a model computes its concentration.
"""

from __future__ import annotations

import numpy as np

from pmrl.compiled import part
from pmrl.elementary import exp


@part()
def decay_table(rate, times, table):  # type: ignore[no-untyped-def]
    """exp(-rate t) at `times`, whose last is 24 h: `table` is `(1 + n_times,)`, its head the rate.

    Nothing is done where the table is of this rate already: most rates of a patient never change.
    """
    if table[0] == rate:
        return
    table[0] = rate
    for n in range(times.size):
        table[n + 1] = exp(-rate * times[n])


@part()
def one_compartment_day(y, k, ka, slow_decay, fast_decay, amount):  # type: ignore[no-untyped-def]
    """dgut/dt = -ka gut ; dcentral/dt = ka gut - k central.

    y[0:2] = gut, central; the tables are those of `decay_table` for k and ka.
    """
    fast = y[0] * ka / (ka - k)
    slow = y[1] + fast
    for n in range(amount.size):
        amount[n] = slow * slow_decay[n + 1] - fast * fast_decay[n + 1]
    end = amount.size + 1
    y[0] *= fast_decay[end]
    y[1] = slow * slow_decay[end] - fast * fast_decay[end]


@part()
def two_compartment_rates(k10, k12, k21):  # type: ignore[no-untyped-def]
    """The fast and the slow disposition rate (per hour)."""
    total = k10 + k12 + k21
    alpha = 0.5 * (total + np.sqrt(total * total - 4.0 * k10 * k21))
    return alpha, k10 * k21 / alpha


@part()
def two_compartment_day(y, k12, k21, alpha_decay, beta_decay, ka_decay, amount):  # type: ignore[no-untyped-def]
    """Dgut = -ka gut ; dA1 = ka gut - (k10 + k12) A1 + k21 A2 ; dA2 = k12 A1 - k21 A2.

    y[0:3] = gut, A1, A2; the tables are those of `decay_table` for alpha, beta and ka.
    """
    alpha, beta, ka = alpha_decay[0], beta_decay[0], ka_decay[0]
    from_gut = ka * y[0] * (k21 - ka) / ((alpha - ka) * (beta - ka))
    peripheral_from_gut = k12 * from_gut / (k21 - ka)
    a1, a2 = y[1] - from_gut, (y[2] - peripheral_from_gut) / k12
    fast = (a1 - (k21 - beta) * a2) / (beta - alpha)
    slow = a2 - fast
    central_fast, central_slow = fast * (k21 - alpha), slow * (k21 - beta)
    for n in range(amount.size):
        m = n + 1
        amount[n] = central_fast * alpha_decay[m] + central_slow * beta_decay[m] + from_gut * ka_decay[m]
    end = amount.size + 1
    y[0] *= ka_decay[end]
    y[1] = central_fast * alpha_decay[end] + central_slow * beta_decay[end] + from_gut * ka_decay[end]
    y[2] = k12 * (fast * alpha_decay[end] + slow * beta_decay[end]) + peripheral_from_gut * ka_decay[end]
