"""The shipped patients of the International Warfarin Pharmacogenetics Consortium, and their split.

4,597 patients of 16 sites; data of PharmGKB, CC BY-SA 4.0, see `data/README.md`.
Reference: IWPC, N Engl J Med 2009;360:753.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort, imagined, resampled_rows
from pmrl.cohort_reading import NONMEM_COLUMNS, read_columns, read_table
from pmrl.cohort_sampling import RECORDED_GENES
from pmrl.errors import unknown
from pmrl.genetics import GENES
from pmrl.nonmem_table import is_nonmem_file
from pmrl.parameter import Parameter
from pmrl.patient_table import PatientTable
from pmrl.population import Covariate, Recorded
from pmrl.randomness import Stream, uniforms

SPLITS = ("train", "validation", "test")
_BOUNDS = "bounds of what a clinic enters; what stands in where nothing is recorded is about the median"


def _covariate(name: str, unit: str, low: float, high: float, usual: float) -> Covariate:
    return Covariate(name, unit, low, high, Parameter(usual, unit, _BOUNDS, "assumption"))


@dataclass(frozen=True)
class RecordedPopulation:
    """Warfarin patients: the shipped ones in three parts, and others drawn to be like them."""

    name: str = "patients on warfarin, of the International Warfarin Pharmacogenetics Consortium"
    covariates: tuple[Covariate, ...] = (
        _covariate("age", "years", 0.0, 110.0, 65.0),
        _covariate("weight_kg", "kg", 20.0, 300.0, 75.0),
        _covariate("height_cm", "cm", 100.0, 230.0, 168.0),
        _covariate("female", "0/1", 0.0, 1.0, 0.5),
        _covariate("amiodarone", "0/1", 0.0, 1.0, 0.0),
        _covariate("enzyme_inducer", "0/1", 0.0, 1.0, 0.0),
        _covariate("smoker", "0/1", 0.0, 1.0, 0.0),
    )
    genes: tuple[str, ...] = RECORDED_GENES

    def maker(
        self, source: str | Path, seed: int, ancestry: Mapping[str, float] | str | None
    ) -> Callable[[int, int], Cohort]:
        """See `pmrl.population.Population`."""
        if source == "sampled":
            return lambda first, n: Cohort.sample(n, seed, ancestry=ancestry, first=first)
        if source in SPLITS:
            return lambda first, n: cohort(str(source), n, seed, first)
        table, others = read_table(source), _other_genes(source)
        return lambda first, n: _resample(table, others, n, seed, first)

    def recorded(self, source: str | Path) -> Recorded | None:
        """See `pmrl.population.Population`."""
        if source == "sampled":
            return None
        if source in SPLITS:
            table = part(str(source))
            return Recorded(table.covariates, table.genotypes, table.stable_dose)
        table = read_table(source)
        return Recorded(table.covariates, {**table.genotypes, **_other_genes(source)}, table.stable_dose)

    def imagine(
        self,
        seed: int,
        ids: NDArray[np.int64],
        covariates: Mapping[str, NDArray[np.float64]],
        genotypes: Mapping[str, NDArray[np.int8]],
    ) -> Cohort:
        """See `pmrl.population.Population`."""
        return imagined(seed, ids, covariates, genotypes)


def _other_genes(source: str | Path) -> dict[str, NDArray[np.int8]]:
    """Recorded diplotypes of genes for which a `PatientTable` has no column: of NONMEM-form tables."""
    if not is_nonmem_file(source):
        return {}
    genes = [gene for gene in RECORDED_GENES if gene not in NONMEM_COLUMNS]
    return read_columns(source, {gene: (GENES[gene].parse, np.int8) for gene in genes}, ())


def _resample(
    table: PatientTable, others: Mapping[str, NDArray[np.int8]], n: int, seed: int, first: int
) -> Cohort:
    """`Cohort.resample` with the diplotypes of more genes, -1 where they are drawn and hidden."""
    found = Cohort.resample(table, n, seed, first)
    rows = resampled_rows(table, found.ids, seed)
    typed = {gene: codes[rows] for gene, codes in others.items()}
    true = {gene: np.where(codes < 0, found.genotypes[gene], codes) for gene, codes in typed.items()}
    return replace(
        found, genotypes={**found.genotypes, **true}, known_genotypes={**found.known_genotypes, **typed}
    )


_SPLIT_SEED = 2009
"""Part of the meaning of the three names: changing it invalidates everything fitted or reported."""

_PATTERN = np.array([0, 1, 0, 2, 0])
"""Split of every five consecutive patients of a stratum: 60% train, 20% validation, 20% test."""


@cache
def load() -> PatientTable:
    """The shipped patients, in the order of the file."""
    with as_file(files("pmrl") / "data" / "iwpc_warfarin.csv") as path:
        return read_table(path, needs=("site", "stable", "dose_mg_week"))


def split(table: PatientTable) -> dict[str, NDArray[np.int64]]:
    """Rows of the training, validation and test patients: 60, 20 and 20%, within every site and race.

    Patients are put in order of site, race and a hash of their row number, and dealt out five by five, so
    every stratum holds the shares to within one patient and nothing but the table decides.

    Returns:
        Split name -> row numbers, ascending; disjoint, and together every row.
    """
    rows = np.arange(len(table), dtype=np.int64)
    mixed = uniforms(_SPLIT_SEED, rows, Stream.COHORT)[:, 0]
    order = np.lexsort((mixed, np.nan_to_num(table.race, nan=-1.0), table.site))
    part = np.empty(len(table), dtype=np.int64)
    part[order] = _PATTERN[np.arange(len(table)) % _PATTERN.size]
    return {name: np.flatnonzero(part == i) for i, name in enumerate(SPLITS)}


def cohort(split: str, n: int, seed: int, first: int = 0) -> Cohort:
    """Virtual patients resampled from one part of the shipped patients.

    Args:
        split: 'train', 'validation' or 'test'.
        n: number of patients.
        seed: cohort seed.
        first: id of the first patient.

    Raises:
        InputError: no such split, or a bad `n`, `seed` or `first`.
    """
    return Cohort.resample(part(split), n, seed, first)


@cache
def part(name: str) -> PatientTable:
    """The shipped patients of one split.

    Raises:
        InputError: no such split.
    """
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    table = load()
    return table.take(split(table)[name])
