"""How the general kernel can fail, and the error that a failure becomes."""

from __future__ import annotations

OK = 0
TOO_MANY_STEPS, STEP_TOO_SMALL, NOT_A_NUMBER = 1, 2, 3
_MEANINGS = {
    TOO_MANY_STEPS: "a day takes more steps than are allowed",
    STEP_TOO_SMALL: "no step is small enough: a state runs off, or the equations jump",
    NOT_A_NUMBER: "the equations give something that is not a number",
}


class SimulationError(ArithmeticError):
    """A patient's equations cannot be solved; the message names the patient and says why."""


def require_success(status: int, who: str) -> None:
    """Nothing where `status` is 0.

    Raises:
        SimulationError: it is not.

    >>> require_success(NOT_A_NUMBER, "patient 18, day 5")
    Traceback (most recent call last):
        ...
    pmrl.failure.SimulationError: patient 18, day 5: the equations give something that is not a number
    """
    if status:
        raise SimulationError(f"{who}: {_MEANINGS[status]}")
