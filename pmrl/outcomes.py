"""Outcomes of a course: time in range, safety events, stability."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import jit

Floats = NDArray[np.float64]
_ROWS, _EACH = types.float64[:, :], types.float64[::1]
_DAYS = types.float64[::1]
_SAME_DOSE = 1e-9
"""mg; doses are means over days: equal up to rounding is unchanged."""


def _writeable(values: Floats) -> Floats:
    """As a kernel takes it: its signature is of arrays that could be written to."""
    return np.require(values, np.float64, "W")


@jit(types.void(_ROWS, _DAYS, _DAYS, _EACH))
def _share_within(latent, low, high, out):  # type: ignore[no-untyped-def]
    for i in range(latent.shape[0]):
        inside = 0
        for d in range(latent.shape[1]):
            inside += low[d] <= latent[i, d] <= high[d]
        out[i] = np.float64(inside) / latent.shape[1]


def _share(latent: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Share of days from `low` to `high`, bounds included, `(n_patients,)`; not a number of no days."""
    out = np.empty(len(latent))
    bounds = [np.array(np.broadcast_to(bound, latent.shape[1:]), dtype=np.float64) for bound in (low, high)]
    _share_within(_writeable(latent), *bounds, out)
    return out


def time_in_range(latent: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Share of days with `low` <= biomarker <= `high`, bounds included.

    Args:
        latent: true biomarker, one column per day that counts, `(n_patients, n_days)`.
        low: lower bound of the target range, of all days or of each, `(n_days,)`.
        high: upper bound, likewise.

    Returns:
        `(n_patients,)`.
    """
    return _share(latent, low, high)


def time_below(latent: Floats, limit: float | Floats) -> Floats:
    """Share of days with the biomarker below `limit`, of all days or of each, `(n_patients,)`."""
    return _share(latent, -np.inf, np.nextafter(limit, -np.inf))


def time_above(latent: Floats, limit: float | Floats) -> Floats:
    """Share of days with the biomarker above `limit`, of all days or of each, `(n_patients,)`."""
    return _share(latent, np.nextafter(limit, np.inf), np.inf)


@jit(types.void(_ROWS, _ROWS, types.float64, types.float64, types.float64, types.float64[:, ::1]))
def _interpolate(days, labs, low, high, longest_gap, out):  # type: ignore[no-untyped-def]
    for i in range(days.shape[0]):
        total, below, above = 0.0, 0.0, 0.0
        # One by one from the first, so that padding after the last lab changes nothing.
        for j in range(days.shape[1] - 1):
            gap = days[i, j + 1] - days[i, j]
            bottom, top = min(labs[i, j], labs[i, j + 1]), max(labs[i, j], labs[i, j + 1])
            if not (0.0 < gap <= longest_gap and np.isfinite(labs[i, j]) and np.isfinite(labs[i, j + 1])):
                continue
            total += gap
            if top > bottom:
                below += gap * min(max((low - bottom) / (top - bottom), 0.0), 1.0)
                above += gap * min(max((top - high) / (top - bottom), 0.0), 1.0)
            elif bottom < low:
                below += gap
            elif bottom > high:
                above += gap
        out[i, 0], out[i, 2] = below / total, above / total
        # Rounding must not make a share of nothing negative; NaN stays.
        inside = 1.0 - out[i, 0] - out[i, 2]
        out[i, 1] = 0.0 if inside < 0.0 else inside


def rosendaal(days: Floats, labs: Floats, low: float, high: float, longest_gap: float = 56.0) -> Floats:
    """Time in range by linear interpolation between consecutive labs (Rosendaal 1993), in person-time.

    Args:
        days: day of each lab, `(n_patients, n_labs)`, NaN-padded, ascending.
        labs: the results, same shape.
        low: lower bound of the target range.
        high: upper bound.
        longest_gap: gaps longer than this many days are left out (56: NQF; 42 is also used).

    Returns:
        Shares of the interpolated time below, in and above range, `(n_patients, 3)`; NaN without a gap.

    >>> shares = rosendaal(np.array([[0.0, 7, 21, 28]]), np.array([[1.5, 2.5, 3.5, 2.8]]), 2.0, 3.0)
    >>> [round(float(share), 5) for share in shares[0]]
    [0.125, 0.44643, 0.42857]
    """
    out = np.empty((len(labs), 3))
    _interpolate(_writeable(days), _writeable(labs), low, high, longest_gap, out)
    return out


@jit(types.void(_ROWS, _ROWS, _ROWS, types.float64, types.float64, types.int64, _EACH))
def _first_stable(days, labs, doses, low, high, labs_in_range, out):  # type: ignore[no-untyped-def]
    for i in range(labs.shape[0]):
        out[i] = np.nan
        run = 0
        for j in range(1, labs.shape[1]):
            # NaN, no dose, is a change.
            if j == 1 or not abs(doses[i, j - 1] - doses[i, j - 2]) < _SAME_DOSE:
                run = 0
            run = run + 1 if low <= labs[i, j] <= high else 0
            if run == labs_in_range:
                out[i] = days[i, max(j - labs_in_range + 1, 0)]
                break


def days_to_stable(
    days: Floats, labs: Floats, doses: Floats, low: float, high: float, labs_in_range: int = 3
) -> Floats:
    """Day of the first of `labs_in_range` consecutive labs in range on one unchanged dose; NaN if never.

    A lab answers to the dose of the visit before it, so the first lab, before any dose, never counts.

    Args:
        days: day of each visit, `(n_patients, n_visits)`, NaN-padded.
        labs: lab at the visit.
        doses: mean daily dose prescribed at the visit.
        low: lower bound of the target range.
        high: upper bound.
        labs_in_range: how many labs make a dose stable, at least 1.

    Returns:
        `(n_patients,)`.

    >>> week = np.array([[0.0, 7, 14, 21, 28]])
    >>> labs, doses = np.array([[1.0, 1.8, 2.4, 2.6, 2.5]]), np.array([[5.0, 6, 6, 6, 6]])
    >>> days_to_stable(week, labs, doses, 2.0, 3.0)
    array([14.])
    """
    found = np.empty(len(labs))
    _first_stable(_writeable(days), _writeable(labs), _writeable(doses), low, high, labs_in_range, found)
    return found
