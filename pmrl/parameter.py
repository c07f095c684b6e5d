"""A number of the science, with its unit, source and status; and a published result to check against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["published", "guideline", "derived", "recalled", "assumption"]
"""How a number is known.

published: read in the paper or in a public code port that cites its table; guideline: CPIC, DPWG, FDA
or ACCP text; derived: computed in this project from published numbers or shipped data; recalled: from
memory of the literature, not re-read; assumption: a choice of this project.
"""


@dataclass(frozen=True)
class Parameter:
    """One number of a model; neither source nor status has a default.

    >>> Parameter(0.314, "L/h", "Hamberg 2007, table 2", "published").value
    0.314
    """

    value: float
    unit: str
    source: str
    status: Status

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ValueError(f"status {self.status!r}; allowed: {', '.join(get_args(Status))}")
        if not self.source.strip():
            raise ValueError("a parameter needs a source: name the paper, table or script")

    def __float__(self) -> float:
        return float(self.value)


@dataclass(frozen=True)
class Anchor:
    """A published or independently computed result that a model must reproduce.

    `compute` returns the model's value; it holds when |got - expected| <= tolerance.
    """

    what: str
    expected: float
    tolerance: float
    source: str
    compute: Callable[[], float]
    miss: str = ""
    """Why the model is known not to hold it; such a miss is shown, never tuned away."""

    def check(self) -> tuple[float, bool]:
        """The model's value and whether it is within tolerance."""
        got = float(self.compute())
        return got, abs(got - self.expected) <= self.tolerance
