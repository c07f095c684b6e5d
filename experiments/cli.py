"""The `pmrl` command. Heavy imports are inside the commands, so that --help is quick."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pmrl.errors import InputError
from pmrl.experiments.cli_import import import_sb3
from pmrl.experiments.cli_options import (
    LARGEST_SEED,
    Drug,
    Json,
    KeepIds,
    Options,
    Out,
    Seed,
    ShowPatients,
    SmallestCell,
    given_for,
)
from pmrl.experiments.cli_privacy import audit, privacy_check
from pmrl.experiments.cli_training import train, tune
from pmrl.experiments.printing import require_printed
from pmrl.experiments.termination import end_as_ctrl_c
from pmrl.failure import NumericalError

NOTICE = "Research use only, never for patient care."
app = typer.Typer(
    name="pmrl",
    help=f"A laboratory for precision dosing with reinforcement learning. {NOTICE}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report; created if missing.")] = Path("runs/demo"),
    seed: Seed = 1,
    json_file: Json = None,
    patients: Annotated[int, typer.Option(help="Held-out patients to compare on.")] = 1000,
    steps: Annotated[
        int | None,
        typer.Option(help="Training visits of each algorithm; by default about 80 seconds' worth."),
    ] = None,
) -> None:
    """The whole story in minutes: train PPO and DQN on warfarin, compare with the rules, write a report."""
    from pmrl.experiments.commands_study import run_demo

    run_demo(out, seed, json_file, patients, steps)


@app.command()
def drugs(
    card: Annotated[
        str | None, typer.Option(help="Print everything about one drug: every number, its source.")
    ] = None,
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """List the drugs, or print the card of one."""
    from pmrl.experiments.commands_drugs import run_drugs

    run_drugs(card, seed, out, json_file)


@app.command()
def simulate(
    drug: Drug,
    model: Annotated[str | None, typer.Option(help="Patient model; the drug's default if not given.")] = None,
    parameters: Annotated[str | None, typer.Option(help="Parameter set of the model.")] = None,
    typical: Annotated[
        bool, typer.Option("--typical", help="No random effects: the typical patient.")
    ] = False,
    age: Annotated[float | None, typer.Option(help="Age, years; the model's reference if not given.")] = None,
    weight: Annotated[float | None, typer.Option(help="Weight, kg; likewise.")] = None,
    height: Annotated[float | None, typer.Option(help="Height, cm; likewise.")] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(help="NAME=NUMBER of any other covariate of the drug's patients; repeatable."),
    ] = None,
    ancestry: Annotated[str, typer.Option(help="African, European, Latino or East Asian.")] = "European",
    amiodarone: Annotated[bool, typer.Option("--amiodarone", help="Takes amiodarone.")] = False,
    genotype: Annotated[
        list[str] | None,
        typer.Option(help="GENE=DIPLOTYPE, such as CYP2C9='*1/*3' or VKORC1=G/A; repeatable."),
    ] = None,
    dose: Annotated[
        float | None, typer.Option(help="Daily dose on the therapy's grid; its standard dose if not given.")
    ] = None,
    days: Annotated[int, typer.Option(help="Days of treatment.")] = 60,
    patients: Annotated[int, typer.Option(help="Patients alike but for their random effects.")] = 1,
    form: Annotated[
        str, typer.Option("--format", help="table, or nonmem: courses.csv as well, in the --out folder.")
    ] = "table",
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """One described patient on one daily dose: the noise-free biomarker 24 h after each dose."""
    from pmrl.experiments.commands_simulate import SimulationRequest, parse_covariates, run_simulate

    given = {"age": age, "weight_kg": weight, "height_cm": height, "amiodarone": 1.0 if amiodarone else None}
    covariates = parse_covariates(tuple(covariate or ()), given)
    request = SimulationRequest(
        drug, model, parameters, typical, covariates, ancestry, tuple(genotype or ()), dose, days, patients,
        form,
    )  # fmt: skip
    run_simulate(request, seed, out, json_file)


app.command()(train)
app.command()(tune)
app.command("import-sb3")(import_sb3)


@app.command()
def benchmark(
    drug: Annotated[str | None, typer.Argument(help="Drug, such as warfarin; or give --config.")] = None,
    policies: Annotated[
        str | None, typer.Option(help="'all', or a comma list of names, policy files and module:Class.")
    ] = None,
    patients: Annotated[int | None, typer.Option(help="Held-out patients (default 1000).")] = None,
    days: Annotated[int | None, typer.Option(help="Length of the episode, days.")] = None,
    cohort: Annotated[
        str | None,
        typer.Option(help="test, validation, train, sampled, a CSV file or a NONMEM-form table."),
    ] = None,
    scenario: Options = None,
    config: Annotated[Path | None, typer.Option(help="A study as a TOML file.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_SEED, help="Cohort seed of the patients (default 1).")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; every core if not given. Results do not depend on it.")
    ] = None,
    chunk: Annotated[
        int | None,
        typer.Option(
            help="Patients a thread treats at a time; chosen if not given. Results do not depend on it."
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="table, or nonmem: visits of the first 1,000 patients as well.")
    ] = "table",
    show_patients: ShowPatients = None,
    keep_ids: KeepIds = None,
    smallest_cell: SmallestCell = None,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """Compare policies on the same held-out patients, paired, with 95% confidence intervals.

    Ctrl-C ends it within a second; what is finished by then is a smaller comparison, and is kept.
    """
    from pmrl.experiments.commands_benchmark import BenchmarkRequest, run_benchmark

    request = BenchmarkRequest(
        drug, policies, patients, days, cohort, tuple(scenario or ()), config, seed, threads, chunk, form,
        show_patients, keep_ids, smallest_cell,
    )  # fmt: skip
    run_benchmark(request, out, json_file)


@app.command()
def validate(
    drug: Drug,
    cohort: Annotated[str, typer.Option(help="iwpc (shipped), or a CSV with the same columns.")] = "iwpc",
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """Hold the patient models against recorded patients and published anchors."""
    from pmrl.experiments.commands_science import run_validate

    run_validate(drug, cohort, seed, out, json_file)


@app.command()
def calibrate(
    drug: Drug,
    cohort: Annotated[str, typer.Option(help="iwpc: the training part of the shipped patients.")] = "iwpc",
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """Refit the default parameter set and compare it with the shipped numbers."""
    from pmrl.experiments.commands_science import run_calibrate

    run_calibrate(drug, cohort, seed, out, json_file)


app.command()(privacy_check)
app.command()(audit)


def main() -> None:
    """Run the command line.

    Exit codes: 0 on success, 2 with one clear line on bad input, 3 likewise where a number was none or
    equations could not be solved, 130 when interrupted (143 where a training was by SIGTERM or SIGHUP).
    """
    end_as_ctrl_c()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal has no sign for is no reason to fail
            stream.reconfigure(errors="replace")
    os.environ["MPLBACKEND"] = "agg"  # figures are files here, whatever the user's own are
    try:
        _require_values(sys.argv[1:])
        code = app(standalone_mode=False)
        require_printed()
    except InputError as error:
        sys.exit(_fail(str(error)))
    except NumericalError as error:
        _fail(str(error))
        sys.exit(3)
    except typer.TyperException as error:
        sys.exit(_fail(error.format_message() + given_for(error, sys.argv[1:])))
    except OSError as error:
        where = f"'{error.filename}'" if error.filename else "a file"
        sys.exit(_fail(f"{where} cannot be used ({error.strerror or error}); give another path"))
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("pmrl: interrupted\n")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _require_values(typed: list[str]) -> None:
    """Raise an `InputError` where an option is empty, as from a variable that is not set."""
    for before, word in zip(["pmrl", *typed], typed, strict=False):
        if not word or (word.startswith("--") and word.endswith("=")):
            raise InputError(f"an empty value after {word or before}: give one, or leave the option out")


def _fail(message: str) -> int:
    # In one printable line, also where the message is not one of ours.
    sys.stderr.write(f"pmrl: error: {InputError(' '.join(message.split()))}\n")
    return 2


if __name__ == "__main__":
    main()
