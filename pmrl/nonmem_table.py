"""NONMEM-form tables: one row per event, numbers only; a patient's first row says who the patient is.

Columns: ID, TIME (h), AMT (mg, at doses), DV (the biomarker, at observations), EVID (0 observation, 1 dose,
2 neither: a day without a dose), MDV (1 where DV counts for nothing), then the covariates, and two columns of
allele codes per gene (`GENE_1`, `GENE_2`; see `pmrl.genetics`), -1 where it was not typed. A point is a
missing value. PREDPP takes neither a TIME below 0 nor a dose of 0 mg, which is why EVID 2 is needed.

Reference: NONMEM Users Guide, part VI (PREDPP), chapter V.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.csv_lines import NUMBER, Line, check_names, check_width, read_header, read_lines
from pmrl.errors import InputError
from pmrl.genetics import GENES, UNKNOWN, Gene

Floats = NDArray[np.float64]
EVENT = ("ID", "TIME", "AMT", "DV", "EVID", "MDV")
NEEDED = ("ID", "TIME", "EVID")
"""Columns by which a table is known to be of this form."""
OBSERVATION, DOSE, NEITHER = 0, 1, 2
"""Values of EVID."""
DAY = "DAY"
"""Day of the event since the start of treatment here; TIME runs from the first day that is recorded."""
HOURS = 24.0
LONGEST_DAYS = 36_525
"""A table may take: every day has its place in memory."""
MISSING = "."
PER_LINE = "one line per event"
_ITEMS = (*EVENT, DAY, "ADDL", "II", "SS", "RATE", "CMT", "PCMT", "CALL", "CONT")
"""What says something of the event, not of the patient."""


@dataclass(frozen=True)
class NonmemTable:
    """The events of some patients, in the order of the file, and who they are.

    Attributes:
        path: of the file.
        row: whose event it is, as an index into `ids`, `(n_events,)`.
        line: where it stands in the file, `(n_events,)`.
        items: what is said of the events by name, `(n_events,)` each, NaN where missing.
        names: columns that say who the patients are, the two of a gene as one.
        patients: line number and cells of `names` of each patient; '' where missing, diplotypes written out.
    """

    path: Path
    row: NDArray[np.int64]
    line: NDArray[np.int64]
    items: dict[str, Floats]
    names: list[str]
    patients: list[Line]

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """The patients' numbers, `(n_patients,)`."""
        first = np.diff(self.row, prepend=-1) > 0
        return self.items["ID"][first].astype(np.int64)

    def is_event(self, kind: int) -> NDArray[np.bool_]:
        """Which events are of this kind, `(n_events,)`."""
        return np.asarray(self.items["EVID"] == kind)

    def refuse(self, bad: NDArray[np.bool_], why: str) -> None:
        """Raise an `InputError` that names the first line of those events, if there are any."""
        if bad.any():
            raise InputError(f"'{self.path}' line {self.line[int(np.argmax(bad))]}: {why}")


def is_nonmem_file(path: str | Path) -> bool:
    """Whether a file has the columns of a table of this form."""
    return set(NEEDED) <= set(read_header(Path(path)))


def read_table(path: str | Path) -> NonmemTable:
    """Read a table with doses and observations.

    Raises:
        InputError: the file cannot be used; says where and why.
    """
    path = Path(path)
    return parse_table(path, read_lines(path, PER_LINE), EVENT[:5])


def parse_table(path: Path, lines: Sequence[Line], needed: Sequence[str] = NEEDED) -> NonmemTable:
    """The table of a file's lines.

    Args:
        path: of the file.
        lines: header and rows.
        needed: columns that must be there.

    Raises:
        InputError: a column is missing, a cell is not a number, or the events are not in order.
    """
    header, rows = lines[0][1], lines[1:]
    check_names(path, header)
    for name in needed:
        if name not in header:
            raise InputError(f"'{path}' has no column {name}; needed: {', '.join(needed)}")
    for number, line in rows:
        check_width(path, number, line, header)
    items = {name: _numbers(path, name, header.index(name), rows) for name in _ITEMS if name in header}
    patient = items["ID"]
    first = np.append(True, patient[1:] != patient[:-1])
    names, patients = _patients(path, header, [rows[int(k)] for k in np.flatnonzero(first)])
    table = NonmemTable(
        path,
        np.cumsum(first) - 1,
        np.array([number for number, _ in rows], dtype=np.int64),
        items,
        names,
        patients,
    )
    _check(table, first)
    return table


def _numbers(path: Path, name: str, column: int, rows: Sequence[Line]) -> Floats:
    known: dict[str, float] = {MISSING: np.nan, "": np.nan}
    for number, line in rows:
        if line[column] not in known:
            if not NUMBER.fullmatch(line[column]):
                raise InputError(
                    f"'{path}' line {number}, column '{name}': '{line[column]}' is not a number; "
                    f"write '{MISSING}' where there is none"
                )
            known[line[column]] = float(line[column])
            if np.isinf(known[line[column]]):
                raise InputError(
                    f"'{path}' line {number}, column '{name}': {line[column][:40]} is beyond all bounds; "
                    f"write '{MISSING}' where there is none"
                )
    return np.array([known[line[column]] for _, line in rows], dtype=np.float64)


def _check(table: NonmemTable, first: NDArray[np.bool_]) -> None:
    """Raise unless every event is of a known kind and the patients stand one after the other, in time."""
    items, time = table.items, table.items["TIME"]
    table.refuse(~(np.abs(items["ID"]) <= 2.0**53) | (items["ID"] % 1 != 0), "ID must be a whole number")
    table.refuse(
        ~np.isin(items["EVID"], (OBSERVATION, DOSE, NEITHER)),
        "give EVID 0 (observation), 1 (dose) or 2 (neither)",
    )
    table.refuse(
        ~((time >= 0.0) & (time <= HOURS * LONGEST_DAYS)),
        f"give a TIME of 0 h or later, up to {LONGEST_DAYS} days",
    )
    again = first & (np.unique(items["ID"][first], return_index=True)[1].size < first.sum())
    if again.any():
        _, earliest = np.unique(items["ID"], return_index=True)
        again[earliest] = False
        table.refuse(again, "this ID was there before another one; put all rows of an ID together")
    table.refuse(
        ~first & (np.diff(time, prepend=0.0) < 0.0), "TIME goes back; sort the rows of an ID by TIME"
    )
    if "AMT" in items:
        table.refuse(items["AMT"] < 0.0, "AMT is negative; give the dose in mg, 0 or more")
        table.refuse(table.is_event(DOSE) & np.isnan(items["AMT"]), "a dose (EVID 1) needs its AMT, mg")


def _patients(path: Path, header: Sequence[str], rows: Sequence[Line]) -> tuple[list[str], list[Line]]:
    """Names and cells of what the rows say about their patients."""
    place = {name: k for k, name in enumerate(header)}
    genes = [name for name in GENES if {f"{name}_1", f"{name}_2"} & set(place)]
    pairs = {gene: (f"{gene}_1", f"{gene}_2") for gene in genes}
    for pair in pairs.values():
        for name in pair:
            if name not in place:
                raise InputError(f"'{path}' has no column {name}; a gene has two, {' and '.join(pair)}")
    alleles = {name for pair in pairs.values() for name in pair}
    others = [name for name in header if name not in _ITEMS and name not in alleles]
    patients = []
    for number, line in rows:
        cells = ["" if line[place[name]] == MISSING else line[place[name]] for name in others]
        for gene, pair in pairs.items():
            codes = [_code(path, number, GENES[gene], name, line[place[name]]) for name in pair]
            if min(codes) == UNKNOWN < max(codes):
                raise InputError(
                    f"'{path}' line {number}: {pair[0]} and {pair[1]} are {codes[0]} and {codes[1]}; "
                    f"give two codes, or {UNKNOWN} twice"
                )
            cells.append(GENES[gene].label(codes))
        patients.append((number, cells))
    return [*others, *genes], patients


def _code(path: Path, number: int, gene: Gene, name: str, cell: str) -> int:
    """The allele code of a cell."""
    value = float(cell) if NUMBER.fullmatch(cell) else UNKNOWN if cell in ("", MISSING) else np.nan
    if value not in range(UNKNOWN, len(gene.alleles)):
        allowed = ", ".join(f"{code} ({allele})" for code, allele in enumerate(gene.alleles))
        raise InputError(
            f"'{path}' line {number}, column '{name}': '{cell}' is no allele code of {gene.name}; "
            f"allowed: {allowed}, or {UNKNOWN} where not typed"
        )
    return int(value)


def patient_lines(path: Path, needed: Sequence[str]) -> list[Line]:
    """A table's patients as the lines of a CSV with one line per patient, genotypes written out.

    Args:
        path: of the file.
        needed: genes among these must be there.

    Raises:
        InputError: the table cannot be used; says where and why.
    """
    about = path.stat()
    names, patients = _patients_of(path, about.st_mtime_ns, about.st_size)
    for gene in needed:
        if gene in GENES and gene not in names:
            raise InputError(
                f"'{path}' has no columns {gene}_1 and {gene}_2, the allele codes of {gene}; "
                f"add them, {UNKNOWN} where it was not typed"
            )
    return [(1, names), *patients]


@lru_cache(maxsize=8)
def _patients_of(path: Path, changed: int, size: int) -> tuple[list[str], list[Line]]:
    """`names` and `patients` of a table, kept: every thread and every clinic asks for them."""
    table = parse_table(path, read_lines(path, PER_LINE))
    return table.names, table.patients
