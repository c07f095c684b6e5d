"""The command that takes over a policy that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmrl.experiments.cli_options import Drug, Json, Seed


def import_sb3(
    file: Annotated[Path, typer.Argument(help="The zip that model.save of stable-baselines3 wrote.")],
    drug: Drug,
    trusted: Annotated[
        bool,
        typer.Option(
            "--i-trust-this-file", help="Needed: a file of this kind can run any code when it is read."
        ),
    ] = False,
    name: Annotated[
        str, typer.Option(help="Name under which the policy's results are reported.")
    ] = "imported",
    out: Annotated[Path, typer.Option(help="Folder for the policy's .json and .safetensors.")] = Path(
        "runs/import"
    ),
    seed: Seed = 1,
    json_file: Json = None,
) -> None:
    """Turn a PPO or DQN of stable-baselines3 (MlpPolicy, our scaled observations) into a policy file.

    Observations that were normalised on top (VecNormalize) cannot be taken over.
    """
    from pmrl.experiments.commands_import import run_import

    run_import(file, drug, trusted, name, seed, out, json_file)
