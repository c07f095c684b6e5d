"""Where the patients of a scenario come from, and what they bring: prepared in blocks, handed out by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl import iwpc
from pmrl.cohort import Cohort, read_table
from pmrl.disturbance import Disturbances, disturbances
from pmrl.envs.scenario import NAMED_COHORTS, Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown
from pmrl.genetics import UNKNOWN
from pmrl.model import PatientModel
from pmrl.models.registry import model

Floats = NDArray[np.float64]
_BLOCK = 512


@dataclass(frozen=True)
class Patients:
    """A block of patients ready to be admitted; every array has one row per patient."""

    cohort: Cohort
    known_covariates: Mapping[str, Floats]
    known_genotypes: Mapping[str, NDArray[np.int8]]
    parameters: Floats
    states: Floats
    shares: Floats
    events: Disturbances
    dose_estimate: Floats
    stable_dose: Floats
    """Prescribed dose (mg/day) of patients who come on established therapy; NaN at induction."""


def therapy_model(therapy: Therapy, name: str | None) -> PatientModel:
    """The patient model of that name, or the therapy's first.

    Raises:
        InputError: the model is not one of this drug's.
    """
    chosen = name or therapy.models[0]
    if chosen not in therapy.models:
        raise unknown(f"model of {therapy.drug}", chosen, therapy.models)
    return model(chosen)


def _maker(scenario: Scenario, seed: int) -> Callable[[int, int], Cohort]:
    """(first id, n) -> those patients."""
    source = scenario.cohort
    if isinstance(source, Cohort):
        if not len(source):
            raise InputError("the cohort has no patients: give at least one")
        return lambda first, n: source.take(np.arange(first, first + n) % len(source))
    if source == "sampled":
        return lambda first, n: Cohort.sample(n, seed, ancestry=scenario.ancestry, first=first)
    if source in iwpc.SPLITS:
        return lambda first, n: iwpc.cohort(str(source), n, seed, first)
    if isinstance(source, str) and not source.endswith(".csv") and not Path(source).exists():
        raise unknown("cohort", source, NAMED_COHORTS, "Or give the path of a CSV file.")
    table = read_table(source)
    return lambda first, n: Cohort.resample(table, n, seed, first)


class PatientSource:
    """Patients by id for one scenario and seed; patient i is the same whatever the block it comes in."""

    def __init__(self, therapy: Therapy, scenario: Scenario, seed: int, n_days: int) -> None:
        self.therapy, self.scenario, self.seed, self.n_days = therapy, scenario, seed, n_days
        self.model = therapy_model(therapy, scenario.model)
        self.model.numbers(scenario.parameters)
        self._make = _maker(scenario, seed)
        self._first, self._block = 0, self._prepare(0, 1)

    def get(self, ids: NDArray[np.int64]) -> tuple[Patients, NDArray[np.int64]]:
        """A block that holds these patients, and their rows in it."""
        low, high = int(ids.min()), int(ids.max()) + 1
        if low < self._first or high > self._first + len(self._block.cohort):
            self._first = low
            self._block = self._prepare(low, max(high - low, _BLOCK))
        return self._block, ids - self._first

    def _prepare(self, first: int, n: int) -> Patients:
        scenario, cohort = self.scenario, self._make(first, n)
        parameters = self.model.patients(cohort, scenario.parameters)
        genotypes = dict(cohort.known_genotypes)
        if scenario.genotype == "unknown":
            genotypes = {gene: np.full_like(codes, UNKNOWN) for gene, codes in genotypes.items()}
        adherence = scenario.adherence_model
        stable = np.full(n, np.nan)
        if scenario.start == "established":
            needed = self.model.maintenance_dose(parameters, self.therapy.target)
            stable = self.therapy.dispense(needed / max(adherence.net_intake, 0.1))
        return Patients(
            cohort=cohort,
            known_covariates=cohort.known_covariates,
            known_genotypes=genotypes,
            parameters=parameters,
            states=self.model.initial(parameters),
            shares=adherence.shares(cohort.seed, cohort.ids),
            events=disturbances(
                cohort.seed,
                cohort.ids,
                self.n_days,
                scenario.interaction,
                scenario.vitamin_k,
                scenario.surgery,
            ),
            dose_estimate=self.therapy.dose_estimate(cohort.known_covariates, genotypes),
            stable_dose=stable,
        )
