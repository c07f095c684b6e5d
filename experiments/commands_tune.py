"""The command that tunes prescribers, every one with the same budget."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from pmrl.agents.tuned import tuned_file
from pmrl.envs.registry import therapy
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown
from pmrl.experiments.number_format import number
from pmrl.experiments.output import Output, progress_bars
from pmrl.experiments.printing import say
from pmrl.experiments.run import require_writable, write_text
from pmrl.experiments.termination import INTERRUPTED
from pmrl.experiments.tune import Budget, Record, Search, require_optuna, tunable_names, tune
from pmrl.experiments.tuning_file import as_text, install

FILE = "tuned.json"
MOST_PATIENTS = 20_000
"""Who are treated at once."""


@dataclass(frozen=True)
class TuningRequest:
    """What `pmrl tune` was asked for."""

    drug: str
    policies: str
    core_seconds: float
    trials: int
    patients: int
    steps: int | None
    install: bool


def run_tune(request: TuningRequest, seed: int, out: Path, json_file: Path | None) -> None:
    """Tune policies one after another, keep every trial, and print what came out."""
    chosen = therapy(request.drug)
    names = _names(request.policies, chosen)
    search = Search(chosen, _budget(request), request.patients, seed, request.steps)
    require_optuna()
    if request.install:
        require_writable(tuned_file(chosen.drug))
    output = Output("tune", out, json_file, seed)
    found: dict[str, Record] = {}
    try:
        with output.keeping_faults():
            _tune_all(names, search, found, out / FILE)
    except KeyboardInterrupt:
        if not found:
            raise
        _finish(search, found, output, interrupted=True)
        sys.stderr.write(f"pmrl: interrupted: the trials that were finished are in {out / FILE}\n")
        raise typer.Exit(INTERRUPTED) from None
    _finish(search, found, output, interrupted=False)
    if request.install:
        say(f"policies of {chosen.drug} now use: {install(chosen.drug, found)}")


def _tune_all(names: list[str], search: Search, found: dict[str, Record], path: Path) -> None:
    """Fill `found` and the file, trial by trial."""
    budget = search.budget
    with progress_bars() as bars:
        tasks = {name: bars.add_task(f"tuning {name}", total=1.0) for name in names}
        for name in names:

            def keep(record: Record, name: str = name) -> None:
                found[name] = record
                write_text(path, as_text(found))
                used = record["used"]
                share = max(used["trials"] / budget.trials, used["core_seconds"] / budget.core_seconds)
                bars.update(
                    tasks[name],
                    completed=min(share, 1.0),
                    description=f"tuning {name}: trial {used['trials']}, best {record['score']:.3f}",
                )

            tune(name, search, keep)
            bars.update(tasks[name], completed=1.0)


def _finish(search: Search, found: dict[str, Record], output: Output, interrupted: bool) -> None:
    say(tuning_table(search, found))
    say("Research use only, never for patient care.")
    output.finish(
        {
            "drug": search.therapy.drug,
            "environment": search.therapy.id,
            "interrupted": interrupted,
            "policies": found,
            "notice": "Research use only, never for patient care.",
        }
    )


def tuning_table(search: Search, found: dict[str, Record]) -> Table:
    """What tuning came to, in the order in which policies were tuned."""
    budget, outcome = search.budget, search.therapy.primary
    what = "time in range" if outcome == "ttr" else "time in range less the price of harm"
    table = Table(
        title=f"{search.therapy.drug}: {what} of {search.patients} validation patients, % of days",
        caption=f"Equal budgets: {budget.trials} trials or {budget.core_seconds:g} core-seconds, whichever "
        "comes first. Scores are of the patients that chose the values, so they are too good.",
    )
    table.add_column("policy", no_wrap=True)
    for heading in ("default", "tuned", "trials", "core-s"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("values")
    for name, record in found.items():
        used = record["used"]
        table.add_row(
            name,
            number(100.0 * record["default_score"]),
            number(100.0 * record["score"]),
            str(used["trials"]),
            number(used["core_seconds"]),
            ", ".join(f"{key} {_short(value)}" for key, value in record["values"].items()),
        )
    return table


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _names(text: str, chosen: Therapy) -> list[str]:
    """Policies of a comma list, 'all' being every one.

    Raises:
        InputError: one that cannot be tuned, with the nearest name; none, or one twice.
    """
    allowed = tunable_names(chosen)
    names = [name for name in map(str.strip, text.split(",")) if name]
    names = [one for name in names for one in (allowed if name == "all" else (name,))]
    for name in names:
        if name not in allowed:
            raise unknown(f"policy of {chosen.drug} to tune", name, [*allowed, "all"])
    if not names or len(set(names)) < len(names):
        raise InputError(f"policies '{text}': give 'all' or a comma list, such as 'pid,map', each once")
    return names


def _budget(request: TuningRequest) -> Budget:
    """The budget, and whether the other numbers can be had.

    Raises:
        InputError: a number is out of range.
    """
    for name, value in (("trials", request.trials), ("steps", request.steps)):
        if value is not None and value < 1:
            raise InputError(f"{name} {value}: give at least 1")
    if not 2 <= request.patients <= MOST_PATIENTS:
        raise InputError(f"patients {request.patients}: give 2 to {MOST_PATIENTS}")
    if not (request.core_seconds > 0.0 and math.isfinite(request.core_seconds)):
        raise InputError(f"core-seconds {request.core_seconds:g}: give a number above 0")
    return Budget(request.core_seconds, request.trials)
