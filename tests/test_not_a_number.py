"""A number that is none stops a training at that step, is named, can be seen again, and poisons nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from test_resume import ABOUT, OPTIONS, SCENARIO, trained

from pmrl.agents import checkpoint, deep
from pmrl.agents.sb3_vec_env import TRAINING_COHORTS
from pmrl.agents.training_settings import TrainingSettings
from pmrl.envs import patients
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.experiments import train as training
from pmrl.experiments.checkpoint_reading import generations
from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.reproduction import read, replay
from pmrl.experiments.training_end import FILE
from pmrl.failure import NotANumberError, NumericalError

PATIENT = 19
"""Of the third episode of row 3: checkpoints have been written by then."""
WHO = rf"patient {PATIENT} of cohort seed {TRAINING_COHORTS + 5}"


REWARD, OBSERVATION = 3, 8
"""Places in `pmrl.envs.transition.ASSESSMENT`."""


@cache
def weights_of_one_go(algorithm: str) -> dict[str, Any]:
    return trained(algorithm).policy.weights


def require_same_as_one_go(algorithm: str, run: Path) -> None:
    """What was kept before the fault goes on to the weights of a training without one."""
    resumed = trained(algorithm, keeper=Keeper(run, ABOUT, 3600.0))
    for name, values in weights_of_one_go(algorithm).items():
        np.testing.assert_array_equal(resumed.policy.weights[name], values)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Models that are trained from now on."""
    models: list[Any] = []
    make = training.make_trainee

    def making(*arguments: Any) -> Any:
        trainee = make(*arguments)
        models.append(trainee.model)
        return trainee

    monkeypatch.setattr(training, "make_trainee", making)
    return models


def poisoned(monkeypatch: pytest.MonkeyPatch, slot: int, value: float) -> None:
    """The patient's reward or observation is none from day 7 on."""
    right = Clinic.treat

    def treat(self: Clinic, doses: Any, interval: Any = None, assessment: Any = None) -> Any:
        days = right(self, doses, interval, *([] if assessment is None else [assessment]))
        rows = np.flatnonzero((self.patient == PATIENT) & (self.world.day >= 7))
        if assessment is not None and slot == REWARD:
            assessment[slot][0, rows] = value
        elif assessment is not None:
            assessment[slot][rows, 2] = value
        return days

    monkeypatch.setattr(Clinic, "treat", treat)


def poisoned_reward(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, REWARD, np.nan)


def infinite_reward(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, REWARD, np.inf)


def poisoned_observation(monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, OBSERVATION, np.nan)


def poisoned_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    right = patients.PatientSource._prepare

    def prepare(self: Any, first: int, n: int) -> Any:
        block = right(self, first, n)
        parameters = block.parameters.copy()
        if first <= PATIENT < first + n and self.seed == TRAINING_COHORTS + 5:
            parameters[PATIENT - first, 1] = np.nan
        return replace(block, parameters=parameters)

    monkeypatch.setattr(patients.PatientSource, "_prepare", prepare)


def poisoned_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that runs off in the middle of the course."""
    right = Clinic.treat

    def treat(self: Clinic, *arguments: Any) -> Any:
        rows = (self.patient == PATIENT) & (self.world.day >= 7)
        self.world.states[rows, 0] = np.nan
        return right(self, *arguments)

    monkeypatch.setattr(Clinic, "treat", treat)


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "reward": (poisoned_reward, rf"^reward is nan for {WHO} on day \d+, row 3; states ", "reward"),
    "infinity": (infinite_reward, rf"^reward is inf for {WHO} on day \d+, row 3; states ", "reward"),
    "observation": (poisoned_observation, rf"^observation \w+ is nan for {WHO} on day \d+", "observation"),
    "parameter": (poisoned_parameter, rf"^parameter \w+ is nan for {WHO} on day 0", "parameter"),
    "equations": (poisoned_equations, rf"^{WHO}, after day \d+: .*not a number; states .*nan", "equations"),
}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_patient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, algorithm: str
) -> None:
    poison, message, what = FAULTS[name]
    models = watched(monkeypatch)
    with monkeypatch.context() as patch:
        poison(patch)
        with pytest.raises(NumericalError, match=message) as stopped:
            trained(algorithm, keeper=Keeper(tmp_path, ABOUT, 0.0), folder=tmp_path)
        record = read(tmp_path / FILE)
        assert record["what"] == what
        assert record["patient"] == PATIENT
        assert record["message"] == str(stopped.value)
        assert (
            set(record["states"]) <= set(record["message"].replace(",", " ").split()) or what == "equations"
        )
        assert not {"genotypes", "covariates"} & set(record)
        again = replay(tmp_path / FILE)
        assert again.error is not None
        first, second = str(stopped.value).replace("row 3", "row 0"), str(again.error)
        assert second == first
    # Without what was injected the patient is an ordinary one.
    if name != "parameter":
        assert replay(tmp_path / FILE).error is None
    # Stopped at that visit: nothing of it was counted, kept, or learned from.
    model = models[-1]
    assert all(torch.isfinite(weight).all() for weight in model.policy.parameters())
    kept = int(generations(tmp_path)[0].name) if generations(tmp_path) else 0
    assert 0 < kept <= model.num_timesteps < 300
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoints", FILE, "tensorboard"}
    require_same_as_one_go(algorithm, tmp_path)


@pytest.mark.parametrize(("algorithm", "kind"), [("ppo", PPO), ("dqn", DQN)])
def test_a_gradient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str, kind: type[BaseAlgorithm]
) -> None:
    models, steps = watched(monkeypatch), [0]
    right = torch.nn.utils.clip_grad_norm_

    def clip(parameters: Any, most: float) -> Any:
        weights = list(parameters)
        steps[0] += 1
        if steps[0] == 12:
            weights[0].grad[0, 0] = float("inf")
        return right(weights, most)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", clip)
    with pytest.raises(
        NotANumberError, match=r"^gradient of \S+ is not a number after \d+ visits and \d+ upd"
    ):
        trained(algorithm, keeper=Keeper(tmp_path, ABOUT, 0.0), folder=tmp_path)
    model = models[-1]
    assert isinstance(model, kind)
    assert steps[0] == 12
    assert all(torch.isfinite(weight).all() for weight in model.policy.parameters())
    record = read(tmp_path / FILE)
    assert record["what"] == "gradient"
    assert record["cohort_seed"] == TRAINING_COHORTS + 5
    assert len(record["patients"]) == len(record["days"]) == 8
    steps[0] = 0
    again = replay(tmp_path / FILE)
    assert str(again.error) == record["message"]
    require_same_as_one_go(algorithm, tmp_path)


def test_an_action(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    right = deep.SB3VecEnv.step_async

    def step(self: Any, actions: Any) -> None:
        given = np.array(actions, dtype=np.float32)
        if PATIENT in self.env.clinic.patient:
            given[self.env.clinic.patient == PATIENT] = np.nan
        right(self, given)

    monkeypatch.setattr(deep.SB3VecEnv, "step_async", step)
    with pytest.raises(NotANumberError, match=rf"^action is nan for {WHO} on day 0, row 3; states "):
        trained("ppo", folder=tmp_path, actions="continuous")
    assert str(replay(tmp_path / FILE).error) == read(tmp_path / FILE)["message"]


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_a_poisoned_state_is_not_kept(algorithm: str) -> None:
    settings = TrainingSettings(algorithm, 64, 8, "discrete", (8,), 1e-3, OPTIONS[algorithm])
    trainee = deep.make_trainee(settings, therapy("warfarin"), SCENARIO, 1, 1, "tiny")
    deep.train(trainee, deep.Rollouts(lambda steps: None, 1000))
    state = checkpoint.take(trainee.model)
    checkpoint.put_back(trainee.model, state)
    with torch.no_grad():
        next(iter(trainee.model.policy.parameters()))[0, 0] = float("nan")
    with pytest.raises(NotANumberError, match=r"^policy \S+ in the state of the training is not a number"):
        checkpoint.take(trainee.model)
    with pytest.raises(NotANumberError, match="nothing was saved"):
        trainee.policy()
