"""A therapy: the decision problem of one drug, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import InputError
from pmrl.parameter import Parameter


@dataclass(frozen=True)
class DoseGrid:
    """The doses that can be dispensed: minimum, maximum and step, in `unit`."""

    minimum: float
    maximum: float
    step: float
    unit: str

    @property
    def levels(self) -> NDArray[np.float64]:
        """Every dose of the grid, ascending."""
        count = round((self.maximum - self.minimum) / self.step) + 1
        return np.asarray(self.minimum + self.step * np.arange(count), dtype=np.float64)

    def nearest(self, doses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Doses rounded to the grid and held within it, same shape."""
        # Not np.clip, which takes twice as long for the one dose of a single environment.
        inside = np.minimum(np.maximum(doses, self.minimum), self.maximum)
        return np.asarray(self.minimum + self.step * np.rint((inside - self.minimum) / self.step))

    def require(self, dose: float) -> float:
        """`dose` if it is on the grid, else an `InputError` that names the nearest level."""
        nearest = float(self.nearest(np.array([dose]))[0]) if np.isfinite(dose) else self.minimum
        if not np.isfinite(dose) or abs(nearest - dose) > 1e-9:
            raise InputError(
                f"dose {dose:g} {self.unit} is off the grid: allowed are {self.minimum:g} to "
                f"{self.maximum:g} {self.unit} in steps of {self.step:g}; the nearest is {nearest:g}"
            )
        return nearest


@dataclass(frozen=True)
class VisitSchedule:
    """Induction visits by day, then one every `maintenance_days`."""

    induction: tuple[int, ...]
    maintenance_days: int

    def next_day(self, day: int) -> int:
        """The first scheduled visit after `day`."""
        for visit in self.induction:
            if visit > day:
                return visit
        past = day - self.induction[-1]
        return self.induction[-1] + (past // self.maintenance_days + 1) * self.maintenance_days

    def table(self, n_days: int) -> NDArray[np.int64]:
        """`next_day` of every day, shape `(n_days + 1,)`."""
        return np.array([self.next_day(day) for day in range(n_days + 1)], dtype=np.int64)


@dataclass(frozen=True)
class Therapy:
    """Everything about a drug's decision problem that is not the patient."""

    id: str
    drug: str
    version: int
    biomarker: str
    biomarker_unit: str
    biomarker_range: tuple[float, float]
    """Bounds within which the lab reports and the observation lies."""
    target_low: float
    target_high: float
    grid: DoseGrid
    schedule: VisitSchedule
    horizon_days: int
    intervals: tuple[int, ...]
    """Intervals (days) that may be chosen where the prescriber chooses them."""
    standard_dose: float
    """The fixed dose that is given without any knowledge of the patient, on the grid."""
    safety_limits: Mapping[str, float]
    """Named biomarker levels above which a day counts as a safety event."""
    models: tuple[str, ...]
    """Names of the patient models that fit, the default first."""
    features: tuple[str, ...]
    """Names of the covariate features of the observation."""
    genes: tuple[tuple[str, str], ...]
    """(gene, allele) whose copies are features of the observation."""
    dose_estimate: Callable[
        [Mapping[str, NDArray[np.float64]], Mapping[str, NDArray[np.int8]]], NDArray[np.float64]
    ]
    """A published a-priori daily dose from what is known of the patients, mg/day, `(n_patients,)`."""
    parameters: Mapping[str, Parameter]
    """Numbers of the decision problem with their sources."""

    @property
    def target(self) -> float:
        """The middle of the target range."""
        return 0.5 * (self.target_low + self.target_high)

    def dispense(self, doses: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the pharmacy gives for prescribed daily doses: rounded to the grid, within its limits.

        Raises:
            ValueError: a prescribed dose is NaN or infinite.
        """
        if not np.all(np.isfinite(doses)):
            raise ValueError("a prescribed dose is not a number")
        return self.grid.nearest(doses)
