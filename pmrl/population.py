"""Who takes a drug: covariates, ancestry and genes of a population, as data, and how its patients are drawn.

Each covariate has its own numbered draw, and each gene too, so that patient i of a seed is the same in any
batch, order or process, and stays the same when a covariate is added behind the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pmrl.cohort import Cohort
from pmrl.errors import unknown
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
Known = Mapping[str, Floats]
Genotypes = Mapping[str, NDArray[np.int8]]
PARTS: Mapping[str, int] = {"train": 0, "validation": 2**40, "test": 2**41, "sampled": 0}
"""The first patient of each part of a drawn population: no patient is in two of train, validation and test;
"sampled" is the population as a whole, and begins with the patients of "train"."""


class Draw(Protocol):
    """How a covariate is drawn."""

    def __call__(self, uniform: Floats, others: Known) -> Floats:
        """Values `(n,)` from one uniform each and the covariates before it."""
        ...


@dataclass(frozen=True)
class Covariate:
    """A covariate: its unit, the values that are possible, the typical one, and how it is drawn."""

    name: str
    unit: str
    low: float
    high: float
    typical: Parameter
    draw: Draw | None = None
    """None where patients are recorded, and not drawn."""
    numbers: tuple[Parameter, ...] = ()
    """What `draw` uses."""


def normal(mean: Parameter, sd: Parameter, low: float, high: float) -> Draw:
    """Normal with this mean and SD, within the limits."""

    def draw(uniform: Floats, others: Known) -> Floats:
        first, last = (ndtr((limit - float(mean)) / float(sd)) for limit in (low, high))
        return np.asarray(float(mean) + float(sd) * ndtri(first + uniform * (last - first)))

    return draw


def log_normal(median: Parameter, cv: Parameter, low: float, high: float) -> Draw:
    """Log-normal with this median and coefficient of variation (a fraction), within the limits."""
    log_sd = Parameter(float(np.sqrt(np.log1p(float(cv) ** 2))), "", cv.source, cv.status)
    log_median = Parameter(float(np.log(float(median))), "", median.source, median.status)
    inner = normal(log_median, log_sd, float(np.log(low)), float(np.log(high)))
    return lambda uniform, others: np.exp(inner(uniform, others))


def flag(share: Parameter) -> Draw:
    """1 in that share of the patients, else 0."""
    return lambda uniform, others: (uniform < float(share)).astype(np.float64)


def by(name: str, draws: tuple[Draw, ...]) -> Draw:
    """Each patient by the draw that a covariate drawn before, 0, 1, ..., picks: height by sex, say."""

    def draw(uniform: Floats, others: Known) -> Floats:
        each = np.stack([one(uniform, others) for one in draws])
        return np.asarray(each[others[name].astype(np.int64), np.arange(uniform.size)])

    return draw


def derived(formula: Callable[[Known], Floats]) -> Draw:
    """What follows from the covariates before."""
    return lambda uniform, others: np.asarray(formula(others), dtype=np.float64)


@dataclass(frozen=True)
class Recorded:
    """What is recorded of some patients, each once, in the order of their file.

    Attributes:
        covariates: `(n_patients,)` each, NaN where not recorded.
        genotypes: diplotype codes by gene, `(n_patients, 2)` each, -1 where not typed.
        stable_dose: on which each patient was stable, mg/day, `(n_patients,)`, NaN where not recorded; None
            where files of this drug do not have it.
    """

    covariates: Known
    genotypes: Genotypes
    stable_dose: Floats | None = None

    def __len__(self) -> int:
        return len(next(iter(self.genotypes.values())))


class Population(Protocol):
    """Who takes a drug."""

    @property
    def name(self) -> str:
        """In words, for reports."""
        ...

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        """What is known of a patient besides genes."""
        ...

    @property
    def genes(self) -> tuple[str, ...]:
        """Those that matter for the drug."""
        ...

    def maker(
        self, source: str | Path, seed: int, ancestry: Mapping[str, float] | str | None
    ) -> Callable[[int, int], Cohort]:
        """(first id, n) -> those patients of a cohort.

        Args:
            source: one of `PARTS`, or the path of a CSV or a NONMEM-form table.
            seed: cohort seed.
            ancestry: one ancestry or shares that sum to 1, for "sampled".

        Raises:
            InputError: no such part or file, or a bad ancestry.
        """
        ...

    def recorded(self, source: str | Path) -> Recorded | None:
        """The recorded patients that `maker` resamples for a source; None where it draws them.

        Raises:
            InputError: no such part or file.
        """
        ...

    def imagine(self, seed: int, ids: NDArray[np.int64], covariates: Known, genotypes: Genotypes) -> Cohort:
        """Patients of whom this is known, with everything else drawn from the population.

        Args:
            seed: of the draws.
            ids: of the patients, any, `(n,)`.
            covariates: what is known, `(n,)` each, NaN where it is not.
            genotypes: diplotype codes, `(n, 2)` each, -1 where not typed.
        """
        ...


def covariate_of(population: Population, name: str) -> Covariate:
    """The covariate of that name.

    Raises:
        InputError: there is none.
    """
    found = {covariate.name: covariate for covariate in population.covariates}
    if name not in found:
        raise unknown("covariate", name, found)
    return found[name]
