"""Results patient by patient: a Parquet table, and text that is safe to open in a spreadsheet."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl

from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.run import write_bytes

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def patient_table(comparison: Comparison) -> pl.DataFrame:
    """One row per policy and patient: the outcomes, and nothing that says who the patient is.

    Columns: `policy`, `kind`, `cohort_seed`, `patient` (id in the cohort), then the outcomes of
    `pmrl.experiments.rollout.outcomes`: shares of days, days, visits, mg/day; null where there is none.
    """
    n = comparison.n
    frames = [
        pl.DataFrame(
            {
                "policy": [name] * n,
                "kind": [arm.policy.kind] * n,
                "cohort_seed": np.full(n, comparison.seed, dtype=np.int64),
                "patient": np.arange(n, dtype=np.int64),
                **arm.outcomes,
            }
        )
        for name, arm in comparison.arms.items()
    ]
    return pl.concat(frames).with_columns(pl.col(pl.Float64).fill_nan(None))


def write_patients(path: str | Path, comparison: Comparison) -> Path:
    """Write `patient_table` as Parquet, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    buffer = io.BytesIO()
    patient_table(comparison).write_parquet(buffer)
    return write_bytes(path, buffer.getvalue())


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
