"""Patients whose genotypes an adversary guesses, and what the adversary takes them for beforehand.

Without a policy the guess is that of the allele frequencies of the patient's ancestry, of the population
where race is not recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort, drawn_rows
from pmrl.cohort_sampling import ancestry_of_race, ancestry_shares, diplotype_shares
from pmrl.drawn_population import DrawnPopulation
from pmrl.envs.clinic import Clinic
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.errors import InputError
from pmrl.experiments.disclosure import SMALLEST_CELL
from pmrl.genetics import ANCESTRIES, GENES

Floats = NDArray[np.float64]
FEWEST_STABLE = 20
"""Patients of whom stable doses are used: a line through two points predicts both."""
_SMALLEST_PRIOR = 1e-7
"""Genotypes that are rarer in every ancestry are not asked for."""


@dataclass(frozen=True)
class Suspects:
    """Patients whose genotypes are guessed, each once, and what the adversary takes them for.

    Attributes:
        visit: their first visit, with their genotypes.
        genes: those that are guessed.
        candidates: every genotype, diplotype codes `(n_candidates, n_genes, 2)`.
        prior: of each candidate by what is known without the policy, `(n_patients, n_candidates)`.
        truth: index of the true one, `(n_patients,)`.
        stable_dose: on which they were recorded as stable, mg/day, `(n_patients,)`; NaN unless asked for.
    """

    visit: Visit
    genes: tuple[str, ...]
    candidates: NDArray[np.int8]
    prior: Floats
    truth: NDArray[np.int64]
    stable_dose: Floats

    def __len__(self) -> int:
        return self.truth.size


def distinct_patients(therapy: Therapy, source: str | Path, seed: int, most: int) -> Cohort:
    """Up to `most` patients of a cohort, each recorded one at most once.

    Raises:
        InputError: the cohort cannot be used.
    """
    make, recorded = therapy.population.maker(source, seed, None), therapy.population.recorded(source)
    if recorded is None:
        return make(0, most)
    # So many draws come to every one of them, but for one time in a hundred.
    draws = int(len(recorded) * (np.log(len(recorded)) + 5.0)) + 1
    _, first = np.unique(drawn_rows(len(recorded), np.arange(draws), seed), return_index=True)
    ids = np.sort(first)[:most]
    return make(0, int(ids[-1]) + 1).take(ids)


def suspects(
    therapy: Therapy, source: str | Path, seed: int, most: int, stable_only: bool = False
) -> Suspects:
    """Those of up to `most` patients whose genotype is recorded, at their first visit.

    Args:
        therapy: what they are treated with.
        source: their cohort.
        seed: of the cohort.
        most: how many are looked at.
        stable_only: only those whose stable dose is recorded.

    Raises:
        InputError: the cohort cannot be used, or has too few such patients.
    """
    cohort = distinct_patients(therapy, source, seed, most)
    stable = _stable_doses(therapy, source, cohort) if stable_only else np.full(len(cohort), np.nan)
    usable = np.isfinite(stable) | (not stable_only)
    fewest = FEWEST_STABLE if stable_only else int(SMALLEST_CELL.value)
    genes, typed = _typed(cohort, usable, fewest)
    rows = np.flatnonzero(typed)
    if rows.size < fewest:
        raise InputError(
            f"cohort '{source}' has {rows.size} patients of known genotype"
            f"{' and recorded stable dose' if stable_only else ''}: guesses need at least {fewest}"
        )
    cohort = cohort.take(rows)
    clinic = Clinic(therapy, Scenario(cohort=cohort), rows.size, seed)
    clinic.admit(np.arange(rows.size, dtype=np.int64))
    candidates, frequency = _candidates(genes)
    shares = _ancestries(therapy, cohort)
    prior = shares @ frequency.T
    codes = np.stack([np.sort(cohort.known_genotypes[gene], axis=1) for gene in genes], axis=1)
    found = (codes[:, None] == candidates[None]).all(axis=(2, 3))
    # Who has a genotype that no ancestry has cannot be guessed; the adversary is wrong about him.
    truth = np.where(found.any(axis=1), found.argmax(axis=1), -1)
    prior /= prior.sum(axis=1, keepdims=True)
    return Suspects(clinic.visit(), genes, candidates, prior, truth, stable[rows])


def _typed(
    cohort: Cohort, usable: NDArray[np.bool_], fewest: int
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The genes that are guessed, and who is typed for all of them, `(n_patients,)`.

    A gene for which few are typed is left out: with it most of the patients would be.
    """
    known = {gene: usable & (codes >= 0).all(axis=1) for gene, codes in cohort.known_genotypes.items()}
    genes: list[str] = []
    typed = usable
    for gene in sorted(known, key=lambda gene: -int(known[gene].sum())):
        both = typed & known[gene]
        if both.sum() >= max(fewest, typed.sum() / 2 if genes else 0):
            genes.append(gene)
            typed = both
    return tuple(gene for gene in known if gene in genes), typed & bool(genes)


def _stable_doses(therapy: Therapy, source: str | Path, cohort: Cohort) -> Floats:
    """Recorded stable doses of a cohort's patients, mg/day, `(n_patients,)`, NaN where there is none."""
    recorded = therapy.population.recorded(source)
    if recorded is None or recorded.stable_dose is None:
        return np.full(len(cohort), np.nan)
    return recorded.stable_dose[drawn_rows(len(recorded), cohort.ids, cohort.seed)]


def _candidates(genes: Sequence[str]) -> tuple[NDArray[np.int8], Floats]:
    """Every genotype of these genes, and its frequency in each ancestry, `(n_candidates, n_ancestries)`."""
    pairs = [
        np.array([(i, j) for i in range(size) for j in range(i, size)], dtype=np.int8)
        for size in (len(GENES[gene].alleles) for gene in genes)
    ]
    combined = list(product(*(range(len(pair)) for pair in pairs)))
    index = np.array(combined, dtype=np.int64)
    codes = np.stack([pair[index[:, k]] for k, pair in enumerate(pairs)], axis=1)
    frequency = np.prod([diplotype_shares(gene, codes[:, k]) for k, gene in enumerate(genes)], axis=0)
    likely = frequency.max(axis=1) >= _SMALLEST_PRIOR
    return codes[likely], frequency[likely]


def _ancestries(therapy: Therapy, cohort: Cohort) -> Floats:
    """Probability of each ancestry by what the clinic knows, `(n_patients, n_ancestries)`."""
    population = therapy.population
    usual = population.ancestry if isinstance(population, DrawnPopulation) else None
    shares = ancestry_shares(None if usual is None else {name: float(one) for name, one in usual.items()})
    race = cohort.known_covariates.get("race", np.full(len(cohort), np.nan))
    known = np.isfinite(race)
    found = np.tile(shares, (len(cohort), 1))
    found[known] = np.eye(len(ANCESTRIES))[ancestry_of_race(race[known])]
    return found
