"""What a reference is: described patients on daily doses, and how a day of equations is lived through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.integrate import odeint

State = Sequence[float]
Derivative = Callable[[State, float], Sequence[float]]


@dataclass(frozen=True)
class Patient:
    """One patient without random effects, described in full: nothing is left to the package's typical values.

    Attributes:
        name: says what is special.
        genotype: gene -> diplotype; a gene that is left out is unknown, and must then count as 1.
        covariates: by the names and in the units of the package's population; every one that has an effect.
        ancestry: as in the package.
    """

    name: str
    genotype: Mapping[str, str] = field(default_factory=dict)
    covariates: Mapping[str, float] = field(default_factory=dict)
    ancestry: str = "European"


@dataclass(frozen=True)
class Case:
    """One patient on one schedule: the doses of every day, in the unit of the drug's therapy."""

    patient: Patient
    schedule: str
    doses: tuple[float, ...]
    numbers: str

    @property
    def name(self) -> str:
        """Unique among the cases of a model."""
        return f"{self.patient.name}: {self.schedule}: {self.numbers}"


class Reference(Protocol):
    """A module of this package: one model of one drug, written from the paper's equations and numbers.

    Attributes:
        MODEL: its name in the package.
        DOSES_PER_DAY: equal shares in which a day's dose is taken.
        RTOL: relative agreement that is asked for: 1e-4, less where a number hardly shows in the biomarker.
        CASES: that are compared.
    """

    MODEL: str
    DOSES_PER_DAY: int
    RTOL: float
    CASES: tuple[Case, ...]

    def course(self, case: Case) -> list[float]:
        """Biomarker at the start of every day and after the last."""
        ...


def every(
    patients: Sequence[Patient], schedules: Mapping[str, tuple[float, ...]], numbers: str
) -> tuple[Case, ...]:
    """Every patient on every schedule, with one parameter set of the package."""
    return tuple(
        Case(patient, schedule, doses, numbers)
        for patient in patients
        for schedule, doses in schedules.items()
    )


def days(
    derivative: Derivative,
    start: State,
    doses: Sequence[float],
    shares: int = 1,
    hours_per_unit: float = 1.0,
) -> Iterator[list[float]]:
    """The state at the start of every day and after the last.

    Args:
        derivative: of the state by the time since the start of day 0.
        start: without drug.
        doses: what enters state 0, per day.
        shares: equal parts of a day's amount, evenly over the day.
        hours_per_unit: the time unit of the derivative.
    """
    state = [float(x) for x in start]
    interval = 24.0 / hours_per_unit / shares
    # A first dose can have an infinite slope at time 0; start with small steps there.
    grid = np.array([0.0, 0.001, 0.01, 0.1, 1.0]) * interval
    yield list(state)
    for day, dose in enumerate(doses):
        for share in range(shares):
            state[0] += dose / shares
            state = _after(derivative, state, grid + (day * shares + share) * interval)
        yield list(state)


def _after(derivative: Derivative, state: list[float], times: np.ndarray) -> list[float]:
    """The state at the last of the times, by LSODA."""
    found, said = odeint(derivative, state, times, rtol=1e-10, atol=1e-13, mxstep=50_000, full_output=True)
    if said["message"] != "Integration successful.":
        raise ArithmeticError(said["message"])
    return [float(x) for x in found[-1]]
