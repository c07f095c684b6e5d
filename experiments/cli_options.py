"""Arguments and options that several commands share, and what was typed for one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Drug = Annotated[str, typer.Argument(help="Drug, such as warfarin; `pmrl drugs` lists them.")]
LARGEST_SEED = 2**32 - 1
Seed = Annotated[
    int,
    typer.Option(
        min=0, max=LARGEST_SEED, help="Seed of everything random; the same seed gives the same numbers."
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder for tables, figures and a manifest; created if missing.")
]
Json = Annotated[Path | None, typer.Option("--json", help="File for the numbers, as JSON.")]
Options = Annotated[
    list[str] | None,
    typer.Option("--scenario", "-s", help="Scenario option as KEY=VALUE, such as adherence=0.9; repeatable."),
]
ShowPatients = Annotated[
    bool | None,
    typer.Option(
        "--show-patients",
        help="Also of patients of a file: single courses with genotype, and visits with --format nonmem.",
    ),
]
KeepIds = Annotated[
    bool | None,
    typer.Option(
        "--keep-ids", help="Also of patients of a file: ids of the cohort, which lead to the file's rows."
    ),
]
SmallestCell = Annotated[
    int | None,
    typer.Option(help="Genotype groups of fewer patients of a file are left out (default 5)."),
]


def given_for(error: typer.TyperException, typed: list[str]) -> str:
    """What was typed for the option that the error is about, which typer does not say."""
    given = ""
    for option in getattr(getattr(error, "param", None), "opts", ()):
        for word, following in zip(typed, [*typed[1:], ""], strict=True):
            if word == option:
                given = f"; given: '{following}'"
            if word.startswith(f"{option}="):
                given = f"; given: '{word.partition('=')[2]}'"
    return given  # the last counts
