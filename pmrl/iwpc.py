"""The shipped patients of the International Warfarin Pharmacogenetics Consortium, and their split.

4,597 patients of 16 sites; data of PharmGKB, CC BY-SA 4.0, see `data/README.md`.
Reference: IWPC, N Engl J Med 2009;360:753.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.cohort_reading import read_table
from pmrl.errors import unknown
from pmrl.patient_table import PatientTable
from pmrl.randomness import Stream, uniforms

SPLITS = ("train", "validation", "test")

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
