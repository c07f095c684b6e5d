"""How much drug is in the body and how it leaves: what tests of mass balance and of linearity go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DrugBalance:
    """The drug in the body and its elimination, written apart from the equations.

    Attributes:
        in_body: (states, parameters of one patient) -> amount of drug; linear in the states.
        eliminated: (time, states, parameters) -> amount that leaves per time unit of the model.
        linear: whether the kinetics of the drug are, so that two doses do what each does.
        level: whether the biomarker is a level of the drug, and so adds up too where the kinetics do.
    """

    in_body: Callable[[Floats, Floats], float]
    eliminated: Callable[[float, Floats, Floats], float]
    linear: bool = True
    level: bool = False


def amounts(*states: int) -> Callable[[Floats, Floats], float]:
    """The sum of these states, each an amount."""
    return lambda y, p: float(sum(y[state] for state in states))


def first_order(clearance: int, volume: int, state: int) -> Callable[[float, Floats, Floats], float]:
    """Clearance / volume x amount: the places of the three in parameters and states."""
    return lambda t, y, p: float(p[clearance] / p[volume] * y[state])
