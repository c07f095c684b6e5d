"""The command that tells the whole story: demo."""

from __future__ import annotations

from pathlib import Path

from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for
from pmrl.agents.registry import policy as rule
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.commands_benchmark import require_patients, run_comparison
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.comparison_table import comparison_table
from pmrl.experiments.output import Output, progress_bars
from pmrl.experiments.printing import say

DEMO_STEPS = {"ppo": 900_000, "dqn": 650_000}
"""Visits of each algorithm that two cores train at the same time within 90 seconds."""


def run_demo(out: Path, seed: int, json_file: Path | None, patients: int, steps: int | None) -> None:
    """Train, compare, validate and report."""
    from pmrl import iwpc
    from pmrl.agents.learned import LearnedPolicy
    from pmrl.experiments.demo import train_in_processes
    from pmrl.experiments.study_report import write_study_report
    from pmrl.experiments.validation import validate

    require_patients(patients, seed)
    if steps is not None and steps < 1:
        raise InputError(f"steps {steps}: give at least 1")
    output = Output("demo", out, json_file, seed)
    assert output.folder is not None  # noqa: S101 - the demo always has a folder
    chosen = therapy("warfarin")
    wanted = {name: steps or count for name, count in DEMO_STEPS.items()}
    say(f"training {' and '.join(wanted)} on virtual patients (about a minute and a half) ...")
    with progress_bars() as bars:
        tasks = {name: bars.add_task(f"training {name}", total=count) for name, count in wanted.items()}

        def advance(name: str, done: int, row: dict[str, float]) -> None:
            bars.update(
                tasks[name], completed=done, description=f"training {name}: validation TTR {row['ttr']:.3f}"
            )

        trained = train_in_processes("warfarin", output.folder, seed, wanted, advance)
    say(f"treating {patients} held-out patients with every policy ...")
    learned = [LearnedPolicy.load(trained[name].path, chosen) for name in wanted]
    rules: list[Policy] = [rule(name, chosen) for name in names_for(chosen)]
    policies, test = [*rules, *learned], Scenario(cohort="test")
    with output.keeping_faults():
        comparison = run_comparison(policies, chosen, test, patients, seed, folder=output.folder)
    results = as_dict(comparison)
    results["training"] = {
        name: {"seconds": trained[name].seconds, "curve": trained[name].curve} for name in wanted
    }
    say(comparison_table(results))
    curves = {name: trained[name].curve for name in wanted}
    path = write_study_report(output, comparison, results, curves, validate(iwpc.load()), "Demo")
    output.finish(results)
    say(f"report: {path}\nResearch use only, never for patient care.")
