"""Results patient by patient: a Parquet table, and text that is safe to open in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Mapping
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
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _table(
    outcomes: Mapping[str, Mapping[str, Floats]], kinds: Mapping[str, str], seed: int, first: int
) -> pl.DataFrame:
    """One row per policy and patient, from outcomes of patients `first` and following by policy and name."""
    frames = []
    for name, found in outcomes.items():
        n = len(found["ttr"])
        same = {"policy": name, "kind": kinds[name], "cohort_seed": np.int64(seed)}
        patient = np.arange(first, first + n, dtype=np.int64)
        frame = pl.DataFrame({"patient": patient, **found}).with_columns(pl.col(pl.Float64).fill_nan(None))
        frames.append(
            frame.select(*(pl.lit(value).alias(column) for column, value in same.items()), pl.all())
        )
    return pl.concat(frames)


def patient_table(comparison: Comparison) -> pl.DataFrame:
    """One row per policy and patient: the outcomes, and nothing that says who the patient is.

    Columns: `policy`, `kind`, `cohort_seed`, `patient` (id in the cohort), then the outcomes of
    `pmrl.experiments.rollout.outcomes`: shares of days, days, visits, mg/day; null where there is none.
    """
    outcomes = {name: arm.outcomes for name, arm in comparison.arms.items()}
    kinds = {name: arm.policy.kind for name, arm in comparison.arms.items()}
    return _table(outcomes, kinds, comparison.seed, 0)


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
    """

    def __init__(self, folder: Path, kinds: Mapping[str, str], seed: int) -> None:
        self._folder, self._kinds, self._seed = folder, kinds, seed
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
        table = _table(outcomes, self._kinds, self._seed, block.first)
        _write(self._folder / PARTS / f"part-{self._written:04d}.parquet", table)
        self._written += 1


def neutralise(text: str) -> str:
    """Text that no spreadsheet runs as a formula: an apostrophe before what would start one.

    Numbers stay as they are.

    >>> neutralise("=HYPERLINK(1)"), neutralise("-1.5"), neutralise("gage+aurora")
    ("'=HYPERLINK(1)", '-1.5', 'gage+aurora')
    """
    if not text.lstrip(" ").startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    # float() also takes whitespace around a number, which a spreadsheet would not show.
    return text if text == text.strip() else "'" + text


def write_csv(path: str | Path, table: pl.DataFrame) -> Path:
    """Write a table as CSV (UTF-8, comma) with every text neutralised.

    Raises:
        InputError: the file cannot be written.
    """
    safe = table.with_columns(pl.col(pl.String).map_elements(neutralise, return_dtype=pl.String))
    safe = safe.rename({name: neutralise(name) for name in table.columns})
    return write_bytes(path, safe.write_csv().encode("utf-8"))
