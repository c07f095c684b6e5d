"""Text that is safe to open in a spreadsheet: every CSV that is written goes through here."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import TextIOBase
from pathlib import Path

import polars as pl

from pmrl.csv_lines import NUMBER
from pmrl.experiments.run import write_bytes

# Wide forms of = + - @ count as well in some languages.
_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
_FORMULA_STARTS = (*_SIGNS, "\t", "\r", "\n")
_SUSPICIOUS = re.compile(f"[\t\r\n{_SIGNS}]")
# A spreadsheet that separates cells by semicolons or tabs, or takes no notice of quotes, finds these.
_WITHIN = re.compile(f"([;|\t\r\n] *)(?=[{_SIGNS}])")


def neutralise(text: str) -> str:
    """Text that no spreadsheet runs as a formula: an apostrophe before what would start one.

    Numbers stay as they are.

    >>> neutralise("=HYPERLINK(1)"), neutralise("-1.5"), neutralise("gage+aurora")
    ("'=HYPERLINK(1)", '-1.5', 'gage+aurora')
    >>> neutralise("ward 3;=1+1")
    "ward 3;'=1+1"
    """
    if not _SUSPICIOUS.search(text) or NUMBER.fullmatch(text):
        return text
    within = _WITHIN.sub(r"\1'", text)
    return f"'{within}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else within


def write_rows(file: TextIOBase, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of text to an open file, neutralised; numbers are given as they shall stand there."""
    csv.writer(file, lineterminator="\n").writerows([neutralise(cell) for cell in row] for row in rows)


def write_csv(path: str | Path, table: pl.DataFrame) -> Path:
    """Write a table as CSV (UTF-8, comma) with every text neutralised.

    Raises:
        InputError: the file cannot be written.
    """
    text = [pl.String, pl.Categorical, pl.Enum]
    safe = table.with_columns(
        pl.col(name).cast(pl.String).map_elements(neutralise, return_dtype=pl.String)
        for name, kind in table.schema.items()
        if kind in text
    )
    safe = safe.rename({name: neutralise(name) for name in table.columns})
    return write_bytes(path, safe.write_csv().encode("utf-8"))
