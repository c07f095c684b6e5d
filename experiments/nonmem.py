"""Courses as a NONMEM-form table, and back; `pmrl.nonmem_table` says what the columns are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import TextIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.csv_lines import NUMBER
from pmrl.errors import InputError, unknown
from pmrl.experiments.csv_text import write_rows
from pmrl.genetics import GENES
from pmrl.nonmem_table import DOSE, EVENT, HOURS, MISSING, NEITHER, OBSERVATION, NonmemTable, read_table

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
FORMS = ("table", "nonmem")
"""What `--format` takes."""


def require_form(form: str, folder: Path | None) -> None:
    """Raise an `InputError` unless results can be given in this form."""
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    if form == "nonmem" and folder is None:
        raise InputError("--format nonmem writes files: give their folder with --out")


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
    genotypes: Mapping[str, Codes]


def write_nonmem(path: Path, courses: Courses, doses_per_day: int = 1) -> None:
    """Write courses, sorted by patient and time; a day's dose in equal shares.

    Raises:
        InputError: the file cannot be written.
    """

    def events(row: int) -> Iterator[list[str]]:
        for day, value in enumerate(courses.values[row]):
            dose = courses.doses[row, day] if day < courses.doses.shape[1] else np.nan
            yield from events_of_day(day, np.isfinite(value), value, dose, doses_per_day)

    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            write_events(file, EVENT, courses.ids, courses.covariates, courses.genotypes, events)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written ({error.strerror}); give a writable folder") from None


def write_events(
    file: TextIOBase,
    items: tuple[str, ...],
    ids: NDArray[np.int64],
    covariates: Mapping[str, Floats],
    genotypes: Mapping[str, Codes],
    events: Callable[[int], Iterator[list[str]]],
) -> None:
    """Write the events of patients with what is known of them in every line.

    Args:
        file: open for writing.
        items: names of what `events` gives, behind the ID.
        ids: of the patients.
        covariates: `(n_patients,)` each.
        genotypes: `(n_patients, 2)` each.
        events: the events of the patient of a row, as cells.
    """
    write_rows(file, [[*items, *covariates, *(f"{gene}_{copy}" for gene in genotypes for copy in (1, 2))]])
    for row in range(ids.size):
        who = [cell(values[row]) for values in covariates.values()]
        who += [str(code) for codes in genotypes.values() for code in codes[row]]
        write_rows(file, ([str(ids[row]), *event, *who] for event in events(row)))


def events_of_day(
    day: int, observed: bool, value: float, dose: float, doses_per_day: int
) -> Iterator[list[str]]:
    """The events of a day, counted from the first that is recorded, as the cells of `EVENT` but the ID.

    An observation comes before the dose of the same time: it is a trough.
    """
    if observed:
        missing = np.isnan(value)
        yield [cell(HOURS * day), MISSING, cell(value), str(OBSERVATION), str(int(missing))]
    if dose == 0.0:
        yield [cell(HOURS * day), MISSING, MISSING, str(NEITHER), "1"]
    elif np.isfinite(dose):
        for k in range(doses_per_day):
            time = HOURS * (day + k / doses_per_day)
            yield [cell(time), cell(dose / doses_per_day), MISSING, str(DOSE), "1"]


def cell(value: float) -> str:
    """A number with all its digits; a point where there is none."""
    return MISSING if np.isnan(value) else repr(float(value))


def read_nonmem(path: Path) -> Courses:
    """Read what `write_nonmem` wrote, or any table of that form: times need not be whole days for doses.

    Doses of a day are added up; an observation counts for the day that it is nearest to the start of.

    Raises:
        InputError: the table cannot be used; says where and why.
    """
    table = read_table(path)
    observed = table.is_event(OBSERVATION)
    seen = observation_days(table)
    days = int(max(seen[observed].max(initial=0), (dose_days(table) + 1)[~observed].max(initial=0)))
    values = np.full((table.ids.size, days + 1), np.nan)
    values[table.row[observed], seen[observed]] = observed_values(table)[observed]
    return Courses(table.ids, daily_doses(table, days), values, *known_of(table))


def observation_days(table: NonmemTable) -> NDArray[np.int64]:
    """The day that each event is nearest to the start of, `(n_events,)`.

    Raises:
        InputError: a patient was observed twice on a day.
    """
    days = np.rint(table.items["TIME"] / HOURS).astype(np.int64)
    seen = np.flatnonzero(table.is_event(OBSERVATION))
    _, first = np.unique(np.column_stack([table.row[seen], days[seen]]), axis=0, return_index=True)
    again = np.zeros(days.size, dtype=np.bool_)
    again[np.delete(seen, first)] = True
    table.refuse(again, "a second observation of the same day; keep one")
    return days


def observed_values(table: NonmemTable) -> Floats:
    """DV where it counts, `(n_events,)`."""
    unused = table.items.get("MDV", np.zeros(table.row.size)) > 0.0
    return np.where(unused, np.nan, table.items["DV"])


def dose_days(table: NonmemTable) -> NDArray[np.int64]:
    """The day in which each event lies, `(n_events,)`."""
    return np.asarray(table.items["TIME"] // HOURS).astype(np.int64)


def daily_doses(table: NonmemTable, n_days: int, until: NDArray[np.int64] | None = None) -> Floats:
    """Dose of each day, mg, `(n_patients, n_days)`: 0 where there was none, NaN after the last recorded day.

    Args:
        table: of events.
        n_days: at least up to the last dose.
        until: the days before this one are recorded also where there was no dose, `(n_patients,)`.

    Raises:
        InputError: one line stands for several doses.
    """
    for name in ("ADDL", "SS"):
        if name in table.items:
            table.refuse(table.items[name] > 0.0, f"{name} is not read; give each dose a line of its own")
    given = ~table.is_event(OBSERVATION)
    row, day = table.row[given], dose_days(table)[given]
    end = np.zeros(table.ids.size, dtype=np.int64) if until is None else until.copy()
    np.maximum.at(end, row, day + 1)
    doses = np.where(np.arange(n_days) < end[:, None], 0.0, np.nan)
    np.add.at(doses, (row, day), np.where(table.is_event(DOSE), table.items["AMT"], 0.0)[given])
    return doses


def known_of(table: NonmemTable) -> tuple[dict[str, Floats], dict[str, Codes]]:
    """Covariates, `(n_patients,)` each, NaN where missing, and diplotype codes, `(n_patients, 2)` each.

    Raises:
        InputError: a covariate is not a number.
    """
    covariates: dict[str, Floats] = {}
    genotypes: dict[str, Codes] = {}
    for column, name in enumerate(table.names):
        texts = [cells[column] for _, cells in table.patients]
        if name in GENES:
            genotypes[name] = GENES[name].parse_all(texts)
            continue
        for (line, _), text in zip(table.patients, texts, strict=True):
            if text and not (NUMBER.fullmatch(text) and np.isfinite(float(text))):
                raise InputError(
                    f"'{table.path}' line {line}, column '{name}': '{text[:40]}' is not a number; "
                    f"write '{MISSING}' where there is none"
                )
        covariates[name] = np.array([float(text) if text else np.nan for text in texts])
    return covariates, genotypes
