"""Reading a file of patients, with one clear line for anything that cannot be used.

It is a CSV with one line per patient, or a NONMEM-form table (`pmrl.nonmem_table`), known by its header.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmrl.covariates import FLAGS, RACES
from pmrl.csv_lines import NUMBER, check_names, check_width, read_lines
from pmrl.errors import InputError, unknown
from pmrl.genetics import GENES
from pmrl.nonmem_table import is_nonmem_file, patient_lines
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

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


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
        if not NUMBER.fullmatch(text):
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


_HALF_DECADE = 5.0
"""What `PatientTable.age` adds."""
_YES = Number(0, 1, "(1 = yes)", step=1)
_RACE = Number(0, len(RACES) - 1, f"({', '.join(RACES)})", step=1)


def _decade(text: str) -> float:
    """What the table holds for an age that is known to the year."""
    return Number(10, 110, "years")(text) - _HALF_DECADE


_BY_NUMBER: Mapping[str, tuple[str, Callable[[str], Any], type]] = {
    "female": ("female", _YES, np.float64),
    "race": ("race", _RACE, np.float64),
    "age": ("age_decade", _decade, np.float64),
    "height_cm": COLUMNS["height_cm"],
    "weight_kg": COLUMNS["weight_kg"],
    **{flag: (flag, _YES, np.float64) for flag in FLAGS},
    "CYP2C9": COLUMNS["cyp2c9"],
    "VKORC1": COLUMNS["vkorc1_1639"],
}
"""The needed columns of a NONMEM-form table, which has numbers only and the names of a cohort."""
_RENAMED = ("sex", "age_decade", "cyp2c9", "vkorc1_1639")
NONMEM_COLUMNS: Mapping[str, tuple[str, Callable[[str], Any], type]] = {
    **{name: how for name, how in COLUMNS.items() if name not in _RENAMED},
    **_BY_NUMBER,
    "stable": ("stable", _YES, np.float64),
}


def read_table(path: str | Path, needs: Sequence[str] = ()) -> PatientTable:
    """Read patients from a CSV with the columns of the shipped IWPC data, or from a NONMEM-form table.

    Args:
        path: a comma-separated UTF-8 file with a header line.
        needs: columns this use needs besides `NEEDED`, e.g. ("dose_mg_week", "stable", "site").

    Raises:
        InputError: the file cannot be read, a column is missing, or a cell cannot be used.
    """
    known, always = (NONMEM_COLUMNS, tuple(_BY_NUMBER)) if is_nonmem_file(path) else (COLUMNS, NEEDED)
    columns = {name: (parse, kind) for name, (_, parse, kind) in known.items()}
    found = read_columns(path, columns, (*always, *needs))
    return PatientTable(**{known[name][0]: values for name, values in found.items()})


def read_columns(
    path: str | Path, columns: Mapping[str, tuple[Callable[[str], Any], type]], needed: Sequence[str]
) -> dict[str, Any]:
    """The columns of a file of patients, `(n_patients,)` each or `(n_patients, 2)` for diplotypes.

    Args:
        path: a comma-separated UTF-8 file with a header line; a NONMEM-form table has one patient per ID.
        columns: parser of a cell and stored type by name; one that is not in the file is empty.
        needed: those that must be in the file.

    Raises:
        InputError: the file cannot be read, a column is missing, or a cell cannot be used.
    """
    path = Path(path)
    lines = patient_lines(path, needed) if is_nonmem_file(path) else read_lines(path)
    header = lines[0][1]
    _check_header(path, header, needed, columns)
    cells: dict[str, list[str]] = {name: [] for name in header}
    for number, line in lines[1:]:
        check_width(path, number, line, header)
        for name, cell in zip(header, line, strict=True):
            cells[name].append(cell)
    numbers = [number for number, _ in lines[1:]]
    return {
        name: _column(path, name, cells.get(name, [""] * len(numbers)), numbers, *how)
        for name, how in columns.items()
    }


def _check_header(path: Path, header: Sequence[str], needed: Sequence[str], columns: Iterable[str]) -> None:
    check_names(path, header)
    strangers = {name.casefold(): name for name in header if name not in columns}
    for name in (column for column in (*needed, *columns) if column not in header):
        near = difflib.get_close_matches(name, strangers, n=1, cutoff=0.6 if name in needed else 0.9)
        if near or name in needed:
            hint = f"; did you mean '{strangers[near[0]]}'? Rename it to '{name}'" if near else ""
            raise InputError(f"'{path}' has no column '{name}'{hint}. Columns needed: {', '.join(needed)}")


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
