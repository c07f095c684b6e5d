"""A clinic visit: what a prescriber may see, and what it answers, batched over patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import allele_count

if TYPE_CHECKING:
    from pmrl.envs.therapy import Therapy


@dataclass(frozen=True)
class History:
    """Everything that happened before and at this visit; shapes `(n_patients, max_visits)`, NaN-padded.

    Column j is visit j (0 = the first): the day it took place, the lab result seen there, the mean daily
    dose (mg/day) prescribed there and the days until the next visit. At the current visit (column
    `count - 1`) day and lab are known, dose and interval still NaN.
    """

    day: NDArray[np.float64]
    lab: NDArray[np.float64]
    dose: NDArray[np.float64]
    interval: NDArray[np.float64]
    count: NDArray[np.int64]
    """Visits so far, the current one included, shape `(n_patients,)`."""
    daily_dose: NDArray[np.float64]
    """Dose as prescribed for every day since the start, mg, `(n_patients, n_days)`, NaN from today on."""


@dataclass(frozen=True)
class Visit:
    """What a prescriber may see. One row per patient; patients of a batch may be on different days."""

    therapy: Therapy
    ids: NDArray[np.int64]
    """Study ids of the patients, `(n_patients,)`; they carry no information about the patient."""
    day: NDArray[np.int64]
    """Days since the start of the episode, `(n_patients,)`."""
    interval_days: NDArray[np.int64]
    """Days until the next visit on the scenario's schedule, `(n_patients,)`."""
    covariates: Mapping[str, NDArray[np.float64]]
    """Known covariates, `(n_patients,)` each, NaN where not recorded."""
    genotypes: Mapping[str, NDArray[np.int8]]
    """Known diplotypes as allele indices, `(n_patients, 2)` each, -1 where not typed."""
    history: History
    established: bool = False
    """True where the patients were on the drug before day 0 (their course so far is in `history`)."""
    lab_delay_days: int = 0
    """A result seen at a visit is of blood drawn so many days before."""

    def __len__(self) -> int:
        return self.ids.size

    @property
    def lab(self) -> NDArray[np.float64]:
        """The lab result seen at this visit, `(n_patients,)`."""
        return self.history.lab[np.arange(len(self)), self.history.count - 1]

    def previous(self, field: str, back: int = 1) -> NDArray[np.float64]:
        """`field` of `history` ("day", "lab", "dose", "interval") `back` visits ago; NaN where none was."""
        values: NDArray[np.float64] = getattr(self.history, field)
        column = self.history.count - 1 - back
        return np.where(column >= 0, values[np.arange(len(self)), np.maximum(column, 0)], np.nan)

    def allele_count(self, gene: str, allele: str) -> NDArray[np.float64]:
        """Copies (0, 1, 2) of an allele as known to the clinic, NaN where not typed."""
        return allele_count(self.genotypes[gene], gene, allele)


@dataclass(frozen=True)
class Prescription:
    """What a prescriber answers.

    `doses`: mg for each coming day, `(n_patients, n_days, n_drugs)`; the last day's dose goes on where
    the next visit is later than `n_days`. A constant dose is `n_days` = 1. Doses need not be on the grid:
    `therapy.dispense` rounds them to what can be dispensed.
    `interval_days`: the policy's own wish for the next visit, `(n_patients,)`, or None for no wish; it is
    followed only where the scenario lets policies choose their visits.
    """

    doses: NDArray[np.float64]
    interval_days: NDArray[np.int64] | None = None

    @classmethod
    def constant(
        cls, dose: NDArray[np.float64], interval_days: NDArray[np.int64] | None = None
    ) -> Prescription:
        """The same daily dose (mg/day, `(n_patients,)`) until the next visit."""
        return cls(np.asarray(dose, dtype=np.float64)[:, None, None], interval_days)
