"""Every option of a scenario does what it says, in the right direction."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from pmrl.agents.registry import policy
from pmrl.cohort import Cohort
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import Course, rollout

THERAPY = therapy("warfarin")
N = 80


def treated(rule: str = "fixed", **options: Any) -> Course:
    return rollout(policy(rule, THERAPY), THERAPY, Scenario(**options), N, 5)


def admitted(**options: Any) -> Clinic:
    clinic = Clinic(THERAPY, Scenario(**options), N, 5)
    clinic.admit(np.arange(N))
    return clinic


def test_every_option_is_documented() -> None:
    text = Scenario.__doc__ or ""
    for field in fields(Scenario):
        assert f"\n        {field.name}: " in text, f"Scenario's docstring does not explain {field.name}"


def test_a_delayed_lab_is_of_older_blood() -> None:
    prompt, late = treated(assay_sd=0.0), treated(assay_sd=0.0, lab_delay_days=3)
    np.testing.assert_array_equal(prompt.latent, late.latent)
    visits = prompt.visit_day[0].astype(int)
    np.testing.assert_array_equal(prompt.lab, prompt.latent[:, visits])
    np.testing.assert_array_equal(late.lab, late.latent[:, np.maximum(visits - 3, 0)])


def test_assay_noise_has_the_size_it_is_given() -> None:
    course = treated(assay_sd=0.2)
    truth = course.latent[:, course.visit_day[0].astype(int)]
    inside = (course.lab > 0.5) & (course.lab < 20.0)
    assert np.log(course.lab / truth)[inside].std() == pytest.approx(0.2, rel=0.1)


def test_missed_visits_lengthen_intervals() -> None:
    usual, missed = treated(), treated(missed_visits=0.4)
    assert np.isfinite(usual.visit_day).sum(axis=1).tolist() == [17] * N
    count = np.isfinite(missed.visit_day).sum(axis=1)
    assert 0.5 * 17 < count.mean() < 0.75 * 17
    gaps = np.diff(missed.visit_day, axis=1)
    assert np.nanmax(gaps) >= 21
    scheduled = set(usual.visit_day[0].tolist())
    assert set(missed.visit_day[np.isfinite(missed.visit_day)].tolist()) <= scheduled
    assert (np.nanmax(missed.visit_day, axis=1) == 90).all()


def test_missed_visits_also_happen_to_those_who_choose_their_visits() -> None:
    kept = treated("aurora", visits="protocol")
    missed = treated("aurora", visits="protocol", missed_visits=0.5)
    assert np.isfinite(missed.visit_day).sum() < 0.8 * np.isfinite(kept.visit_day).sum()


def test_protocol_visits_follow_the_policy_and_end_with_the_episode() -> None:
    course = treated("aurora", visits="protocol")
    days = [row[np.isfinite(row)] for row in course.visit_day]
    assert len({len(row) for row in days}) > 3
    for row in days:
        assert (np.diff(row) > 0).all()
        assert row[-1] == 90


def test_surgery_holds_the_drug() -> None:
    usual, held = admitted(), admitted(surgery=True)
    for clinic in (usual, held):
        while not clinic.done.all():
            clinic.treat(np.full((N, 1), 5.0))
    stopped = (usual.world.taken > 0) & (held.world.taken == 0)
    assert stopped.any(axis=1).mean() > 0.9
    assert held.world.held.sum(axis=1).max() == 5
    assert (held.latent[:, -1] <= usual.latent[:, -1] + 1e-9).all()
    np.testing.assert_array_equal(usual.world.taken[~held.world.held], held.world.taken[~held.world.held])


def test_established_patients_bring_a_history_near_the_target() -> None:
    clinic = admitted(start="established")
    visit = clinic.visit()
    assert visit.established
    assert visit.history.day[:, :3].tolist() == [[-28.0, -14.0, 0.0]] * N
    np.testing.assert_array_equal(visit.history.interval[:, :2], np.full((N, 2), 14.0))
    assert np.isfinite(visit.history.lab[:, :3]).all()
    np.testing.assert_array_equal(visit.previous("dose"), clinic.prescribed[:, 0])
    today = clinic.latent[:, 0]
    assert 2.0 < np.median(today) < 3.0
    assert ((today > 1.5) & (today < 4.0)).mean() > 0.7
    assert np.median(admitted().latent[:, 0]) < 1.3
    course = treated(start="established")
    assert course.prescribed.shape == (N, 90)
    assert course.latent.shape == (N, 91)


def test_established_patients_who_take_everything_are_in_range() -> None:
    clinic = admitted(start="established", adherence="full", occasion_sd=0.0)
    assert ((clinic.latent[:, 0] > 1.9) & (clinic.latent[:, 0] < 3.2)).mean() > 0.9


@pytest.mark.parametrize("drug", ["amiodarone", "antibiotic"])
def test_interacting_drugs_raise_the_inr(drug: str) -> None:
    usual, interacting = treated(), treated(interaction=drug)
    np.testing.assert_array_equal(usual.latent[:, 0], interacting.latent[:, 0])
    assert (interacting.latent >= usual.latent - 1e-9).all()
    assert (interacting.latent > usual.latent + 0.01).any(axis=1).mean() > 0.8


def test_vitamin_k_swings_both_ways() -> None:
    usual, swinging = treated(), treated(vitamin_k=0.3)
    difference = swinging.latent - usual.latent
    assert (difference.max(axis=1) > 0.02).mean() > 0.8
    assert (difference.min(axis=1) < -0.02).mean() > 0.8


def test_adherence_scales_what_is_taken() -> None:
    taken = {}
    for adherence in ("full", "in-range", 0.5):
        clinic = admitted(adherence=adherence)
        while not clinic.done.all():
            clinic.treat(np.full((N, 1), 4.0))
        taken[adherence] = clinic.world.taken.mean()
    assert taken["full"] == 4.0
    assert taken["in-range"] / 4.0 == pytest.approx(1.0 - 0.188 + 0.033, abs=0.06)
    assert taken[0.5] / 4.0 == pytest.approx(0.5, abs=0.08)


def test_without_variability_weeks_are_alike() -> None:
    still = treated(occasion_sd=0.0, adherence="full")
    assert np.abs(np.diff(still.latent[:, -14:])).max() < 0.02
    assert np.abs(np.diff(treated(adherence="full").latent[:, -14:])).max() > 0.05


@pytest.mark.parametrize("days", [1, 30, 365])
def test_an_episode_lasts_as_long_as_it_is_asked(days: int) -> None:
    course = treated(days=days)
    assert course.latent.shape == (N, days + 1)
    assert np.isfinite(course.latent).all()
    assert np.nanmax(course.visit_day) == days
    longer = treated(days=90)
    shared = min(days, 90)
    np.testing.assert_array_equal(course.latent[:, : shared + 1], longer.latent[:, : shared + 1])


def test_cohorts_are_different_people() -> None:
    ages = {
        cohort: admitted(cohort=cohort).known_covariates["age"]
        for cohort in ("train", "validation", "test", "sampled")
    }
    names = list(ages)
    for a in names:
        for b in names:
            assert a == b or not np.array_equal(ages[a], ages[b], equal_nan=True)


def test_ancestry_is_chosen_for_sampled_patients() -> None:
    asian = admitted(cohort="sampled", ancestry="East Asian")
    african = admitted(cohort="sampled", ancestry="African")
    counts = [clinic.visit().allele_count("VKORC1", "A").mean() for clinic in (asian, african)]
    assert counts[0] > 1.5 > 0.6 > counts[1]


def test_a_given_cohort_is_used_and_repeated_in_order() -> None:
    cohort = Cohort.sample(30, seed=9)
    clinic = admitted(cohort=cohort)
    np.testing.assert_array_equal(clinic.known_covariates["age"], np.tile(cohort.covariates["age"], 3)[:N])


@pytest.mark.parametrize("model", THERAPY.models)
def test_every_model_is_a_patient(model: str) -> None:
    course = treated(model=model, days=30)
    assert np.isfinite(course.latent).all()
    assert np.median(course.latent[:, -1]) > np.median(course.latent[:, 0])
