"""Courses of a few patients, and how they are chosen: by rule, never by how well a policy did on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.dose_coefficients import FDA_BANDS
from pmrl.dose_equations import fda_table
from pmrl.envs.therapy import Therapy
from pmrl.experiments.benchmark import STRAW_MEN, Comparison
from pmrl.experiments.figure_style import Look, blank, shade_target
from pmrl.experiments.genotype_groups import genotype_groups
from pmrl.experiments.rollout import Course
from pmrl.genetics import GENES

WARFARIN_CLASSES = ("normal sensitivity", "sensitive", "highly sensitive")
"""The three dose bands of the warfarin label, as Ravvaz 2017 names them."""
LOW_QUANTILE = 0.10


@dataclass(frozen=True)
class ChosenPatient:
    """A patient to look at, and why."""

    row: int
    """Row of the comparison."""
    why: str
    genotype: str


def sensitivity_classes(cohort: Cohort, therapy: Therapy) -> dict[str, NDArray[np.bool_]]:
    """Classes of genetic sensitivity by true genotype: label -> mask `(n_patients,)`.

    Warfarin: the bands of the label's dose table. Other drugs: the four largest genotype groups.
    """
    if therapy.drug != "warfarin":
        return dict(list(genotype_groups(cohort, therapy).items())[:4])
    doses = fda_table(cohort.covariates, cohort.genotypes)
    return {
        label: np.isclose(doses, float(band)) for label, band in zip(WARFARIN_CLASSES, FDA_BANDS, strict=True)
    }


def reference_arm(comparison: Comparison) -> str:
    """The arm that patients are chosen by: the best rule or, without one, the first that is no straw man."""
    if comparison.best_rule in comparison.arms:
        return str(comparison.best_rule)
    return next((name for name in comparison.arms if name not in STRAW_MEN), next(iter(comparison.arms)))


def instructive_patients(comparison: Comparison) -> list[ChosenPatient]:
    """The patients that `captions.SELECTION_RULE` describes; classes without patients are passed over."""
    ttr = comparison.arms[reference_arm(comparison)].outcomes["ttr"]
    everybody = np.ones(ttr.size, dtype=np.bool_)
    wanted = [
        (f"{label}, median", mask, 0.5)
        for label, mask in sensitivity_classes(comparison.cohort, comparison.therapy).items()
    ]
    wanted.append((f"hard to treat, {LOW_QUANTILE:.0%} point", everybody, LOW_QUANTILE))
    chosen: dict[int, str] = {}
    for why, mask, quantile in wanted:
        members = np.flatnonzero(mask)
        if not members.size:
            continue
        order = members[np.argsort(ttr[members], kind="stable")]
        first = int(quantile * (order.size - 1))
        row = next((int(row) for row in order[first:] if int(row) not in chosen), None)
        if row is not None:
            chosen[row] = why
    return [ChosenPatient(row, why, _genotype(comparison, row)) for row, why in chosen.items()]


def _genotype(comparison: Comparison, row: int) -> str:
    genes = dict.fromkeys(gene for gene, _ in comparison.therapy.genes)
    return ", ".join(f"{gene} {GENES[gene].label(comparison.cohort.genotypes[gene][row])}" for gene in genes)


def patient_courses(
    comparison: Comparison, shown: dict[str, Look], patients: Sequence[ChosenPatient] | None = None
) -> Figure:
    """True biomarker and prescribed dose over days, two patients abreast, for some policies.

    Args:
        comparison: the arms.
        shown: policy -> its look.
        patients: whom to show; by default those of `instructive_patients`.
    """
    patients = instructive_patients(comparison) if patients is None else patients
    therapy, columns = comparison.therapy, 2
    blocks = -(-len(patients) // columns)
    figure = blank(height=0.6 + 4.1 * blocks)
    grid = np.asarray(
        figure.subplots(2 * blocks, columns, sharex=True, squeeze=False, height_ratios=[1.7, 1.0] * blocks)
    )
    courses = {name: comparison.course(name, [patient.row for patient in patients]) for name in shown}
    highest = max(float(np.nanmax(course.latent)) for course in courses.values())
    top = max(highest, therapy.target_high * 1.5)
    most = max(float(np.nanmax(course.prescribed)) for course in courses.values())
    unit = f" ({therapy.biomarker_unit})" if therapy.biomarker_unit else ""
    for index in range(blocks * columns):
        above, below = grid[2 * (index // columns) : 2 * (index // columns) + 2, index % columns]
        if index >= len(patients):
            above.set_axis_off()
            below.set_axis_off()
            continue
        _draw_patient(above, below, comparison, shown, patients[index], courses, index)
        above.set_ylim(0.0, 1.05 * top)
        below.set_ylim(0.0, 1.1 * most)
        above.set_ylabel(f"true {therapy.biomarker}{unit}")
        below.set(ylabel=f"dose ({therapy.grid.unit})", xlabel="day of treatment")
        below.tick_params(labelbottom=True)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    return figure


def _draw_patient(
    above: Axes,
    below: Axes,
    comparison: Comparison,
    shown: dict[str, Look],
    patient: ChosenPatient,
    courses: dict[str, Course],
    index: int,
) -> None:
    therapy = comparison.therapy
    horizon = next(iter(courses.values())).latent.shape[1] - 1
    shade_target(above, *therapy.target_range(horizon), f"target, {therapy.target_text}")
    shares = []
    for name, look in shown.items():
        course = courses[name]
        latent, doses = course.latent[index], course.prescribed[index]
        at_visit = course.visit_day[index]
        at_visit = at_visit[np.isfinite(at_visit) & (at_visit >= 0)].astype(np.int64)
        style: dict[str, Any] = {"color": look.colour, "linewidth": 1.4}
        above.plot(
            latent, marker=look.marker, markersize=4.5, markevery=at_visit.tolist(), label=look.label, **style
        )
        below.step(np.arange(doses.size + 1), np.append(doses, doses[-1]), where="post", **style)
        changes = at_visit[at_visit < doses.size]
        below.plot(changes, doses[changes], look.marker, color=look.colour, markersize=4.5)
        shares.append(f"{name} {100 * comparison.arms[name].outcomes['ttr'][patient.row]:.0f}%")
    above.set_title(
        f"{patient.why}\n{patient.genotype}\nin range: {', '.join(shares)}", fontsize=9, loc="left"
    )
    above.grid(alpha=0.25)
    below.grid(alpha=0.25)
