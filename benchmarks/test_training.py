"""Visits a second of training, and the environment's share of it, by threads and batch size."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from pmrl.agents.deep import SETTINGS, make_trainee
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario

ITERATIONS = 3
"""Rollouts with their updates that are timed."""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch_size", [1024, 2048, 4096, 8192])
def test_ppo(benchmark, batch_size, threads):
    settings = SETTINGS["ppo"]
    settings = replace(settings, options={**settings.options, "batch_size": batch_size})
    visits = ITERATIONS * settings.num_envs * int(settings.options["n_steps"])
    trainee = make_trainee(settings, therapy("warfarin"), Scenario(), 0, threads, "ppo")
    benchmark.group = "ppo by batch size and threads"
    run_training(benchmark, trainee, visits)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch_size", [256, 512])
def test_dqn(benchmark, batch_size, threads):
    settings = SETTINGS["dqn"]
    options = {**settings.options, "batch_size": batch_size, "learning_starts": 64}
    settings = replace(settings, options=options)
    trainee = make_trainee(settings, therapy("warfarin"), Scenario(), 0, threads, "dqn")
    benchmark.group = "dqn by batch size and threads"
    run_training(benchmark, trainee, 200 * settings.num_envs)


def run_training(benchmark, trainee, visits):
    """Time `visits` visits of training, and how much of it the environment takes."""
    env, spent = trainee.model.get_env(), [0.0]
    step = env.step_wait

    def timed():
        began = time.perf_counter()
        result = step()
        spent[0] += time.perf_counter() - began
        return result

    env.step_wait = timed
    trainee.model.learn(visits)
    spent[0] = 0.0
    benchmark.pedantic(trainee.model.learn, (visits,), rounds=3)
    share = spent[0] / sum(benchmark.stats.stats.data)
    benchmark.extra_info.update(amount=visits, unit="visits", environment=f"{100 * share:.0f}% of the time")
