"""Figures of the validation: predicted against recorded doses, and dose by genotype."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter
from numpy.typing import NDArray

from pmrl.errors import InputError
from pmrl.experiments.agreement import CLOSE, agreement, agreement_by_group, groupings
from pmrl.experiments.disclosure import large_enough
from pmrl.experiments.dose_prediction import usable_rows
from pmrl.experiments.validation import algorithm_predictions, set_predictions
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
BLUE, ORANGE, VERMILION = "#0072B2", "#E69F00", "#D55E00"
"""Okabe and Ito's colours, which colour-blind readers can tell apart."""

_DOSE_RANGE = (3.0, 150.0)
_TICKS = (5, 10, 20, 50, 100)
_SMALLEST_CELL = 20
_COMPARED = {"iwpc": (VERMILION, "o"), "published": (ORANGE, "s")}
"""Colour and marker of the parameter sets in the figure by genotype."""


def predicted_against_observed(
    title: str, observed: Floats, predicted: Floats, smallest_cell: int = 1
) -> Figure:
    """Density of patients by recorded and predicted dose (mg/week, log axes), with identity and ±20%.

    Doses beyond the axes are drawn at their edge, cells of fewer than `smallest_cell` patients not at all.
    """
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    low, high = _DOSE_RANGE
    inside = [np.clip(doses, low, high) for doses in (observed, predicted)]
    extent = (np.log10(low), np.log10(high)) * 2
    cells = axes.hexbin(
        *inside,
        xscale="log",
        yscale="log",
        gridsize=45,
        extent=extent,
        mincnt=smallest_cell,
        bins="log",
        cmap="cividis",
    )
    figure.colorbar(cells, label="patients per cell", format=ScalarFormatter())
    line = np.array(_DOSE_RANGE)
    axes.plot(line, line, color="black", linewidth=1.2, label="identity")
    for factor, label in ((1.0 + CLOSE, f"±{CLOSE:.0%}"), (1.0 - CLOSE, None)):
        axes.plot(line, factor * line, color=VERMILION, linewidth=1.0, linestyle="--", label=label)
    found = agreement(observed, predicted)
    axes.set_title(
        f"{title}, {found['n']} patients\nMAE {found['mae_mg_week']:.1f} mg/week, "
        f"{found['within_20']:.0%} within {CLOSE:.0%}",
        fontsize=9,
    )
    axes.set(xlabel="recorded stable dose (mg/week)", ylabel="predicted dose (mg/week)", xlim=line, ylim=line)
    axes.set_aspect("equal")
    _label_doses(axes)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    return figure


def _label_doses(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(_TICKS)
        axis.set_major_formatter(ScalarFormatter())
        axis.set_minor_formatter(NullFormatter())


def dose_by_genotype(table: PatientTable, predictions: dict[str, Floats], smallest_cell: int = 1) -> Figure:
    """Recorded dose of each genotype cell (mean, SD) and the mean dose that parameter sets predict for it.

    Args:
        table: usable patients; cells of at least 20 are shown, or all where there is none.
        predictions: name of a parameter set -> mg/week, `(n_patients,)`.
        smallest_cell: cells of fewer patients are not shown in any case.
    """
    observed, cells = table.dose_mg_week, groupings(table)["by_genotype"]
    recorded = agreement_by_group(observed, observed, cells)
    allowed = large_enough({cell: int(found["n"] or 0) for cell, found in recorded.items()}, smallest_cell)
    shown = [cell for cell in allowed if (recorded[cell]["n"] or 0) >= _SMALLEST_CELL] or allowed
    x = np.arange(len(shown))
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    mean = np.array([observed[cells == cell].mean() for cell in shown])
    spread = np.array([observed[cells == cell].std() for cell in shown])
    axes.errorbar(x, mean, yerr=spread, label="recorded, mean ± SD", color=BLUE, capsize=3, fmt="D")
    for k, (name, (colour, marker)) in enumerate(_COMPARED.items()):
        means = [predictions[name][cells == cell].mean() for cell in shown]
        axes.scatter(
            x + 0.18 * (k + 1),
            means,
            color=colour,
            marker=marker,
            zorder=3,
            label=f"typical prediction, {name}",
        )
    labels = [
        f"{cell.replace('CYP2C9 ', '').replace(', VKORC1 ', chr(10))}\n{recorded[cell]['n']}"
        for cell in shown
    ]
    axes.set_xticks(x, labels, fontsize=8)
    axes.set(xlabel="CYP2C9, VKORC1 -1639 and number of patients", ylabel="dose (mg/week)")
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False)
    return figure


def draw_validation(table: PatientTable, folder: Path, smallest_cell: int = 1) -> list[Path]:
    """Write every figure as PNG: one for each parameter set and algorithm, and dose by genotype.

    Of patients who are not public, cells of fewer than `smallest_cell` are left out.

    Raises:
        InputError: no patient can be used, or the folder cannot be written to.
    """
    usable = table.take(usable_rows(table))
    sets = set_predictions(usable)
    named = {f"set {name}": doses for name, doses in sets.items()}
    named |= {f"algorithm {name}": doses for name, doses in algorithm_predictions(usable).items()}
    figures = {
        "dose_" + title.replace("/", "-").replace(" ", "_"): predicted_against_observed(
            title, usable.dose_mg_week, doses, smallest_cell
        )
        for title, doses in named.items()
    }
    figures["dose_by_genotype"] = dose_by_genotype(usable, sets, smallest_cell)
    paths = [folder / f"{name}.png" for name in figures]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, figure in zip(paths, figures.values(), strict=True):
            figure.savefig(path, dpi=150)
    except OSError as error:
        raise InputError(f"'{folder}' cannot be written ({error.strerror}); give a writable folder") from None
    return paths
