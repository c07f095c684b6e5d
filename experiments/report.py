"""The report: one HTML page that needs nothing else, made from the numbers of a comparison."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.figure_style import Illustration, png
from pmrl.experiments.figures import event_labels, illustrations
from pmrl.experiments.figures_policies import IN_SAMPLE_MARK
from pmrl.experiments.findings import findings
from pmrl.experiments.limitations import limitations
from pmrl.experiments.number_format import share
from pmrl.experiments.report_methods import (
    model_card,
    patients,
    prescribers,
    scenario_rows,
    training_rows,
)
from pmrl.experiments.report_tables import evidence, policy_columns, policy_rows
from pmrl.experiments.report_tuning import tuning_rows
from pmrl.experiments.run import write_text

Results = Mapping[str, Any]
Learning = Mapping[str, Sequence[Mapping[str, float]]]

TEMPLATE = "report.html.jinja"
_PARTS = (TEMPLATE, "methods.html.jinja", "report.css")
NOTICE = (
    "Research use only, never for patient care. pmrl simulates patients: nothing here may be used to choose, "
    "change or check the dose of a real person."
)


def report(
    comparison: Comparison,
    results: Results,
    learning: Learning | None = None,
    validation: Mapping[str, Any] | None = None,
    manifest: Mapping[str, Any] | None = None,
    figures: Sequence[Illustration] | None = None,
    title: str = "Comparison of prescribers",
) -> str:
    """The page as HTML, self-contained.

    Args:
        comparison: the arms, patient by patient.
        results: the same comparison as of `pmrl.experiments.comparison_numbers.as_dict`.
        learning: policy -> points with `steps` and `ttr` on validation patients.
        validation: of `pmrl.experiments.validation.validate`, for the evidence section.
        manifest: of `pmrl.experiments.run.manifest`, for the section on reproduction.
        figures: by default those of `pmrl.experiments.figures.illustrations`.
        title: of the page.
    """
    learning = learning or {}
    shown = illustrations(comparison, results, learning) if figures is None else figures
    names = results["policies"]
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            title=title,
            notice=NOTICE,
            drug=comparison.therapy.drug,
            therapy=comparison.therapy,
            n=f"{comparison.n:,}",
            days=results["days"],
            seed=comparison.seed,
            patients=patients(comparison),
            locked=comparison.scenario.cohort == "test",
            best_rule=results["best_rule"],
            learned=[name for name, row in names.items() if row["kind"] == "learned"],
            n_policies=len(names),
            findings=findings(results, event_labels(comparison)),
            columns=policy_columns(comparison),
            rows=policy_rows(comparison, results),
            mark=IN_SAMPLE_MARK,
            figures=[
                {
                    "name": figure.name,
                    "title": figure.title,
                    "caption": figure.caption,
                    "png": base64.b64encode(png(figure.figure)).decode("ascii"),
                }
                for figure in shown
            ],
            training=training_rows(comparison, learning),
            model=model_card(comparison),
            scenario=scenario_rows(comparison),
            prescribers=prescribers(comparison, results),
            tuning=tuning_rows(results),
            outcome="time in range" if comparison.therapy.primary == "ttr" else "time in range net of harm",
            chosen_on=[
                (name, share({"mean": ttr, "ci": [ttr, ttr]}).split(" ")[0])
                for name, ttr in _ranking(comparison)
            ],
            evidence=evidence(validation),
            limitations=limitations(comparison, results),
            manifest=manifest,
            settings=_settings((manifest or {}).get("config", {})),
        )
    )


def write_report(
    path: str | Path,
    comparison: Comparison,
    results: Results,
    learning: Learning | None = None,
    validation: Mapping[str, Any] | None = None,
    manifest: Mapping[str, Any] | None = None,
    figures: Sequence[Illustration] | None = None,
    title: str = "Comparison of prescribers",
) -> Path:
    """Write `report` to a file, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    return write_text(path, report(comparison, results, learning, validation, manifest, figures, title))


def _ranking(comparison: Comparison) -> list[tuple[str, float]]:
    return sorted(comparison.validation.items(), key=lambda item: -item[1])


def _settings(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Settings as text: lists and tables on one line, what is not set left out."""

    def text(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{name} = {text(entry)}" for name, entry in value.items() if entry is not None)
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)

    return [(name.replace("_", " "), text(value)) for name, value in config.items() if value is not None]


def _environment() -> Environment:
    folder = files("pmrl.experiments") / "templates"
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in _PARTS}
    return Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
