"""The course of a described patient on one dose."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pmrl.envs.therapy import Therapy

_LINE, _TARGET = "#0072B2", "#009E73"


def simulation_figure(
    days: NDArray[np.int64], biomarker: NDArray[np.float64], therapy: Therapy, dose: float, model: str
) -> Figure:
    """Biomarker `(n_patients, n_days)` over days: the median, and 90% of the patients if several."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    horizon = np.arange(int(days[-1]) + 1)
    bounds = therapy.target_range(horizon[-1])
    axes.fill_between(horizon, *bounds, step="post", color=_TARGET, alpha=0.18, lw=0, label="target range")
    if len(biomarker) > 1:
        low, high = np.quantile(biomarker, [0.05, 0.95], axis=0)
        axes.fill_between(days, low, high, color=_LINE, alpha=0.2, label=f"90% of {len(biomarker)} patients")
    axes.plot(
        days, np.median(biomarker, axis=0), color=_LINE, label="median" if len(biomarker) > 1 else "patient"
    )
    unit = f" ({therapy.biomarker_unit})" if therapy.biomarker_unit else ""
    axes.set(
        xlabel="day",
        ylabel=therapy.biomarker + unit,
        title=f"{therapy.drug} {dose:g} {therapy.grid.unit}, {model}",
    )
    axes.set_ylim(bottom=0.0)
    axes.set_xlim(0, days[-1])
    axes.legend(frameon=False)
    return figure
