"""What may be tuned: a policy's numbers and choices, where they are searched, and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pmrl.parameter import Parameter

Value = float | int | str
Values = Mapping[str, Value]
DIGITS = 4
"""Significant digits of a number that is tried, so that a record can be read and gives the same policy."""


@dataclass(frozen=True)
class Number:
    """A number that is searched between two ends.

    Attributes:
        name: of the value.
        low: the lower end, with its unit and reason.
        high: the upper end.
        default: what the policy has untuned.
        log: searched by its logarithm.
        integer: whole.
        or_zero: may also be 0, below the lower end: switched off.
    """

    name: str
    low: Parameter
    high: Parameter
    default: float
    log: bool = False
    integer: bool = False
    or_zero: bool = False

    def __contains__(self, value: Value) -> bool:
        if isinstance(value, str) or (self.integer and value != int(value)):
            return False
        # An end that is not round is tried as rounded to `DIGITS`.
        within = float(self.low) * (1.0 - 1e-3) <= value <= float(self.high) * (1.0 + 1e-3)
        return within or (self.or_zero and value == 0.0)


@dataclass(frozen=True)
class Choice:
    """One of a few values.

    Attributes:
        name: of the value.
        options: to choose from.
        default: what the policy has untuned.
        reason: why these.
    """

    name: str
    options: tuple[Value, ...]
    default: Value
    reason: str

    def __contains__(self, value: Value) -> bool:
        return value in self.options


Space = tuple[Number | Choice, ...]


def between(
    name: str,
    ends: tuple[float, float],
    default: float,
    unit: str,
    reason: str,
    log: bool = False,
    integer: bool = False,
    or_zero: bool = False,
) -> Number:
    """A `Number` whose ends are ours, for one reason.

    >>> between("moved", (0.1, 0.8), 0.4, "of the SD", "ours: as an example").high.value
    0.8
    """
    low, high = (Parameter(end, unit, reason, "assumption") for end in ends)
    return Number(name, low, high, default, log, integer, or_zero)


def defaults(space: Space) -> dict[str, Value]:
    """The values of the untuned policy: the first trial of every search."""
    return {dimension.name: dimension.default for dimension in space}
