"""Model inversion: how well a policy and demographics reveal a genotype to who knows a patient's dose.

The adversary knows what the prescriber knew at the first visit but for the genotypes, and may ask the policy
what it would prescribe then for any genotype. The guess is the genotype of highest posterior probability:
allele frequencies of the patient's ancestry (of the population where race is not recorded), times the
likelihood of the dose that is known. Without the policy, the guess is that of the allele frequencies alone.

- `first-dose`: the adversary saw the dose that this policy prescribed first. The likelihood is 1 for
  genotypes with that very dose and 0 for others.
- `stable-dose`: the adversary knows the dose on which the patient was stable in the end, whoever prescribed
  it, and takes the policy's first dose for a prediction of it, as Fredrikson did: the square roots of the
  two, in which such doses are predicted (IWPC 2009), are on a line with normal errors. The line is fitted to
  the very patients who are guessed, which is to the adversary's advantage.

A dose that depends on the genotype reveals something of it whoever it was learned on; whether a policy knows
its training patients better than others is the difference between those and held-out ones.

References: Fredrikson et al., Privacy in pharmacogenetics: an end-to-end case study of personalized warfarin
dosing, USENIX Security 2014:17. IWPC, NEJM 2009;360:753.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pmrl.agents.policy import Policy
from pmrl.envs.visit import Visit
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.suspects import Suspects
from pmrl.experiments.treatment import copied

Floats = NDArray[np.float64]
ALL_GENES = "all genes"
_RESAMPLES = 500
"""Of the areas under the curve, which cost a sort each."""

_EXACT = 1e-12
"""Squared error, mg/day, of a prediction that is right: no likelihood is a division by 0."""


def posterior(policy: Policy, people: Suspects, knows: str = "first-dose") -> Floats:
    """Probability of each candidate once the dose is known, `(n_patients, n_candidates)`.

    Args:
        policy: that may be asked.
        people: whose genotypes are guessed.
        knows: key of `LIKELIHOODS`.

    Raises:
        InputError: the policy cannot be copied.
    """
    asked = np.stack([first_doses(policy, _as_if(people, codes)) for codes in people.candidates], axis=1)
    found = people.prior * LIKELIHOODS[knows](people, first_doses(policy, people.visit), asked)
    total = found.sum(axis=1, keepdims=True)
    # Where no candidate has that dose, it says nothing.
    belief = people.prior.copy()
    np.divide(found, total, out=belief, where=total > 0.0)
    return belief


def _as_if(people: Suspects, codes: NDArray[np.int8]) -> Visit:
    """The first visit, were everybody of this genotype."""
    tested = {
        gene: np.tile(codes[g], (len(people), 1)).astype(np.int8) for g, gene in enumerate(people.genes)
    }
    return replace(people.visit, genotypes={**people.visit.genotypes, **tested})


def _of_first_dose(people: Suspects, seen: Floats, asked: Floats) -> Floats:
    same = np.isclose(asked, seen[:, None])
    return np.asarray(same.all(axis=2), dtype=np.float64)


def _of_stable_dose(people: Suspects, seen: Floats, asked: Floats) -> Floats:
    known = np.sqrt(people.stable_dose)
    own, others = np.sqrt(seen.mean(axis=1)), np.sqrt(asked.mean(axis=2))
    line = np.polynomial.Polynomial.fit(own, known, 1 if np.ptp(own) > 0.0 else 0)
    error = max(float(np.var(known - line(own))), _EXACT)
    return np.asarray(np.exp(-0.5 * (known[:, None] - line(others)) ** 2 / error))


LIKELIHOODS: Mapping[str, Callable[[Suspects, Floats, Floats], Floats]] = {
    "first-dose": _of_first_dose,
    "stable-dose": _of_stable_dose,
}
"""What the adversary may know of the doses: patients, what was dispensed to them for each coming day,
`(n_patients, n_days)`, and what would be for each candidate, `(n_patients, n_candidates, n_days)` -> up to a
factor, the likelihood of what is known for each candidate, `(n_patients, n_candidates)`."""


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


def attack(
    policy: Policy, people: Suspects, seed: int, knows: str = "first-dose"
) -> tuple[dict[str, Any], Mapping[str, Floats]]:
    """What the adversary comes to with a policy, and without, by gene; and the gain of each patient.

    Args:
        policy: that may be asked.
        people: whose genotypes are guessed.
        seed: of the intervals.
        knows: key of `LIKELIHOODS`.

    Returns:
        By gene: `accuracy`, `accuracy_without` and `gain` of the guess; the same for the `area` under the
        curve of carrying a variant allele; means with 95% intervals. And by gene 1, 0 or -1 for patients who
        are guessed with the policy only, with both or neither, and without it only, `(n_patients,)`.
    """
    resamples = Bootstrap(len(people), seed)
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = generator.integers(len(people), size=(_RESAMPLES, len(people)))
    with_policy, without = guesses(people, posterior(policy, people, knows)), guesses(people, people.prior)
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
