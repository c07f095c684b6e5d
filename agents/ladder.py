"""Stepwise titration: the next dose of a list wherever the lab is still above its goal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter


class Ladder:
    """A stage that steps up while the lab is above `goal`, and looks every so many days.

    Args:
        doses: mg/day, ascending.
        goal: in the lab's unit.
        every_days: between looks at the lab; visits in between change nothing.
    """

    def __init__(self, doses: Sequence[float], goal: Parameter, every_days: Parameter) -> None:
        self._doses = np.array(doses, dtype=np.float64)
        self._goal, self._every = float(goal), int(every_days.value)
        self._looked = np.empty(0, dtype=np.int64)

    def start(self, visit: Visit) -> None:
        """Count from the first visit."""
        self._looked = visit.day.copy()

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The current dose or the next one above it; see `pmrl.agents.stage.Stage`."""
        looks = np.isfinite(lab) & (visit.day - self._looked >= self._every)
        above = np.minimum(np.searchsorted(self._doses, current, side="right"), self._doses.size - 1)
        raised = np.maximum(current, self._doses[above])
        self._looked = np.where(looks, visit.day, self._looked)
        dose = np.where(looks & (lab > self._goal), raised, current)
        return Prescription.constant(dose, np.full(len(visit), self._every))
