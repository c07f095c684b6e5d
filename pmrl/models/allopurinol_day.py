"""A day of an imagined patient on allopurinol: the drug in closed form, what follows it by quadrature."""

from __future__ import annotations

import numpy as np

from pmrl.compartments import decay_table, one_compartment_day
from pmrl.compiled import DAY, PREPARE, of_model
from pmrl.model import Propagator
from pmrl.models.allopurinol_constants import AVERAGED_HOURS, TRACE_MG, UMOL_PER_MG
from pmrl.quadrature import DAY_HOURS, day_nodes, starts

_N = 12
_TIMES, _WEIGHTS = day_nodes(_N)
_LEFT = np.exp(-DAY_HOURS / AVERAGED_HOURS)
_AVERAGE = _WEIGHTS / AVERAGED_HOURS * np.exp((_TIMES[:-1] - DAY_HOURS) / AVERAGED_HOURS)
"""What oxypurinol at each node adds to its average at the end of the day."""
_K, _KA, _A, _SIZE = starts(_N + 2, _N + 2, _N)


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    ka, cl, v = p[0], p[1], p[2]
    decay_table(cl / v, _TIMES, c[_K:_KA])
    decay_table(ka, _TIMES, c[_KA:_A])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h."""
    ka, cl, v = p[0], p[1], p[2]
    gut, a, absorbed = y[0], c[_A:_SIZE], c[_KA:_A]
    one_compartment_day(y, cl / v, ka, c[_K:_KA], absorbed, a)
    averaged, exposed = y[2] * _LEFT, 0.0
    for n in range(_N):
        averaged += _AVERAGE[n] * UMOL_PER_MG / v * a[n]
        drug = gut * absorbed[n + 1] + a[n]
        exposed += _WEIGHTS[n] * drug / (drug + TRACE_MG)
    y[2] = averaged
    y[3] += exposed / DAY_HOURS


PROPAGATOR = Propagator(prepare, day, _SIZE)
