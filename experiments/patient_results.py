"""Results patient by patient: a Parquet table."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.run import write_bytes
from pmrl.experiments.treatment import Blocks, Treated

Floats = NDArray[np.float64]
TABLE, PARTS = "patients.parquet", "patients"
"""In the folder of a run: all patients in one file, or the folder of the parts of very many."""
PART = 65_536
"""Patients of a part."""


Identify = Callable[[int, int], NDArray[np.int64]]
"""(first, n) -> the ids under which patients `first` to `first + n - 1` appear."""


def cohort_ids(first: int, n: int) -> NDArray[np.int64]:
    """The ids of the cohort."""
    return np.arange(first, first + n, dtype=np.int64)


def _table(
    outcomes: Mapping[str, Mapping[str, Floats]], kinds: Mapping[str, str], seed: int, ids: NDArray[np.int64]
) -> pl.DataFrame:
    """One row per policy and patient, by id, from outcomes of these patients by policy and name."""
    frames = []
    for name, found in outcomes.items():
        same = {"policy": name, "kind": kinds[name], "cohort_seed": np.int64(seed)}
        frame = pl.DataFrame({"patient": ids, **found}).with_columns(pl.col(pl.Float64).fill_nan(None))
        # In the order of the ids: that of the cohort would tell who is who.
        frame = frame.sort("patient")
        frames.append(
            frame.select(*(pl.lit(value).alias(column) for column, value in same.items()), pl.all())
        )
    return pl.concat(frames)


def patient_table(comparison: Comparison) -> pl.DataFrame:
    """One row per policy and patient: the outcomes, and nothing that says who the patient is.

    Columns: `policy`, `kind`, `cohort_seed`, `patient` (id in the cohort; of private patients a number of
    this study only, the same for every policy), then the outcomes of `pmrl.experiments.rollout.outcomes`:
    shares of days, days, visits, mg/day; null where there is none.
    """
    outcomes = {name: arm.outcomes for name, arm in comparison.arms.items()}
    kinds = {name: arm.policy.kind for name, arm in comparison.arms.items()}
    ids = comparison.patient_ids(0, len(comparison.cohort))
    return _table(outcomes, kinds, comparison.seed, ids)


def write_patients(path: str | Path, comparison: Comparison) -> Path:
    """Write `patient_table` as Parquet, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    return _write(path, patient_table(comparison))


def _write(path: str | Path, table: pl.DataFrame) -> Path:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return write_bytes(path, buffer.getvalue())


def remove_patients(folder: Path) -> None:
    """Remove the results by patient of an earlier run, which another number of patients would not replace."""
    for path in (folder / TABLE, *(folder / PARTS).glob("part-[0-9]*.parquet")):
        path.unlink(missing_ok=True)


def remove_report(folder: Path) -> None:
    """Remove the report of an earlier run, or of half of this one, which other numbers would contradict."""
    for path in (folder / "report.html", *(folder / "figures").glob("*.png")):
        path.unlink(missing_ok=True)


class PatientParts:
    """Writes what `patient_table` holds of very many patients as they come, in parts of so many patients.

    `polars.read_parquet` and others read the folder as one table. Each part is written whole or not at all.

    Args:
        folder: of the run; the parts are in `patients/` below it.
        kinds: policy -> its kind.
        seed: cohort seed of the patients.
        identify: their ids; those of a part are a shuffle of the part's.
    """

    def __init__(
        self, folder: Path, kinds: Mapping[str, str], seed: int, identify: Identify = cohort_ids
    ) -> None:
        self._folder, self._kinds, self._seed, self._identify = folder, kinds, seed, identify
        self._blocks = Blocks(PART)
        self._written = 0

    def add(self, treated: Treated) -> None:
        """Take in the next patients.

        Raises:
            InputError: a part cannot be written.
        """
        for block in self._blocks.add(treated):
            self._write(block)

    def finish(self) -> None:
        """Write those who do not fill a part."""
        for block in self._blocks.rest():
            self._write(block)

    def _write(self, block: Treated) -> None:
        if not self._written:
            remove_patients(self._folder)
        outcomes = {way.policy: found for way, found in block.outcomes.items() if not way.own_visits}
        table = _table(outcomes, self._kinds, self._seed, self._identify(block.first, len(block)))
        _write(self._folder / PARTS / f"part-{self._written:04d}.parquet", table)
        self._written += 1
