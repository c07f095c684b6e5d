"""A treated patient's life depends on the patient and the prescriber, not on who else is treated or how."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl.agents.registry import policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import CHUNK, Course, rollout, treat

WARFARIN = therapy("warfarin")
SCENARIO = Scenario(
    cohort="sampled", days=28, interaction="amiodarone", missed_visits=0.2, start="established"
)


def course(ids: list[int], rule: str = "fixed") -> Course:
    clinic = Clinic(WARFARIN, SCENARIO, len(ids), seed=9)
    return treat(policy(rule, WARFARIN), clinic, np.array(ids, dtype=np.int64))


@pytest.mark.parametrize("rule", ["fixed", "random", "pgpga"])
def test_a_treated_patient_does_not_depend_on_the_batch(rule: str) -> None:
    together, some = course(list(range(30)), rule), [29, 4, 11]
    apart = course(some, rule)
    for name in ("latent", "prescribed", "visit_day", "lab", "dose"):
        mine = getattr(together, name)[some]
        np.testing.assert_array_equal(
            mine[:, : getattr(apart, name).shape[1]], getattr(apart, name), err_msg=name
        )


def test_a_study_does_not_depend_on_its_size() -> None:
    rule, short = policy("fixed", WARFARIN), SCENARIO.with_options(days=3)
    many = rollout(rule, WARFARIN, short, CHUNK + 6, seed=9)
    few = rollout(rule, WARFARIN, short, 10, seed=9)
    np.testing.assert_array_equal(many.latent[:10], few.latent)
    last = treat(rule, Clinic(WARFARIN, short, 1, seed=9), np.array([CHUNK + 5]))
    np.testing.assert_array_equal(many.latent[-1:], last.latent)


def test_visits_and_disturbances_do_not_depend_on_the_policy() -> None:
    fixed, other = course(list(range(30))), course(list(range(30)), "maximum")
    np.testing.assert_array_equal(fixed.visit_day, other.visit_day)
    assert not np.array_equal(fixed.latent, other.latent)
