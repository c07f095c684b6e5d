"""Training runs: progress, learning curve on validation patients, TensorBoard, and the policy's files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import configure

from pmrl.agents import checkpoint
from pmrl.agents.deep import Rollouts, Trainee, make_trainee, train
from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.training_settings import TrainingSettings, settings_for
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments import reproduction
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.experiments.training_end import FILE
from pmrl.failure import NumericalError

VALIDATION_PATIENTS = 512
EVALUATIONS = 10
"""Points of the learning curve."""


def _resumed(trainee: Trainee, state: Any) -> tuple[int, float, list[dict[str, float]], list[LearnedPolicy]]:
    """Put a checkpoint's state back: steps of the next evaluation, seconds, curve, and the best policy.

    Raises:
        InputError: it is not the state of such a training.
    """
    try:
        checkpoint.put_back(trainee.model, state["model"])
        curve = [{str(name): float(value) for name, value in row.items()} for row in state["curve"]]
        weights = state["best"]
        best = [LearnedPolicy(trainee.card, weights, trainee.therapy)] if weights else []
        return int(state["next"]), float(state["seconds"]), curve, best
    except InputError:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"the checkpoint does not fit this training: {error!r}") from None


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
    validation_patients: int = VALIDATION_PATIENTS,
    keeper: Keeper | None = None,
    **changes: Any,
) -> TrainingRun:
    """Train one policy on the scenario's patients and choose its best checkpoint on validation patients.

    Args:
        algorithm: of `pmrl.agents.training_settings.SETTINGS`, such as "ppo" or "ppo-posterior".
        therapy: what is treated.
        scenario: training patients and what happens to them.
        seed: of patients, exploration and initial weights.
        threads: of torch and of the environment.
        steps: visits; None for the settings'.
        folder: where TensorBoard logs go; None for none.
        name: under which results are reported; the algorithm's if None.
        on_progress: called with the steps done and the latest row of the learning curve.
        validation_patients: on whom checkpoints are compared.
        keeper: of checkpoints to resume from; None for none.
        **changes: fields of `TrainingSettings` that are changed.

    Raises:
        InputError: an unknown algorithm, or a number out of range.
        NumericalError: a number was none, or equations could not be solved; `reproduction.json` in the folder
            then holds what is needed to see it again.
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
    before, began = 0.0, time.perf_counter()

    def evaluate(done: int) -> None:
        policy = trainee.policy()
        found = outcomes(rollout(policy, therapy, validation, validation_patients, VALIDATION_SEED), therapy)
        limit = next(iter(therapy.safety_events))
        row = {
            "steps": float(done),
            "seconds": before + time.perf_counter() - began,
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

    def keep(done: int) -> None:
        if keeper is not None and keeper.is_due:
            state = {"model": checkpoint.take(trainee.model), "next": rollouts.next, "curve": curve}
            seconds = before + time.perf_counter() - began
            keeper.keep(done, state | {"best": best[0].weights if best else None, "seconds": seconds})

    rollouts = Rollouts(evaluate, max(settings.steps // EVALUATIONS, 1), keep)
    if keeper is not None and (found := keeper.found) is not None:
        rollouts.next, before, rows, policies = _resumed(trainee, found.state)
        curve += rows
        best += policies
    asked = {
        "algorithm": algorithm, "therapy": therapy, "scenario": scenario, "seed": seed, "threads": threads,
        "steps": settings.steps, "validation_patients": validation_patients, **changes,
    }  # fmt: skip
    try:
        train(trainee, rollouts, logger)
    except NumericalError as error:
        if folder is not None:
            reproduction.write(folder / FILE, error, asked)
        raise
    seconds = before + time.perf_counter() - began
    chosen = best[0]
    chosen.card.training.update(
        {
            "seconds": round(seconds, 1),
            f"validation_{therapy.primary}": max(row[therapy.primary] for row in curve),
            "validation_patients": validation_patients,
            "cohort": str(scenario.cohort) if isinstance(scenario.cohort, str) else "given",
        }
    )
    return TrainingRun(chosen, curve, seconds)
