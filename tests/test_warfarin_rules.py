"""What the warfarin rules do at a visit: holds, gaps in the labs, starts, refinement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_clinic import REFERENCE, THERAPY, Clinic, N, course, genotypes, labs, people

from pmrl.agents.registry import policy
from pmrl.agents.warfarin import compose

TITRATED = ("aurora", "caa", "pgaa", "intermountain", "re-ly", "gage+lenzini+aurora")


@pytest.mark.parametrize("name", [*TITRATED, "lenzini"])
def test_without_a_lab_the_dose_goes_on(name: str) -> None:
    results = labs()
    results[:, 4:] = np.nan
    doses = course(policy(name, THERAPY), people(), results)
    for later in doses[4:]:
        np.testing.assert_array_equal(later, np.tile(doses[3][:, -1:], 7))


@pytest.mark.parametrize("name", TITRATED)
def test_established_patients_go_on_from_their_last_dose(name: str) -> None:
    clinic = people()
    clinic.been_on(np.linspace(2.0, 9.0, N), np.full(N, 2.5))
    rule = policy(name, THERAPY)
    first, second = course(rule, clinic, np.column_stack([np.full(N, 2.5), np.full(N, 1.4)]))
    np.testing.assert_array_equal(first[:, -1], np.linspace(2.0, 9.0, N))
    assert (second[:, -1] > first[:, -1]).all()


def test_established_patients_are_not_refined() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 5.0), np.full(N, 2.5))
    doses = course(policy("lenzini", THERAPY), clinic, np.full((N, 3), 1.6))
    np.testing.assert_array_equal(doses, 5.0)


def test_established_patients_are_not_loaded() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 5.0), np.full(N, 2.5))
    (doses,) = course(policy("eu-pact", THERAPY), clinic, np.full((N, 1), 2.5))
    np.testing.assert_array_equal(doses, np.tile(doses[:, :1], 7))


@pytest.mark.parametrize(
    ("name", "critical", "factor"),
    [("aurora", 6.0, 0.85), ("intermountain", 6.0, 0.85), ("re-ly", 6.0, 0.85)],
)
def test_a_hold_lasts_two_days_where_the_patient_is_seen_later(
    name: str, critical: float, factor: float
) -> None:
    results = np.tile([1.0, 2.5, 2.5, 2.5, 2.5, 2.5, critical, critical], (N, 1))
    doses = course(policy(name, THERAPY), people(), results)
    held, again = doses[6], doses[7]
    np.testing.assert_array_equal(held[:, :2], 0.0)
    np.testing.assert_allclose(held[:, 2:], np.tile(factor * doses[5][:, -1:], 5))
    # A week later the drug was on again, so this is a new event on the reduced dose.
    np.testing.assert_allclose(again[:, 2:], np.tile(factor * held[:, -1:], 5))


@pytest.mark.parametrize(
    ("name", "release"),
    [("aurora", 2.9), ("intermountain", 3.3), ("intermountain", 1.4), ("re-ly", 2.9)],
)
def test_a_hold_is_followed_until_its_retest_allows_the_drug(name: str, release: float) -> None:
    clinic = people()
    clinic.been_on(np.full(N, 6.0), np.full(N, 2.5))
    results = np.tile([6.0, 3.6, release], (N, 1))
    held, still_held, released = course(policy(name, THERAPY), clinic, results, own_schedule=True)
    assert clinic.day.tolist() == [2 + 2 + 7] * N
    np.testing.assert_array_equal(held[:, :2], 0.0)
    np.testing.assert_array_equal(still_held, held)
    np.testing.assert_allclose(released, 0.85 * 6.0)


def test_a_missing_lab_does_not_interrupt_a_repeated_zone() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 6.0), np.full(N, 2.5))
    results = np.tile([1.9, np.nan, 1.9], (N, 1))
    doses = course(policy("intermountain", THERAPY), clinic, results, own_schedule=True)
    np.testing.assert_allclose([day[:, -1] for day in doses], [[6.0] * N, [6.0] * N, [6.3] * N])


def test_a_missing_lab_does_not_interrupt_the_ladder_of_retests() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 6.0), np.full(N, 2.5))
    course(
        policy("aurora", THERAPY), clinic, np.tile([2.5, 2.5, np.nan, 2.5, 2.5], (N, 1)), own_schedule=True
    )
    # Rechecked after 1 and 5 days, the missing result after a week, then the ladder goes on.
    np.testing.assert_array_equal(clinic.columns["interval"][:, 1:6], np.tile([1, 5, 7, 7, 14], (N, 1)))


def test_established_patients_without_a_recorded_dose_are_on_the_standard_one() -> None:
    clinic = people()
    clinic.therapy = replace(THERAPY, standard_dose=4.0)
    clinic.been_on(np.full(N, np.nan), np.full(N, 2.5))
    (doses,) = course(policy("re-ly", THERAPY), clinic, np.full((N, 1), 2.5))
    np.testing.assert_array_equal(doses, 4.0)


def test_rely_bands() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 10.0), np.full(N, 2.5))
    inr = np.array([1.0, 1.5, 1.51, 1.99, 2.0, 3.0, 3.01, 3.99, 4.0, 4.99, 5.0, np.nan])
    (doses,) = course(policy("re-ly", THERAPY), clinic, inr[:, None])
    today = [11.5, 11.5, 11, 11, 10, 10, 9, 9, 0, 0, 0, 10]
    later = [11.5, 11.5, 11, 11, 10, 10, 9, 9, 9, 9, 8.5, 10]
    np.testing.assert_allclose(doses[:, 0], today)
    np.testing.assert_allclose(doses[:, -1], later)


def test_aurora_starts_by_age_and_adjusts_on_day_3() -> None:
    clinic = Clinic({"age": np.array([64.0, 65.0, np.nan, 40.0])}, {})
    rule = policy("aaa", THERAPY)
    visit = clinic.visit(np.full(4, 1.0))
    rule.start(visit)
    answer = rule.prescribe(visit)
    assert answer.doses[:, -1, 0].tolist() == [10.0, 5.0, 5.0, 10.0]
    assert answer.interval_days is not None
    assert answer.interval_days.tolist() == [2] * 4
    clinic.follow(answer, answer.interval_days)
    second = rule.prescribe(clinic.visit(np.array([1.4, 1.9, np.nan, 6.0])))
    np.testing.assert_allclose(second.doses[:, -1, 0], [11.5, 5.375, 5.0, 5.0])
    np.testing.assert_array_equal(second.doses[3], 5.0)
    clinic.follow(second, np.full(4, 2))
    third = rule.prescribe(clinic.visit(np.array([2.5, 2.5, 2.5, 3.5])))
    # The dose was set on day 3 whatever the INR, so no hold is open on day 5.
    np.testing.assert_allclose(third.doses[3], 0.90 * 5.0)


def test_lenzini_refines_on_day_4_or_5_and_only_then() -> None:
    diplotypes = genotypes(["G/A"], ["*1/*3"])
    clinic = Clinic({name: np.array([value]) for name, value in REFERENCE.items()}, diplotypes)
    rule = compose("fixed+lenzini")
    doses = []
    for number, interval in enumerate((3, 2, 7)):
        visit = clinic.visit(np.array([1.0 if number == 0 else 1.6]))
        if number == 0:
            rule.start(visit)
        answer = rule.prescribe(visit)
        doses.append(float(answer.doses[0, -1, 0]))
        clinic.follow(answer, np.array([interval]))
    # The worked vector of protocol day 4: 5 mg two and three days ago, nothing before the start.
    np.testing.assert_allclose(doses, [5.0, 3.80997, 3.80997], atol=1e-5)


def test_eu_pact_loads_for_three_days_wherever_the_visits_fall() -> None:
    rule, clinic = policy("eu-pact", THERAPY), people()
    doses = np.array(course(rule, clinic, labs()))
    np.testing.assert_array_equal(doses[1][:, 0], doses[0][:, 2])
    np.testing.assert_array_equal(doses[1][:, 1], doses[0][:, 3])
    np.testing.assert_array_equal(doses[2], np.tile(doses[0][:, -1:], 7))
    assert (doses[0][:, 0] > doses[0][:, 3]).any()
