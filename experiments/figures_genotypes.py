"""Figures by genotype: time in range of some policies, and what learned ones gain over others, paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pmrl.experiments.figure_style import blank, looks
from pmrl.experiments.figures_policies import compared, draw_estimate, draw_legend, of_kind, share

Results = Mapping[str, Any]
_MOST_LEARNED = 3
_EVERYBODY = "everybody"


def ttr_by_genotype(results: Results, names: Sequence[str] | None = None) -> Figure:
    """Time in range by genotype group (largest first, with its number of patients), for some policies."""
    names = list(names or compared(results))
    rows, look = results["policies"], looks(names, results)
    groups = rows[names[0]]["by_genotype"]
    figure = blank(height=1.6 + len(groups) * (0.12 + 0.14 * len(names)))
    axes = figure.add_subplot()
    for k, name in enumerate(names):
        for at, group in enumerate(groups):
            estimate = share(rows[name]["by_genotype"][group], "ttr")
            draw_estimate(axes, estimate, _place(at, k, len(names)), look[name])
    _name_groups(axes, {group: found["n"] for group, found in groups.items()})
    axes.set(xlabel="time in range (% of days), mean and 95% CI", ylabel="genotype group")
    draw_legend(axes, list(look.values()))
    return figure


def references(results: Results) -> list[str]:
    """With what learned policies are compared by genotype: the best rule, and the best Bayesian controller.

    That one is the best on these very patients, which is to its advantage.
    """
    best = [results["best_rule"]] if results["best_rule"] in results["policies"] else []
    return list(dict.fromkeys([*best, *of_kind("model-based", results)[:1]]))


def gain_by_genotype(results: Results) -> Figure:
    """What up to three learned policies gain over each of `references`, patient by patient, by genotype."""
    rows, primary = results["policies"], results["primary"]
    names = of_kind("learned", results)[:_MOST_LEARNED]
    look, against = looks(names, results), references(results)
    groups = rows[names[0]]["by_genotype"]
    sizes = {_EVERYBODY: results["patients"]} | {group: found["n"] for group, found in groups.items()}
    figure = blank(height=1.8 + len(sizes) * (0.2 + 0.14 * len(names)))
    panels = np.atleast_1d(figure.subplots(1, len(against), sharey=True))
    for axes, reference in zip(panels, against, strict=True):
        for k, name in enumerate(names):
            found = [rows[name], *(rows[name]["by_genotype"][group] for group in groups)]
            for at, row in enumerate(found):
                estimate = share(_difference(row, reference, results), primary)
                draw_estimate(axes, estimate, _place(at, k, len(names)), look[name])
        axes.axvline(0.0, color="black", linewidth=0.8, linestyle=":")
        what = "in range" if primary == "ttr" else "in range net of harm"
        axes.set_xlabel(f"learned policy less {reference}\n(% of days {what}), mean and 95% CI")
        _name_groups(axes, sizes)
    panels[0].set_ylabel("genotype group")
    draw_legend(panels[0], list(look.values()))
    return figure


def _difference(row: Mapping[str, Any], reference: str, results: Results) -> Mapping[str, Any]:
    """Of one of `references`."""
    if reference == results["best_rule"]:
        return dict(row["difference_to_best_rule"])
    return dict(row["difference_to_model_based"][reference])


def _place(at: int, k: int, n: int) -> float:
    """Height of the k-th of n markers in a group."""
    return at + (k + 0.5) * 0.8 / n - 0.4


def _name_groups(axes: Axes, sizes: Mapping[str, int]) -> None:
    """The groups from top to bottom, with their numbers of patients."""
    labels = [f"{group.replace(', ', chr(10))}\n{n:,} patients" for group, n in sizes.items()]
    axes.set_yticks(np.arange(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    for edge in np.arange(len(labels) - 1) + 0.5:
        axes.axhline(edge, color="0.8", linewidth=0.8)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
