"""Learning curves: time in range on validation patients while a policy is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pmrl.errors import InputError
from pmrl.experiments.figure_style import Look, blank


def learning_curves(
    learning: Mapping[str, Sequence[Mapping[str, float]]],
    shown: Mapping[str, Look],
    best_rule: tuple[str, float] | None = None,
) -> Figure:
    """Validation time in range over training steps, a panel for each policy (their steps differ).

    Args:
        learning: policy -> points with `steps` (visits treated) and `ttr` (share of days, 0 to 1), or `net`,
            which is shown where it is there.
        shown: policy -> its look.
        best_rule: name of the best rule and its time in range on the same patients, 0 to 1.

    Raises:
        InputError: no curve has a point.
    """
    curves = {name: points for name, points in learning.items() if points}
    if not curves:
        raise InputError("no learning curve has a point: train at least one policy")
    net = any("net" in point for points in curves.values() for point in points)
    figure = blank(height=3.9)
    panels = np.atleast_1d(figure.subplots(1, len(curves), sharey=True))
    for axes, (name, points) in zip(panels, curves.items(), strict=True):
        look = shown[name]
        steps = np.array([point["steps"] for point in points]) / 1000.0
        ttr = 100.0 * np.array([point["net" if net else "ttr"] for point in points])
        axes.plot(steps, ttr, color=look.colour, marker=look.marker, markersize=5, label=name)
        if best_rule is not None:
            axes.axhline(
                100.0 * best_rule[1],
                color="black",
                linestyle="--",
                linewidth=1.2,
                label=f"best rule: {best_rule[0]}",
            )
        axes.set(title=name, xlabel="training steps (thousand visits)", xlim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right", fontsize=9)
    less = " less the price of harm" if net else ""
    panels[0].set_ylabel(f"time in range{less},\nvalidation patients (% of days)")
    return figure
