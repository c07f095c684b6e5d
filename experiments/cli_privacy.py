"""The commands about privacy, as typed; what they do is in `commands_privacy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pmrl.experiments.cli_options import Drug, Json, Out, Seed


def privacy_check(
    cohort: Annotated[Path, typer.Argument(help="A cohort: a CSV, or a NONMEM-form table.")],
    drug: Annotated[str, typer.Option(help="Whose columns the file has.")] = "warfarin",
    threshold: Annotated[
        int, typer.Option(help="Cells of fewer patients are small: left out where published.")
    ] = 5,
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """How small the cells by genotype, decade of age and sex are: the k-anonymity of a cohort.

    Cells below the threshold are shown to their owner without the exact number, and left out where published.
    """
    from pmrl.experiments.commands_privacy import run_privacy_check

    run_privacy_check(cohort, drug, threshold, seed, out, json_file)


def audit(
    drug: Drug,
    policies: Annotated[
        str, typer.Option(help="Comma list of names, policy files and module:Class.")
    ] = "learned",
    cohort: Annotated[str, typer.Option(help="Patients no policy was trained on: test, or a file.")] = "test",
    members: Annotated[str, typer.Option(help="Patients they were trained on: train, or a file.")] = "train",
    knows: Annotated[
        str,
        typer.Option(
            help="What the adversary knows besides demographics: first-dose (what the policy prescribed "
            "first) or stable-dose (on which the patient was stable, where it is recorded)."
        ),
    ] = "first-dose",
    patients: Annotated[int, typer.Option(help="At most so many of each.")] = 1000,
    seed: Seed = 1,
    out: Out = None,
    json_file: Json = None,
) -> None:
    """Model inversion: how well a policy reveals genotypes to who knows a dose, beyond demographics."""
    from pmrl.experiments.commands_privacy import run_audit

    run_audit(drug, policies, cohort, members, knows, patients, seed, out, json_file)
