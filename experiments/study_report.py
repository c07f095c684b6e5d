"""Everything a comparison leaves in its folder: figures, a table of patients, and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pmrl.agents.learned import LearnedPolicy
from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.figure_style import save
from pmrl.experiments.figures import illustrations
from pmrl.experiments.output import Output
from pmrl.experiments.patient_results import TABLE, remove_patients, write_patients
from pmrl.experiments.report import write_report
from pmrl.experiments.run import manifest


def write_study_report(
    output: Output,
    comparison: Comparison,
    results: dict[str, Any],
    learning: Mapping[str, Sequence[Mapping[str, float]]],
    validation: Mapping[str, Any] | None,
    title: str,
) -> Path:
    """Write figures, results by patient and report.html into the output's folder; the path of the page.

    Args:
        output: where to.
        comparison: the arms.
        results: the same comparison as of `as_dict`.
        learning: policy -> points of its learning curve.
        validation: of `pmrl.experiments.validation.validate`, or None.
        title: of the page.
    """
    assert output.folder is not None  # noqa: S101 - callers ask first
    figures = illustrations(comparison, results, learning)
    for illustration in figures:
        save(illustration.figure, output.folder / "figures" / f"{illustration.name}.png")
    if comparison.n == len(comparison.cohort):
        # Those of more patients were written as they came.
        remove_patients(output.folder)
        write_patients(output.folder / TABLE, comparison)
    about = manifest(output.command_line, _seeds(output, comparison), config=_config(comparison))
    path = output.folder / "report.html"
    write_report(path, comparison, results, learning, validation, about, figures, title)
    return path


def _seeds(output: Output, comparison: Comparison) -> dict[str, int]:
    """Seeds by what they are for."""
    trained = {
        f"training of {name}": int(arm.policy.card.training["seed"])
        for name, arm in comparison.arms.items()
        if isinstance(arm.policy, LearnedPolicy)
    }
    return {"command": output.seed, "test patients": comparison.seed, **trained}


def _config(comparison: Comparison) -> dict[str, Any]:
    """What was compared, on whom."""
    scenario = {name: value for name, value in vars(comparison.scenario).items() if name != "cohort"}
    cohort = comparison.scenario.cohort
    return {
        "drug": comparison.therapy.drug,
        "patients": comparison.n,
        "policies": list(comparison.arms),
        "scenario": {"cohort": cohort if isinstance(cohort, str) else "given", **scenario},
    }
