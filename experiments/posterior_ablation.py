"""What the posterior is worth to a learned policy: trained on labs, and on labs and posterior.

    python -m pmrl.experiments.posterior_ablation warfarin [phenytoin ...] [--seeds 3] [--steps 600000]

trains both with the same settings, seeds and number of visits and lets them treat the same test patients; it
prints a table row for each drug.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pmrl.envs.registry import therapy as therapy_named
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.train import run_training

PATIENTS, TEST_SEED = 1000, 1


@dataclass(frozen=True)
class Ablation:
    """Primary outcome of both, their difference over patients, and how long they were trained.

    `labs` and `posterior` are means over training seeds; `differences` those of single seeds.
    """

    labs: float
    posterior: float
    difference: Estimate
    differences: tuple[float, ...]
    seconds: tuple[float, float]


def ablate(
    therapy: Therapy, algorithm: str, seeds: Sequence[int], steps: int, patients: int = PATIENTS
) -> Ablation:
    """Train and compare; the interval is over patients, of the mean over seeds.

    Args:
        therapy: what is treated.
        algorithm: "ppo" or "dqn".
        seeds: of training.
        steps: visits of each training.
        patients: test patients.
    """
    found = np.empty((2, len(seeds), patients))
    seconds = np.empty((2, len(seeds)))
    for k, seed in enumerate(seeds):
        for j, name in enumerate((algorithm, f"{algorithm}-posterior")):
            run = run_training(name, therapy, Scenario(cohort="train"), seed, 1, steps)
            course = rollout(run.policy, therapy, Scenario(cohort="test"), patients, TEST_SEED)
            found[j, k], seconds[j, k] = outcomes(course, therapy)[therapy.primary], run.seconds
    labs, posterior_mean = found.mean(axis=1)
    spent = seconds.mean(axis=1)
    return Ablation(
        float(labs.mean()),
        float(posterior_mean.mean()),
        Bootstrap(patients, TEST_SEED).difference(posterior_mean, labs),
        tuple(float(x) for x in (found[1] - found[0]).mean(axis=1)),
        (float(spent[0]), float(spent[1])),
    )


def as_row(drug: str, algorithm: str, steps: int, found: Ablation) -> str:
    """A row of a Markdown table."""
    gain, single = found.difference, ", ".join(f"{100 * x:+.1f}" for x in found.differences)
    return (
        f"| {drug} | {algorithm} | {steps:,} | {100 * found.labs:.1f} | {100 * found.posterior:.1f} | "
        f"{100 * gain.mean:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f}) | {single} | "
        f"{found.seconds[0]:.0f}, {found.seconds[1]:.0f} |"
    )


def main(arguments: list[str]) -> int:
    """Ablate the drugs that are named."""
    parser = argparse.ArgumentParser(prog="posterior_ablation", description=__doc__.split("\n")[0])
    parser.add_argument("drugs", nargs="+")
    parser.add_argument("--algorithm", choices=("ppo", "dqn"), default="ppo")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=600_000)
    given = parser.parse_args(arguments)
    try:
        for drug in given.drugs:
            found = ablate(therapy_named(drug), given.algorithm, range(1, 1 + given.seeds), given.steps)
            print(as_row(drug, given.algorithm, given.steps, found), flush=True)  # noqa: T201
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201 - this is the command
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
