"""A scenario: which patients come, what disturbs them, what the clinic knows of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, get_args

from pmrl.adherence import Adherence, adherence
from pmrl.cohort import Cohort
from pmrl.disturbance import INTERACTIONS
from pmrl.errors import InputError, unknown
from pmrl.variability import Variability

Start = Literal["induction", "established"]
Visits = Literal["schedule", "protocol"]
GenotypeKnown = Literal["known", "unknown"]
_OF_THE_THERAPY = ("occasion_sd", "assay_sd", "assay_error")
NAMED_COHORTS = ("train", "validation", "test", "sampled")


@dataclass(frozen=True)
class Scenario:
    """Options of the clinic; the defaults are the default scenario, frozen before any policy was trained.

    Attributes:
        model: patient model; None for the therapy's first.
        parameters: its parameter set; None for the model's first.
        cohort: "train", "validation" or "test" part of the shipped real patients, "sampled" by ancestry,
            the path of a CSV with the same columns, or a `Cohort` (whose own seed then counts).
        ancestry: for "sampled": one ancestry or shares by ancestry.
        adherence: "in-range" (measured), "full", or the share of days taken.
        occasion_sd: log-SD between occasions of what the model calls sensitivity (EC50 of warfarin); None for
            the therapy's.
        assay_sd: log-SD of a lab result; None for the therapy's.
        assay_error: SD of a lab result on top, in its unit; None for the therapy's.
        lab_delay_days: the result seen at a visit is of blood drawn this many days before.
        missed_visits: probability that a planned visit does not take place, so that the patient comes on
            the next scheduled day; nobody knows before.
        genotype: "known" where recorded, or "unknown" to hide it from the prescriber.
        start: "induction" (no drug before day 0) or "established" (on a stable dose before).
        interaction: interacting drug started on a random day: "amiodarone", "antibiotic" or None.
        vitamin_k: amplitude (log) of a four-weekly swing of EC50.
        surgery: the drug is held for five days before a random day.
        days: length of the episode; None for the therapy's.
        visits: "schedule" (the therapy's, for everybody) or "protocol" (as each policy wishes).
    """

    model: str | None = None
    parameters: str | None = None
    cohort: str | Path | Cohort = "train"
    ancestry: Any = None
    adherence: str | float | Adherence = "in-range"
    occasion_sd: float | None = None
    assay_sd: float | None = None
    assay_error: float | None = None
    lab_delay_days: int = 0
    missed_visits: float = 0.0
    genotype: GenotypeKnown = "known"
    start: Start = "induction"
    interaction: str | None = None
    vitamin_k: float = 0.0
    surgery: bool = False
    days: int | None = None
    visits: Visits = "schedule"

    def __post_init__(self) -> None:
        self._check_types()
        adherence(self.adherence)
        for name in _OF_THE_THERAPY:
            if getattr(self, name) is not None:
                Variability(**{name: getattr(self, name)})
        Variability(lab_delay_days=self.lab_delay_days)
        for name, allowed in (
            ("genotype", get_args(GenotypeKnown)),
            ("start", get_args(Start)),
            ("visits", get_args(Visits)),
        ):
            if getattr(self, name) not in allowed:
                raise unknown(name, str(getattr(self, name)), allowed)
        if self.interaction is not None and self.interaction not in INTERACTIONS:
            raise unknown("interacting drug", self.interaction, INTERACTIONS)
        if not 0.0 <= self.missed_visits <= 0.9:
            raise InputError(f"missed_visits {self.missed_visits:g}: give a probability from 0 to 0.9")
        if not 0.0 <= self.vitamin_k <= 1.0:
            raise InputError(f"vitamin_k {self.vitamin_k:g}: give a log amplitude from 0 to 1")
        if self.days is not None and not 1 <= self.days <= 3650:
            raise InputError(f"days {self.days}: an episode lasts 1 to 3650 days")

        if self.ancestry is not None and self.cohort != "sampled":
            raise InputError("ancestry needs cohort='sampled': recorded patients have their own")

    def _check_types(self) -> None:
        """Options from files and command lines are of any type; comparisons below need the right one."""
        for names, kind, what in (
            ((*_OF_THE_THERAPY, "missed_visits", "vitamin_k"), Real, "number"),
            (("lab_delay_days", "days"), Integral, "whole number"),
        ):
            for name in names:
                value = getattr(self, name)
                optional = name in (*_OF_THE_THERAPY, "days")
                if isinstance(value, bool) or not (isinstance(value, kind) or (optional and value is None)):
                    raise InputError(f"{name} is {value!r}: give a {what}")
        for name in ("model", "parameters", "interaction"):
            if not isinstance(getattr(self, name), str | None):
                raise InputError(f"{name} is {getattr(self, name)!r}: give a name")
        if not isinstance(self.cohort, str | Path | Cohort):
            raise InputError(f"cohort is {self.cohort!r}: give a name, the path of a CSV or a Cohort")
        if not isinstance(self.surgery, bool):
            raise InputError(f"surgery is {self.surgery!r}: give True or False")
        if not isinstance(self.adherence, str | Real | Adherence):
            raise InputError(f"adherence is {self.adherence!r}: give a name or a share of days from 0 to 1")

    @property
    def variability(self) -> Variability:
        """Variability within a patient, once `completed` by a therapy's."""
        given = {name: float(getattr(self, name)) for name in _OF_THE_THERAPY}
        return Variability(**given, lab_delay_days=self.lab_delay_days)

    @property
    def adherence_model(self) -> Adherence:
        """Which doses patients take."""
        return adherence(self.adherence)

    def completed(self, usual: Variability) -> Scenario:
        """This scenario with the therapy's usual variability where none is given."""
        missing = {name: getattr(usual, name) for name in _OF_THE_THERAPY if getattr(self, name) is None}
        return replace(self, **missing) if missing else self

    def with_options(self, **options: Any) -> Scenario:
        """This scenario with some options changed.

        Raises:
            InputError: there is no such option.
        """
        names = [field.name for field in fields(self)]
        for name in options:
            if name not in names:
                raise unknown("option", name, names)
        return replace(self, **options)


DEFAULT = Scenario()
