"""Training runs: progress, learning curve on validation patients, TensorBoard, and the policy's files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import Logger, configure

from pmrl.agents import checkpoint
from pmrl.agents.deep import Rollouts, Trainee, make_trainee, train
from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.training_settings import TrainingSettings, settings_for
from pmrl.envs.scenario import NAMED_COHORTS, Scenario
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


@dataclass(frozen=True)
class TrainingRun:
    """A trained policy and how it got there.

    `curve`: one row per evaluation: `steps`, `seconds`, `ttr` and the first safety limit's share of days,
    all on validation patients. The policy is the one of the best evaluation.
    """

    policy: LearnedPolicy
    curve: list[dict[str, float]]
    seconds: float


@dataclass
class _Course:
    """A training on its way: learning curve and best policy so far; a checkpoint can lead back to them."""

    trainee: Trainee
    validation: Scenario
    patients: int
    logger: Logger
    keeper: Keeper | None
    on_progress: Callable[[int, dict[str, float]], None]
    curve: list[dict[str, float]] = field(default_factory=list)
    best: LearnedPolicy | None = None
    before: float = 0.0
    """Seconds until the checkpoint."""
    began: float = field(default_factory=time.perf_counter)

    def rollouts(self, steps: int) -> Rollouts:
        """What looks in between rollouts, from the checkpoint on where there is one.

        Raises:
            InputError: the checkpoint is not of such a training.
        """
        found = Rollouts(
            self.evaluate, max(steps // EVALUATIONS, 1), lambda done: self.keep(done, found.next)
        )
        if self.keeper is not None and self.keeper.found is not None:
            found.next = self._take_up(self.keeper.found.state)
        return found

    @property
    def seconds(self) -> float:
        return self.before + time.perf_counter() - self.began

    def evaluate(self, done: int) -> None:
        """Add a row to the learning curve."""
        policy, therapy = self.trainee.policy(), self.trainee.therapy
        found = outcomes(rollout(policy, therapy, self.validation, self.patients, VALIDATION_SEED), therapy)
        measures = dict.fromkeys(("ttr", therapy.primary, next(iter(therapy.safety_events))))
        row = {"steps": float(done), "seconds": self.seconds}
        row |= {name: float(found[name].mean()) for name in measures}
        if not self.curve or row[therapy.primary] > max(past[therapy.primary] for past in self.curve):
            self.best = policy
        self.curve.append(row)
        for name in measures:
            self.logger.record(f"validation/{name}", row[name])
        self.on_progress(done, row)

    def keep(self, done: int, following: int) -> None:
        """Write a checkpoint where one is due; `following` are the steps of the next evaluation."""
        if self.keeper is None or not self.keeper.is_due:
            return
        state = {"model": checkpoint.take(self.trainee.model), "next": following, "curve": self.curve}
        weights = self.best.weights if self.best else None
        self.keeper.keep(done, state | {"best": weights, "seconds": self.seconds})

    def _take_up(self, state: Any) -> int:
        """Put a checkpoint's state back; the steps of the next evaluation.

        Raises:
            InputError: it is not the state of such a training.
        """
        try:
            checkpoint.put_back(self.trainee.model, state["model"])
            rows = [{str(name): float(value) for name, value in row.items()} for row in state["curve"]]
            if weights := state["best"]:
                self.best = LearnedPolicy(self.trainee.card, weights, self.trainee.therapy)
            self.curve, self.before = rows, float(state["seconds"])
            return int(state["next"])
        except InputError:
            raise
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise InputError(f"the checkpoint does not fit this training: {error!r}") from None


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
        configure(str(folder / "tensorboard" / algorithm), ["tensorboard"]) if folder else Logger(None, [])
    )
    validation = scenario.with_options(cohort="validation") if scenario.cohort == "train" else scenario
    course = _Course(trainee, validation, validation_patients, logger, keeper, on_progress)
    rollouts = course.rollouts(settings.steps)
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
    return _finished(course, scenario)


def _finished(course: _Course, scenario: Scenario) -> TrainingRun:
    """The best policy, whose card says how it was trained."""
    assert course.best is not None  # noqa: S101 - the last rollout ends in an evaluation
    primary, seconds = course.trainee.therapy.primary, course.seconds
    course.best.card.training.update(
        {
            "seconds": round(seconds, 1),
            f"validation_{primary}": max(row[primary] for row in course.curve),
            "validation_patients": course.patients,
            # Where somebody's file lies is nobody's business who gets the policy.
            "cohort": scenario.cohort if scenario.cohort in NAMED_COHORTS else "given",
        }
    )
    return TrainingRun(course.best, course.curve, seconds)
