"""Outcomes of a course: time in range, safety events, stability."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def time_in_range(latent: Floats, low: float, high: float) -> Floats:
    """Share of days with `low` <= biomarker <= `high`, bounds included.

    Args:
        latent: true biomarker, one column per day that counts, `(n_patients, n_days)`.
        low: lower bound of the target range.
        high: upper bound.

    Returns:
        `(n_patients,)`.
    """
    return np.asarray(((latent >= low) & (latent <= high)).mean(axis=1))


def time_below(latent: Floats, limit: float) -> Floats:
    """Share of days with the biomarker below `limit`, `(n_patients,)`."""
    return np.asarray((latent < limit).mean(axis=1))


def time_above(latent: Floats, limit: float) -> Floats:
    """Share of days with the biomarker above `limit`, `(n_patients,)`."""
    return np.asarray((latent > limit).mean(axis=1))


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
    gap = np.diff(days, axis=1)
    first, second = labs[:, :-1], labs[:, 1:]
    usable = np.isfinite(gap) & (gap > 0) & (gap <= longest_gap) & np.isfinite(first) & np.isfinite(second)
    bottom, top = np.minimum(first, second), np.maximum(first, second)
    width = np.where(top > bottom, top - bottom, 1.0)
    below = np.where(top > bottom, np.clip((low - bottom) / width, 0.0, 1.0), bottom < low)
    above = np.where(top > bottom, np.clip((top - high) / width, 0.0, 1.0), bottom > high)
    weight = np.where(usable, gap, 0.0)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share_below = np.where(usable, below * gap, 0.0).sum(axis=1) / total
        share_above = np.where(usable, above * gap, 0.0).sum(axis=1) / total
    # Rounding must not make a share of nothing negative.
    inside = np.maximum(1.0 - share_below - share_above, 0.0)
    return np.stack([share_below, inside, share_above], axis=1)


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
    n, width = labs.shape
    inside = (labs >= low) & (labs <= high)
    changed = np.ones((n, width), dtype=np.bool_)
    # Doses are means over days: equal up to rounding is unchanged. NaN, no dose, is a change.
    changed[:, 1:] = ~(np.abs(np.diff(doses, axis=1)) < 1e-9)
    run = np.zeros(n)
    found = np.full(n, np.nan)
    for j in range(1, width):
        run = np.where(inside[:, j], np.where(changed[:, j - 1], 0, run) + 1, 0)
        hit = (run == labs_in_range) & np.isnan(found)
        found = np.where(hit, days[:, max(j - labs_in_range + 1, 0)], found)
    return found
