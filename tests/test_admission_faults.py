"""Patients whose equations cannot be solved before the first visit are named; other wrong beginnings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pmrl.envs import patients
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.safety_event import HarmEvent
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.failure import SimulationError
from pmrl.world import World

WARFARIN = therapy("warfarin")


def clinic(**options: Any) -> Clinic:
    return Clinic(WARFARIN, Scenario(cohort="sampled", **options), 4, 7)


def test_a_state_at_the_start_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    right = patients.PatientSource._prepare

    def prepare(self: Any, first: int, n: int) -> Any:
        block = right(self, first, n)
        states = block.states.copy()
        states[12 - first, 4] = np.nan
        return replace(block, states=states)

    monkeypatch.setattr(patients.PatientSource, "_prepare", prepare)
    one = clinic()
    with pytest.raises(
        SimulationError, match=r"^patient 12 of cohort seed \d+, after day 0: .*x3 nan"
    ) as stopped:
        one.admit(np.array([10, 11, 12, 13]))
    record = stopped.value.record
    assert (record["patient"], record["day"], record["what"]) == (12, 0, "equations")
    assert record["states"]["x3"] == "nan"
    assert record["visits"] == []
    # In another row the patient is named as well.
    rows = np.array([3])
    with pytest.raises(SimulationError, match=r"^patient 12 ") as again:
        one.admit(np.array([12]), rows)
    assert again.value.record["patient"] == 12


def test_a_failure_on_the_stable_dose_before_day_0(monkeypatch: pytest.MonkeyPatch) -> None:
    def live(self: World, doses: Any, days: Any) -> None:
        raise SimulationError("patient 22: no step is small enough", 2)

    monkeypatch.setattr(World, "live", live)
    with pytest.raises(SimulationError, match="no step is small enough") as stopped:
        clinic(start="established").admit(np.array([20, 21, 22, 23]))
    record = stopped.value.record
    assert (record["patient"], record["environment"]) == (22, WARFARIN.id)
    assert record["scenario"]["start"] == "established"


def test_disturbances_of_another_drug_are_refused() -> None:
    for options, message in (
        ({"interaction": "antibiotic"}, "interacting drug of atorvastatin"),
        ({"vitamin_k": 0.2}, "vitamin_k 0.2: diet does not matter for atorvastatin; give 0"),
    ):
        with pytest.raises(InputError, match=message):
            Clinic(therapy("atorvastatin"), Scenario(**options), 2, 1)


def test_a_cohort_of_nobody_is_refused() -> None:
    nobody = WARFARIN.population.maker("sampled", 1, None)(0, 3).take(np.arange(0))
    with pytest.raises(InputError, match="the cohort has no patients: give at least one"):
        Clinic(WARFARIN, Scenario(cohort=nobody), 2, 1).admit(np.array([0, 1]))


def test_a_scenario_knows_its_options() -> None:
    with pytest.raises(InputError, match=r"unknown option 'adherance'; did you mean 'adherence'\?"):
        Scenario().with_options(adherance=0.9)


def test_a_therapy_whose_targets_change_says_it_right() -> None:
    early = ((0, 1.5, 2.5), (14, WARFARIN.target_low, WARFARIN.target_high))
    assert replace(WARFARIN, early_targets=early).early_targets == early
    for wrong in (early[1:], early[::-1], early[:1], (early[0], early[0], early[1])):
        with pytest.raises(ValueError, match="early_targets begin on day 0, ascend and end with the final"):
            replace(WARFARIN, early_targets=wrong)


def test_a_prescription_that_is_no_number_is_not_dispensed() -> None:
    with pytest.raises(ValueError, match="a prescribed dose is not a number"):
        WARFARIN.dispense(np.array([5.0, np.nan]))


@pytest.mark.parametrize(("once", "unit", "share"), [(True, "of patients", 0.6), (False, "of days", 0.2)])
def test_harm_is_counted_by_patient_or_by_day(once: bool, unit: str, share: float) -> None:
    event = HarmEvent("myopathy", once)
    assert (event.unit, event.short, event.label(WARFARIN)) == (unit, "myopathy", "myopathy")
    np.testing.assert_allclose(event.share(np.ones((1, 3)), np.array([[0.1, 0.2, 0.3]])), [share])
