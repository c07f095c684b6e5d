"""Who takes a drug: covariates, ancestry and genes of a population, as data, and how its patients are drawn.

Each covariate has its own numbered draw, and each gene too, so that patient i of a seed is the same in any
batch, order or process, and stays the same when a covariate is added behind the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pmrl.cohort import Cohort, patient_ids
from pmrl.cohort_reading import Number, read_columns
from pmrl.cohort_sampling import ancestry_shares, draw_genotypes, draw_index
from pmrl.errors import unknown
from pmrl.genetics import UNKNOWN, find_gene
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, uniforms

Floats = NDArray[np.float64]
Known = Mapping[str, Floats]
_FIRST_DRAW = 1000
"""Of the stream COVARIATE; those before are of `pmrl.cohort_sampling`."""
PARTS: Mapping[str, int] = {"train": 0, "validation": 2**40, "test": 2**41, "sampled": 0}
"""The first patient of each part of a drawn population: no patient is in two of them."""


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
            source: one of `PARTS`, or the path of a CSV.
            seed: cohort seed.
            ancestry: one ancestry or shares that sum to 1, for "sampled".

        Raises:
            InputError: no such part or file, or a bad ancestry.
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


def read_patients(path: str | Path, covariates: Sequence[Covariate], genes: Sequence[str]) -> dict[str, Any]:
    """Recorded patients from a CSV with a column for every covariate and every gene, in its unit.

    Raises:
        InputError: the file cannot be used; says where and why.
    """
    columns: dict[str, tuple[Callable[[str], Any], type]] = {
        **{one.name: (Number(one.low, one.high, one.unit), np.float64) for one in covariates},
        **{gene: (find_gene(gene).parse, np.int8) for gene in genes},
    }
    return read_columns(path, columns, tuple(columns))


@dataclass(frozen=True)
class DrawnPopulation:
    """The patients of a drug who are drawn, not recorded.

    Attributes:
        name: in words, for reports.
        covariates: in the order in which they are drawn: append, never reorder.
        ancestry: share of each ancestry.
        genes: that matter for the drug.
        tested: those of them that the clinic types.
    """

    name: str
    covariates: tuple[Covariate, ...]
    ancestry: Mapping[str, Parameter]
    genes: tuple[str, ...]
    tested: tuple[str, ...]

    def maker(
        self, source: str | Path, seed: int, ancestry: Mapping[str, float] | str | None
    ) -> Callable[[int, int], Cohort]:
        """See `Population`."""
        if source not in PARTS:
            table = read_patients(source, self.covariates, self.genes)
            return lambda first, n: self._resample(table, n, seed, first)
        return lambda first, n: self.cohort(n, seed, first, str(source), ancestry)

    def _resample(self, table: Mapping[str, Any], n: int, seed: int, first: int) -> Cohort:
        """Patients each of whom is a recorded one, with what is not recorded drawn and hidden."""
        ids = patient_ids(n, seed, first)
        size = len(next(iter(table.values())))
        rows = (uniforms(seed, ids, Stream.COHORT)[:, 0] * size).astype(np.int64)
        recorded = {name: values[rows] for name, values in table.items()}
        known = {covariate.name: recorded[covariate.name] for covariate in self.covariates}
        drawn = self.cohort(n, seed, first, known=known)
        typed = {gene: recorded[gene] for gene in self.genes}
        return replace(
            drawn,
            genotypes={
                gene: np.where(codes < 0, drawn.genotypes[gene], codes) for gene, codes in typed.items()
            },
            known_covariates=known,
            known_genotypes=typed,
        )

    def cohort(
        self,
        n: int,
        seed: int,
        first: int = 0,
        part: str = "sampled",
        ancestry: Mapping[str, float] | str | None = None,
        known: Known | None = None,
    ) -> Cohort:
        """Patients `first` to `first + n - 1` of a part of the population.

        Args:
            n: number of patients.
            seed: cohort seed.
            first: id of the first, within the part.
            part: one of `PARTS`, which share no patients.
            ancestry: one ancestry or shares that sum to 1, in place of the population's.
            known: values that are given, `(n,)` each, NaN where they are drawn.

        Raises:
            InputError: unknown part or ancestry, shares that do not sum to 1, or a bad number.
        """
        if part not in PARTS:
            raise unknown("part of the population", part, PARTS)
        ids = patient_ids(n, seed, first) + PARTS[part]
        wish = {name: float(share) for name, share in self.ancestry.items()} if ancestry is None else ancestry
        shares = np.tile(ancestry_shares(wish), (n, 1))
        drawn = draw_index(shares, uniforms(seed, ids, Stream.ANCESTRY)[:, 0]).astype(np.int8)
        covariates = self._covariates(seed, ids, known or {})
        genotypes = draw_genotypes(seed, ids, drawn, self.genes)
        seen = {
            gene: codes.copy() if gene in self.tested else np.full_like(codes, UNKNOWN)
            for gene, codes in genotypes.items()
        }
        recorded = {name: values.copy() for name, values in covariates.items()}
        return Cohort(seed, ids, drawn, covariates, genotypes, recorded, seen)

    def _covariates(self, seed: int, ids: NDArray[np.int64], known: Known) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for number, covariate in enumerate(self.covariates):
            uniform = uniforms(seed, ids, Stream.COVARIATE, day=_FIRST_DRAW + number)[:, 0]
            if covariate.draw is None:
                raise TypeError(f"{self.name}: it is not said how {covariate.name} is drawn")
            values = covariate.draw(uniform, found)
            given = known.get(covariate.name, np.full(ids.size, np.nan))
            found[covariate.name] = np.where(np.isnan(given), values, given)
        return found
