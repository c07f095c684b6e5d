"""What a posterior adds to an observation is the same in training and outside, and every drug has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_learned_policy import SHORT, THERAPY, settings

from pmrl.agents.catalogue import resolve
from pmrl.agents.deep import Rollouts, Trainee, make_trainee, train
from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.posterior_features import PREFIX, PosteriorFeatures
from pmrl.agents.scaling import LIMIT
from pmrl.envs.clinic import Clinic
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.rollout import rollout


def trained(algorithm: str, steps: int = 300) -> Trainee:
    chosen = replace(settings(algorithm, "relative"), posterior=True, steps=steps)
    trainee = make_trainee(chosen, THERAPY, Scenario(**SHORT), 1, 1, "tiny")
    train(trainee, Rollouts(lambda done: None, 100))
    return trainee


@pytest.fixture(scope="module")
def policy() -> LearnedPolicy:
    return trained("ppo").policy()


@pytest.mark.parametrize("start", ["induction", "established"])
@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_it_acts_as_stable_baselines3_predicts(algorithm: str, start: str) -> None:
    trainee = trained(algorithm)
    scenario = Scenario(**SHORT, start=start)
    course = rollout(trainee.policy(), THERAPY, scenario, 12, 3)
    env = DosingVectorEnv(12, therapy=THERAPY, actions="relative", scenario=scenario)
    vector, features = trainee.model.get_env(), PosteriorFeatures(THERAPY)
    observation, _ = env.reset(seed=3)
    features.start(env.clinic.visit())
    truncated = np.zeros(12, dtype=np.bool_)
    while not truncated.all():
        seen = np.concatenate([observation, features.of_visit(env.clinic.visit())], axis=1)
        chosen, _ = trainee.model.predict(vector.scaling(seen), deterministic=True)
        observation, _, truncated, _ = env.treat(chosen)
    np.testing.assert_array_equal(env.clinic.prescribed[:, -env.clinic.start :], course.prescribed)


def test_rows_that_end_begin_with_nothing_known_of_the_next_patient() -> None:
    trainee = trained("ppo", 10)
    vector = trainee.model.get_env()
    names = trainee.card.features
    sd = [
        k
        for k, name in enumerate(names)
        if name.startswith(f"{PREFIX}sd_") and name[13:] not in ("dose", "lab")
    ]
    vector.seed(4)
    first = vector.reset()
    done = np.zeros(8, dtype=np.bool_)
    seen = [first]
    while not done.all():
        observation, _, done, infos = vector.step(np.full(8, vector.action_space.n - 1))
        seen.append(observation)
    start = (1.0 - vector.scaling.center[sd]) * vector.scaling.scale[sd]
    assert (seen[-2][:, sd] < start - 1e-3).any(axis=1).all()
    assert (infos[0]["terminal_observation"][sd] < start - 1e-3).any()
    fresh = PosteriorFeatures(THERAPY)
    fresh.start(vector.env.clinic.visit())
    expected = fresh.of_visit(vector.env.clinic.visit())
    plain = len(names) - len(fresh.names)
    scaled = (expected - vector.scaling.center[plain:]) * vector.scaling.scale[plain:]
    some = ~vector.scaling.logarithm[plain:]
    np.testing.assert_allclose(
        seen[-1][:, plain:][:, some], np.clip(scaled[:, some], -LIMIT, LIMIT), rtol=1e-5
    )


def test_its_files_say_what_it_sees(policy: LearnedPolicy, tmp_path: Path) -> None:
    path = policy.save(tmp_path / "tiny.json")
    read = LearnedPolicy.load(path, THERAPY)
    assert read.card.training["posterior"] is True
    assert {name for name in read.card.features if name.startswith(PREFIX)} == set(
        PosteriorFeatures(THERAPY).names
    )
    scenario = Scenario(**SHORT)
    alone, together = rollout(read, THERAPY, scenario, 3, 9), rollout(policy, THERAPY, scenario, 8, 9)
    np.testing.assert_array_equal(alone.prescribed, together.prescribed[:3])
    fewer = replace(policy.card, features=policy.card.features[:-1])
    with pytest.raises(InputError, match="other features"):
        LearnedPolicy(fewer, policy.weights, THERAPY)


@pytest.mark.parametrize("drug", THERAPIES)
def test_every_drug_has_them_within_the_usual(drug: str) -> None:
    chosen = therapy(drug)
    features, clinic = PosteriorFeatures(chosen), Clinic(chosen, Scenario(days=28), 6, 2)
    clinic.admit(np.arange(6))
    features.start(clinic.visit())
    rule = resolve("fixed", chosen)
    rule.start(clinic.visit())
    while not clinic.done.all():
        found = features.of_visit(clinic.visit())
        assert found.shape == (6, len(features.names))
        assert np.isfinite(found).all()
        named = dict(zip(features.names, found.T, strict=True))
        for effect in features.estimate.effects:
            assert (named[f"{PREFIX}sd_{effect}"] <= 1.0 + 1e-6).all()
        assert (named[f"{PREFIX}dose"] >= 0.0).all()
        assert (named[f"{PREFIX}lab"] >= chosen.biomarker_range[0]).all()
        clinic.treat(clinic.dispense(rule.prescribe(clinic.visit())))
