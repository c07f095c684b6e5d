"""PID control: the law by hand, clamping, direction, missing labs, and every drug in the real clinic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_clinic import THERAPY, N, course, labs, people, permuted

from pmrl.agents.pid import (
    MOST_ERROR,
    Gains,
    Memory,
    Pid,
    days_that_count,
    response_of,
    step,
)
from pmrl.agents.policy import Policy
from pmrl.agents.registry import policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.rollout import treat

every_drug = pytest.mark.parametrize("drug", THERAPIES)
LOWERS = {"sipoglitazar", "empagliflozin", "mercaptopurine", "allopurinol", "atorvastatin"}
SMALLEST, LARGEST, WEEK = 0.5, 15.0, 7.0


def gains(kp: float = 0.0, ki: float = 0.0, kd: float = 0.0) -> Gains:
    return Gains.of(kp, ki, kd, "a test")


def pid(one: Therapy) -> Pid:
    """As a user gets it, with the gains that were tuned for the drug."""
    found = policy("pid", one)
    assert isinstance(found, Pid)
    return found


def doses_of(law: Gains, errors: list[float], days: list[float], d0: float = 4.0) -> list[float]:
    """Doses of one patient whose treatment began on day 0."""
    memory, found = Memory.new(np.array([d0]), np.zeros(1)), []
    for error, day in zip(errors, days, strict=True):
        memory = step(law, memory, np.array([error]), np.array([day]), SMALLEST, LARGEST, WEEK)
        found.append(float(memory.dose[0]))
    return found


def test_proportional() -> None:
    found = doses_of(gains(kp=0.5), [math.log(4.0), 0.0, -math.log(4.0)], [7.0, 14.0, 21.0])
    assert found == pytest.approx([8.0, 4.0, 2.0])


def test_integral_counts_days_since_the_lab_before_but_at_most_so_many() -> None:
    found = doses_of(gains(ki=0.02), [0.5, 0.5, -0.25, 0.5], [3.0, 7.0, 14.0, 42.0])
    sums = [3 * 0.5, 3 * 0.5 + 4 * 0.5, 3.5 - 7 * 0.25, 1.75 + 7 * 0.5]
    assert found == pytest.approx([4.0 * math.exp(0.02 * one) for one in sums])


def test_derivative_is_by_the_day_and_none_at_the_first_lab() -> None:
    found = doses_of(gains(kd=2.0), [0.6, 0.4, 0.4, 0.5], [7.0, 9.0, 16.0, 26.0])
    assert found == pytest.approx([4.0, 4.0 * math.exp(2 * -0.1), 4.0, 4.0 * math.exp(2 * 0.01)])


def test_the_three_add_up() -> None:
    (_, found) = doses_of(gains(0.5, 0.02, 2.0), [0.2, 0.3], [2.0, 4.0])
    assert found == pytest.approx(4.0 * math.exp(0.5 * 0.3 + 0.02 * (2 * 0.2 + 2 * 0.3) + 2.0 * 0.05))


def test_the_integral_is_clamped_at_what_can_be_given() -> None:
    """After years far below the target, one lab above it lowers the dose at once."""
    weeks = [7.0 * week for week in range(1, 102)]
    found = doses_of(gains(ki=0.1), [1.0] * 100 + [-1.0], weeks)
    assert found[-2] == pytest.approx(LARGEST)
    assert found[-1] == pytest.approx(LARGEST * math.exp(-0.7))
    found = doses_of(gains(ki=0.1), [-1.0] * 100 + [1.0], weeks)
    assert found[-2] == pytest.approx(SMALLEST)
    assert found[-1] == pytest.approx(SMALLEST * math.exp(0.7))


@pytest.mark.parametrize("d0", [0.1, 4.0, 40.0])
def test_no_gain_makes_a_dose_that_cannot_be_given(d0: float) -> None:
    wild = gains(1e6, 1e6, 1e6)
    found = np.array(doses_of(wild, [1.0, -1.0, 1.0, 1.0, -1.0], [1.0, 2.0, 3.0, 300.0, 301.0], d0))
    assert np.isfinite(found).all()
    assert found.min() >= 0.0
    assert found.max() <= LARGEST * (1.0 + 1e-9)


def test_a_dose_of_none_stays_none() -> None:
    assert doses_of(gains(1.0, 1.0, 1.0), [1.0, 1.0, -1.0], [7.0, 14.0, 21.0], d0=0.0) == [0.0] * 3


def test_a_missing_lab_changes_nothing_and_the_next_one_goes_on() -> None:
    law = gains(0.5, 0.02, 2.0)
    found = doses_of(law, [0.2, np.nan, 0.3], [2.0, 3.0, 4.0])
    without = doses_of(law, [0.2, 0.3], [2.0, 4.0])
    assert found == [without[0], without[0], without[1]]
    late = doses_of(law, [np.nan, 0.2], [10.0, 12.0])
    assert late == pytest.approx([4.0, 4.0 * math.exp(0.5 * 0.2 + 0.02 * 2 * 0.2)])


@every_drug
def test_direction_and_pace_are_the_models(drug: str) -> None:
    found = response_of(therapy(drug))
    assert found.direction == (-1 if drug in LOWERS else 1)
    assert 1 <= found.first_day < therapy(drug).horizon_days / 2


def test_an_error_is_the_distance_to_the_aim_of_the_day_and_limited() -> None:
    clinic = people()
    rule = Pid(THERAPY, gains(kp=1.0))
    rule.start(clinic.visit(np.full(N, 1.0)))
    clinic.day += 7
    lab = np.array([1.25, 2.5, 5.0, 100.0, 0.0, np.nan, *[2.0] * (N - 6)])
    most = float(MOST_ERROR)
    expected = [math.log(2.0), 0.0, -math.log(2.0), -most, most, np.nan, *[math.log(1.25)] * (N - 6)]
    np.testing.assert_allclose(rule.error(clinic.visit(lab)), expected)


def test_labs_before_the_drug_shows_are_not_acted_on() -> None:
    clinic, rule = people(), pid(THERAPY)
    first = response_of(THERAPY).first_day
    seen = np.array(course(rule, clinic, np.full((N, 3), 1.0)))[:, :, 0]
    days = [0, 2, 4]
    assert days[1] < first <= days[2]
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], THERAPY.dose_estimate(clinic.known, clinic.diplotypes))
    assert (seen[2] > seen[1]).all()


def test_established_patients_go_on_from_the_dose_they_come_on() -> None:
    clinic = people()
    clinic.been_on(np.full(N, 3.0), np.full(N, 2.5))
    (first,) = course(pid(THERAPY), clinic, np.full((N, 1), 2.5))
    np.testing.assert_allclose(first[:, 0], 3.0)


def test_a_policy_like_any_other() -> None:
    rule = pid(THERAPY)
    assert isinstance(rule, Policy)
    assert (rule.name, rule.kind) == ("pid", "rule")
    assert len(rule.summary) > 20
    assert days_that_count(THERAPY) == 2.0
    straight = np.array(course(rule, people(), labs()))
    course(rule, people(5), labs(6))
    np.testing.assert_array_equal(straight, course(rule, people(), labs()))
    order = np.random.default_rng(3).permutation(N)
    np.testing.assert_array_equal(
        straight[:, order], np.array(course(rule, permuted(people(), order), labs()[order]))
    )


@every_drug
def test_every_drug_in_the_clinic(drug: str) -> None:
    t, n = therapy(drug), 40
    clinic, single = (Clinic(t, Scenario(cohort="validation"), size, 5) for size in (n, 1))
    seen = []
    for rows, ids in ((clinic, np.arange(n)), (single, np.array([17]))):
        rows.admit(ids)
        rule = pid(t)
        rule.start(rows.visit())
        doses = []
        for _ in range(6):
            if rows.done.all():
                break
            given = rows.dispense(rule.prescribe(rows.visit()))
            assert np.isin(given, t.grid.levels).all()
            rows.treat(given)
            doses.append(given[:, 0])
        seen.append(np.array(doses))
    np.testing.assert_array_equal(seen[0][:, 17], seen[1][:, 0])


def test_carriers_of_hla_b_5801_are_given_none() -> None:
    t = therapy("allopurinol")
    clinic = Clinic(t, Scenario(cohort="validation"), 512, VALIDATION_SEED)
    found = treat(pid(t), clinic, np.arange(512))
    never = clinic.dose_estimate == 0.0
    assert never.any()
    assert (found.prescribed[never] == 0.0).all()
    assert (found.prescribed[~never].max(axis=1) > 0.0).all()
