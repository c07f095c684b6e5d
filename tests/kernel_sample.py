"""A little of everything that kernels compute, for comparing two ways of running them.

`python kernel_sample.py FILE` writes it to FILE, an npz.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ode_problems import PROBLEMS, SWING, problem_course
from worlds import lived, world

from pmrl.agents.registry import policy
from pmrl.elementary import exp, log
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.failure import SimulationError
from pmrl.models.registry import model
from pmrl.outcomes import days_to_stable, rosendaal, time_in_range
from pmrl.randomness import Stream, normals, philox, uniforms
from pmrl.solve import course

Floats = NDArray[np.float64]
SEED, PATIENTS, DAYS, VISITS = 11, 2, 4, 3
FAR = np.array([0, 1, 2**31, 2**40 + 7, -1])
HARD: dict[str, Any] = {
    "cohort": "sampled",
    "missed_visits": 0.3,
    "lab_delay_days": 1,
    "genotype": "unknown",
}
SCENARIOS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((drug, {}) for drug in THERAPIES),
    ("warfarin", {**HARD, "start": "established", "interaction": "antibiotic", "surgery": True}),
    ("tacrolimus", HARD),
)


def draws() -> Iterator[tuple[str, Floats]]:
    """What must be the same to the last digit."""
    for key in (0, 0xA4093822, 2**32 - 1):
        words = philox(*(np.uint64(word) for word in (key, 2**32 - 1, 7, 0, key, 5)))
        yield f"exactly philox {key}", np.array([int(word) for word in words], dtype=np.uint64)
    for stream in Stream:
        for day in (0, 400, -(2**20)):
            yield f"exactly uniforms {stream.name} {day}", uniforms(2**33 + 5, FAR, stream, day)
    yield "normals", normals(SEED, FAR, Stream.PARAMETER, 4)


def functions() -> Iterator[tuple[str, Floats]]:
    """Elementary functions, in and beyond their range; outcomes, also of nothing."""
    x = np.array([-1e9, -700.0, -1.5, 0.0, 1e-300, 0.7, 1.0, 2.0, 650.0, np.inf, np.nan])
    yield "exp", np.array([exp(value) for value in x])
    yield "log", np.array([log(value) for value in x])
    labs = np.array([[1.0, 2.2, 2.4, 2.5, 3.9], [1.5, 1.5, 3.5, 3.5, np.nan], [np.nan] * 5])
    week = np.tile(np.array([0.0, 7.0, 14.0, 21.0, 90.0]), (3, 1))
    doses = np.array([[5.0, 5, 5, 5, 5], [5, 5, 6, 6, 6], [np.nan] * 5])
    yield "rosendaal", rosendaal(week, labs, 2.0, 3.0)
    yield "days to stable", days_to_stable(week, labs, doses, 2.0, 3.0)
    yield "time in range", time_in_range(labs, 2.0, 3.0)


def courses() -> Iterator[tuple[str, Floats]]:
    """Every model with every parameter set, and the problems of the general kernel, which are also stiff."""
    for drug in THERAPIES:
        dose = float(therapy(drug).grid.maximum) / 3.0
        for m in (model(name) for name in therapy(drug).models):
            for numbers in m.parameter_sets:
                p = m.patients(m.cohorts.maker("sampled", SEED, None)(0, PATIENTS), numbers)
                values, states = course(m, p, np.full((PATIENTS, DAYS), dose))
                yield f"{m.name} {numbers} biomarker", values
                yield f"{m.name} {numbers} states", states
                slopes = np.empty_like(states)
                for y, one, slope in zip(states, p, slopes, strict=True):
                    m.rhs(7.0, y, one, slope)
                yield f"{m.name} {numbers} slopes", slopes
                if m.approximate is not None:
                    imagined = replace(m, **m.approximate._asdict())
                    lived_on = course(imagined, p, np.full((PATIENTS, DAYS), dose))[0]
                    yield f"{m.name} {numbers} imagined", lived_on
                if m.harm is not None:
                    harm = [m.harm(dose, y, one) for y, one in zip(states, p, strict=True)]
                    yield f"{m.name} {numbers} harm", np.array(harm)
    for problem in (*PROBLEMS, SWING):
        yield f"{'stiff ' * problem.stiff}problem {problem.name}", problem_course(problem, 2, 2)[0]
    yield "problem beyond a few lanes", problem_course(PROBLEMS[3], 6, 1)[0]


def episodes() -> Iterator[tuple[str, Floats]]:
    """The first visits in every environment, and in two with all that makes it harder."""
    for drug, options in SCENARIOS:
        env, levels = (
            DosingVectorEnv(PATIENTS, therapy=drug, actions="discrete", **options),
            np.arange(PATIENTS),
        )
        observation, _ = env.reset(seed=SEED)
        for visit in range(VISITS):
            name = f"{drug} {len(options)} visit {visit}"
            yield f"{name} seen", observation.astype(np.float64)
            levels = (levels + 3) % therapy(drug).grid.levels.size
            observation, reward, _, _, info = env.step(levels)
            yield f"{name} reward", reward
            yield f"{name} latent", info["latent"]


def treatments() -> Iterator[tuple[str, Floats]]:
    """Whole courses, in which some come to their end before others, without anybody who learns from them."""
    scenario = Scenario(days=9, missed_visits=0.5, cohort="sampled")
    for drug in ("warfarin", "phenytoin"):
        found = rollout(policy("random", therapy(drug)), therapy(drug), scenario, PATIENTS, SEED)
        yield f"{drug} treated", found.latent
        yield f"{drug} outcomes", np.array(list(outcomes(found, therapy(drug)).values()))


def failures() -> Iterator[tuple[str, Floats]]:
    """The row of a failure and what it is called."""
    for name, first in (("hamberg-2010", "cl"), ("wright-2016", "cl"), ("kakara-2014", "risk")):
        w = world(np.arange(PATIENTS), DAYS, patients=model(name))
        w.parameters[1, w.model.column(first)] = np.nan
        yield failure(f"world of {name}", lambda w=w: lived(w, 5.0, DAYS))
    for problem in PROBLEMS[:2]:
        p = problem.patients(PATIENTS)
        p[1, 0] = 1e308
        doses = np.full((PATIENTS, 2), problem.dose)
        yield failure(problem.name, lambda p=p, problem=problem, doses=doses: course(problem.model, p, doses))


def failure(name: str, action: Callable[[], Any]) -> tuple[str, Floats]:
    try:
        action()
    except SimulationError as error:
        return f"exactly failure of {name}: {error}", np.array([float(error.row)])
    return f"exactly no failure of {name}", np.zeros(1)


def sample() -> dict[str, Floats]:
    """Everything, by name; names that begin with "exactly" hold numbers without rounding."""
    return {
        name: values
        for part in (draws, functions, courses, episodes, treatments, failures)
        for name, values in part()
    }


if __name__ == "__main__":
    np.savez(sys.argv[1], allow_pickle=False, **sample())
