"""What happened at the visits of a comparison, as NONMEM-form tables, one per policy, and back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.clinic import Clinic
from pmrl.envs.patients import therapy_model
from pmrl.envs.visit import History, Visit
from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.nonmem import (
    Codes,
    Floats,
    daily_doses,
    dose_days,
    events_of_day,
    known_of,
    observation_days,
    observed_values,
    write_events,
)
from pmrl.experiments.patient_results import PART
from pmrl.experiments.rollout import treat
from pmrl.experiments.run import write_text
from pmrl.experiments.treatment import copied
from pmrl.nonmem_table import DAY, EVENT, LONGEST_DAYS, OBSERVATION, NonmemTable, read_table

MOST = 1000
"""Patients whose visits are written: a table of so many has 10 to 30 MB."""
_PREFIX = "visits-"
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class VisitHistories:
    """The visits of some patients, as a prescriber saw them.

    Attributes:
        ids: study ids, `(n_patients,)`.
        history: as in `pmrl.envs.visit.Visit`.
        covariates: known ones, `(n_patients,)` each, NaN where not recorded.
        genotypes: known diplotypes, `(n_patients, 2)` each, -1 where not typed.
        start: day of the first column of `history.daily_dose`: below 0 on established therapy.
    """

    ids: NDArray[np.int64]
    history: History
    covariates: Mapping[str, Floats]
    genotypes: Mapping[str, Codes]
    start: int = 0

    @classmethod
    def of(cls, visit: Visit, start: int = 0) -> VisitHistories:
        """What is known at a visit of a clinic that began on day `start`."""
        return cls(visit.ids, visit.history, visit.covariates, visit.genotypes, start)

    def under(self, ids: NDArray[np.int64]) -> VisitHistories:
        """The same patients under other ids, `(n_patients,)`, in the order of these."""
        order = np.argsort(ids)
        history = History(**{one.name: getattr(self.history, one.name)[order] for one in fields(History)})
        covariates = {name: values[order] for name, values in self.covariates.items()}
        genotypes = {gene: codes[order] for gene, codes in self.genotypes.items()}
        return VisitHistories(ids[order], history, covariates, genotypes, self.start)


def write_visits(path: Path, visits: VisitHistories, doses_per_day: int = 1) -> Path:
    """Write visit histories: labs as observations on the day of the visit, doses as prescribed.

    A lab stands where it was seen, also where a scenario has it of blood drawn days before.

    Raises:
        InputError: the file cannot be written.
    """
    history, start = visits.history, visits.start

    def events(row: int) -> Iterator[list[str]]:
        count = int(history.count[row])
        labs = dict(zip(history.day[row, :count], history.lab[row, :count], strict=True))
        doses = np.append(history.daily_dose[row], np.nan)
        for column, dose in enumerate(doses):
            day = column + start
            for event in events_of_day(column, day in labs, labs.get(day, np.nan), dose, doses_per_day):
                yield [*event, str(day)]

    text = io.StringIO(newline="")
    write_events(text, (*EVENT, DAY), visits.ids, visits.covariates, visits.genotypes, events)
    return write_text(path, text.getvalue())


def read_visits(path: str | Path) -> VisitHistories:
    """Read what `write_visits` wrote, or any table of that form: every observation is a visit.

    A visit takes place on the day that its observation is nearest to the start of. What was prescribed there
    is the mean of the days until the next one; after the last it is not known.

    Raises:
        InputError: the table cannot be used; says where and why.
    """
    table = read_table(path)
    start = _start(table)
    seen = table.is_event(OBSERVATION)
    row, days, labs = table.row[seen], observation_days(table)[seen], observed_values(table)[seen]
    today = np.zeros(table.ids.size, dtype=np.int64)
    np.maximum.at(today, row, days)
    width = int(np.max(np.append(today, (dose_days(table) + 1)[~seen])))
    daily = daily_doses(table, width, until=today)
    count = np.bincount(row, minlength=table.ids.size).astype(np.int64)
    day, lab, dose, interval = (np.full((table.ids.size, int(count.max())), np.nan) for _ in range(4))
    for i in range(table.ids.size):
        mine = days[row == i]
        day[i, : mine.size], lab[i, : mine.size] = mine + start, labs[row == i]
        for j, (now, following) in enumerate(pairwise(mine)):
            interval[i, j] = following - now
            # Added up one by one, as the clinic does: the last digit depends on it.
            dose[i, j] = sum(daily[i, now:following].tolist()) / (following - now)
    return VisitHistories(table.ids, History(day, lab, dose, interval, count, daily), *known_of(table), start)


def _start(table: NonmemTable) -> int:
    """The day on which TIME is 0."""
    if DAY not in table.items:
        return 0
    first = table.items[DAY] - dose_days(table)
    table.refuse(~(first == first[0]), "DAY and TIME do not go together; TIME is hours since the first DAY")
    table.refuse(first < -LONGEST_DAYS, f"DAY is below -{LONGEST_DAYS} where TIME is 0 h")
    table.refuse(~(first <= 0.0), "DAY is above 0 where TIME is 0 h; count days from 0")
    return int(first[0])


def write_all_visits(
    folder: Path, comparison: Comparison, n: int, advance: Callable[[str], None] = lambda name: None
) -> list[Path]:
    """Write the visits of the first `n` patients under every policy, who are treated once more.

    Raises:
        InputError: a file cannot be written.
    """
    c = comparison
    clinic = Clinic(c.therapy, c.scenario, n, c.seed)
    doses_per_day = therapy_model(c.therapy, c.scenario.model).doses_per_day
    # As in the table of patients, or its first part.
    ids = c.patient_ids(0, min(c.n, PART))[:n]
    paths = []
    for name, file in _file_names(list(c.arms)).items():
        treat(copied(c.arms[name].policy, c.therapy), clinic, np.arange(clinic.n, dtype=np.int64))
        visits = VisitHistories.of(clinic.visit(), clinic.start).under(ids)
        paths.append(write_visits(folder / file, visits, doses_per_day))
        advance(name)
    return paths


def remove_visits(folder: Path) -> None:
    """Remove the visits of an earlier run, which other results would contradict."""
    for path in folder.glob(f"{_PREFIX}*.csv"):
        path.unlink(missing_ok=True)


def _file_names(policies: list[str]) -> dict[str, str]:
    """A file name of each policy's own, on any system.

    >>> _file_names(["cpic+tdm", "my/Rule", "MY?rule"])
    {'cpic+tdm': 'visits-cpic+tdm.csv', 'my/Rule': 'visits-my_Rule.csv', 'MY?rule': 'visits-MY_rule-2.csv'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for policy in policies:
        name = stem = _UNSAFE.sub("_", policy)[:_LONGEST_NAME]
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        found[policy] = f"{_PREFIX}{name}.csv"
    return found
