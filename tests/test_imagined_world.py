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
from pmrl.randomness import Stream, uniforms
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
