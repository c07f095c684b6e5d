"""Reading a CSV of patients, with one clear line for anything that cannot be used."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmrl.covariates import RACES
from pmrl.errors import InputError, unknown
from pmrl.genetics import GENES
from pmrl.patient_table import PatientTable

NEEDED = (
    "sex",
    "race",
    "age_decade",
    "height_cm",
    "weight_kg",
    "amiodarone",
    "enzyme_inducer",
    "smoker",
    "cyp2c9",
    "vkorc1_1639",
)
"""Columns a cohort cannot do without; their cells may be empty."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True)
class Number:
    """A numeric column: allowed range, unit, and the step its values must be multiples of (0 = any)."""

    low: float
    high: float
    unit: str
    step: float = 0.0

    def __call__(self, text: str) -> float:
        """The value of a cell; NaN where empty.

        Raises:
            InputError: not a number, or out of range.
        """
        if not text:
            return np.nan
        allowed = (
            f"allowed: {self.low:g} to {self.high:g} {self.unit}".rstrip() + ", or empty for not recorded"
        )
        if _DECIMAL_COMMA.fullmatch(text):
            raise InputError(f"'{text}' has a decimal comma; write '{text.replace(',', '.')}' ({allowed})")
        if not _NUMBER.fullmatch(text):
            raise InputError(f"'{text}' is not a number; {allowed}")
        value = float(text)
        if not self.low <= value <= self.high:
            raise InputError(f"{text} is out of range; {allowed}")
        if self.step and value % self.step:
            raise InputError(f"{text} is not a multiple of {self.step:g}; {allowed}")
        return value


@dataclass(frozen=True)
class Choice:
    """A column of named values, stored as numbers; an empty cell is not recorded."""

    what: str
    values: Mapping[str, float]

    def __call__(self, text: str) -> float:
        """The number of a cell's value; NaN where empty.

        Raises:
            InputError: not one of the values.
        """
        if not text:
            return np.nan
        if text not in self.values:
            raise unknown(self.what, text, self.values, "or an empty cell for not recorded")
        return self.values[text]


def _text(text: str) -> str:
    return text


def _site(text: str) -> int:
    value = Number(0, 9999, "", step=1)(text)
    return -1 if np.isnan(value) else int(value)


_FLAG = Choice("flag", {"0": 0.0, "1": 1.0})

COLUMNS: Mapping[str, tuple[str, Callable[[str], Any], type]] = {
    "site": ("site", _site, np.int64),
    "sex": ("female", Choice("sex", {"M": 0.0, "F": 1.0}), np.float64),
    "race": (
        "race",
        Choice("race", {**{race: float(i) for i, race in enumerate(RACES)}, "Unknown": np.nan}),
        np.float64,
    ),
    "age_decade": ("age_decade", Number(10, 90, "years (first year of the decade)", step=10), np.float64),
    "height_cm": ("height_cm", Number(100, 230, "cm"), np.float64),
    "weight_kg": ("weight_kg", Number(20, 300, "kg"), np.float64),
    "amiodarone": ("amiodarone", _FLAG, np.float64),
    "enzyme_inducer": ("enzyme_inducer", _FLAG, np.float64),
    "smoker": ("smoker", _FLAG, np.float64),
    "target_inr": ("target_inr", Number(1, 10, ""), np.float64),
    "target_inr_range": ("target_inr_range", _text, np.str_),
    "cyp2c9": ("cyp2c9", GENES["CYP2C9"].parse, np.int8),
    "vkorc1_1639": ("vkorc1_1639", GENES["VKORC1"].parse, np.int8),
    "vkorc1_source": ("vkorc1_source", _text, np.str_),
    "stable": ("stable", _FLAG, np.float64),
    "dose_mg_week": ("dose_mg_week", Number(0, 300, "mg/week"), np.float64),
    "inr_on_dose": ("inr_on_dose", Number(0, 30, ""), np.float64),
}
"""Column of the file -> (field of the table, parser of a cell, stored type)."""


def read_table(path: str | Path, needs: Sequence[str] = ()) -> PatientTable:
    """Read patients from a CSV with the columns of the shipped IWPC data.

    Args:
        path: a comma-separated UTF-8 file with a header line.
        needs: columns this use needs besides `NEEDED`, e.g. ("dose_mg_week", "stable", "site").

    Raises:
        InputError: the file cannot be read, a column is missing, or a cell cannot be used.
    """
    columns = {name: (parse, kind) for name, (_, parse, kind) in COLUMNS.items()}
    found = read_columns(path, columns, (*NEEDED, *needs))
    return PatientTable(**{COLUMNS[name][0]: values for name, values in found.items()})


def read_columns(
    path: str | Path, columns: Mapping[str, tuple[Callable[[str], Any], type]], needed: Sequence[str]
) -> dict[str, Any]:
    """The columns of a CSV, `(n_patients,)` each or `(n_patients, 2)` for diplotypes.

    Args:
        path: a comma-separated UTF-8 file with a header line.
        columns: parser of a cell and stored type by name; one that is not in the file is empty.
        needed: those that must be in the file.

    Raises:
        InputError: the file cannot be read, a column is missing, or a cell cannot be used.
    """
    path = Path(path)
    lines = _lines(path)
    header = [name.strip() for name in lines[0][1]]
    _check_header(path, header, needed, columns)
    cells: dict[str, list[str]] = {name: [] for name in header}
    for number, line in lines[1:]:
        _check_width(path, number, line, header)
        for name, cell in zip(header, line, strict=True):
            cells[name].append(cell.strip())
    numbers = [number for number, _ in lines[1:]]
    return {
        name: _column(path, name, cells.get(name, [""] * len(numbers)), numbers, *how)
        for name, how in columns.items()
    }


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Header and rows with their line numbers, empty lines left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, _neighbours(path), n=1)
        hint = f"; did you mean '{path.parent / near[0]}'?" if near else "; check the path"
        raise InputError(f"no such file: '{path}'{hint}") from None
    except UnicodeDecodeError:
        raise InputError(f"'{path}' is not UTF-8 text; save it as a comma-separated UTF-8 CSV") from None
    except csv.Error as error:
        raise InputError(f"'{path}' is not a CSV ({error}); save it as a comma-separated UTF-8 CSV") from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror}); give a readable CSV file") from None
    if not lines:
        raise InputError(f"'{path}' is empty; it needs a header line and one line per patient")
    if len(lines) == 1:
        raise InputError(f"'{path}' has a header but no patients; add one line per patient")
    return lines


def _neighbours(path: Path) -> list[str]:
    return [other.name for other in path.parent.glob("*.csv")] if path.parent.is_dir() else []


def _check_header(path: Path, header: Sequence[str], needed: Sequence[str], columns: Iterable[str]) -> None:
    for delimiter, name in _OTHER_DELIMITERS.items():
        if any(cell.count(delimiter) > 1 for cell in header):
            raise InputError(
                f"'{path}' is separated by {name}; save it with commas, and decimals with points"
            )
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise InputError(f"'{path}' has the column '{doubled[0]}' more than once; keep one")
    strangers = {name.casefold(): name for name in header if name not in columns}
    for name in (column for column in (*needed, *columns) if column not in header):
        near = difflib.get_close_matches(name, strangers, n=1, cutoff=0.6 if name in needed else 0.9)
        if near or name in needed:
            hint = f"; did you mean '{strangers[near[0]]}'? Rename it to '{name}'" if near else ""
            raise InputError(f"'{path}' has no column '{name}'{hint}. Columns needed: {', '.join(needed)}")


def _check_width(path: Path, number: int, line: Sequence[str], header: Sequence[str]) -> None:
    if len(line) == len(header):
        return
    more = "write decimals with points, and quote cells that hold commas"
    fewer = "leave the cells of unrecorded values empty, but keep their commas"
    fix = more if len(line) > len(header) else fewer
    raise InputError(f"'{path}' line {number}: {len(line)} cells where the header has {len(header)}; {fix}")


def _column(
    path: Path,
    name: str,
    texts: Sequence[str],
    numbers: Sequence[int],
    parse: Callable[[str], Any],
    kind: type,
) -> Any:
    known: dict[str, Any] = {}
    for text, number in zip(texts, numbers, strict=True):
        if text not in known:
            try:
                known[text] = parse(text)
            except InputError as error:
                raise InputError(f"'{path}' line {number}, column '{name}': {error}") from None
    return np.array([known[text] for text in texts], dtype=kind)
