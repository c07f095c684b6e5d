"""How figures look: colours and markers that all readers can tell apart, and how a figure becomes a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pmrl.errors import InputError, unknown
from pmrl.experiments.benchmark import STRAW_MEN

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F"
"""Okabe and Ito's colours (grey in place of yellow, which is too faint on white)."""

WIDTH_INCHES = 10.0
DPI = 150
FORMATS = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Look:
    """How one policy, or one kind of policy, is drawn."""

    label: str
    colour: str
    marker: str


KINDS: Mapping[str, Look] = {
    "learned": Look("learned", VERMILION, "D"),
    "best": Look("best rule", BLACK, "s"),
    "rule": Look("rule", BLUE, "o"),
    "model-based": Look("model-based", PURPLE, "^"),
    "oracle": Look("oracle", GREEN, "*"),
    "straw man": Look("straw man", GREY, "X"),
}
"""In the order of legends."""

_LEARNED_LOOKS = ((VERMILION, "D"), (PURPLE, "^"), (ORANGE, "v"), (GREEN, "P"))
_OTHER_LOOKS = ((BLUE, "o"), (SKY, "<"), (GREY, "X"), (ORANGE, ">"), (GREEN, "P"))


@dataclass(frozen=True)
class Illustration:
    """A figure with what a reader needs to understand it."""

    name: str
    """Stem of its file."""
    title: str
    caption: str
    figure: Figure


def blank(width: float = WIDTH_INCHES, height: float = 4.0) -> Figure:
    """An empty figure, inches, drawn without a window."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def kind_of(name: str, row: Mapping[str, Any], best_rule: str | None) -> str:
    """Key of `KINDS` for a policy's row of the results."""
    if name in STRAW_MEN:
        return "straw man"
    return "best" if name == best_rule else str(row["kind"])


def looks(names: Iterable[str], results: Mapping[str, Any]) -> dict[str, Look]:
    """A colour and marker of its own for each policy: black squares for the best rule, warm for learned.

    Args:
        names: at most four learned policies and five others, beside the best rule.
        results: of `pmrl.experiments.comparison_numbers.as_dict`.
    """
    learned, others = iter(_LEARNED_LOOKS), iter(_OTHER_LOOKS)
    chosen = {}
    for name in names:
        best = name == results["best_rule"]
        is_learned = results["policies"][name]["kind"] == "learned"
        colour, marker = (BLACK, "s") if best else next(learned if is_learned else others)
        chosen[name] = Look(f"{name} (best rule)" if best else name, colour, marker)
    return chosen


def shade_target(
    axes: Axes, low: NDArray[np.float64], high: NDArray[np.float64], label: str | None = None
) -> None:
    """The target range of every day from 0 on as a band."""
    days = np.arange(low.size)
    axes.fill_between(days, low, high, step="post", color=GREEN, alpha=0.15, linewidth=0, label=label)


def png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure as .png, .svg or .pdf, by the path's suffix; .png where it has none.

    Raises:
        InputError: another suffix, or the file cannot be written.
    """
    path = Path(path)
    path = path if path.suffix else path.with_suffix(".png")
    if path.suffix.lower() not in FORMATS:
        raise unknown("figure format", path.suffix, FORMATS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DPI)
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be written ({error.strerror}); give a path in a writable folder"
        ) from None
    return path
