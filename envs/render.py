"""A patient's course as a picture: lab results and the truth above, doses below."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pmrl.envs.clinic import Clinic

# Okabe-Ito: told apart also by colour-blind readers.
_TARGET, _LATENT, _LAB, _DOSE = "#009E73", "#999999", "#0072B2", "#D55E00"


def course_figure(clinic: Clinic, row: int) -> Figure:
    """The course of one row so far."""
    therapy, start, day = clinic.therapy, clinic.start, int(clinic.world.day[row])
    figure = Figure(figsize=(8, 5), dpi=100, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    days = np.arange(start, day + 1)
    bounds = (bound[np.maximum(days, 0)] for bound in therapy.target_range(max(day, 0)))
    above.fill_between(days, *bounds, step="post", color=_TARGET, alpha=0.18, lw=0, label="target range")
    above.plot(days, clinic.world.latent[row, : days.size], color=_LATENT, label=f"true {therapy.biomarker}")
    count = int(clinic.count[row])
    labs = clinic.lab[row, :count]
    above.plot(clinic.at[row, :count], labs, "o", color=_LAB, label="lab result at a visit")
    unit = f" ({therapy.biomarker_unit})" if therapy.biomarker_unit else ""
    above.set_ylabel(therapy.biomarker + unit)
    top = np.nanmax(np.append(clinic.world.latent[row, : days.size], therapy.target_high))
    above.set_ylim(0.0, 1.15 * max(float(top), float(np.nanmax(labs))))
    above.legend(loc="upper left", ncols=3, frameon=False)
    above.set_title(f"{therapy.drug}: patient {int(clinic.patient[row])}, day {day}")
    prescribed = clinic.prescribed[row, : day - start]
    held_on = prescribed[-1:] if prescribed.size else np.array([np.nan])
    below.step(days, np.append(prescribed, held_on), where="post", color=_DOSE, label="prescribed")
    missed = np.flatnonzero(clinic.world.taken[row, : day - start] < prescribed - 1e-9)
    below.plot(missed + start, np.zeros(missed.size), "x", color=_LATENT, label="not taken", clip_on=False)
    below.set_ylabel(f"dose ({therapy.grid.unit})")
    below.set_xlabel("day")
    below.set_xlim(start, start + clinic.world.taken.shape[1])
    below.set_ylim(bottom=0.0)
    below.legend(loc="upper right", ncols=2, frameon=False)
    return figure


def picture(clinic: Clinic, row: int) -> NDArray[Any]:
    """The course of one row as an RGB array, `(500, 800, 3)` uint8."""
    canvas = FigureCanvasAgg(course_figure(clinic, row))
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[no-untyped-call]
