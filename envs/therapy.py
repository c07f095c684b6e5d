"""A therapy: the decision problem of one drug, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.reward import DEFAULT_WEIGHTS
from pmrl.envs.safety_event import HarmEvent, SafetyEvent
from pmrl.errors import InputError
from pmrl.parameter import Parameter
from pmrl.population import Population
from pmrl.variability import Variability

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DoseGrid:
    """The doses that can be dispensed, in `unit`: minimum, maximum and step, or a list of them.

    >>> DoseGrid.listed((0.0, 10.0, 25.0), "mg/day").nearest(np.array([4.0, 17.0, 18.0, 99.0])).tolist()
    [0.0, 10.0, 25.0, 25.0]
    """

    minimum: float
    maximum: float
    step: float
    """The smallest one where doses are listed."""
    unit: str
    doses: tuple[float, ...] = ()
    """Every dose, ascending, where the steps between them differ."""

    @classmethod
    def listed(cls, doses: tuple[float, ...], unit: str) -> DoseGrid:
        """These doses and no others.

        Raises:
            ValueError: fewer than two doses, or not ascending.
        """
        steps = np.diff(doses)
        if not steps.size or steps.min() <= 0.0:
            raise ValueError(f"doses {doses}: give two or more, ascending")
        return cls(doses[0], doses[-1], float(steps.min()), unit, doses)

    @property
    def levels(self) -> NDArray[np.float64]:
        """Every dose of the grid, ascending."""
        if self.doses:
            return np.array(self.doses, dtype=np.float64)
        count = round((self.maximum - self.minimum) / self.step) + 1
        return np.asarray(self.minimum + self.step * np.arange(count), dtype=np.float64)

    def nearest(self, doses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Doses rounded to the grid and held within it, same shape."""
        # Not np.clip, which takes twice as long for the one dose of a single environment.
        inside = np.minimum(np.maximum(doses, self.minimum), self.maximum)
        if self.doses:
            levels = self.levels
            return np.asarray(levels[np.searchsorted(0.5 * (levels[1:] + levels[:-1]), inside)])
        return np.asarray(self.minimum + self.step * np.rint((inside - self.minimum) / self.step))

    def require(self, dose: float) -> float:
        """`dose` if it is on the grid, else an `InputError` that names the nearest level."""
        nearest = float(self.nearest(np.array([dose]))[0]) if np.isfinite(dose) else self.minimum
        if not np.isfinite(dose) or abs(nearest - dose) > 1e-9:
            raise InputError(
                f"dose {dose:g} {self.unit} is off the grid: allowed are {self.text}; "
                f"the nearest is {nearest:g}"
            )
        return nearest

    @property
    def text(self) -> str:
        """The doses in words."""
        if self.doses:
            return ", ".join(f"{dose:g}" for dose in self.doses) + f" {self.unit}"
        return f"{self.minimum:g} to {self.maximum:g} {self.unit} in steps of {self.step:g}"


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
    safety_events: Mapping[str, SafetyEvent | HarmEvent]
    """What makes a day a safety event; the first above a limit, and the first below one, are what the reward
    counts as unsafe."""
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

    population: Population
    """Who takes the drug."""
    variability: Variability
    """Within a patient, where a scenario does not say otherwise."""
    early_targets: tuple[tuple[int, float, float], ...] = ()
    """(first day, low, high) of target ranges that hold before or instead of the final one, ascending; the
    final one, `target_low` to `target_high`, is the last of them where there are any."""
    aim: float | None = None
    """The level to aim at where it is not the middle of the target range."""
    interactions: tuple[str, ...] = ()
    """Interacting drugs that a scenario may start."""
    diet: bool = False
    """Whether vitamin K matters."""
    estimate_in_sample: bool = False
    """Whether the dose estimate was derived on patients of the population's recorded data."""
    caveats: tuple[str, ...] = ()
    """What the models leave out, in sentences for the reader of a report."""
    largest_dose_wins: str = ""
    """Why the largest dose does as well as the rules, where it does: then this is a weak dosing problem."""
    reward_weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    """Of the reward's terms, where an environment is not given others."""
    contraindicated: (
        Callable[[Mapping[str, Floats], Mapping[str, NDArray[np.int8]]], NDArray[np.bool_]] | None
    ) = None
    """Whom, by what is known of them, a guideline forbids the drug, `(n_patients,)`; None where nobody."""

    def __post_init__(self) -> None:
        if self.early_targets:
            days, (_, low, high) = [day for day, *_ in self.early_targets], self.early_targets[-1]
            if (
                days != sorted(set(days))
                or days[0] != 0
                or (low, high) != (self.target_low, self.target_high)
            ):
                raise ValueError(
                    f"{self.id}: early_targets begin on day 0, ascend and end with the final one"
                )

    @property
    def primary(self) -> str:
        """What policies are compared by: time in range, "ttr", or that less the price of harm, "net"."""
        return "net" if self.reward_weights.get("harm", 0.0) else "ttr"

    @property
    def primary_weights(self) -> dict[str, float]:
        """Weights of the reward's terms that make it the primary outcome, in days."""
        return {"in_range": 1.0, "harm": self.reward_weights.get("harm", 0.0)}

    @property
    def target_text(self) -> str:
        """The target range in words, such as "10 to 20 mg/L", each with the day from which it holds."""
        ranges = self.early_targets or ((0, self.target_low, self.target_high),)
        texts = [
            f"{low:g} to {high:g} {self.biomarker_unit}".rstrip() + (f" from day {day} on" if day else "")
            for day, low, high in ranges
        ]
        return ", ".join(texts)

    @property
    def target(self) -> float:
        """The level to aim at in the long run."""
        return 0.5 * (self.target_low + self.target_high) if self.aim is None else self.aim

    def target_range(self, n_days: int) -> tuple[Floats, Floats]:
        """Lower and upper end of the target range on days 0 to `n_days`, `(n_days + 1,)` each."""
        low, high = np.full(n_days + 1, self.target_low), np.full(n_days + 1, self.target_high)
        for first, lower, upper in self.early_targets:
            low[first:], high[first:] = lower, upper
        return low, high

    def limits(self, n_days: int) -> Floats:
        """What the reward counts by, as in `pmrl.envs.reward.score`, `(5, n_days + 1)`."""
        low, high = self.target_range(n_days)
        aim = np.full(n_days + 1, self.target) if self.aim is not None else 0.5 * (low + high)
        events = [event for event in self.safety_events.values() if isinstance(event, SafetyEvent)]
        bottom = next((event.limit for event in events if not event.above), -np.inf)
        top = next((event.limit for event in events if event.above), np.inf)
        return np.stack([low, high, aim, np.full(n_days + 1, bottom), np.full(n_days + 1, top)])

    def forbidden(
        self, covariates: Mapping[str, Floats], genotypes: Mapping[str, NDArray[np.int8]]
    ) -> NDArray[np.bool_]:
        """`contraindicated`, or nobody, `(n_patients,)`."""
        if self.contraindicated is not None:
            return self.contraindicated(covariates, genotypes)
        known = next(iter(covariates.values()), None)
        n = len(next(iter(genotypes.values()))) if known is None else known.size
        return np.zeros(n, dtype=np.bool_)

    def dispense(self, doses: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the pharmacy gives for prescribed daily doses: rounded to the grid, within its limits.

        Raises:
            ValueError: a prescribed dose is NaN or infinite.
        """
        if not np.all(np.isfinite(doses)):
            raise ValueError("a prescribed dose is not a number")
        return self.grid.nearest(doses)
