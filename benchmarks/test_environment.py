"""Visits a second of the environment: single, batched, on two threads, and as stable-baselines3 sees it."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import pmrl.envs  # noqa: F401 - registers the ids
from pmrl.agents.posterior_features import PosteriorFeatures, scaling_with_posterior
from pmrl.agents.sb3_vec_env import SB3VecEnv
from pmrl.agents.scaling import scaling_of
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy

VISITS = 170
"""Steps of a batch: ten episodes, so that starting patients has its share."""

FEW = 20
"""Where a visit takes long."""


def test_single(benchmark):
    env = gymnasium.make("pmrl/Warfarin-v1")
    env.reset(seed=0)

    def run():
        for _ in range(VISITS):
            *_, ended, _ = env.step(env.action_space.sample())
            if ended:
                env.reset()

    benchmark.group = "the environment: single with sampled actions, then batches"
    benchmark.extra_info.update(amount=VISITS, unit="visits")
    benchmark.pedantic(run, rounds=20, warmup_rounds=1)


@pytest.mark.parametrize(("rows", "threads"), [(1, 1), (64, 1), (1024, 1), (1024, 2)])
def test_batch(benchmark, rows, threads):
    env = DosingVectorEnv(rows, therapy="warfarin", actions="discrete", threads=threads)
    env.reset(seed=0)
    actions = env.action_space.sample()

    def run():
        for _ in range(VISITS):
            env.step(actions)

    benchmark.group = "the environment: single with sampled actions, then batches"
    benchmark.extra_info.update(amount=VISITS * rows, unit="visits")
    benchmark.pedantic(run, rounds=4, warmup_rounds=1)


def step_through(benchmark, batch, visits, rounds):
    batch.reset()
    actions = np.random.default_rng(0).integers(0, batch.action_space.n, (8, batch.num_envs))

    def run():
        for k in range(visits):
            batch.step_async(actions[k % 8])
            batch.step_wait()

    benchmark.extra_info.update(amount=visits * batch.num_envs, unit="visits")
    benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)


@pytest.mark.parametrize("threads", [1, 2])
def test_adaptor(benchmark, threads):
    env = DosingVectorEnv(1024, therapy="warfarin", actions="discrete", threads=threads)
    batch = SB3VecEnv(env, scaling_of(therapy("warfarin"), env.feature_names), 0.1)
    benchmark.group = "environment and stable-baselines3 adaptor, 1,024 rows, one thread, then two"
    step_through(benchmark, batch, VISITS, rounds=4)


@pytest.mark.parametrize("drug", THERAPIES)
def test_posterior_features(benchmark, drug):
    chosen = therapy(drug)
    env = DosingVectorEnv(1024, therapy=chosen, actions="discrete")
    posterior = PosteriorFeatures(chosen)
    batch = SB3VecEnv(env, scaling_with_posterior(chosen, env.feature_names, posterior.names), 0.1, posterior)
    benchmark.group = "environment, adaptor and posterior features, 1,024 rows, one thread"
    step_through(benchmark, batch, FEW, rounds=3)
