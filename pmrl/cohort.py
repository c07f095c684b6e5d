"""Cohorts of virtual patients: who they truly are, and what the clinic knows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort_reading import read_table
from pmrl.cohort_sampling import (
    RECORDED_GENES,
    UNTYPED_ALLELE,
    ancestry_of_race,
    ancestry_shares,
    complete_covariates,
    draw_genotypes,
    draw_index,
    race_of_ancestry,
    recorded_flag_shares,
    recorded_race_shares,
    reveal_untyped_allele,
)
from pmrl.covariates import COVARIATES, RACES, covariate_moments
from pmrl.errors import InputError
from pmrl.genetics import GENES, UNKNOWN, find_gene
from pmrl.patient_table import PatientTable
from pmrl.randomness import Stream, uniforms

__all__ = ["RACES", "Cohort", "PatientTable", "read_table", "resampled_rows"]


_TOO_LARGE = 2**53 + 1
"""Seeds and ids stay exact also where a file format keeps numbers as doubles."""


@dataclass(frozen=True)
class Cohort:
    """Virtual patients as arrays; patient `ids[k]` of `seed` is the same in any cohort that holds it.

    Attributes:
        seed: cohort seed, the key of every draw about these patients.
        ids: patient ids, int64 `(n_patients,)`.
        ancestry: index into `pmrl.genetics.ANCESTRIES`, int8 `(n_patients,)`.
        covariates: the truth, float64 `(n_patients,)` by name, for warfarin "age" (years), "height_cm",
            "weight_kg", "female" (1/0), "race" (index into `RACES`), "amiodarone", "enzyme_inducer" and
            "smoker" (1/0); for other drugs those of their `pmrl.population.Population`.
        genotypes: true diplotype codes by gene, int8 `(n_patients, 2)`, ascending in each row.
        known_covariates: what the clinic knows, NaN where not recorded.
        known_genotypes: what the clinic knows, (-1, -1) where not typed.
    """

    seed: int
    ids: NDArray[np.int64]
    ancestry: NDArray[np.int8]
    covariates: Mapping[str, NDArray[np.float64]]
    genotypes: Mapping[str, NDArray[np.int8]]
    known_covariates: Mapping[str, NDArray[np.float64]]
    known_genotypes: Mapping[str, NDArray[np.int8]]

    def __len__(self) -> int:
        return int(self.ids.size)

    def take(self, index: NDArray[np.int64]) -> Cohort:
        """The patients at these positions (or of this boolean mask), in that order."""
        return Cohort(
            seed=self.seed,
            ids=self.ids[index],
            ancestry=self.ancestry[index],
            covariates={name: values[index] for name, values in self.covariates.items()},
            genotypes={name: codes[index] for name, codes in self.genotypes.items()},
            known_covariates={name: values[index] for name, values in self.known_covariates.items()},
            known_genotypes={name: codes[index] for name, codes in self.known_genotypes.items()},
        )

    def truth(self) -> Iterator[NDArray[Any]]:
        """The arrays of what is true of the patients: ancestry, covariates, diplotype codes."""
        yield self.ancestry
        yield from self.covariates.values()
        yield from self.genotypes.values()

    @classmethod
    def sample(
        cls,
        n: int,
        seed: int,
        ancestry: Mapping[str, float] | str | None = None,
        first: int = 0,
        tested: Sequence[str] = ("CYP2C9", "VKORC1"),
    ) -> Cohort:
        """Draw patients `first` to `first + n - 1` who are like the shipped IWPC patients.

        Args:
            n: number of patients.
            seed: cohort seed.
            ancestry: one ancestry, shares that sum to 1, or None for the shares of the IWPC training data.
            first: id of the first patient.
            tested: genes the clinic has typed; all else is unknown to it.

        Raises:
            InputError: unknown ancestry or gene, shares that do not sum to 1, or a bad `n`, `seed`, `first`.

        >>> cohort = Cohort.sample(3, seed=1, ancestry="European")
        >>> len(cohort), cohort.take(np.array([2])).ids.tolist()
        (3, [2])
        """
        ids = patient_ids(n, seed, first)
        for gene in tested:
            find_gene(gene)
        shares = np.tile(ancestry_shares(ancestry), (n, 1))
        drawn = draw_index(shares, uniforms(seed, ids, Stream.ANCESTRY)[:, 0]).astype(np.int8)
        known = {name: np.full(n, np.nan) for name in COVARIATES} | {"race": race_of_ancestry(drawn)}
        moments = covariate_moments()
        covariates = complete_covariates(seed, ids, known, moments.race_shares, moments.flags)
        genotypes = draw_genotypes(seed, ids, drawn, RECORDED_GENES)
        seen = {
            gene: codes.copy() if gene in tested else np.full_like(codes, UNKNOWN)
            for gene, codes in genotypes.items()
        }
        recorded = {name: values.copy() for name, values in covariates.items()}
        return cls(seed, ids, drawn, covariates, genotypes, recorded, seen)

    @classmethod
    def read_csv(cls, path: str | Path, seed: int = 0) -> Cohort:
        """The patients of a CSV, each row once; see `pmrl.cohort_reading.read_table`.

        Raises:
            InputError: the file cannot be used; says where and why.
        """
        return cls.from_table(read_table(path), seed)

    @classmethod
    def from_table(cls, table: PatientTable, seed: int) -> Cohort:
        """Recorded patients, each row once, ids = row numbers; what is unrecorded is drawn and hidden."""
        ids = patient_ids(len(table), seed, 0)
        return _completed(table, ids, seed, ids)

    @classmethod
    def resample(cls, table: PatientTable, n: int, seed: int, first: int = 0) -> Cohort:
        """Patients `first` to `first + n - 1`, each a recorded patient drawn with replacement.

        Raises:
            InputError: a bad `n`, `seed` or `first`, or an empty table.
        """
        ids = patient_ids(n, seed, first)
        return _completed(table, resampled_rows(table, ids, seed), seed, ids)


def resampled_rows(table: PatientTable, ids: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The row of `table` behind each patient of `Cohort.resample`, `(n_patients,)`.

    Raises:
        InputError: an empty table.
    """
    if not len(table):
        raise InputError("no patients to resample: the table is empty")
    return drawn_rows(len(table), ids, seed)


def drawn_rows(size: int, ids: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Which of `size` recorded patients is behind each patient of a cohort that resamples them, `(n,)`."""
    return (uniforms(seed, ids, Stream.COHORT)[:, 0] * size).astype(np.int64)


def patient_ids(n: int, seed: int, first: int) -> NDArray[np.int64]:
    """Ids `first` to `first + n - 1`, `(n,)`.

    Raises:
        InputError: a number of patients, a seed or a first id that is not whole or out of range.
    """
    for name, value, low in (("number of patients", n, 1), ("seed", seed, 0), ("first patient id", first, 0)):
        if not isinstance(value, int | np.integer) or not low <= value < _TOO_LARGE:
            raise InputError(f"{name} {value!r}; it must be a whole number from {low} to 2^53")
    return np.arange(first, first + n, dtype=np.int64)


def imagined(
    seed: int,
    ids: NDArray[np.int64],
    known: Mapping[str, NDArray[np.float64]],
    seen: Mapping[str, NDArray[np.int8]],
) -> Cohort:
    """Patients on warfarin of whom this is known, with everything else drawn as in the shipped moments.

    CYP2C9 as recorded may hide `UNTYPED_ALLELE`, as in the shipped patients.
    """
    moments = covariate_moments()
    covariates = complete_covariates(seed, ids, known, moments.race_shares, moments.flags)
    ancestry = ancestry_of_race(covariates["race"])
    drawn = draw_genotypes(seed, ids, ancestry, RECORDED_GENES)
    name, _ = UNTYPED_ALLELE
    true = {**seen, name: reveal_untyped_allele(seed, ids, ancestry, seen[name])}
    genotypes = {
        gene: np.where(true[gene] < 0, codes, true[gene]) if gene in true else codes
        for gene, codes in drawn.items()
    }
    return Cohort(seed, ids, ancestry, covariates, genotypes, dict(known), dict(seen))


def _completed(table: PatientTable, rows: NDArray[np.int64], seed: int, ids: NDArray[np.int64]) -> Cohort:
    """Patients of these rows, with everything unrecorded drawn as the truth and hidden from the clinic."""
    known = {name: values[rows] for name, values in table.covariates.items()}
    covariates = complete_covariates(
        seed, ids, known, recorded_race_shares(table), recorded_flag_shares(table)
    )
    ancestry = ancestry_of_race(covariates["race"])
    seen = {gene: np.full((ids.size, 2), UNKNOWN, dtype=np.int8) for gene in RECORDED_GENES}
    seen |= {gene: codes[rows] for gene, codes in table.genotypes.items()}
    true = dict(seen)
    name, allele = UNTYPED_ALLELE
    if not (table.genotypes[name] == GENES[name].index(allele)).any():
        true[name] = reveal_untyped_allele(seed, ids, ancestry, seen[name])
    drawn = draw_genotypes(seed, ids, ancestry, RECORDED_GENES)
    genotypes = {gene: np.where(codes < 0, drawn[gene], codes) for gene, codes in true.items()}
    return Cohort(seed, ids, ancestry, covariates, genotypes, known, seen)
