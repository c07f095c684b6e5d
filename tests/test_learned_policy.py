"""A trained network acts outside of stable-baselines3 as it did inside, and its files are checked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pmrl.agents import policy_file
from pmrl.agents.deep import Rollouts, Trainee, make_trainee, train
from pmrl.agents.learned import BLOCK, LearnedPolicy
from pmrl.agents.scaling import LIMIT
from pmrl.agents.training_settings import SETTINGS, TrainingSettings
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.rollout import rollout

THERAPY = therapy("warfarin")
SHORT = {"days": 21, "cohort": "sampled"}
TINY = {
    "ppo": {"n_steps": 8, "batch_size": 32, "n_epochs": 2},
    "dqn": {"buffer_size": 500, "learning_starts": 50, "batch_size": 32, "target_update_interval": 50},
}


def settings(algorithm: str, actions: str) -> TrainingSettings:
    chosen = replace(SETTINGS[algorithm], steps=300, num_envs=8, actions=actions, layers=(16, 16))
    return replace(chosen, options={**TINY[algorithm], "gamma": 0.9})


def trained(algorithm: str, actions: str, seed: int = 1) -> Trainee:
    trainee = make_trainee(settings(algorithm, actions), THERAPY, Scenario(**SHORT), seed, 1, "tiny")
    train(trainee, Rollouts(lambda steps: None, 100))
    return trainee


@pytest.fixture(scope="module")
def policy() -> LearnedPolicy:
    return trained("ppo", "discrete").policy()


@pytest.fixture
def saved(policy: LearnedPolicy, tmp_path: Path) -> Path:
    return policy.save(tmp_path / "tiny.json")


@pytest.mark.parametrize(
    ("algorithm", "actions"),
    [
        ("ppo", "continuous"),
        ("ppo", "discrete"),
        ("ppo", "relative"),
        ("dqn", "discrete"),
        ("dqn", "relative"),
    ],
)
@pytest.mark.parametrize("start", ["induction", "established"])
def test_it_acts_as_stable_baselines3_predicts(algorithm: str, actions: str, start: str) -> None:
    trainee = trained(algorithm, actions)
    policy = trainee.policy()
    scenario = Scenario(**SHORT, start=start)
    course = rollout(policy, THERAPY, scenario, 12, 3)
    env = DosingVectorEnv(12, therapy=THERAPY, actions=actions, scenario=scenario)
    scaling = trainee.model.get_env().scaling
    observation, _ = env.reset(seed=3)
    truncated = np.zeros(12, dtype=np.bool_)
    while not truncated.all():
        chosen, _ = trainee.model.predict(scaling(observation), deterministic=True)
        observation, _, truncated, _ = env.treat(chosen)
    np.testing.assert_array_equal(env.clinic.prescribed[:, -env.clinic.start :], course.prescribed)
    np.testing.assert_array_equal(env.clinic.latent, course.latent)
    assert course.prescribed.std() > 0


def test_training_changes_the_policy_and_a_seed_repeats_it() -> None:
    weights = [trained("ppo", "discrete", seed).policy().weights for seed in (1, 1, 2)]
    for name in weights[0]:
        np.testing.assert_array_equal(weights[0][name], weights[1][name])
    assert not np.array_equal(weights[0]["0.weight"], weights[2]["0.weight"])
    untrained = make_trainee(settings("ppo", "discrete"), THERAPY, Scenario(**SHORT), 1, 1, "tiny").policy()
    assert not np.array_equal(untrained.weights["0.weight"], weights[0]["0.weight"])


def test_outputs_do_not_depend_on_the_batch(policy: LearnedPolicy) -> None:
    seen = np.random.default_rng(0).uniform(-1, 1, (BLOCK, policy.card.layers[0])).astype(np.float32)
    together = policy.outputs(seen)
    for size in (1, 3, 17, 500):
        np.testing.assert_array_equal(policy.outputs(seen[:size]), together[:size])


def test_patients_do_not_depend_on_the_study_size(policy: LearnedPolicy) -> None:
    few, many = (rollout(policy, THERAPY, Scenario(**SHORT), n, 3).latent for n in (3, BLOCK + 5))
    np.testing.assert_array_equal(few, many[:3])
    more = rollout(policy, THERAPY, Scenario(**SHORT), BLOCK + 9, 3).latent
    np.testing.assert_array_equal(many, more[: BLOCK + 5])


def test_files_bring_back_every_bit(policy: LearnedPolicy, saved: Path) -> None:
    for path in (saved, saved.with_suffix(".safetensors"), saved.with_suffix("")):
        again = LearnedPolicy.load(path, THERAPY)
        assert json.loads(json.dumps(asdict(again.card))) == json.loads(json.dumps(asdict(policy.card)))
        for name, values in policy.weights.items():
            assert again.weights[name].tobytes() == values.tobytes()
    before = {file.name: file.read_bytes() for file in saved.parent.iterdir()}
    assert set(before) == {"tiny.json", "tiny.safetensors"}
    again.save(saved)
    assert {file.name: file.read_bytes() for file in saved.parent.iterdir()} == before


def test_reading_unpickles_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a policy file must not be unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(f"pickle.{name}", refuse)
    monkeypatch.setattr(torch, "load", refuse)
    LearnedPolicy.load(saved, THERAPY)


def rewritten(saved: Path, policy: LearnedPolicy, weights: dict[str, Any] | None = None, **card: Any) -> Path:
    """The policy's files with another card or other weights, and a right checksum."""
    changed = replace(policy.card, **card)
    return policy_file.write(saved, changed, policy.weights if weights is None else weights)


def test_another_environment_or_version_is_refused(policy: LearnedPolicy, saved: Path) -> None:
    for environment in ("pmrl/Warfarin-v2", "pmrl/Tacrolimus-v1"):
        with pytest.raises(InputError, match=f"trained for {environment}, not for pmrl/Warfarin-v1"):
            LearnedPolicy.load(rewritten(saved, policy, environment=environment), THERAPY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ("day",)}, "differ in number"),
        ({"format": 2}, "format 2"),
        ({"layers": ()}, "out of bounds"),
        ({"layers": (36, 0, 31)}, "out of bounds"),
        ({"layers": (36, 16, 31)}, "do not fit the layers"),
        ({"layers": "many"}, "layers"),
        ({"activation": "sin"}, "tanh, relu"),
        ({"actions": "discreet"}, "did you mean 'discrete'"),
        ({"actions": "relative"}, "31 outputs"),
        ({"center": (float("nan"),) * 36}, "must be numbers"),
        ({"horizon_days": "long"}, "horizon_days"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    policy: LearnedPolicy, saved: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        LearnedPolicy.load(rewritten(saved, policy, **change), THERAPY)


def test_other_features_are_refused(policy: LearnedPolicy, saved: Path) -> None:
    features = (policy.card.features[1], policy.card.features[0], *policy.card.features[2:])
    with pytest.raises(InputError, match="other features"):
        LearnedPolicy.load(rewritten(saved, policy, features=features), THERAPY)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_numbers_are_refused(policy: LearnedPolicy, saved: Path, bad: float) -> None:
    weights = {name: values.copy() for name, values in policy.weights.items()}
    weights["1.bias"][0] = bad
    with pytest.raises(InputError, match="not a number"):
        LearnedPolicy.load(rewritten(saved, policy, weights), THERAPY)


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_any_flipped_bit_or_lost_end_is_noticed(saved: Path, suffix: str) -> None:
    path = saved.with_suffix(suffix)
    whole = path.read_bytes()
    card = LearnedPolicy.load(saved, THERAPY).card
    random = np.random.default_rng(4)
    harmless = 0
    for place in random.integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(bytes(damaged))
        try:
            again = LearnedPolicy.load(saved, THERAPY)
        except InputError:
            continue
        # The 17th digit of a number may change without changing the number: nothing is damaged then.
        assert again.card == card
        harmless += 1
    assert harmless <= (6 if suffix == ".json" else 0)
    for length in (0, 5, len(whole) // 2, len(whole) - 2):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            LearnedPolicy.load(saved, THERAPY)
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        LearnedPolicy.load(saved, THERAPY)


def test_two_policies_cannot_be_mixed_up(policy: LearnedPolicy, saved: Path, tmp_path: Path) -> None:
    other = trained("ppo", "discrete", seed=2).policy().save(tmp_path / "other.json")
    saved.with_suffix(".safetensors").write_bytes(other.with_suffix(".safetensors").read_bytes())
    with pytest.raises(InputError, match="mixed up"):
        LearnedPolicy.load(saved, THERAPY)


def test_scaled_observations_are_bounded(policy: LearnedPolicy) -> None:
    env = DosingVectorEnv(64, therapy=THERAPY, actions="discrete", **SHORT)
    trainee = make_trainee(settings("ppo", "discrete"), THERAPY, Scenario(**SHORT), 1, 1, "tiny")
    scaling = trainee.model.get_env().scaling
    observation, _ = env.reset(seed=0)
    for level in (0, 30, 10):
        scaled = scaling(observation)
        assert scaled.dtype == np.float32
        assert np.abs(scaled).max() <= LIMIT
        observation = env.step(np.full(64, level))[0]
    assert np.isfinite(scaling(env.observation_space.low)).all()


@pytest.mark.parametrize(("given", "message"), [({"threads": 0}, "1 to 64"), ({"steps": 0}, "at least 1")])
def test_impossible_training_is_explained(given: dict[str, int], message: str) -> None:
    chosen = replace(settings("ppo", "discrete"), steps=given.get("steps", 100))
    with pytest.raises(InputError, match=message):
        make_trainee(chosen, THERAPY, Scenario(**SHORT), 1, given.get("threads", 1), "tiny")


def test_no_patient_of_a_study_was_trained_on() -> None:
    """The same seed for training and for a study gives other people: random effects, adherence, assay."""
    trainee = make_trainee(settings("dqn", "relative"), THERAPY, Scenario(**SHORT), 1, 1, "tiny")
    venv = trainee.model.get_env()
    assert venv is not None
    venv.seed(1)
    venv.reset()
    env = venv.env  # type: ignore[attr-defined]
    study = DosingVectorEnv(8, therapy="warfarin", cohort="sampled", days=21)
    study.reset(seed=1)
    assert not np.isin(env.clinic.world.shares, study.clinic.world.shares).any()
    assert not np.isin(env.cohort.covariates["weight_kg"], study.cohort.covariates["weight_kg"]).any()


def test_rewards_are_days_over_ten_for_the_network() -> None:
    venv = trained("dqn", "relative").model.get_env()
    assert venv is not None
    assert venv.reward_scale == 0.1  # type: ignore[attr-defined]
