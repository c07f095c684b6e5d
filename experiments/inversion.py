"""Model inversion: how well a policy's first prescription and demographics reveal a genotype.

The adversary knows what the prescriber knew at the first visit but for the genotypes, sees the dose that
was dispensed, and may ask the policy what it would prescribe for any genotype. The guess is the genotype of
highest posterior probability: allele frequencies of the patient's ancestry (of the population where race is
not recorded), times 1 for genotypes with that very dose and 0 for others. Without the policy, the guess is
that of the allele frequencies alone.

A dose that depends on the genotype reveals something of it whoever it was learned on; whether a policy knows
its training patients better than others is the difference between those and held-out ones.

Reference: Fredrikson et al., Privacy in pharmacogenetics: an end-to-end case study of personalized warfarin
dosing, USENIX Security 2014:17.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pmrl.agents.policy import Policy
from pmrl.cohort import Cohort, drawn_rows
from pmrl.cohort_sampling import ancestry_of_race, ancestry_shares, diplotype_shares
from pmrl.drawn_population import DrawnPopulation
from pmrl.envs.clinic import Clinic
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.errors import InputError
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.treatment import copied
from pmrl.genetics import ANCESTRIES, GENES

Floats = NDArray[np.float64]
ALL_GENES = "all genes"
_RESAMPLES = 500
"""Of the areas under the curve, which cost a sort each."""
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
    """

    visit: Visit
    genes: tuple[str, ...]
    candidates: NDArray[np.int8]
    prior: Floats
    truth: NDArray[np.int64]

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


def suspects(therapy: Therapy, source: str | Path, seed: int, most: int) -> Suspects:
    """Those of up to `most` patients whose genotype is recorded, at their first visit.

    Raises:
        InputError: the cohort cannot be used, or nobody's genotype is known.
    """
    cohort = distinct_patients(therapy, source, seed, most)
    typed = {gene: (codes >= 0).all(axis=1) for gene, codes in cohort.known_genotypes.items()}
    genes = tuple(gene for gene, known in typed.items() if known.any())
    rows = np.flatnonzero(np.all([typed[gene] for gene in genes], axis=0)) if genes else np.zeros(0, np.int64)
    if rows.size < 2:
        raise InputError(
            f"cohort '{source}' has fewer than two patients of known genotype: there is none to guess"
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
    return Suspects(clinic.visit(), genes, candidates, prior / prior.sum(axis=1, keepdims=True), truth)


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


def posterior(policy: Policy, people: Suspects) -> Floats:
    """Probability of each candidate once the first prescription is seen, `(n_patients, n_candidates)`.

    Raises:
        InputError: the policy cannot be copied.
    """
    seen = first_doses(policy, people.visit)
    likelihood = np.empty_like(people.prior)
    for k, codes in enumerate(people.candidates):
        tested = {
            gene: np.tile(codes[g], (len(people), 1)).astype(np.int8) for g, gene in enumerate(people.genes)
        }
        asked = replace(people.visit, genotypes={**people.visit.genotypes, **tested})
        likelihood[:, k] = np.isclose(first_doses(policy, asked), seen).all(axis=1)
    found = people.prior * likelihood
    total = found.sum(axis=1, keepdims=True)
    # Where no candidate has that dose, it says nothing.
    return np.where(total > 0.0, found / np.where(total > 0.0, total, 1.0), people.prior)


def first_doses(policy: Policy, visit: Visit) -> Floats:
    """What is dispensed for each coming day at the first visit, `(n_patients, n_days)`."""
    policy = copied(policy, visit.therapy)
    policy.start(visit)
    return visit.therapy.dispense(policy.prescribe(visit).doses[:, :, 0])


def guesses(
    people: Suspects, belief: Floats
) -> dict[str, tuple[NDArray[np.bool_], Floats, NDArray[np.bool_]]]:
    """What a belief comes to, by gene and for the whole genotype.

    Whether each guess is right, how probable a variant allele is, and whether there is one, `(n_patients,)`.
    """
    found = {
        ALL_GENES: (belief.argmax(axis=1) == people.truth, *_carrying(people, belief, people.candidates))
    }
    for g, gene in enumerate(people.genes):
        codes = people.candidates[:, g]
        pairs, group = np.unique(codes, axis=0, return_inverse=True)
        by_pair = belief @ np.eye(len(pairs))[group.reshape(-1)]
        true = people.visit.genotypes[gene]
        right = (pairs[by_pair.argmax(axis=1)] == np.sort(true, axis=1)).all(axis=1)
        found[gene] = (right, *_carrying(people, belief, codes[:, None], (gene,)))
    return found


def _carrying(
    people: Suspects, belief: Floats, codes: NDArray[np.int8], genes: Sequence[str] | None = None
) -> tuple[Floats, NDArray[np.bool_]]:
    carrier = (codes > 0).any(axis=(1, 2))
    true = np.any([(people.visit.genotypes[gene] > 0).any(axis=1) for gene in genes or people.genes], axis=0)
    # The last digits of a sum are no ranks.
    return (belief @ carrier.astype(np.float64)).round(9), true


def area(score: Floats, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a positive one has the higher score; NaN without both kinds.

    >>> area(np.array([0.1, 0.9, 0.5]), np.array([False, True, True]))
    1.0
    """
    n = int(positive.sum())
    if n in (0, positive.size):
        return float("nan")
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * (positive.size - n)))


def attack(policy: Policy, people: Suspects, seed: int) -> tuple[dict[str, Any], Mapping[str, Floats]]:
    """What the adversary comes to with a policy, and without, by gene; and the gain of each patient.

    Returns:
        By gene: `accuracy`, `accuracy_without` and `gain` of the guess; the same for the `area` under the
        curve of carrying a variant allele; means with 95% intervals. And by gene 1, 0 or -1 for patients who
        are guessed with the policy only, with both or neither, and without it only, `(n_patients,)`.
    """
    resamples = Bootstrap(len(people), seed)
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = generator.integers(len(people), size=(_RESAMPLES, len(people)))
    with_policy, without = guesses(people, posterior(policy, people)), guesses(people, people.prior)
    found, gains = {}, {}
    for gene, (right, score, carrier) in with_policy.items():
        right_without, score_without, _ = without[gene]
        gains[gene] = right.astype(np.float64) - right_without
        found[gene] = {
            "accuracy": resamples.mean(right.astype(np.float64)).as_dict(),
            "accuracy_without": resamples.mean(right_without.astype(np.float64)).as_dict(),
            "gain": resamples.mean(gains[gene]).as_dict(),
            "area": area(score, carrier),
            "area_without": area(score_without, carrier),
            "area_gain": _area_gain(score, score_without, carrier, drawn).as_dict(),
        }
    return found, gains


def _area_gain(
    score: Floats, without: Floats, carrier: NDArray[np.bool_], drawn: NDArray[np.int64]
) -> Estimate:
    gains = [area(score[rows], carrier[rows]) - area(without[rows], carrier[rows]) for rows in drawn]
    known = np.array(gains)[np.isfinite(gains)]
    if not known.size:
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(area(score, carrier) - area(without, carrier), float(low), float(high))


def membership_gap(members: Mapping[str, Floats], others: Mapping[str, Floats]) -> dict[str, Any]:
    """Mean gain on training patients less that on held-out ones, by gene, with 95% intervals."""
    found = {}
    for gene in (gene for gene in members if gene in others):
        one, other = members[gene], others[gene]
        mean = float(one.mean() - other.mean())
        error = float(np.sqrt(one.var(ddof=1) / one.size + other.var(ddof=1) / other.size))
        found[gene] = Estimate(mean, mean - 1.96 * error, mean + 1.96 * error).as_dict()
    return found
