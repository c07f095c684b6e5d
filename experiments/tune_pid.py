"""Tune the PID controller of a drug by a random search on validation patients.

    python -m pmrl.experiments.tune_pid warfarin [phenytoin ...]

writes the best gains, with every trial, the budget, seeds, cohort and score, into `agents/data/pid.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from pmrl.agents.pid import UNTUNED, Gains, Pid, days_that_count, gains_file
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES
from pmrl.envs.registry import therapy as therapy_named
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.rollout import outcomes, treat
from pmrl.parameter import Parameter

_SEARCH = "ours: wide enough that no winner lies at an end that matters"
TRIALS = Parameter(60.0, "trials", "ours: random search, the first trial is `UNTUNED`", "assumption")
PATIENTS = Parameter(256.0, "patients", "ours: the same for every trial", "assumption")
SEED = Parameter(0.0, "seed of the gains that are tried", "ours", "assumption")
SHARE_WITHOUT = Parameter(
    0.25, "of the trials, ki and kd each", f"{_SEARCH}; so that PI, PD, P come up", "assumption"
)
KP, KI, KD = (
    tuple(Parameter(end, unit, _SEARCH, "assumption") for end in ends)
    for ends, unit in (
        ((0.03, 10.0), "log dose per log ratio"),
        ((0.03, 10.0), "log dose per log ratio and visit: times `days_that_count`"),
        ((0.01, 3.0), "log dose per log ratio a visit: over `days_that_count`"),
    )
)
COHORT = "validation"
DIGITS = 4


def candidates(therapy: Therapy) -> Iterator[tuple[float, float, float]]:
    """Gains to try: `UNTUNED`, then kp, ki and kd log-uniform; ki and kd in visits, so that drugs compare."""
    yield float(UNTUNED.kp), float(UNTUNED.ki), float(UNTUNED.kd)
    random, days = np.random.default_rng(int(SEED.value)), days_that_count(therapy)

    def between(ends: tuple[Parameter, ...]) -> float:
        low, high = map(float, ends)
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    for _ in range(int(TRIALS.value) - 1):
        kp, ki, kd = between(KP), between(KI) / days, between(KD) * days
        without = random.random(2) < float(SHARE_WITHOUT)
        gains = kp, 0.0 if without[0] else ki, 0.0 if without[1] else kd
        yield tuple(float(f"{gain:.{DIGITS}g}") for gain in gains)  # type: ignore[misc]


def tune(therapy: Therapy) -> dict[str, Any]:
    """The best gains of the search and how they were found; every policy's patients are the same."""
    n = int(PATIENTS.value)
    clinic = Clinic(therapy, Scenario(cohort=COHORT), n, VALIDATION_SEED)
    trials: list[tuple[float, float, float, float]] = []
    for kp, ki, kd in candidates(therapy):
        policy = Pid(therapy, Gains.of(kp, ki, kd, "a trial"))
        found = outcomes(treat(policy, clinic, np.arange(n)), therapy)
        trials.append((kp, ki, kd, round(float(found[therapy.primary].mean()), DIGITS)))
    best = max(trials, key=lambda trial: trial[-1])
    return {
        **dict(zip(("kp", "ki", "kd", "score"), best, strict=True)),
        "outcome": therapy.primary,
        "untuned_score": trials[0][-1],
        "environment": therapy.id,
        "environment_version": therapy.version,
        "cohort": COHORT,
        "cohort_seed": VALIDATION_SEED,
        "patients": n,
        "n_trials": len(trials),
        "search_seed": int(SEED.value),
        "trials": trials,
    }


def as_text(tuned: dict[str, dict[str, Any]]) -> str:
    """The JSON of the gains file: one line per trial."""
    drugs = []
    for drug, found in sorted(tuned.items()):
        lines = [
            f"    {json.dumps(name)}: {json.dumps(value)}"
            for name, value in found.items()
            if name != "trials"
        ]
        trials = ",\n".join(f"      {json.dumps(trial)}" for trial in found["trials"])
        drugs.append(
            f"  {json.dumps(drug)}: {{\n"
            + ",\n".join([*lines, f'    "trials": [\n{trials}\n    ]'])
            + "\n  }"
        )
    return "{\n" + ",\n".join(drugs) + "\n}\n"


def main(drugs: list[str]) -> int:
    """Tune these drugs, or, without any, all; the file keeps the others."""
    path = gains_file()
    tuned: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    try:
        therapies = [therapy_named(drug) for drug in drugs or THERAPIES]
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201 - this is the command
        return 2
    path.parent.mkdir(exist_ok=True)
    for therapy in therapies:
        found = tuned[therapy.drug] = tune(therapy)
        path.write_text(as_text(tuned), encoding="utf-8")
        gains = ", ".join(f"{name} {found[name]:g}" for name in ("kp", "ki", "kd"))
        print(f"{therapy.drug}: {gains}; {found['outcome']} {found['score']:.3f}")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
