"""The command that compares prescribers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import typer

from pmrl.agents.catalogue import resolve_all
from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for
from pmrl.agents.registry import policy as rule
from pmrl.cohort import Cohort
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments import statistics
from pmrl.experiments.benchmark import VALIDATION_SEED, Comparison, choose_best_rule, compare, ways_of
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.comparison_table import comparison_table
from pmrl.experiments.config import StudyConfig, parse_options, read_config, scenario_of
from pmrl.experiments.disclosure import Disclosure, is_private
from pmrl.experiments.execution import Execution, Stopped, stoppable
from pmrl.experiments.nonmem import require_form
from pmrl.experiments.nonmem_visits import MOST, remove_visits, write_all_visits
from pmrl.experiments.output import Output, progress_bars
from pmrl.experiments.patient_results import (
    TABLE,
    PatientParts,
    remove_patients,
    remove_report,
    write_patients,
)
from pmrl.experiments.printing import say
from pmrl.experiments.termination import INTERRUPTED
from pmrl.experiments.treatment import Treated
from pmrl.experiments.treatment_progress import TreatmentProgress
from pmrl.threads import cores

MOST_PATIENTS = 100_000_000
"""A matter of time, not of memory: two cores take hours for so many."""
MOST_THREADS = 1024
VALIDATION_PATIENTS = 1000
"""On whom the best rule is chosen, whatever the number of test patients."""
_DISCLOSED = ("show_patients", "keep_ids", "smallest_cell")


@dataclass(frozen=True)
class BenchmarkRequest:
    """What `pmrl benchmark` was asked for; None where nothing was said."""

    drug: str | None
    policies: str | None
    patients: int | None
    days: int | None
    cohort: str | None
    options: tuple[str, ...]
    config: Path | None
    seed: int | None
    threads: int | None
    chunk: int | None
    form: str = "table"
    show_patients: bool | None = None
    keep_ids: bool | None = None
    smallest_cell: int | None = None


def run_benchmark(request: BenchmarkRequest, out: Path | None, json_file: Path | None) -> None:
    """Compare policies on held-out patients and print one table."""
    require_form(request.form, out)
    study = _study(request)
    disclosure = Disclosure(study.show_patients, study.keep_ids, study.smallest_cell)
    if request.form == "nonmem" and is_private(study.scenario) and not disclosure.show_patients:
        raise InputError(
            "--format nonmem writes what is known of every patient, genotype included, and those of "
            f"'{study.scenario.cohort}' may be real: add --show-patients to have them in the folder"
        )
    cohort = study.scenario.cohort
    read = [request.config, None if isinstance(cohort, Cohort) else cohort, *study.policies.split(",")]
    output = Output("benchmark", out, json_file, study.seed, read)
    chosen = therapy(study.drug)
    policies = resolve_all(study.policies, chosen)
    require_patients(study.patients, study.seed)
    execution = _execution(study)
    try:
        with output.keeping_faults(), stoppable() as stop:
            comparison = run_comparison(
                policies, chosen, study.scenario, study.patients, study.seed,
                replace(execution, stop=stop), output.folder, disclosure,
            )  # fmt: skip
    except Stopped:
        sys.stderr.write("pmrl: interrupted before two patients were finished; nothing was kept\n")
        raise typer.Exit(INTERRUPTED) from None
    if not comparison.interrupted:
        try:
            _report(comparison, output, request.form)
        except KeyboardInterrupt:
            # The bootstrap takes seconds; moments, which serve from here on, do not.
            comparison = replace(comparison, interrupted=True)
    if comparison.interrupted:
        _leave(comparison, output, study.patients)


def _report(comparison: Comparison, output: Output, form: str) -> None:
    """Write everything and print the table."""
    results = as_dict(comparison)
    output.write_numbers(results)
    _print_table(results)
    if output.folder is not None:
        from pmrl.experiments.study_report import write_study_report

        path = write_study_report(output, comparison, results, {}, None, "Benchmark")
        say(f"report: {path}")
        remove_visits(output.folder)
        if form == "nonmem":
            _write_visits(comparison, output.folder)
    output.finish(results)


def _write_visits(comparison: Comparison, folder: Path) -> None:
    """Write the visits of every policy, and say of how many patients."""
    n = min(len(comparison.cohort), MOST)
    with progress_bars() as bars:
        task = bars.add_task("writing visits", total=len(comparison.arms))
        written = write_all_visits(folder, comparison, n, lambda name: bars.advance(task))
    files = ", ".join(path.name for path in written)
    say(f"visits of the first {n:,} of {comparison.n:,} patients, in {folder}: {files}")


def _print_table(results: dict[str, Any]) -> None:
    say(comparison_table(results))
    say("Research use only, never for patient care.")


def _study(request: BenchmarkRequest) -> StudyConfig:
    """The study of the file, changed by what was typed."""
    base = read_config(request.config) if request.config else StudyConfig(drug=request.drug or "")
    if not (request.drug or base.drug):
        raise InputError("benchmark needs a drug: `pmrl benchmark warfarin`, or a file with --config")
    scenario = scenario_of(parse_options(list(request.options)), cohort="test", base=base.scenario)
    wanted = {"cohort": request.cohort, "days": request.days}
    scenario = scenario.with_options(**{name: value for name, value in wanted.items() if value is not None})
    names = ("drug", "policies", "patients", "seed", "threads", "chunk", *_DISCLOSED)
    typed = {name: getattr(request, name) for name in names if getattr(request, name) is not None}
    return replace(base, scenario=scenario, **typed)


def _execution(study: StudyConfig) -> Execution:
    """Threads and chunks of a study.

    Raises:
        InputError: they cannot be had.
    """
    threads = cores() if study.threads is None else study.threads
    if not 1 <= threads <= MOST_THREADS:
        raise InputError(f"threads {threads}: give 1 to {MOST_THREADS}")
    if study.chunk is not None and study.chunk < 1:
        raise InputError(f"chunk {study.chunk}: give at least 1 patient")
    return Execution(threads, study.chunk)


def _leave(comparison: Comparison, output: Output, wanted: int) -> None:
    """Keep what there is of an interrupted comparison, say what, and go."""
    results = as_dict(comparison)
    output.write_numbers(results)
    _print_table(results)
    kept = ["the table above"]
    if output.json_file is not None:
        kept.append(str(output.json_file))
    if output.folder is not None:
        remove_report(output.folder)
        remove_visits(output.folder)
        if wanted <= statistics.LARGE:
            remove_patients(output.folder)
            write_patients(output.folder / TABLE, comparison)
        kept.append(f"results.json and results by patient in {output.folder}")
        output.write_manifest()
    sys.stderr.write(
        f"pmrl: interrupted: {comparison.n} of {wanted} patients were finished; kept of them: "
        f"{', '.join(kept)}; there is no report\n"
    )
    raise typer.Exit(INTERRUPTED)


def run_comparison(
    policies: Sequence[Policy],
    chosen: Therapy,
    scenario: Scenario,
    patients: int,
    seed: int,
    execution: Execution | None = None,
    folder: Path | None = None,
    disclosure: Disclosure | None = None,
) -> Comparison:
    """Choose the best rule on validation patients, then treat the test patients with every policy.

    Of so many patients that their results are not kept, these go to `folder` as they come.

    Raises:
        Stopped: `execution.stop` was set before two patients were finished.
    """
    execution, disclosure = execution or Execution(), disclosure or Disclosure()
    names = [policy.name for policy in policies]
    rules = [rule(name, chosen) for name in names_for(chosen)]
    rules += [policy for policy in policies if policy.kind == "rule" and policy.name not in names_for(chosen)]
    with progress_bars() as bars:
        progress = TreatmentProgress(bars, VALIDATION_PATIENTS * len(rules), len(policies), patients)
        execution = replace(execution, on_treated=progress.advance)
        best, scores = choose_best_rule(
            rules, chosen, scenario, VALIDATION_PATIENTS, VALIDATION_SEED, execution
        )
        if best is not None and best not in names:
            policies = [*policies, next(policy for policy in rules if policy.name == best)]
        progress.expect(len(ways_of(policies, chosen, scenario, seed)))
        parts = None
        if folder is not None and patients > statistics.LARGE:
            kinds = {policy.name: policy.kind for policy in policies}
            parts = PatientParts(folder, kinds, seed, partial(disclosure.ids, scenario))

        def finished(treated: Treated) -> None:
            progress.finished(treated)
            if parts is not None:
                parts.add(treated)

        comparison = compare(
            policies, chosen, scenario, patients, seed, best, scores, execution, finished, disclosure
        )
        if parts is not None:
            parts.finish()
        return comparison


def require_patients(patients: int, seed: int) -> None:
    """Raise an `InputError` unless patients can be compared."""
    if patients < 2:
        raise InputError(f"patients {patients}: a comparison needs at least 2")
    if patients > MOST_PATIENTS:
        raise InputError(f"patients {patients}: give at most {MOST_PATIENTS}; more would take days")
    if seed < 0:
        raise InputError(f"seed {seed}: give a whole number from 0")
    if seed == VALIDATION_SEED:
        raise InputError(f"seed {seed} is the validation cohort's: choose another")
