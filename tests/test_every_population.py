"""Patients of every drug: genes, covariates and random effects as described; the same people always."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import combinations, pairwise
from multiprocessing import get_context

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri
from test_every_model import Case, each_case

from pmrl import iwpc
from pmrl.cohort import Cohort, resampled_rows
from pmrl.cohort_sampling import ancestry_shares
from pmrl.drawn_population import DrawnPopulation
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.genetics import ANCESTRIES, GENES, diplotype_probabilities
from pmrl.models.registry import model
from pmrl.population import Population
from pmrl.randomness import Stream, normals

Floats = NDArray[np.float64]
N, SEED, ERRORS = 10_000, 11, 4.0
"""Patients, their seed, and standard errors by which a moment may be off."""
QUANTILES = (np.arange(999) + 0.5) / 999
"""Over which an expectation is taken."""
SPREAD, CORRELATION = 0.04, 0.04
"""Of an SD, relative; of a correlation: four standard errors, and the little that curved transforms add."""
ABOUT = 0.10
"""By how much a median may differ from the typical value, relative; the share of a flag, absolute."""
every_drug = pytest.mark.parametrize("drug", THERAPIES)


@cache
def people(drug: str, ancestry: str | None = None, source: str = "sampled") -> Cohort:
    return therapy(drug).population.maker(source, SEED, ancestry)(0, N)


def ancestries(population: Population) -> dict[str, float]:
    """Share of each ancestry that there is."""
    drawn = isinstance(population, DrawnPopulation)
    shares = ancestry_shares({k: float(x) for k, x in population.ancestry.items()} if drawn else None)
    return {name: share for name, share in zip(ANCESTRIES, shares, strict=True) if share > 0.0}


def require_shares(found: Floats, expected: Floats) -> None:
    """Shares of N patients; one patient more or less is nothing."""
    error = ERRORS * np.sqrt(expected * (1.0 - expected) / N)
    assert (np.abs(found - expected) <= np.where(expected > 0.0, error + 1.0 / N, 0.0)).all()


@every_drug
def test_genes_are_as_frequent_as_the_tables_say(drug: str) -> None:
    """In every ancestry: alleles, the two copies of a patient, and the genes independent of each other."""
    population = therapy(drug).population
    for ancestry in ancestries(population):
        carriers = []
        for gene in population.genes:
            codes = people(drug, ancestry).genotypes[gene].astype(np.int64)
            expected = GENES[gene].frequency(ancestry)
            found = np.bincount(codes.ravel(), minlength=expected.size) / (2 * N)
            assert (found[expected == 0.0] == 0.0).all()
            error = ERRORS * np.sqrt(expected * (1.0 - expected) / (2 * N))
            assert (np.abs(found - expected) <= error + 0.5 / N).all(), f"{gene}, {ancestry}"
            pairs = diplotype_probabilities(gene, ancestry)
            shares = [np.mean((codes == pair).all(axis=1)) for pair in pairs]
            require_shares(np.array(shares), np.array(list(pairs.values())))
            carriers.append((codes > 0).any(axis=1).astype(np.float64))
        for one, other in combinations(carriers, 2):
            require_shares((one * other).mean(keepdims=True), one.mean(keepdims=True) * other.mean())


@every_drug
def test_ancestries_have_their_shares(drug: str) -> None:
    shares = ancestries(therapy(drug).population)
    found = np.bincount(people(drug).ancestry, minlength=len(ANCESTRIES)) / N
    require_shares(found, np.array([shares.get(name, 0.0) for name in ANCESTRIES]))


@every_drug
def test_covariates_are_within_their_limits_and_typically_typical(drug: str) -> None:
    for one in therapy(drug).population.covariates:
        values, typical = people(drug).covariates[one.name], float(one.typical)
        assert np.isfinite(values).all()
        assert one.low <= values.min() < values.max() <= one.high
        if one.unit == "0/1":
            assert set(np.unique(values)) == {0.0, 1.0}
            assert abs((values.mean() if 0.0 < typical < 1.0 else np.median(values)) - typical) <= ABOUT, one
        else:
            assert np.median(values) == pytest.approx(typical, rel=ABOUT), one.name


@every_drug
def test_covariates_are_drawn_from_their_distributions(drug: str) -> None:
    """Mean and SD are those of the draw, over all its quantiles and the covariates before it."""
    population, cohort = therapy(drug).population, people(drug)
    if not isinstance(population, DrawnPopulation):
        return  # What a recorded population draws is compared with its records in `test_cohort`.
    for one in population.covariates:
        assert one.draw is not None
        # A thousand quantiles of ten thousand patients: each patient's is of another one, ten times over.
        shuffled = np.random.default_rng(1).permutation(np.resize(QUANTILES, N))
        expected, values = one.draw(shuffled, cohort.covariates), cohort.covariates[one.name]
        error = ERRORS * np.hypot(values.std(), expected.std()) / np.sqrt(N)
        assert values.mean() == pytest.approx(expected.mean(), abs=error), one.name
        assert values.std() == pytest.approx(expected.std(), rel=10.0 * ERRORS / np.sqrt(2 * N)), one.name


def spread(case: Case) -> Floats:
    """Covariance of the logarithms of individual parameters that the effects make one at a time, summed.

    Each effect takes all quantiles of the standard normal, in one patient without the others.
    """
    m, n = case.model, QUANTILES.size
    patient = case.patients(1).take(np.zeros(n, dtype=np.int64))
    total = np.zeros((len(m.parameters), len(m.parameters)))
    for effect in range(len(m.random_effects)):
        eta = np.zeros((n, len(m.random_effects)))
        eta[:, effect] = ndtri(QUANTILES)
        total += np.cov(np.log(m.individual(m.numbers(case.numbers), patient, eta)), rowvar=False)
    return total


def correlation(covariance: Floats, moved: NDArray[np.bool_]) -> Floats:
    sd = np.sqrt(np.diag(covariance)[moved])
    return np.asarray(covariance[np.ix_(moved, moved)] / np.outer(sd, sd))


@each_case
def test_random_effects_are_standard_normal_and_move_the_parameters_as_they_should(case: Case) -> None:
    m, cohort = case.model, case.patients(N)
    eta = normals(cohort.seed, cohort.ids, Stream.PARAMETER, len(m.random_effects))
    assert np.abs(eta.mean(axis=0)).max() < ERRORS / np.sqrt(N)
    assert np.abs(eta.std(axis=0) - 1.0).max() < ERRORS / np.sqrt(2 * N)
    others = np.corrcoef(np.atleast_2d(eta.T)) - np.eye(eta.shape[1])
    assert np.abs(others).max() < ERRORS / np.sqrt(N)
    p = m.patients(cohort, case.numbers)
    np.testing.assert_array_equal(p, m.individual(m.numbers(case.numbers), cohort, eta))
    found = np.cov(np.log(p / m.patients(cohort, case.numbers, typical=True)), rowvar=False)
    expected = spread(case)
    moved = np.diag(expected) > 1e-12
    assert moved.sum() >= len(m.random_effects)
    assert np.diag(found)[~moved].max(initial=0.0) < 1e-12
    np.testing.assert_allclose(np.diag(found)[moved] ** 0.5, np.diag(expected)[moved] ** 0.5, rtol=SPREAD)
    difference = correlation(found, moved) - correlation(expected, moved)
    assert np.abs(difference).max() < CORRELATION


def identities(drug: str, part: str) -> NDArray[np.int64]:
    """Who the patients of a part are: rows of the records where they are recorded, else ids."""
    cohort = people(drug, source=part)
    if isinstance(therapy(drug).population, DrawnPopulation):
        return cohort.ids
    return iwpc.split(iwpc.load())[part][resampled_rows(iwpc.part(part), cohort.ids, SEED)]


@every_drug
def test_parts_share_no_patient(drug: str) -> None:
    """Of recorded parts no record: patient i of one seed has the same random effects in each of them."""
    parts = [np.unique(identities(drug, part)) for part in iwpc.SPLITS]
    assert np.unique(np.concatenate(parts)).size == sum(part.size for part in parts)


def arrays(drug: str, cohort: Cohort) -> Iterator[NDArray[np.generic]]:
    """All that is known of patients, and their parameters by the therapy's first model."""
    yield from (cohort.ids, cohort.ancestry)
    for kind in (cohort.covariates, cohort.genotypes, cohort.known_covariates, cohort.known_genotypes):
        yield from (kind[name] for name in sorted(kind))
    yield model(therapy(drug).models[0]).patients(cohort)


@every_drug
@pytest.mark.parametrize("source", ["train", "test", "sampled"])
def test_a_patient_is_the_same_in_any_order_and_batch(drug: str, source: str) -> None:
    make = therapy(drug).population.maker(source, SEED, None)
    together, order = make(0, 40), np.random.default_rng(0).permutation(40)
    expected = list(arrays(drug, together))
    for a, b in zip(arrays(drug, together.take(order)), expected, strict=True):
        np.testing.assert_array_equal(a, b[order])
    for first, end in pairwise((0, 1, 17, 40)):
        for a, b in zip(arrays(drug, make(first, end - first)), expected, strict=True):
            np.testing.assert_array_equal(a, b[first:end])
    other = therapy(drug).population.maker(source, SEED + 1, None)(0, 40)
    assert not np.array_equal(list(arrays(drug, other))[-1], expected[-1])


def digests(n: int) -> dict[str, str]:
    """A hash of every array of some patients of every drug."""
    found = {}
    for drug in THERAPIES:
        cohort = therapy(drug).population.maker("train", SEED, None)(5, n)
        found[drug] = sha256(b"".join(array.tobytes() for array in arrays(drug, cohort))).hexdigest()
    return found


def test_another_process_makes_the_same_patients() -> None:
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(digests, (300,)) == digests(300)
