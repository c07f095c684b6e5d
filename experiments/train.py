"""Training runs: progress, learning curve on validation patients, TensorBoard, and the policy's files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import configure

from pmrl.agents.deep import TrainingSettings, make_trainee, settings_for, train
from pmrl.agents.learned import LearnedPolicy
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.rollout import outcomes, rollout

VALIDATION_PATIENTS = 512
EVALUATIONS = 10
"""Points of the learning curve."""


@dataclass(frozen=True)
class TrainingRun:
    """A trained policy and how it got there.

    `curve`: one row per evaluation: `steps`, `seconds`, `ttr` and the first safety limit's share of days,
    all on validation patients. The policy is the one of the best evaluation.
    """

    policy: LearnedPolicy
    curve: list[dict[str, float]]
    seconds: float


def run_training(
    algorithm: str,
    therapy: Therapy,
    scenario: Scenario,
    seed: int,
    threads: int,
    steps: int | None = None,
    folder: Path | None = None,
    name: str | None = None,
    on_progress: Callable[[int, dict[str, float]], None] = lambda steps, row: None,
    **changes: Any,
) -> TrainingRun:
    """Train one policy on the scenario's patients and choose its best checkpoint on validation patients.

    Args:
        algorithm: "ppo" or "dqn".
        therapy: what is treated.
        scenario: training patients and what happens to them.
        seed: of patients, exploration and initial weights.
        threads: of torch and of the environment.
        steps: visits; None for the settings'.
        folder: where TensorBoard logs go; None for none.
        name: under which results are reported; the algorithm's if None.
        on_progress: called with the steps done and the latest row of the learning curve.
        **changes: fields of `TrainingSettings` that are changed.

    Raises:
        InputError: an unknown algorithm, or a number out of range.
    """
    if scenario.cohort in ("test", "validation"):
        raise InputError(
            f"training on the {scenario.cohort} patients would make their part in the study worthless: use "
            "cohort 'train'"
        )
    settings: TrainingSettings = settings_for(algorithm)
    settings = replace(settings, steps=settings.steps if steps is None else steps, **changes)
    trainee = make_trainee(settings, therapy, scenario, seed, threads, name or algorithm)
    logger = (
        configure(str(folder / "tensorboard" / algorithm), ["tensorboard"]) if folder else configure(None, [])
    )
    validation = scenario.with_options(cohort="validation") if scenario.cohort == "train" else scenario
    curve: list[dict[str, float]] = []
    best: list[LearnedPolicy] = []
    began = time.perf_counter()

    def evaluate(done: int) -> None:
        policy = trainee.policy()
        found = outcomes(rollout(policy, therapy, validation, VALIDATION_PATIENTS, VALIDATION_SEED), therapy)
        limit = next(iter(therapy.safety_events))
        row = {
            "steps": float(done),
            "seconds": time.perf_counter() - began,
            "ttr": float(found["ttr"].mean()),
            therapy.primary: float(found[therapy.primary].mean()),
            limit: float(found[limit].mean()),
        }
        if not curve or row[therapy.primary] > max(past[therapy.primary] for past in curve):
            best[:] = [policy]
        curve.append(row)
        for name in {"ttr", therapy.primary}:
            logger.record(f"validation/{name}", row[name])
        logger.record(f"validation/{limit}", row[limit])
        on_progress(done, row)

    train(trainee, evaluate, max(settings.steps // EVALUATIONS, 1), logger)
    seconds = time.perf_counter() - began
    chosen = best[0]
    chosen.card.training.update(
        {
            "seconds": round(seconds, 1),
            f"validation_{therapy.primary}": max(row[therapy.primary] for row in curve),
            "validation_patients": VALIDATION_PATIENTS,
            "cohort": str(scenario.cohort) if isinstance(scenario.cohort, str) else "given",
        }
    )
    return TrainingRun(chosen, curve, seconds)
