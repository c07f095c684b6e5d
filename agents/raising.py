"""Raising a dose to target: at every look, the next dose wherever the lab is still above its goal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit


class Raising:
    """A stage that raises the dose while the lab is above `goal`, and looks every so many days.

    Args:
        following: (visit, current dose `(n_patients,)`) -> the next dose up, mg/day.
        goal: in the lab's unit.
        every_days: between looks at the lab; visits in between change nothing.
    """

    def __init__(self, following: Callable[[Visit, Floats], Floats], goal: float, every_days: int) -> None:
        self._following, self._goal, self._every = following, goal, every_days
        self._looked = np.empty(0, dtype=np.int64)

    def start(self, visit: Visit) -> None:
        """Count from the first visit."""
        self._looked = visit.day.copy()

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The current dose or the next one up, at most the grid's; see `pmrl.agents.stage.Stage`."""
        looks = np.isfinite(lab) & (visit.day - self._looked >= self._every)
        self._looked = np.where(looks, visit.day, self._looked)
        raised = np.minimum(self._following(visit, current), visit.therapy.grid.maximum)
        dose = np.where(looks & (lab > self._goal), raised, current)
        return Prescription.constant(dose, np.full(len(visit), self._every))
