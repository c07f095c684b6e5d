"""The default scenario. It was frozen before any shipped policy was trained.

A number here changes only together with the environment's version, and every result with it.
"""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np

from pmrl.adherence import IN_RANGE
from pmrl.envs.registry import therapy
from pmrl.envs.reward import DEFAULT_WEIGHTS
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.scenario import DEFAULT, Scenario
from pmrl.experiments.config import StudyConfig
from pmrl.outcomes import time_in_range
from pmrl.variability import OCCASION_DAYS, Variability

FROZEN = {
    "model": None,
    "parameters": None,
    "cohort": "train",
    "ancestry": None,
    "adherence": "in-range",
    "occasion_sd": None,
    "assay_sd": None,
    "assay_error": None,
    "lab_delay_days": 0,
    "missed_visits": 0.0,
    "genotype": "known",
    "start": "induction",
    "interaction": None,
    "vitamin_k": 0.0,
    "surgery": False,
    "days": None,
    "visits": "schedule",
}


def test_the_scenario_is_frozen() -> None:
    assert asdict(DEFAULT) == FROZEN
    assert Scenario() == DEFAULT
    assert {field.name for field in fields(Scenario)} == set(FROZEN)
    assert asdict(StudyConfig().scenario) == {**FROZEN, "cohort": "test"}


def test_variability_is_frozen() -> None:
    assert (IN_RANGE.missed.value, IN_RANGE.extra.value, IN_RANGE.spread.value) == (0.188, 0.033, 0.211)
    assert DEFAULT.adherence_model is IN_RANGE
    assert OCCASION_DAYS.value == 7.0
    assert therapy("warfarin").variability == Variability(occasion_sd=0.15, assay_sd=0.06, assay_error=0.0)


def test_the_decision_problem_is_frozen() -> None:
    drug = therapy("warfarin")
    assert (drug.id, drug.version, drug.models[0]) == ("pmrl/Warfarin-v1", 1, "hamberg-2010")
    days, visits = [0], drug.schedule
    while days[-1] < 90:
        days.append(visits.next_day(days[-1]))
    assert days == [0, 2, 4, 7, 10, 14, *range(21, 92, 7)]
    assert drug.horizon_days == 90
    assert drug.grid.levels.tolist() == [0.5 * k for k in range(31)]
    assert (drug.target_low, drug.target_high, drug.standard_dose) == (2.0, 3.0, 5.0)
    assert dict(drug.safety_events) == {"inr_above_4": SafetyEvent(4.0), "inr_above_5": SafetyEvent(5.0)}
    assert dict(DEFAULT_WEIGHTS) == {"in_range": 1.0, "unsafe": -0.5}


def test_time_in_range_counts_the_bounds() -> None:
    latent = np.array([[1.99, 2.0, 2.5, 3.0, 3.01]])
    assert time_in_range(latent, 2.0, 3.0).tolist() == [0.6]


def test_the_numbers_of_the_problem_have_sources() -> None:
    numbers = therapy("warfarin").parameters
    drug = therapy("warfarin")
    assert (numbers["target_low"].value, numbers["target_high"].value) == (drug.target_low, drug.target_high)
    assert (numbers["dose_step"].value, numbers["dose_maximum"].value) == (drug.grid.step, drug.grid.maximum)
    assert numbers["horizon_days"].value == drug.horizon_days
    assert numbers["standard_dose"].value == drug.standard_dose
