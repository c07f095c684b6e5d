"""Gauss-Legendre nodes over one day, crowded towards the dose.

The substitution t = 24 s**2 takes the edge off C(t)**gamma, whose slope is infinite at a first dose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DAY_HOURS = 24.0


def day_nodes(n_nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times (h) and weights (h) so that sum(w * f(t)) is the integral of f over the day; `(n_nodes,)` each.

    >>> times, weights = day_nodes(8)
    >>> abs(float(weights @ times**2) - 24.0**3 / 3) < 1e-9
    True
    """
    x, w = np.polynomial.legendre.leggauss(n_nodes)
    s = 0.5 * (x + 1.0)
    return DAY_HOURS * s**2, DAY_HOURS * s * w
