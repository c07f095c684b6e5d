"""Tuning: values of a policy's settings are tried on validation patients until an equal budget is used up.

The first trial of every policy is its untuned default; the others are suggested by a tree-structured Parzen
estimator (Bergstra 2011, NeurIPS 24, as in optuna). Every trial of every policy treats the same patients.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for, planners
from pmrl.agents.search_space import DIGITS, Choice, Number, Space, Value, defaults
from pmrl.agents.tunable import TUNABLE
from pmrl.envs.clinic import Clinic
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.rollout import outcomes, treat

COHORT = "validation"
TRAINING_SEED = 0
"""Of patients, exploration and initial weights, the same for every trial."""
ALGORITHMS = ("ppo", "ppo-posterior", "dqn", "dqn-posterior")
SCORE_DECIMALS = 6
Record = dict[str, Any]
Score = Callable[[dict[str, Value]], float]


@dataclass(frozen=True)
class Budget:
    """What a policy may use; the trial that crosses `core_seconds` is finished and counted."""

    core_seconds: float
    trials: int


@dataclass(frozen=True)
class Search:
    """How every policy of a drug is tuned.

    Attributes:
        therapy: what is treated.
        budget: the same for every policy.
        patients: validation patients of every trial.
        seed: of what is suggested.
        steps: training visits of a trial; None for a share of the settings'.
    """

    therapy: Therapy
    budget: Budget
    patients: int
    seed: int
    steps: int | None = None


def tunable_names(therapy: Therapy) -> tuple[str, ...]:
    """What can be tuned for a therapy."""
    suit = (*names_for(therapy), *planners(therapy))
    return (*(name for name in TUNABLE if name in suit), *ALGORITHMS)


def require_optuna() -> Any:
    """The package that suggests trials, without its messages.

    Raises:
        InputError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            "tuning needs the package optuna, which is not installed: pip install 'pmrl[tune]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def tune(name: str, search: Search, on_trial: Callable[[Record], None] = lambda record: None) -> Record:
    """The record of a policy (`pmrl.agents.tuned`): its best values, and how they were found.

    Args:
        name: of `tunable_names`.
        search: patients, budget, seed.
        on_trial: called with the record so far after every trial.

    Raises:
        InputError: optuna is not installed.
    """
    optuna = require_optuna()
    space, score = _objective(name, search)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=search.seed))
    study.enqueue_trial(_as_suggested(defaults(space), space))
    trials: list[list[Any]] = []
    used, budget = 0.0, search.budget
    while len(trials) < budget.trials and used < budget.core_seconds:
        began = time.process_time()
        trial = study.ask()
        values = {dimension.name: _suggest(trial, dimension) for dimension in space}
        found = _score(score, values, is_default=not trials)
        if found is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, found)
        seconds = time.process_time() - began
        used += seconds
        trials.append([*values.values(), found, round(seconds, 3)])
        record = _record(name, search, space, trials, used)
        on_trial(record)
    return record


def _score(score: Score, values: dict[str, Value], is_default: bool) -> float | None:
    """Rounded; None where training came to numbers that are none, as wild settings do."""
    try:
        return round(score(values), SCORE_DECIMALS)
    except InputError:
        raise
    except (FloatingPointError, ValueError):
        if is_default:
            raise
        return None


def _suggest(trial: Any, dimension: Number | Choice) -> Value:
    """The sampler's next value."""
    name = dimension.name
    if isinstance(dimension, Choice):
        chosen: Value = trial.suggest_categorical(name, dimension.options)
        return chosen
    if dimension.or_zero and not trial.suggest_categorical(f"with {name}", (True, False)):
        return 0.0
    low, high = float(dimension.low), float(dimension.high)
    if dimension.integer:
        return int(trial.suggest_int(name, int(low), int(high), log=dimension.log))
    return float(f"{trial.suggest_float(name, low, high, log=dimension.log):.{DIGITS}g}")


def _as_suggested(values: dict[str, Value], space: Space) -> dict[str, Value | bool]:
    """Values as the sampler names them: what is switched off has no number."""
    asked: dict[str, Value | bool] = {}
    for dimension in space:
        value = values[dimension.name]
        if isinstance(dimension, Number) and dimension.or_zero:
            asked[f"with {dimension.name}"] = value != 0.0
            if value == 0.0:
                continue
        asked[dimension.name] = value
    return asked


def _objective(name: str, search: Search) -> tuple[Space, Score]:
    """What is searched, and the mean primary outcome on the validation patients by values."""
    therapy, n = search.therapy, search.patients
    clinic = Clinic(therapy, Scenario(cohort=COHORT), n, VALIDATION_SEED)

    def on_patients(policy: Policy) -> float:
        found = outcomes(treat(policy, clinic, np.arange(n)), therapy)
        return float(found[therapy.primary].mean())

    if name in TUNABLE:
        tunable = TUNABLE[name]
        space = tunable.space(therapy)
        # So that no policy pays for compiling what another finds compiled.
        few = Clinic(therapy, Scenario(cohort=COHORT), 2, VALIDATION_SEED)
        treat(tunable.make(therapy, defaults(space)), few, np.arange(2))
        return space, lambda values: on_patients(tunable.make(therapy, values))

    from pmrl.agents.tunable_training import TRAINED, changes_of, trial_steps
    from pmrl.experiments.train import run_training

    steps = search.steps or trial_steps(name)

    def trained(values: dict[str, Value]) -> float:
        changes = changes_of(name, values)
        run = run_training(
            name, therapy, Scenario(), TRAINING_SEED, 1, steps, validation_patients=n, **changes
        )
        return max(row[therapy.primary] for row in run.curve)

    return TRAINED[name](), trained


def _record(name: str, search: Search, space: Space, trials: list[list[Any]], used: float) -> Record:
    """What is known after these trials; of equally good ones, the first counts."""
    therapy, columns = search.therapy, [dimension.name for dimension in space]
    done = [trial for trial in trials if trial[-2] is not None]
    best = max(done, key=lambda trial: float(trial[-2]))
    record = {
        "values": dict(zip(columns, best, strict=False)),
        "score": best[-2],
        "default_score": trials[0][-2],
        "outcome": therapy.primary,
        "environment": therapy.id,
        "environment_version": therapy.version,
        "cohort": COHORT,
        "cohort_seed": VALIDATION_SEED,
        "patients": search.patients,
        "sampler": "TPE",
        "seed": search.seed,
        "budget": {"core_seconds": search.budget.core_seconds, "trials": search.budget.trials},
        "used": {"core_seconds": round(used, 1), "trials": len(trials)},
    }
    if name in ALGORITHMS:
        from pmrl.agents.tunable_training import trial_steps

        record["training"] = {"steps": search.steps or trial_steps(name), "seed": TRAINING_SEED, "threads": 1}
    return {**record, "columns": [*columns, "score", "core_seconds"], "trials": list(trials)}
