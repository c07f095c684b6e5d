"""More particles where few agree: the posterior is the exact one, also where nobody agreed at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.belief import Belief
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario

PHENYTOIN = therapy("phenytoin")
N = 40


class Told(Belief):
    """A particle's biomarker is exp of its first random effect, or far from any lab in the first round."""

    first = True
    rounds = 0

    def _live(self, particles: Any, rows: Any, *_: Any) -> NDArray[np.float64]:
        self.rounds += 1
        level = np.exp(particles.eta[:, 0]).reshape(rows.size, self.size)
        return level if self.first or self.rounds > 1 else np.full_like(level, 1e6)


def updated(lab: float, first: bool = True, **options: Any) -> Told:
    clinic = Clinic(PHENYTOIN, Scenario(cohort="validation"), N, 7)
    clinic.admit(np.arange(N))
    belief = Told(PHENYTOIN, Assumptions(**options))
    belief.first = first
    belief.start(clinic.visit())
    clinic.treat(np.full((N, 1), PHENYTOIN.standard_dose))
    visit = clinic.visit()
    past = replace(visit.history, lab=np.full_like(visit.history.lab, lab))
    belief._seen = past.count - 1
    belief.update(replace(visit, history=past))
    return belief


@pytest.mark.parametrize(("sds", "first"), [(0.5, True), (2.5, True), (3.0, True), (1.0, False)])
def test_the_posterior_is_the_exact_one(sds: float, first: bool) -> None:
    """Of ln level ~ N(0, 1) and a lab with an error of that SD, in mean and SD, over patients."""
    belief = updated(float(np.exp(sds)), first)
    eta, weight = belief.particles.eta[:, 0].reshape(N, -1), np.exp(belief.weight)
    error = PHENYTOIN.variability.assay_sd
    mean = (weight * eta).sum(axis=1)
    sd = np.sqrt((weight * (eta - mean[:, None]) ** 2).sum(axis=1))
    exact = error / np.sqrt(1.0 + error**2)
    assert belief.rounds > 1
    assert mean.mean() == pytest.approx(sds / (1.0 + error**2), abs=0.2 * exact)
    assert sd.mean() == pytest.approx(exact, rel=0.2)
    assert mean.std() < 0.5 * exact


def test_there_is_an_end_to_it() -> None:
    belief = updated(float(np.exp(60.0)), rounds=5)
    assert belief.rounds == 5
    assert np.isfinite(belief.particles.eta).all()
    np.testing.assert_allclose(np.exp(belief.weight).sum(axis=1), 1.0)
