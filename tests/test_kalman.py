"""A running estimate: a linear case by the closed form, truth is found, and company does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.adherence import FULL
from pmrl.agents import kalman
from pmrl.agents.assumptions import Assumptions
from pmrl.agents.catalogue import resolve
from pmrl.agents.curate import PROTOCOLS
from pmrl.agents.kalman import KalmanEstimate, moved_states
from pmrl.agents.map_estimate import MapEstimate
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario

Floats = NDArray[np.float64]
N = 60


def followed(
    drug: str,
    estimate: KalmanEstimate | MapEstimate,
    scenario: Scenario,
    n: int = N,
    rule: str | None = None,
) -> Clinic:
    """Patients under the protocol that calibrates their drug, each visit shown to the estimate."""
    chosen = therapy(drug)
    clinic = Clinic(chosen, scenario, n, 7_001)
    clinic.admit(np.arange(n))
    policy = resolve(rule or PROTOCOLS[drug], chosen)
    policy.start(clinic.visit())
    estimate.start(clinic.visit())
    while not clinic.done.all():
        estimate.update(clinic.visit())
        clinic.treat(clinic.dispense(policy.prescribe(clinic.visit())))
    estimate.update(clinic.visit())
    return clinic


def off_target(estimate: Floats, clinic: Clinic, drug: str, intake: float, taken: Floats | float) -> Floats:
    """ln of the dose believed to hold the target over the one that does, as far as doses go."""
    chosen, model = therapy(drug), clinic.world.model
    ends = 1e-3 * chosen.grid.maximum, 3.0 * chosen.grid.maximum
    believed = model.maintenance_dose(np.ascontiguousarray(estimate), chosen.target) / intake
    true = model.maintenance_dose(clinic.world.parameters, chosen.target) / taken
    return np.log(np.clip(believed, *ends)) - np.log(np.clip(true, *ends))


@pytest.mark.parametrize("drug", ["warfarin", "phenytoin", "efavirenz"])
def test_labs_tell_the_dose_that_holds_the_target(drug: str) -> None:
    estimate = KalmanEstimate(therapy(drug))
    clinic = followed(drug, estimate, Scenario(cohort="validation" if drug == "warfarin" else "sampled"))
    shares = clinic.world.shares
    taken = 1.0 - shares[:, 0] + shares[:, 1]
    intake = estimate.assumptions.adherence.net_intake
    after = off_target(estimate.parameters[:, 0], clinic, drug, intake, taken)
    estimate.start(clinic.visit())
    before = off_target(estimate.parameters[:, 0], clinic, drug, intake, taken)
    assert np.sqrt(np.mean(after**2)) < 0.65 * np.sqrt(np.mean(before**2))


def test_it_comes_near_to_the_fit_of_all_labs_at_once() -> None:
    scenario = Scenario(cohort="validation", adherence=1.0)
    assumed = Assumptions(adherence=FULL)
    running, fitted = KalmanEstimate(therapy("warfarin"), assumed), MapEstimate(therapy("warfarin"), assumed)
    clinic = followed("warfarin", running, scenario)
    followed("warfarin", fitted, scenario)
    one = off_target(running.parameters[:, 0], clinic, "warfarin", 1.0, 1.0)
    other = off_target(fitted.parameters, clinic, "warfarin", 1.0, 1.0)
    assert np.sqrt(np.mean(one**2)) < 1.25 * np.sqrt(np.mean(other**2))
    assert np.sqrt(np.mean((running.eta - fitted.eta) ** 2)) < 0.35


def test_a_lab_moves_mean_and_covariance_as_in_a_linear_model(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = KalmanEstimate(therapy("warfarin"))
    monkeypatch.setattr(kalman, "_FARTHEST_STEP", np.inf)
    clinic = Clinic(therapy("warfarin"), Scenario(cohort="sampled"), 3, 1)
    clinic.admit(np.arange(3))
    estimate.start(clinic.visit())
    slope = np.array([[0.4, -0.2, 0.3]])[:, : len(estimate.effects)]
    latent = 2.0 * np.exp(np.hstack([[[0.0]], kalman.STEP * slope])).repeat(3, axis=0)
    estimate._learn(np.arange(3), latent, np.array([2.6, 2.0, np.nan]))
    noise = estimate.therapy.variability.assay_sd**2 + estimate._unexplained**2
    precision = np.eye(slope.size) + slope.T @ slope / noise
    covariance = np.linalg.inv(precision)
    for row, lab in enumerate((2.6, 2.0)):
        np.testing.assert_allclose(estimate.covariance[row], covariance, atol=1e-10)
        expected = covariance @ slope[0] * np.log(lab / 2.0) / noise
        np.testing.assert_allclose(estimate.eta[row], expected, atol=1e-10)
    np.testing.assert_array_equal(estimate.covariance[2], np.eye(slope.size))
    np.testing.assert_array_equal(estimate.eta[2], 0.0)


def test_states_move_in_ln_where_they_are_positive() -> None:
    near = np.array([[[2.0, 0.0], [2.0 * np.exp(0.5 * kalman.STEP), 1.0]]])
    moved = moved_states(near, np.array([[0.3]]))
    np.testing.assert_allclose(moved[0, 0], [2.0 * np.exp(0.15), 0.3 / kalman.STEP])
    np.testing.assert_allclose(
        moved[0, 1] / moved[0, 0], [np.exp(0.5 * kalman.STEP), 1.0 + kalman.STEP / 0.3]
    )


@pytest.mark.parametrize("drug", [drug for drug in THERAPIES if drug != "mercaptopurine"])
def test_doses_at_random_leave_estimates_that_are_numbers(drug: str) -> None:
    estimate = KalmanEstimate(therapy(drug))
    followed(drug, estimate, Scenario(), 400, "random")
    assert np.isfinite(estimate.parameters).all()
    assert np.isfinite(estimate.states).all()


@pytest.mark.parametrize("drug", THERAPIES)
def test_every_drug_has_estimates_in_whatever_company(drug: str) -> None:
    scenario = Scenario(days=28)
    together, alone = KalmanEstimate(therapy(drug)), KalmanEstimate(therapy(drug))
    followed(drug, together, scenario, 5)
    followed(drug, alone, scenario, 2)
    np.testing.assert_allclose(alone.eta, together.eta[:2], rtol=1e-6, atol=1e-8)
    spread = np.linalg.eigvalsh(together.covariance)
    assert (spread > 0.0).all()
    assert (spread <= 1.0 + 1e-9).all()
    assert np.isfinite(together.parameters).all()
    assert np.isfinite(together.biomarker()).all()


def test_rows_may_begin_anew_at_any_time() -> None:
    chosen, days = therapy("warfarin"), Scenario(cohort="sampled", days=28)
    clinic = Clinic(chosen, days, 4, 5)
    clinic.admit(np.arange(4))
    estimate, fresh = KalmanEstimate(chosen), KalmanEstimate(chosen)
    estimate.start(clinic.visit())
    for _ in range(3):
        estimate.update(clinic.visit())
        clinic.treat(clinic.dispense(resolve("fixed", chosen).prescribe(clinic.visit())))
    rows = np.array([1, 3])
    clinic.admit(np.array([7, 9]), rows)
    before = estimate.eta[0].copy()
    estimate.start(clinic.visit(), rows)
    np.testing.assert_array_equal(estimate.eta[rows], 0.0)
    np.testing.assert_array_equal(estimate.eta[0], before)
    fresh.start(clinic.visit())
    np.testing.assert_array_equal(estimate.parameters[rows], fresh.parameters[rows])
    np.testing.assert_array_equal(estimate.states[rows], fresh.states[rows])
