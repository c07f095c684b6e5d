"""The commands about prescribers: train, benchmark, demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rich.table import Table

from pmrl.agents.catalogue import resolve_all
from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for
from pmrl.agents.registry import policy as rule
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.benchmark import VALIDATION_SEED, Comparison, as_dict, choose_best_rule, compare
from pmrl.experiments.config import StudyConfig, parse_options, read_config, scenario_of
from pmrl.experiments.output import Output, console, progress_bars

MOST_PATIENTS = 2_000_000
VALIDATION_PATIENTS = 1000
"""On whom the best rule is chosen, whatever the number of test patients."""


def run_benchmark(
    drug: str | None,
    policies: str | None,
    patients: int | None,
    days: int | None,
    cohort: str | None,
    options: list[str],
    config: Path | None,
    seed: int | None,
    out: Path | None,
    json_file: Path | None,
) -> None:
    """Compare policies on held-out patients and print one table."""
    base = read_config(config) if config else StudyConfig(drug=drug or "")
    if not base.drug:
        raise InputError("benchmark needs a drug: `pmrl benchmark warfarin`, or a file with --config")
    given = parse_options(options)
    scenario = scenario_of(given, cohort="test").with_options() if given else base.scenario
    if cohort is not None:
        scenario = scenario.with_options(cohort=cohort)
    if days is not None:
        scenario = scenario.with_options(days=days)
    seed = base.seed if seed is None else seed
    output = Output("benchmark", out, json_file, seed)
    chosen = therapy(drug or base.drug)
    found = resolve_all(policies or base.policies, chosen)
    comparison = run_comparison(found, chosen, scenario, patients or base.patients, seed)
    results = as_dict(comparison)
    console.print(comparison_table(results))
    console.print("Research use only, never for patient care.")
    if output.folder is not None:
        from pmrl.experiments.study_report import write_study_report

        path = write_study_report(output, comparison, results, {}, None, "Benchmark")
        console.print(f"report: {path}")
    output.finish(results)


def run_comparison(
    policies: list[Policy], chosen: Therapy, scenario: Scenario, patients: int, seed: int
) -> Comparison:
    """Choose the best rule on validation patients, then treat the test patients with every policy."""
    _require_patients(patients, seed)
    names = [policy.name for policy in policies]
    rules = [rule(name, chosen) for name in names_for(chosen)]
    rules += [policy for policy in policies if policy.kind == "rule" and policy.name not in names_for(chosen)]
    with progress_bars() as bars:
        task = bars.add_task("choosing the best rule on validation patients", total=None)
        best, scores = choose_best_rule(rules, chosen, scenario, VALIDATION_PATIENTS, VALIDATION_SEED)
        bars.update(task, total=1, completed=1)
        if best is not None and best not in names:
            policies = [*policies, next(policy for policy in rules if policy.name == best)]
        task = bars.add_task("treating test patients", total=len(policies))

        def advance(name: str) -> None:
            bars.update(task, advance=1, description=f"treating test patients: {name}")

        return compare(policies, chosen, scenario, patients, seed, best, scores, on_arm=advance)


def _require_patients(patients: int, seed: int) -> None:
    """Raise an `InputError` unless patients can be compared."""
    if patients < 2:
        raise InputError(f"patients {patients}: a comparison needs at least 2")
    if patients > MOST_PATIENTS:
        raise InputError(f"patients {patients}: give at most {MOST_PATIENTS}; results are kept in memory")
    if seed < 0:
        raise InputError(f"seed {seed}: give a whole number from 0")
    if seed == VALIDATION_SEED:
        raise InputError(f"seed {seed} is the validation cohort's: choose another")


def comparison_table(results: dict[str, Any]) -> Table:
    """The comparison as one table, the best time in range first."""
    title = f"{results['drug']}, {results['patients']} patients, {results['days']} days: % of days (95% CI)"
    table = Table(title=title)
    events = [name for name in next(iter(results["policies"].values())) if name.startswith("inr_")]
    headings = (
        "in range",
        "below",
        "above",
        *(name.replace("_above_", ">") for name in events),
        "to best rule",
        "visits",
    )
    table.add_column("policy", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    ordered = sorted(results["policies"].items(), key=lambda item: -item[1]["ttr"]["mean"])
    for name, row in ordered:
        difference = row["difference_to_best_rule"]
        best = name == results["best_rule"]
        table.add_row(
            f"{name}{' *' if row['in_sample'] else ''}{' †' if best else ''}",
            _percent(row["ttr"]),
            f"{100 * row['below']['mean']:.1f}",
            f"{100 * row['above']['mean']:.1f}",
            *(f"{100 * row[event]['mean']:.2f}" for event in events),
            "" if difference is None or best else _percent(difference["ttr"], sign=True),
            f"{row['visits']['mean']:.0f}",
            style="bold" if best else None,
        )
    table.caption = "† best rule, chosen on validation patients. * derived on the cohort of these patients."
    return table


def _percent(estimate: dict[str, Any], sign: bool = False) -> str:
    low, high = estimate["ci"]
    form = "+.1f" if sign else ".1f"
    return f"{100 * estimate['mean']:{form}} ({100 * low:.1f}, {100 * high:.1f})"


def run_train(
    drug: str,
    algorithm: str,
    steps: int | None,
    name: str | None,
    actions: str | None,
    threads: int,
    seed: int,
    options: list[str],
    out: Path,
    json_file: Path | None,
) -> None:
    """Train one policy and write its files, curve and logs."""
    from pmrl.agents.deep import settings_for
    from pmrl.experiments.train import run_training

    output = Output("train", out, json_file, seed)
    chosen = therapy(drug)
    settings = settings_for(algorithm)
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise InputError(
            f"name '{name}': give letters, digits, '.', '_' and '-', beginning with one of the first two"
        )
    if steps is not None and steps < 1:
        raise InputError(f"steps {steps}: give at least 1")
    changes = {} if actions is None else {"actions": actions}
    scenario = scenario_of(parse_options(options), cohort="train")
    assert output.folder is not None  # noqa: S101 - train always has a folder
    with progress_bars() as bars:
        task = bars.add_task(f"training {algorithm}", total=steps or settings.steps)

        def advance(done: int, row: dict[str, float]) -> None:
            bars.update(
                task, completed=done, description=f"training {algorithm}: validation TTR {row['ttr']:.3f}"
            )

        run = run_training(
            algorithm, chosen, scenario, seed, threads, steps, output.folder, name, advance, **changes
        )  # fmt: skip
    path = run.policy.save(output.folder / (name or algorithm))
    console.print(
        f"policy: {path}\n"
        f"validation TTR {run.policy.card.training['validation_ttr']:.3f} after {run.seconds:.0f} s"
    )
    output.finish({"policy": path.name, "curve": run.curve, "card": run.policy.card.training})


DEMO_STEPS = {"ppo": 900_000, "dqn": 350_000}
"""Visits of each algorithm that two cores train at the same time within 90 seconds."""


def run_demo(out: Path, seed: int, json_file: Path | None, patients: int, steps: int | None) -> None:
    """Train, compare, validate and report."""
    from pmrl import iwpc
    from pmrl.agents.learned import LearnedPolicy
    from pmrl.experiments.demo import train_in_processes
    from pmrl.experiments.study_report import write_study_report
    from pmrl.experiments.validation import validate

    _require_patients(patients, seed)
    if steps is not None and steps < 1:
        raise InputError(f"steps {steps}: give at least 1")
    output = Output("demo", out, json_file, seed)
    assert output.folder is not None  # noqa: S101 - the demo always has a folder
    chosen = therapy("warfarin")
    wanted = {name: steps or count for name, count in DEMO_STEPS.items()}
    console.print(f"training {' and '.join(wanted)} on virtual patients (about a minute and a half) ...")
    with progress_bars() as bars:
        tasks = {name: bars.add_task(f"training {name}", total=count) for name, count in wanted.items()}

        def advance(name: str, done: int, row: dict[str, float]) -> None:
            bars.update(
                tasks[name], completed=done, description=f"training {name}: validation TTR {row['ttr']:.3f}"
            )

        trained = train_in_processes("warfarin", output.folder, seed, wanted, advance)
    console.print(f"treating {patients} held-out patients with every policy ...")
    learned = [LearnedPolicy.load(trained[name].path, chosen) for name in wanted]
    rules: list[Policy] = [rule(name, chosen) for name in names_for(chosen)]
    comparison = run_comparison([*rules, *learned], chosen, Scenario(cohort="test"), patients, seed)
    results = as_dict(comparison)
    results["training"] = {
        name: {"seconds": trained[name].seconds, "curve": trained[name].curve} for name in wanted
    }
    console.print(comparison_table(results))
    curves = {name: trained[name].curve for name in wanted}
    path = write_study_report(output, comparison, results, curves, validate(iwpc.load()), "Demo")
    output.finish(results)
    console.print(f"report: {path}\nResearch use only, never for patient care.")
