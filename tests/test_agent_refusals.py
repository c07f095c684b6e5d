"""Agents' parts that get what is not theirs: states of others, rules of another form, wrong answers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pmrl.agents import curate as curate_module
from pmrl.agents.curate import curate
from pmrl.agents.imagined_lives import Plan
from pmrl.agents.judge import NextLabJudge
from pmrl.agents.kalman import KalmanEstimate
from pmrl.agents.registry import policy
from pmrl.agents.sb3_vec_env import SB3VecEnv
from pmrl.agents.scaling import scaling_of
from pmrl.agents.state_tree import pack
from pmrl.envs.clinic import Clinic
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import Prescription
from pmrl.errors import InputError
from pmrl.experiments.rollout import rollout
from pmrl.failure import NotANumberError

WARFARIN = therapy("warfarin")


def test_a_running_estimate_is_of_its_own_patients() -> None:
    clinic = Clinic(WARFARIN, Scenario(cohort="sampled", days=28), 3, 5)
    clinic.admit(np.arange(3))
    estimate, again = KalmanEstimate(WARFARIN), KalmanEstimate(WARFARIN)
    estimate.start(clinic.visit())
    estimate.update(clinic.visit())
    kept = estimate.get_state()
    again.set_state(kept, clinic.visit())
    for name, values in again.get_state().items():
        np.testing.assert_array_equal(values, kept[name])
    name = next(iter(kept))
    for wrong in (kept[name][:2], kept[name].astype(np.float32)):
        with pytest.raises(ValueError, match=f"{name} has shape"):
            again.set_state({**kept, name: wrong}, clinic.visit())


def test_only_rules_in_stages_can_calibrate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curate_module, "PROTOCOLS", {"warfarin": "map"})
    with pytest.raises(TypeError, match="map is not a sequence of stages"):
        curate(WARFARIN)


def test_a_drug_without_a_protocol_is_calibrated_on_its_first_dose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curate_module, "PROTOCOLS", {})
    rule = curate(WARFARIN)
    found = rollout(rule, WARFARIN, Scenario(cohort="sampled", days=60), 6, 3)
    clinic = Clinic(WARFARIN, Scenario(cohort="sampled", days=60), 6, 3)
    clinic.admit(np.arange(6))
    np.testing.assert_allclose(found.prescribed[:, 0], WARFARIN.grid.nearest(clinic.dose_estimate))
    assert (found.prescribed[:, -1] != found.prescribed[:, 0]).any()


@pytest.mark.parametrize("on_top", [0.0, 0.1])
def test_a_lab_in_the_middle_is_likelier_in_range(on_top: float) -> None:
    """Of both kinds of assay error: of the size of the result, and with an amount on top."""
    one = replace(WARFARIN, variability=replace(WARFARIN.variability, assay_sd=0.05, assay_error=on_top))
    none = np.zeros((1, 1, 1, 0))
    below, edge, middle, above, nothing = (
        NextLabJudge(one)(Plan(20, np.array([[[[x]]]]), none))[0, 0, 0] for x in (1.0, 2.0, 2.45, 5.0, 0.0)
    )
    assert edge == pytest.approx(0.5, abs=0.01)
    assert middle > 0.95
    assert max(below, above) < 0.01
    assert nothing < 0.0


def test_stable_baselines_asks_the_batch_as_a_whole() -> None:
    env = DosingVectorEnv(3, therapy="warfarin", actions="discrete")
    wrapped = SB3VecEnv(env, scaling_of(WARFARIN, env.feature_names), 0.1)
    assert wrapped.get_attr("num_envs") == [3, 3, 3]
    assert wrapped.get_attr("num_envs", indices=[0, 2]) == [3, 3]
    wrapped.set_attr("mark", 7)
    assert env.mark == 7  # type: ignore[attr-defined]
    env.told = lambda x, y=0: x + y  # type: ignore[attr-defined]
    assert wrapped.env_method("told", 1, y=2, indices=1) == [3]
    assert wrapped.env_is_wrapped(object) == [False, False, False]


PACKED: dict[str, tuple[Any, type[Exception], str]] = {
    "a number that is none": ({"a": [1.0, float("nan")]}, NotANumberError, "nan in the state"),
    "numpy's, too": ({"a": np.float64("inf")}, NotANumberError, "inf in the state"),
    "texts in an array": ({"a": np.array(["x"])}, TypeError, "an array of <U1 has no place"),
    "an object": ({"a": {1, 2}}, TypeError, "a set has no place in a checkpoint"),
}


@pytest.mark.parametrize("case", PACKED)
def test_what_has_no_place_in_a_checkpoint_is_refused(case: str) -> None:
    tree, error, message = PACKED[case]
    with pytest.raises(error, match=message):
        pack(tree)


ANSWERS: dict[str, tuple[Any, str]] = {
    "of another batch": (lambda n: Prescription(np.ones((n + 1, 1, 1))), r"doses of shape \(5, 1, 1\)"),
    "without days": (
        lambda n: Prescription(np.ones((n, 0, 1))),
        r"doses of shape \(4, 0, 1\): give \(4, n_days",
    ),
    "a wish for one": (
        lambda n: Prescription(np.ones((n, 1, 1)), np.array([7])),
        r"intervals of shape \(1,\)",
    ),
    "half days": (
        lambda n: Prescription(np.ones((n, 1, 1)), np.full(n, 3.5)),
        r"intervals of shape \(4,\) and type float64: give whole days, \(4,\)",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_cannot_be_dispensed_names_the_policy(case: str) -> None:
    answer, message = ANSWERS[case]
    rule = policy("fixed", WARFARIN)
    wrong = SimpleNamespace(
        name="mine", kind="rule", start=rule.start, prescribe=lambda visit: answer(len(visit))
    )
    with pytest.raises(InputError, match=f"policy 'mine' .*{message}"):
        rollout(wrong, WARFARIN, Scenario(days=14), 4, 1)  # type: ignore[arg-type]
