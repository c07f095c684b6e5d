"""Courses as a NONMEM-style table, and back: one row per event, numbers only.

Columns: ID, TIME (h), AMT (mg, at doses), DV (the biomarker, at observations), EVID (1 dose, 0 observation),
MDV (1 where DV counts for nothing), then the covariates, and two columns of allele codes per gene
(`pmrl.genetics`, -1 where not typed). Missing values are a point, as NONMEM reads them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import InputError
from pmrl.genetics import GENES

Floats = NDArray[np.float64]
EVENT = ("ID", "TIME", "AMT", "DV", "EVID", "MDV")
HOURS = 24.0
_MISSING = "."


@dataclass(frozen=True)
class Courses:
    """Doses taken and biomarkers seen of some patients, and who they are.

    Attributes:
        ids: `(n_patients,)`.
        doses: mg taken each day, `(n_patients, n_days)`, NaN after the last recorded day.
        values: biomarker at the start of every day and after the last, `(n_patients, n_days + 1)`, NaN where
            nothing was seen.
        covariates: `(n_patients,)` each, NaN where not recorded.
        genotypes: diplotype codes, `(n_patients, 2)` each.
    """

    ids: NDArray[np.int64]
    doses: Floats
    values: Floats
    covariates: Mapping[str, Floats]
    genotypes: Mapping[str, NDArray[np.int8]]


def write_nonmem(path: Path, courses: Courses, doses_per_day: int = 1) -> None:
    """Write courses, sorted by patient and time; a day's dose in equal shares.

    An observation comes before the dose of the same time: it is a trough.
    """
    genes = [f"{gene}_{copy}" for gene in courses.genotypes for copy in (1, 2)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*EVENT, *courses.covariates, *genes])
        for row in range(courses.ids.size):
            who = [_text(values[row]) for values in courses.covariates.values()]
            who += [str(code) for codes in courses.genotypes.values() for code in codes[row]]
            for event in _events(courses, row, doses_per_day):
                writer.writerow([str(courses.ids[row]), *event, *who])


def _events(courses: Courses, row: int, doses_per_day: int) -> Iterator[list[str]]:
    for day, value in enumerate(courses.values[row]):
        if np.isfinite(value):
            yield [_text(HOURS * day), _MISSING, _text(value), "0", "0"]
        if day < courses.doses.shape[1] and np.isfinite(courses.doses[row, day]):
            share = courses.doses[row, day] / doses_per_day
            for k in range(doses_per_day):
                yield [_text(HOURS * (day + k / doses_per_day)), _text(share), _MISSING, "1", "1"]


def _text(value: float) -> str:
    """A number with all its digits; a point where there is none."""
    return _MISSING if np.isnan(value) else repr(float(value))


def read_nonmem(path: Path) -> Courses:
    """Read what `write_nonmem` wrote, or any table of that form: times need not be whole days for doses.

    Doses of a day are added up; an observation counts for the day that it is nearest to the start of.

    Raises:
        InputError: a column is missing, a cell is not a number, or an event of an unknown kind.
    """
    rows, header = _rows(path)
    first: dict[float, dict[str, float]] = {}
    for row in rows:
        first.setdefault(row["ID"], row)
    ids = list(first)
    place = {patient: i for i, patient in enumerate(ids)}
    days = max(round(row["TIME"] / HOURS) if row["EVID"] == 0.0 else _day(row) + 1 for row in rows)
    doses, values = np.full((len(ids), days), np.nan), np.full((len(ids), days + 1), np.nan)
    for row in rows:
        i = place[row["ID"]]
        if row["EVID"] == 1.0:
            # A day without a dose between two with one is a day of 0 mg.
            doses[i, : _day(row) + 1] = np.nan_to_num(doses[i, : _day(row) + 1])
            doses[i, _day(row)] += row["AMT"]
        elif not row.get("MDV", 0.0):
            values[i, round(row["TIME"] / HOURS)] = row["DV"]
    genes = [gene for gene in GENES if f"{gene}_1" in header and f"{gene}_2" in header]
    alleles = [f"{gene}_{copy}" for gene in genes for copy in (1, 2)]
    names = [name for name in header if name not in (*EVENT, *alleles)]
    return Courses(
        np.array(ids, dtype=np.int64),
        doses,
        values,
        {name: np.array([first[one][name] for one in ids]) for name in names},
        {
            gene: np.array([[first[one][f"{gene}_{copy}"] for copy in (1, 2)] for one in ids], dtype=np.int8)
            for gene in genes
        },
    )


def _day(row: Mapping[str, float]) -> int:
    return int(row["TIME"] // HOURS)


def _rows(path: Path) -> tuple[list[dict[str, float]], list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = [name.strip() for name in reader.fieldnames or ()]
            texts = [list(row.values()) for row in reader]
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror}); give a NONMEM-style CSV") from None
    for name in EVENT[:5]:
        if name not in header:
            raise InputError(f"'{path}' has no column {name}; needed: {', '.join(EVENT[:5])}")
    found = []
    for number, cells in enumerate(texts, start=2):
        row = {}
        for name, cell in zip(header, cells, strict=False):
            try:
                row[name] = np.nan if cell in (_MISSING, "", None) else float(str(cell))
            except ValueError:
                raise InputError(f"'{path}' line {number}, {name}: '{cell}' is not a number") from None
        if row["EVID"] not in (0.0, 1.0) or not row["TIME"] >= 0.0:
            raise InputError(f"'{path}' line {number}: give EVID 0 or 1, and a TIME of 0 h or later")
        found.append(row)
    if not found:
        raise InputError(f"'{path}' has no events; give one line per dose and observation")
    return found, header
