"""What is reported of a course, from courses written by hand; and what a policy may answer."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pmrl.agents.oracle import Truth
from pmrl.agents.registry import policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.safety_event import HarmEvent, SafetyEvent
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import Prescription
from pmrl.errors import InputError
from pmrl.experiments.execution import Stopped
from pmrl.experiments.rollout import CHUNK, Course, outcomes, rollout, treat

NAN = float("nan")
WARFARIN = therapy("warfarin")
LATENT = np.array([[2.5, *[1.5] * 8, *[2.5] * 12, *[4.5] * 8, *[5.5] * 2]])
"""INR of days 0 to 30: 12 of 30 days in range, 8 below, 10 above 4, 2 above 5."""
EMPTY = np.zeros((1, 0))


def course(latent: np.ndarray = LATENT, **others: Any) -> Course:
    """Seen on days 0, 7, 14 and 21, on 5 mg."""
    found = {
        "latent": latent,
        "prescribed": np.full((1, latent.shape[1] - 1), 5.0),
        "visit_day": np.array([[0.0, 7.0, 14.0, 21.0, NAN]]),
        "lab": np.array([[1.0, 2.5, 2.5, 2.5, 0.0]]),
        "dose": np.array([[5.0, 5.0, 5.0, 5.0, 0.0]]),
        "harm": EMPTY,
    }
    return Course(**(found | others))


def value(found: dict[str, np.ndarray], name: str) -> float:
    return float(found[name][0])


def test_shares_are_of_days_1_to_the_last() -> None:
    found = outcomes(course(), WARFARIN)
    expected = {"ttr": 12, "net": 12, "below": 8, "above": 10, "inr_above_4": 10, "inr_above_5": 2}
    assert {name: 30 * value(found, name) for name in expected} == pytest.approx(expected)


def test_the_first_28_days_and_those_after() -> None:
    found = outcomes(course(), WARFARIN)
    assert (value(found, "ttr_first_28"), value(found, "ttr_after_28")) == (12 / 28, 0.0)
    after = np.array([[*[1.0] * 29, 2.5]])
    assert value(outcomes(course(after), WARFARIN), "ttr_after_28") == 1.0
    assert value(outcomes(course(after), WARFARIN), "ttr_first_28") == 0.0
    assert np.isnan(outcomes(course(after[:, :29]), WARFARIN)["ttr_after_28"]).all()


def test_labs_and_doses_of_visits() -> None:
    found = outcomes(course(), WARFARIN)
    # From INR 1 to 2.5 in the first of three weeks: a third of it in range.
    assert value(found, "ttr_rosendaal") == pytest.approx((1.0 / 3.0 + 2.0) / 3.0)
    assert (value(found, "days_to_stable"), value(found, "visits")) == (7.0, 4.0)
    prescribed = np.array([[*[4.0] * 15, *[8.0] * 15]])
    assert value(outcomes(course(prescribed=prescribed), WARFARIN), "mean_dose") == 6.0


def test_visits_before_day_0_are_not_the_policy_s() -> None:
    found = outcomes(course(visit_day=np.array([[-14.0, -1.0, 0.0, 7.0, 14.0]])), WARFARIN)
    # What counts are the visits of days 0 and 7, in range, and 14, with a padded lab of 0.
    assert value(found, "visits") == 3.0
    assert value(found, "ttr_rosendaal") == pytest.approx((1.0 + 0.2) / 2.0)
    assert np.isnan(found["days_to_stable"]).all()


def test_bounds_may_change_with_time() -> None:
    early = replace(WARFARIN, early_targets=((0, 1.0, 2.0), (5, WARFARIN.target_low, WARFARIN.target_high)))
    found = outcomes(course(), early)
    # Days 1 to 4 are now in range, 5 to 8 are below.
    assert {name: 30 * value(found, name) for name in ("ttr", "below", "above")} == pytest.approx(
        {"ttr": 16, "below": 4, "above": 10}
    )
    assert value(found, "ttr_first_28") == pytest.approx(16 / 28)


def test_harm_is_priced_in_days() -> None:
    harm = np.zeros((1, 30))
    harm[0, [0, 29]] = 0.01, 0.02
    priced = replace(WARFARIN, reward_weights={"in_range": 1.0, "harm": -50.0})
    found = outcomes(course(harm=harm), priced)
    assert value(found, "net") == pytest.approx((12.0 - 50.0 * 0.03) / 30.0)
    assert value(found, "ttr") == pytest.approx(12.0 / 30.0)
    # Where harm has no weight it costs nothing.
    assert value(outcomes(course(harm=harm), WARFARIN), "net") == value(found, "ttr")
    # Half a day for each event is not nothing.
    cheap = outcomes(course(harm=harm), replace(priced, reward_weights={"harm": -0.5}))
    assert value(cheap, "net") == pytest.approx((12.0 - 0.5 * 0.03) / 30.0)


def test_safety_events_are_days_or_patients() -> None:
    latent, harm = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[0.1, 0.2, 0.0, 0.1]])
    assert SafetyEvent(3.0).share(latent, harm).tolist() == [0.25]
    assert SafetyEvent(3.0, above=False).share(latent, harm).tolist() == [0.5]
    assert HarmEvent("myopathy", once=True).share(latent, harm) == pytest.approx([0.4])
    assert HarmEvent("myopathy", once=False).share(latent, harm) == pytest.approx([0.1])


def test_safety_events_have_names() -> None:
    high, low, harm = SafetyEvent(4.0), SafetyEvent(0.5, above=False), HarmEvent("myopathy", once=True)
    named: Any = SimpleNamespace(biomarker="INR", biomarker_unit="")
    assert [event.short for event in (high, low, harm)] == ["> 4", "< 0.5", "myopathy"]
    assert [event.unit for event in (high, low, harm)] == ["of days", "of days", "of patients"]
    assert [event.label(named) for event in (high, low, harm)] == ["INR > 4", "INR < 0.5", "myopathy"]
    assert HarmEvent("low glucose", once=False).unit == "of days"


def test_courses_of_different_visits_are_joined() -> None:
    short = course(visit_day=np.array([[0.0]]), lab=np.array([[1.0]]), dose=np.array([[7.0]]))
    joined = Course.join([course(), short])
    np.testing.assert_array_equal(joined.visit_day, [[0, 7, 14, 21, NAN], [0, *[NAN] * 4]])
    np.testing.assert_array_equal(joined.lab, [[1, 2.5, 2.5, 2.5, 0], [1, *[NAN] * 4]])
    np.testing.assert_array_equal(joined.dose, [[5, 5, 5, 5, 0], [7, *[NAN] * 4]])
    assert (joined.latent.shape, joined.prescribed.shape, joined.harm.shape) == ((2, 31), (2, 30), (2, 0))


SHORT = Scenario(cohort="sampled", days=14)
IDS = np.arange(3, dtype=np.int64)


def treated(answer: Any, scenario: Scenario = SHORT) -> Course:
    """Three patients of a policy that always answers the same."""
    rule = policy("fixed", WARFARIN)
    rule.prescribe = lambda visit: answer  # type: ignore[method-assign]
    return treat(rule, Clinic(WARFARIN, scenario, 3, seed=1), IDS)


FIVE = np.full((3, 1, 1), 5.0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (FIVE, "answered ndarray: give a Prescription"),
        (Prescription(np.full((3, 1), 5.0)), r"shape \(3, 1\): give \(3, n_days, n_drugs\)"),
        (Prescription(np.full((2, 1, 1), 5.0)), r"shape \(2, 1, 1\)"),
        (Prescription(np.full((4, 1, 1), 5.0)), r"shape \(4, 1, 1\)"),
        (Prescription(np.zeros((3, 0, 1))), r"shape \(3, 0, 1\)"),
        (Prescription(FIVE, np.full(2, 7)), r"intervals of shape \(2,\) and type int64"),
        (Prescription(FIVE, np.full(3, 7.0)), r"intervals of shape \(3,\) and type float64"),
        (Prescription(np.array([[[5.0]], [[NAN]], [[np.inf]]])), "not a number, row 1 of its visit"),
    ],
)
def test_what_cannot_be_dispensed_is_refused(answer: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"'fixed' .*{message}"):
        treated(answer)


def test_wishes_count_only_where_policies_choose_their_visits() -> None:
    wish = Prescription(FIVE, np.full(3, 14))
    assert treated(wish, SHORT.with_options(visits="protocol")).visit_day.tolist() == [[0.0, 14.0]] * 3
    schedule = treated(wish).visit_day
    np.testing.assert_array_equal(schedule, treated(Prescription(FIVE)).visit_day)
    assert schedule.shape[1] > 2


def test_earlier_prescriptions_of_the_established_are_not_in_a_course() -> None:
    found = treated(Prescription(FIVE), SHORT.with_options(start="established"))
    assert (found.prescribed.shape, found.latent.shape) == ((3, 14), (3, 15))
    assert (found.prescribed == 5.0).all()
    assert (found.visit_day[:, 0] < 0).all()


@pytest.mark.parametrize(
    ("name", "kind", "shown"), [("o1", "oracle", 1), ("o1", "rule", 0), ("fixed", "oracle", 0)]
)
def test_oracles_alone_are_shown_the_truth(name: str, kind: str, shown: int) -> None:
    seen: list[Truth] = []
    prescriber: Any = policy(name, WARFARIN)
    prescriber.kind, plan = kind, np.full((3, 14), 2.5)
    if name == "o1":
        prescriber.see = seen.append
    prescriber.start, prescriber.prescribe = lambda visit: None, lambda visit: Prescription(FIVE)
    clinic = Clinic(WARFARIN, SHORT, 3, seed=1)
    treat(prescriber, clinic, IDS, plans=(plan,))
    assert len(seen) == shown
    assert all(truth.clinic is clinic and truth.plans == [plan] for truth in seen)


def test_who_is_stopped_stops() -> None:
    stop = Event()
    rule, clinic = policy("fixed", WARFARIN), Clinic(WARFARIN, SHORT, 3, seed=1)
    assert treat(rule, clinic, IDS, stop).latent.shape == (3, 15)
    stop.set()
    with pytest.raises(Stopped):
        treat(rule, clinic, IDS, stop)


def test_a_cohort_is_patients_0_to_the_last() -> None:
    short = SHORT.with_options(days=2)
    rule = policy("fixed", WARFARIN)
    whole = rollout(rule, WARFARIN, short, CHUNK + 1, seed=1).latent
    for first in (0, CHUNK):
        one = treat(rule, Clinic(WARFARIN, short, 1, seed=1), np.array([first]))
        np.testing.assert_array_equal(whole[first : first + 1], one.latent)
    assert len(whole) == CHUNK + 1
