"""The commands that train and tune, as typed; what they do is in `commands_train` and `commands_tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmrl.errors import InputError
from pmrl.experiments.cli_options import LARGEST_SEED, Drug, Json, Options, Seed


def train(
    context: typer.Context,
    drug: Annotated[str | None, typer.Argument(help="Drug, such as warfarin; or give --resume.")] = None,
    algorithm: Annotated[str, typer.Option(help="ppo, dqn, ppo-posterior or dqn-posterior.")] = "ppo",
    steps: Annotated[int | None, typer.Option(help="Training visits; the settings' if not given.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name under which the policy's results are reported.")
    ] = None,
    actions: Annotated[str | None, typer.Option(help="continuous, discrete or relative.")] = None,
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Bring observations to running mean 0 and SD 1.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            help="Of torch and the environment; the free ones if not given. Weights depend on the number."
        ),
    ] = None,
    tuned: Annotated[
        bool,
        typer.Option("--tuned", help="The settings that `pmrl tune` found for the drug, where any ship."),
    ] = False,
    seed: Seed = 1,
    scenario: Options = None,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0.0, help="Between checkpoints, from which a killed training goes on.")
    ] = 60.0,
    resume: Annotated[
        Path | None, typer.Option(help="Folder of a training that was interrupted: go on, bit for bit.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the policy, its curve and TensorBoard logs.")] = Path(
        "runs/train"
    ),
    json_file: Json = None,
) -> None:
    """Train a policy on the training patients; its best state is chosen on validation patients."""
    from pmrl.experiments.commands_train import TrainRequest, resume_train, run_train

    if resume is not None:
        sources = {name: context.get_parameter_source(name) for name in context.params}
        given = [
            name
            for name, source in sources.items()
            if name not in ("resume", "json_file") and source is not None and source.name != "DEFAULT"
        ]
        if given:
            raise InputError(
                f"--resume goes on with what was begun: leave out {', '.join(given).replace('_', '-')}, or "
                "train anew in another folder"
            )
        resume_train(resume, json_file)
        return
    if drug is None:
        raise InputError("give a drug, such as warfarin, or --resume with the folder of a training")
    request = TrainRequest(
        drug, algorithm, steps, name, actions, normalise, threads, tuned, seed, tuple(scenario or ()),
        checkpoint_seconds,
    )  # fmt: skip
    run_train(request, out, json_file)


def tune(
    drug: Drug,
    policies: Annotated[
        str, typer.Option(help="'all', or a comma list of pid, curate, the Bayesian ones, ppo and dqn.")
    ] = "all",
    core_seconds: Annotated[
        float, typer.Option(help="Seconds of one core for each policy; the trial that crosses it counts.")
    ] = 600.0,
    trials: Annotated[int, typer.Option(help="Trials of each policy; the first is its default.")] = 60,
    patients: Annotated[int, typer.Option(help="Validation patients, the same in every trial.")] = 256,
    steps: Annotated[
        int | None, typer.Option(help="Training visits of a trial; a fifth of the settings' if not given.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Let the policies of these names use what was found.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Seed of what is tried.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for tuned.json, written after every trial.")] = Path(
        "runs/tune"
    ),
    json_file: Json = None,
) -> None:
    """Tune policies on validation patients, every one with the same budget of trials and core-seconds."""
    from pmrl.experiments.commands_tune import TuningRequest, run_tune

    request = TuningRequest(drug, policies, core_seconds, trials, patients, steps, install)
    run_tune(request, seed, out, json_file)
