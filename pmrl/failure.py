"""How the general kernel can fail, and the error that a failure becomes."""

from __future__ import annotations

from collections.abc import Callable

TOO_MANY_STEPS, STEP_TOO_SMALL, NOT_A_NUMBER = 1, 2, 3
_MEANINGS = {
    TOO_MANY_STEPS: "a day takes more steps than are allowed",
    STEP_TOO_SMALL: "no step is small enough: a state runs off, or the equations jump",
    NOT_A_NUMBER: "the model gives something that is not a number",
}


PER_ROW = 8
"""Kernels report a failure as status + PER_ROW * row, and 0 where there was none."""


class SimulationError(ArithmeticError):
    """A patient's equations cannot be solved; the message names the patient and says why."""


def require_success(failed: int, who: Callable[[int], str]) -> None:
    """Nothing where a kernel reported 0.

    Args:
        failed: what the kernel reported.
        who: row -> who that is.

    Raises:
        SimulationError: a failure was reported.

    >>> require_success(NOT_A_NUMBER + PER_ROW * 18, lambda row: f"patient {row}, day 5")
    Traceback (most recent call last):
        ...
    pmrl.failure.SimulationError: patient 18, day 5: the model gives something that is not a number
    """
    if failed:
        row, status = divmod(failed, PER_ROW)
        raise SimulationError(f"{who(row)}: {_MEANINGS[status]}")
