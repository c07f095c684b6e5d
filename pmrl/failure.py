"""How numbers can fail: a kernel's failures, numbers that are none, and the errors that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

TOO_MANY_STEPS, STEP_TOO_SMALL, NOT_A_NUMBER = 1, 2, 3
_MEANINGS = {
    TOO_MANY_STEPS: "a day takes more steps than are allowed",
    STEP_TOO_SMALL: "no step is small enough: a state runs off, or the equations jump",
    NOT_A_NUMBER: "the model gives something that is not a number",
}


PER_ROW = 8
"""Kernels report a failure as status + PER_ROW * row, and 0 where there was none."""


class NumericalError(ArithmeticError):
    """A computation cannot go on; the message is one line, and the command line exits with code 3.

    Attributes:
        row: of the batch in which it happened; -1 where it belongs to none.
        record: what is needed to see it again, filled in by `pmrl.envs.fault`; empty outside a clinic.
    """

    def __init__(self, message: str, row: int = -1) -> None:
        super().__init__(message)
        self.row = row
        self.record: dict[str, Any] = {}


class SimulationError(NumericalError):
    """A patient's equations cannot be solved; the message names the patient and says why."""


class NotANumberError(NumericalError, FloatingPointError):
    """A reward, observation, action, gradient, weight or patient parameter is NaN or infinite."""


def require_success(
    failed: int, who: Callable[[int], str], states: Callable[[int], str] | None = None
) -> None:
    """Nothing where a kernel reported 0.

    Args:
        failed: what the kernel reported.
        who: row -> who that is.
        states: row -> in which state.

    Raises:
        SimulationError: a failure was reported.

    >>> require_success(NOT_A_NUMBER + PER_ROW * 18, lambda row: f"patient {row}, day 5")
    Traceback (most recent call last):
        ...
    pmrl.failure.SimulationError: patient 18, day 5: the model gives something that is not a number
    """
    if failed:
        row, status = divmod(failed, PER_ROW)
        state = "" if states is None else f"; {states(row)}"
        raise SimulationError(f"{who(row)}: {_MEANINGS[status]}{state}", row)


def listed(names: Iterable[str], values: Iterable[float]) -> str:
    """Values by name, for a message.

    >>> listed(["depot", "central"], [0.5, float("nan")])
    'depot 0.5, central nan'
    """
    return ", ".join(f"{name} {value:.6g}" for name, value in zip(names, values, strict=True))
