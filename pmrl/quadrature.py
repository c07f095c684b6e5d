"""Gauss-Legendre nodes over one day, crowded towards the dose.

The substitution t = 24 s**2 takes the edge off C(t)**gamma, whose slope is infinite at a first dose.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

DAY_HOURS = 24.0


def day_nodes(n_nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times (h) and weights (h) so that sum(w * f(t)) is the integral of f over the day.

    Args:
        n_nodes: a multiple of four, because `pmrl.effects.weighted_sum` adds in fours.

    Returns:
        Times `(n_nodes + 1,)`, the last of which is the end of the day, and weights `(n_nodes,)`.

    Raises:
        ValueError: not a multiple of four.

    >>> times, weights = day_nodes(8)
    >>> abs(float(weights @ times[:-1] ** 2) - 24.0**3 / 3) < 1e-9
    True
    """
    if n_nodes < 4 or n_nodes % 4:
        raise ValueError(f"{n_nodes} nodes: give a multiple of 4")
    x, w = np.polynomial.legendre.leggauss(n_nodes)
    s = 0.5 * (x + 1.0)
    return np.append(DAY_HOURS * s**2, DAY_HOURS), DAY_HOURS * s * w


def starts(*sizes: int) -> tuple[int, ...]:
    """Where consecutive tables of these sizes start, and where the last one ends.

    >>> starts(3, 5)
    (0, 3, 8)
    """
    return (0, *accumulate(sizes))
