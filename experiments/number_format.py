"""Numbers as people read them: percent of days, percentage points, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NONE = "–"
"""Where there is no number."""

Estimate = Mapping[str, Any]
"""`mean` and `ci` as in every JSON of this project; None or NaN where there is none."""


def exists(estimate: Estimate | None) -> bool:
    """Whether there is a mean and an interval."""
    if estimate is None:
        return False
    values = (estimate["mean"], *estimate["ci"])
    return all(value is not None and value == value for value in values)


def number(value: float | None, decimals: int = 1, sign: bool = False) -> str:
    """A number, with its sign where wanted; never "-0.0".

    >>> number(-0.04), number(3.25, sign=True), number(None)
    ('0.0', '+3.2', '–')
    """
    if value is None or value != value:
        return NONE
    rounded = round(float(value), decimals) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''}.{decimals}f}"


def share(estimate: Estimate | None, decimals: int = 1) -> str:
    """A share of days in percent.

    >>> share({"mean": 0.6812, "ci": [0.669, 0.692]})
    '68.1% (66.9 to 69.2)'
    """
    mean, interval = parts(estimate, 100.0, decimals)
    return f"{mean}% ({interval})" if interval else NONE


def points(estimate: Estimate | None, decimals: int = 1) -> str:
    """A difference of shares in percentage points.

    A bound that is not 0 is not shown as 0: what is certain would look as if it were not.

    >>> points({"mean": -0.021, "ci": [-0.03, 0.001]}), points({"mean": -0.002, "ci": [-0.004, -0.0002]})
    ('-2.1 points (-3.0 to +0.1)', '-0.20 points (-0.40 to -0.02)')
    """
    bounds = estimate["ci"] if estimate is not None and exists(estimate) else []
    decimals += any(bound and not round(100.0 * float(bound), decimals) for bound in bounds)
    mean, interval = parts(estimate, 100.0, decimals, sign=True)
    return f"{mean} points ({interval})" if interval else NONE


def parts(
    estimate: Estimate | None, scale: float = 1.0, decimals: int = 1, sign: bool = False
) -> tuple[str, str]:
    """Mean and interval as two texts, for a cell of two lines; "–" and "" where there is none."""
    if estimate is None or not exists(estimate):
        return NONE, ""
    low, high = (number(scale * float(value), decimals, sign) for value in estimate["ci"])
    return number(scale * float(estimate["mean"]), decimals, sign), f"{low} to {high}"


def event_decimals(unit: str) -> int:
    """Decimals of a safety event in percent: what is counted in patients is rare."""
    return 3 if unit == "of patients" else 2
