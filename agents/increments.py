"""Titration in milligrams: a table of lab bands, each with a change of the daily dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter


@dataclass(frozen=True)
class Increment:
    """What a rule does in one band of the lab; the band reaches up to the next one's `lowest`."""

    lowest: float
    change: Parameter
    """Added to the daily dose, mg."""
    held_days: int = 0
    """Days without the drug before the new dose."""


class Increments:
    """A stage that changes the daily dose by the band of the lab, within the therapy's grid.

    Args:
        bands: ascending; the first one's `lowest` is 0.
        first_day: the lab is acted on from this day on: before it, the level has not yet answered.
    """

    def __init__(self, bands: tuple[Increment, ...], first_day: int = 1) -> None:
        self.bands, self.first_day = bands, first_day
        self._lowest = np.array([band.lowest for band in bands])
        self._change = np.array([float(band.change) for band in bands])
        self._held = np.array([band.held_days for band in bands])

    def start(self, visit: Visit) -> None:
        """Nothing is remembered: the current dose says everything."""

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The current dose, changed; see `pmrl.agents.stage.Stage`."""
        grid = visit.therapy.grid
        acts = np.isfinite(lab) & (visit.day >= self.first_day)
        band = np.maximum(np.searchsorted(self._lowest, np.nan_to_num(lab), side="right") - 1, 0)
        changed = np.clip(current + self._change[band], grid.minimum, grid.maximum)
        dose = np.where(acts, changed, current)
        held = np.where(acts, self._held[band], 0)
        days = np.arange(1 + int(self._held.max()))
        return Prescription(np.where(days < held[:, None], 0.0, dose[:, None])[:, :, None])
