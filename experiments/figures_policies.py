"""Figures that compare policies: time in range and safety."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from pmrl.experiments.benchmark import STRAW_MEN
from pmrl.experiments.captions import MEASURES
from pmrl.experiments.figure_style import BLUE, KINDS, VERMILION, Look, blank, kind_of

Results = Mapping[str, Any]
IN_SAMPLE_MARK = "†"
STRETCHED_BELOW = 1.0
"""Percent of days up to which the axes of safety events are linear; logarithmic above."""
_ROW_INCHES = 0.27
_MOST_COMPARED = 6


def share(row: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    """Mean and 95% interval of a share of days, in percent; NaN where there is none."""
    found = row[key]
    values = (found["mean"], *found["ci"])
    mean, low, high = (float("nan") if value is None else 100.0 * float(value) for value in values)
    return mean, low, high


def ranked(results: Results, key: str | None = None, with_straw_men: bool = True) -> list[str]:
    """Names of the policies, the largest mean of `key` (the primary outcome) first; equal ones by name."""
    rows, key = results["policies"], key or results["primary"]
    names = [name for name in rows if with_straw_men or name not in STRAW_MEN]
    return sorted(names, key=lambda name: (-np.nan_to_num(share(rows[name], key)[0], nan=-1.0), name))


def of_kind(kind: str, results: Results) -> list[str]:
    """Policies of a kind, as ranked."""
    return [name for name in ranked(results) if results["policies"][name]["kind"] == kind]


def ttr_by_policy(results: Results) -> Figure:
    """Primary outcome of every policy with 95% intervals, and beside it the time below and above range."""
    names = ranked(results)[::-1]
    rows, best, primary = results["policies"], results["best_rule"], results["primary"]
    y = np.arange(len(names))
    figure = blank(height=1.5 + _ROW_INCHES * len(names))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1.0])
    kinds = [kind_of(name, rows[name], best) for name in names]
    for at, name, kind in zip(y, names, kinds, strict=True):
        draw_estimate(left, share(rows[name], primary), float(at), KINDS[kind])
        draw_estimate(right, share(rows[name], "below"), at + 0.14, Look("below range", BLUE, "v"))
        draw_estimate(right, share(rows[name], "above"), at - 0.14, Look("above range", VERMILION, "^"))
    if best in rows:
        left.axvline(share(rows[best], primary)[0], color="black", linewidth=0.8, linestyle=":")
    left.set_yticks(y, [_label(name, rows[name], best) for name in names])
    for tick, kind in zip(left.get_yticklabels(), kinds, strict=True):
        tick.set_fontweight("bold" if kind in ("best", "learned") else "normal")
    left.set(
        xlabel=f"{MEASURES[primary]}\n(% of days), mean and 95% CI",
        ylabel="policy",
        ylim=(-0.7, len(names) - 0.3),
    )
    # A price may be more than all days are worth.
    left.set_xlim(None if min(share(rows[name], primary)[1] for name in names) < 0.0 else 0.0, None)
    right.set(xlabel="below and above range (% of days)", xlim=(-3, 103))
    for axes in (left, right):
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    draw_legend(left, [KINDS[kind] for kind in KINDS if kind in kinds])
    draw_legend(right, [Look("below range", BLUE, "v"), Look("above range", VERMILION, "^")])
    return figure


def compared(results: Results) -> list[str]:
    """The policies of figures with little room: learned, best rule, best Bayesian one and the fixed dose.

    Learned ones first (as ranked), at most six in all; standard care where there is room.
    """
    rows, best = results["policies"], results["best_rule"]
    learned, bayesian = of_kind("learned", results)[:3], of_kind("model-based", results)[:1]
    wanted = [*learned, best, *bayesian, "pgaa", "caa", "aurora", "fixed"]
    found = [name for name in dict.fromkeys(wanted) if name in rows]
    kept = [name for name in found if name in (*learned, best, *bayesian, "fixed")]
    room = _MOST_COMPARED - len(kept)
    extra = [name for name in found if name not in kept][::-1][: max(room, 0)]
    return [name for name in found if name in kept or name in extra]


def safety_by_policy(results: Results, events: Mapping[str, str]) -> Figure:
    """Share of days or patients with each safety event, with 95% intervals, without straw men.

    Args:
        results: of `as_dict`.
        events: key of the results -> what is counted, e.g. "inr_above_4" -> "days with INR > 4".
    """
    first = next(iter(events))
    names = ranked(results, first, with_straw_men=False)
    rows, best = results["policies"], results["best_rule"]
    y = np.arange(len(names))
    figure = blank(height=1.5 + _ROW_INCHES * len(names))
    panels = np.atleast_1d(figure.subplots(1, len(events), sharey=True))
    kinds = [kind_of(name, rows[name], best) for name in names]
    for axes, (key, label) in zip(panels, events.items(), strict=True):
        for at, name, kind in zip(y, names, kinds, strict=True):
            draw_estimate(axes, share(rows[name], key), float(at), KINDS[kind])
        if best in rows:
            axes.axvline(share(rows[best], key)[0], color="black", linewidth=0.8, linestyle=":")
        axes.set_xlabel(f"% of {label}\n(mean and 95% CI)")
        _stretch(axes, max(share(rows[name], key)[2] for name in names))
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    panels[0].set_yticks(y, [_label(name, rows[name], best) for name in names])
    for tick, kind in zip(panels[0].get_yticklabels(), kinds, strict=True):
        tick.set_fontweight("bold" if kind in ("best", "learned") else "normal")
    panels[0].set(ylabel="policy", ylim=(-0.7, len(names) - 0.3))
    draw_legend(panels[0], [KINDS[kind] for kind in KINDS if kind in kinds])
    return figure


def _stretch(axes: Axes, highest: float) -> None:
    """An axis from 0 that is logarithmic above 1%, so that the safe policies can be told apart."""
    if not highest > STRETCHED_BELOW:
        axes.set_xlim(left=0)
        return
    axes.set_xscale("symlog", linthresh=STRETCHED_BELOW, linscale=1.0)
    ticks = [tick for tick in (0, 0.5, 1, 2, 5, 10, 20, 50, 100) if tick <= 1.3 * highest]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(-0.04, 1.25 * highest)


def _label(name: str, row: Mapping[str, Any], best: str | None) -> str:
    mark = IN_SAMPLE_MARK if row.get("in_sample") else ""
    return f"{name}{mark} (best rule)" if name == best else f"{name}{mark}"


def draw_estimate(axes: Axes, values: tuple[float, float, float], y: float, look: Look) -> None:
    """A mean with its 95% interval, at height `y`."""
    mean, low, high = values
    axes.plot([low, high], [y, y], color=look.colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot(
        [mean],
        [y],
        look.marker,
        color=look.colour,
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.5,
    )


def draw_legend(axes: Axes, entries: Sequence[Look]) -> None:
    """A legend above the axes."""
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.4, label=look.label)
        for look in entries
    ]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, frameon=False, fontsize=9
    )
