"""Dose in proportion to the level: what a drug with linear elimination asks for."""

from __future__ import annotations

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter


class Proportional:
    """A stage that multiplies the daily dose by target / lab, within limits; the grid is the pharmacy's.

    Args:
        most: by what share the dose changes at most, up or down.
        first_day: the lab is acted on from this day on.
        leaves_in_range: a lab within the target range of the day changes nothing.
    """

    def __init__(self, most: Parameter, first_day: int, leaves_in_range: bool = False) -> None:
        self._most, self._first_day, self._leaves_in_range = float(most), first_day, leaves_in_range

    def start(self, visit: Visit) -> None:
        """Nothing is remembered: the current dose says everything."""

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The current dose in proportion; see `pmrl.agents.stage.Stage`.

        A dose that has reached 0 could never rise again, so the lowest dose is one step of the grid.
        """
        grid = visit.therapy.grid
        low, high, aim = visit.therapy.limits(int(visit.day.max()))[:3, visit.day]
        acts = np.isfinite(lab) & (visit.day >= self._first_day)
        if self._leaves_in_range:
            acts &= (lab < low) | (lab > high)
        # The limits go onto the lab, which may be 0.
        within = np.clip(np.nan_to_num(lab), aim / (1.0 + self._most), aim / (1.0 - self._most))
        changed = np.clip(current * aim / within, max(grid.minimum, grid.step), grid.maximum)
        return Prescription.constant(np.where(acts, changed, current))
