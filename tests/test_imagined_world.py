"""Imagined patients live nearly as real ones do, and take their doses as often."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from pmrl.adherence import IN_RANGE, adherence
from pmrl.agents.assumptions import Assumptions
from pmrl.agents.belief import Belief
from pmrl.agents.imagined_world import quick
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.models.registry import MODELS, model
from pmrl.randomness import Stream, normals, uniforms
from pmrl.solve import course

N, DAYS = 150, 50
LEVEL = 1e-6
"""Biomarkers below this share of their largest are nothing."""


@pytest.mark.parametrize("name", MODELS)
def test_imagined_patients_live_nearly_as_real_ones(name: str) -> None:
    real = model(name)
    most = next(one.grid.maximum for one in map(therapy, THERAPIES) if name in one.models)
    p = real.patients(real.cohorts.maker("sampled", 8, None)(0, N))
    irregular = uniforms(8, np.arange(N * DAYS), Stream.POLICY)[:, 0].reshape(N, DAYS)
    doses = np.where(irregular < 0.25, 0.0, most * irregular)
    found, expected = (course(one, p, doses)[0][:, 1:] for one in (quick(real), real))
    there = expected > LEVEL * expected.max()
    off = np.abs(found[there] / expected[there] - 1.0)
    assert np.quantile(off, 0.999) < (5e-3 if real.approximate is None else 1.5e-3)


@pytest.mark.parametrize("name", [name for name in MODELS if model(name).approximate is not None])
@pytest.mark.parametrize("weeks_off", [0, 4])
def test_they_do_so_also_where_hardly_anybody_is(name: str, weeks_off: int) -> None:
    """Estimates and particles may be moved to 4 SD: what they live on the highest dose stays possible."""
    real = model(name)
    most = next(one.grid.maximum for one in map(therapy, THERAPIES) if name in one.models)
    cohort = real.cohorts.maker("sampled", 8, None)(0, N)
    eta = np.clip(3.0 * normals(8, cohort.ids, Stream.PARAMETER, len(real.random_effects)), -4.0, 4.0)
    p = np.ascontiguousarray(real.individual(real.numbers(None), cohort, eta))
    on = np.arange(112) // 28 % 2 == 0 if weeks_off else np.full(112, True)
    doses = np.tile(np.where(on, most, 0.0), (N, 1))
    (found, states), (expected, _) = (course(one, p, doses)[:2] for one in (quick(real), real))
    assert (states >= -1e-9 * states.max()).all()
    there = expected > LEVEL * np.median(expected)
    assert (found[there] > 0.0).all()
    assert np.quantile(np.abs(np.log(found[there] / expected[there])), 0.99) < 0.1


def test_a_propagator_that_is_not_exact_is_for_the_imagined_only() -> None:
    approximate = [one for one in map(model, MODELS) if one.approximate is not None]
    assert {one.drug for one in approximate} == {"tacrolimus", "mercaptopurine", "allopurinol", "efavirenz"}
    for real in approximate:
        assert (real.day, quick(real).day) == (None, real.approximate and real.approximate.day)


@pytest.mark.parametrize("taken", [IN_RANGE, adherence(0.5), adherence(1.0)], ids=["in-range", "half", "all"])
def test_shares_of_missed_doses_are_those_of_the_distribution(taken) -> None:
    eta = np.linspace(-4.5, 4.5, 997)
    belief = Belief(therapy("warfarin"), Assumptions(adherence=taken))
    np.testing.assert_allclose(belief._shares(eta), taken.shares_at(ndtr(eta)), atol=1e-5)
