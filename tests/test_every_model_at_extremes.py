"""The most extreme patients and doses: everything is a number, and nothing below zero but by rounding."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_every_model import Case, each_case

from pmrl.cohort import Cohort
from pmrl.genetics import ANCESTRIES, GENES
from pmrl.population import Covariate
from pmrl.solve import course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]
LIMIT = 1e-8
"""Of the largest amount in a patient. The general kernel measures its error by the peak of a state, and at
least by a share of the largest state: what falls far below it between two doses ends up to 2e-9 below zero
(the gut with allopurinol, plasma with mercaptopurine)."""
LEAST = 1e-290
"""Amount below which nothing is said: the general kernel takes 1e-300 for nothing."""
DAYS, FACTOR, HUGE, SD = 20, 10.0, 1000.0, 3.0
"""Days at most; times the largest dose, every day and once; of the random effects."""


def diplotypes(gene: str) -> list[str]:
    return ["/".join(pair) for pair in combinations_with_replacement(GENES[gene].alleles, 2)]


def require_sound(case: Case, cohort: Cohort, eta: Floats, doses: Floats) -> None:
    """Parameters, states, biomarker, harm and maintenance dose of these patients after these doses."""
    m = case.model
    p = np.ascontiguousarray(m.individual(m.numbers(case.numbers), cohort, eta))
    bad = [m.parameters[i] for i in np.flatnonzero(~(np.isfinite(p) & (p > 0.0)).all(axis=0))]
    assert bad == []
    values, states = course(m, p, doses)
    assert np.isfinite(values).all()
    assert np.isfinite(states).all()
    swallowed = np.array([m.intake(dose, one) for dose, one in zip(doses.max(axis=1), p, strict=True)])
    largest = np.maximum(np.maximum(m.initial(p), states).max(axis=1, initial=LEAST), swallowed)
    below = [m.states[j] for j in np.flatnonzero((states < -LIMIT * largest[:, None]).any(axis=0))]
    assert below == []
    assert (values >= -LIMIT * np.maximum(values.max(axis=1), largest)[:, None]).all()
    if m.harm is not None:
        harm = [m.harm(dose, y, one) for dose, y, one in zip(doses[:, -1], states, p, strict=True)]
        assert np.isfinite(harm).all()
        assert min(harm) >= 0.0
    needed = m.maintenance_dose(p, case.therapy.target)
    assert np.isfinite(needed).all()
    assert (needed >= 0.0).all()


def values_of(one: Covariate) -> st.SearchStrategy[float]:
    ends = st.sampled_from([one.low, one.high])
    return ends if one.unit == "0/1" else ends | st.floats(one.low, one.high)


@st.composite
def lives(draw: st.DrawFn, case: Case) -> tuple[Cohort, Floats, Floats]:
    """A patient, random effects and doses."""
    people, most = case.model.cohorts, case.therapy.grid.maximum
    genotype = {gene: draw(st.sampled_from([*diplotypes(gene), "unknown"])) for gene in people.genes}
    covariates = {one.name: draw(values_of(one)) for one in people.covariates}
    # Warfarin's own population too: its limits are wider than those of a described patient.
    patient = typical_patient(genotype, draw(st.sampled_from(ANCESTRIES)), population=people, **covariates)
    eta = [draw(st.floats(-SD, SD)) for _ in case.model.random_effects]
    dose = st.sampled_from([0.0, FACTOR * most, HUGE * most]) | st.floats(0.0, FACTOR * most)
    doses = draw(st.lists(dose, min_size=1, max_size=DAYS))
    return patient, np.array([eta]), np.array([doses])


@each_case
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_nothing_breaks_at_the_extremes(case: Case, data: st.DataObject) -> None:
    require_sound(case, *data.draw(lives(case)))


def everybody(case: Case, random: np.random.Generator) -> Cohort:
    """Each combination of diplotypes in each ancestry, with every covariate at one of its limits."""
    people = case.model.cohorts
    pairs = [list(combinations_with_replacement(range(len(GENES[g].alleles)), 2)) for g in people.genes]
    found = list(product(range(len(ANCESTRIES)), *pairs))
    covariates = {one.name: random.choice([one.low, one.high], len(found)) for one in people.covariates}
    genotypes = {g: np.array([row[k + 1] for row in found], np.int8) for k, g in enumerate(people.genes)}
    ancestry = np.array([row[0] for row in found], dtype=np.int8)
    ids = np.arange(len(found), dtype=np.int64)
    return Cohort(0, ids, ancestry, covariates, genotypes, covariates, genotypes)


@each_case
def test_no_genotype_breaks_at_the_corners(case: Case) -> None:
    """Every random effect is at 3 SD; doses are none or large on any day, or one is huge."""
    random = np.random.default_rng(1)
    cohort = everybody(case, random)
    eta = SD * random.choice([-1.0, 1.0], (len(cohort), len(case.model.random_effects)))
    most = case.therapy.grid.maximum
    require_sound(case, cohort, eta, random.choice([0.0, FACTOR * most], (len(cohort), DAYS)))
    require_sound(case, cohort, eta, np.tile([HUGE * most, *(DAYS - 1) * [0.0]], (len(cohort), 1)))
