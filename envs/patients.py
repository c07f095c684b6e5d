"""Where the patients of a scenario come from, and what they bring: prepared in blocks, handed out by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.disturbance import Disturbances, disturbances
from pmrl.envs.scenario import NAMED_COHORTS, Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown
from pmrl.genetics import UNKNOWN
from pmrl.model import PatientModel
from pmrl.models.registry import model
from pmrl.population import Population

Floats = NDArray[np.float64]
_SMALLEST_BLOCK, _LARGEST_BLOCK = 512, 4096
_KEPT = 16_384
"""Patients kept: rows that end on different days ask for patients of a few blocks in turn."""


def blocks_for(rows: int) -> tuple[int, int]:
    """How many patients to prepare at a time, and how many such blocks to keep, for a batch of `rows`."""
    block = _SMALLEST_BLOCK
    while block < min(rows, _LARGEST_BLOCK):
        block *= 2
    return block, _KEPT // block


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


def join(blocks: Sequence[Patients]) -> Patients:
    """Several blocks as one; what the patients of a block share (one row) they share with the others."""

    def joined(parts: Sequence[Any]) -> Any:
        first = parts[0]
        if isinstance(first, Mapping):
            return {name: joined([part[name] for part in parts]) for name in first}
        if is_dataclass(first):
            names = [field.name for field in fields(first)]
            return replace(first, **{name: joined([getattr(part, name) for part in parts]) for name in names})  # type: ignore[type-var]
        return first if not isinstance(first, np.ndarray) or len(first) == 1 else np.concatenate(parts)

    return Patients(
        **{f.name: joined([getattr(block, f.name) for block in blocks]) for f in fields(Patients)}
    )


def therapy_model(therapy: Therapy, name: str | None) -> PatientModel:
    """The patient model of that name, or the therapy's first.

    Raises:
        InputError: the model is not one of this drug's.
    """
    chosen = name or therapy.models[0]
    if chosen not in therapy.models:
        raise unknown(f"model of {therapy.drug}", chosen, therapy.models)
    return model(chosen)


def require_suitable(scenario: Scenario, therapy: Therapy) -> None:
    """Nothing where the scenario's disturbances are of this drug.

    Raises:
        InputError: an interacting drug that is not modelled, or a diet that does not matter.
    """
    if scenario.interaction is not None and scenario.interaction not in therapy.interactions:
        raise unknown(f"interacting drug of {therapy.drug}", scenario.interaction, therapy.interactions)
    if scenario.vitamin_k and not therapy.diet:
        raise InputError(f"vitamin_k {scenario.vitamin_k:g}: diet does not matter for {therapy.drug}; give 0")


def _maker(population: Population, scenario: Scenario, seed: int) -> Callable[[int, int], Cohort]:
    """(first id, n) -> those patients."""
    source = scenario.cohort
    if isinstance(source, Cohort):
        if not len(source):
            raise InputError("the cohort has no patients: give at least one")
        return lambda first, n: source.take(np.arange(first, first + n) % len(source))
    named = isinstance(source, str) and source not in NAMED_COHORTS
    if named and not str(source).endswith(".csv") and not Path(source).exists():
        raise unknown("cohort", str(source), NAMED_COHORTS, "Or give the path of a CSV file.")
    return population.maker(source, seed, scenario.ancestry)


def _takes(cohort: Cohort, drug: str | None) -> NDArray[np.bool_] | None:
    """Who takes a drug from the start, where that is a covariate; None where it is not."""
    if drug is None or drug not in cohort.covariates:
        return None
    return np.asarray(cohort.covariates[drug] > 0.5)


class PatientSource:
    """Patients by id for one scenario and seed; patient i is the same whatever the block it comes in.

    Args:
        therapy: the drug's decision problem.
        scenario: which patients.
        seed: cohort seed.
        n_days: length of the episode.
        block: how many are prepared at a time.
        kept: how many blocks are kept.
    """

    def __init__(
        self,
        therapy: Therapy,
        scenario: Scenario,
        seed: int,
        n_days: int,
        block: int = _SMALLEST_BLOCK,
        kept: int = _KEPT // _SMALLEST_BLOCK,
    ) -> None:
        self.therapy, self.scenario, self.seed, self.n_days = therapy, scenario, seed, n_days
        self.block, self.kept = block, kept
        require_suitable(scenario, therapy)
        self.model = therapy_model(therapy, scenario.model)
        self.model.numbers(scenario.parameters)
        self._make = _maker(therapy.population, scenario, seed)
        self._blocks: dict[int, Patients] = {}
        self._block(0)

    def get(self, ids: NDArray[np.int64]) -> tuple[Patients, NDArray[np.int64]]:
        """A block that holds these patients, and their rows in it."""
        numbers, inverse = np.unique(ids // self.block, return_inverse=True)
        blocks = [self._block(int(number)) for number in numbers]
        held = blocks[0] if len(blocks) == 1 else join(blocks)
        return held, inverse.reshape(-1) * self.block + ids % self.block

    def _block(self, number: int) -> Patients:
        """Patients `number * self.block` and following, kept while they are likely to be asked for again."""
        if number not in self._blocks:
            while len(self._blocks) >= self.kept:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = self._prepare(number * self.block, self.block)
        return self._blocks[number]

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
                already=_takes(cohort, scenario.interaction),
            ),
            dose_estimate=self.therapy.dose_estimate(cohort.known_covariates, genotypes),
            stable_dose=stable,
        )
