"""The dose that does best on average over what a patient may be: every dose is tried on imagined patients.

A plan is a dose until the next visit and, for half as long as the drug takes to show its effect, what comes
after: either the same dose, or the one that would hold the target in that imagined patient, as more will be
known by then (or, where harm has a price, the largest dose). The best of them counts. All doses meet the same
luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.imagined_lives import Group, Imagined, one_by_one, superposed
from pmrl.agents.judge import Judge
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.model import PatientModel
from pmrl.response import response_days

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_ROWS = 32_768
"""Imagined patients who live at a time."""
_COARSE = 9
"""Doses tried first; then those between the neighbours of the best."""
LEAST_INTAKE = 0.1
"""Of what is prescribed, with which plans reckon, as `pmrl.envs.patients` does."""
LONGEST_TAIL = 42
"""Days looked ahead beyond the next visit, at most."""


def tail_days(therapy: Therapy, model: PatientModel) -> int:
    """Days looked ahead beyond the next visit: half the time that the drug takes to show its effect.

    Where harm has a price, as long as may be: what a start costs is to be seen whole.
    """
    if therapy.primary == "net":
        return LONGEST_TAIL
    return min(-(-response_days(model, therapy.standard_dose) // 2), LONGEST_TAIL)


@dataclass(frozen=True)
class Planner:
    """Tries doses.

    Attributes:
        therapy: doses and target.
        model: equations of the imagined patients.
        judge: says how good a plan turned out.
        tail: days looked ahead beyond the next visit; 0 for none.
        occasion_sd: log-SD between occasions to come.
    """

    therapy: Therapy
    model: PatientModel
    judge: Judge
    tail: int
    occasion_sd: float

    @cached_property
    def levels(self) -> Floats:
        """Doses of the grid."""
        return self.therapy.grid.levels

    def choose(self, visit: Visit, imagined: Imagined) -> Floats:
        """The best dose of the grid until the next visit, mg/day, `(n_patients,)`."""
        chosen = np.empty(len(visit))
        interval = np.maximum(visit.interval_days, 1)
        size = max(_ROWS // (imagined.ids.shape[1] * _COARSE), 1)
        for day, days in np.unique(np.stack([visit.day, interval]), axis=1).T.tolist():
            alike = np.flatnonzero((visit.day == day) & (interval == days))
            for first in range(0, alike.size, size):
                rows = alike[first : first + size]
                chosen[rows] = self._best(Group(int(day), int(days), imagined.take(rows)))
        return chosen

    def _best(self, group: Group) -> Floats:
        """The best of doses spread over the grid, then of those between its neighbours, `(n_rows,)`."""
        count = self.levels.size
        # A harm that begins at some dose makes hills of their own, which a coarse look passes over.
        tried = count if self.therapy.primary == "net" else min(_COARSE, count)
        coarse = np.unique(np.linspace(0, count - 1, tried).round().astype(np.int64))
        others = [self._holding(group.imagined)]
        if self.therapy.primary == "net":
            # More is better but for its harm: what cannot be held is kept as near as the largest dose comes.
            others.append(np.full_like(others[0], self.levels[-1]))
        best = self._best_of(group, np.tile(coarse, (len(group), 1)), others)
        gap = int(np.diff(coarse).max())
        while gap > 1:
            # No level between the best and its neighbours is left out in the end.
            step = max(gap // 4, 1)
            near = best[:, None] + step * np.arange(-(gap // step), gap // step + 1)
            best = self._best_of(group, np.clip(near, 0, count - 1), others)
            gap = step
        return np.asarray(self.levels[best])

    def _best_of(self, group: Group, index: Integers, others: Sequence[Floats]) -> Integers:
        """The best of these levels `(n_rows, n_doses)`."""
        lives = superposed if self.model.balance.linear and self.model.balance.level else one_by_one
        plans = lives(self.model, group, self.levels[index], others, self.tail, self.occasion_sd)
        value = np.max([self.judge(plan).mean(axis=1) for plan in plans], axis=0)
        return np.take_along_axis(index, value.argmax(axis=1)[:, None], axis=1)[:, 0]

    def _holding(self, imagined: Imagined) -> Floats:
        """The dose that would hold the target in each imagined patient, prescribed, `(n_rows, n_samples)`.

        More than is taken, as each of them misses doses.
        """
        p = imagined.parameters
        taken = self.model.maintenance_dose(p.reshape(-1, p.shape[2]), self.therapy.target)
        intake = 1.0 - imagined.shares[:, :, 0] + imagined.shares[:, :, 1]
        # Who takes next to nothing is held by no dose; the grid ends before.
        needed = taken.reshape(p.shape[:2]) / np.maximum(intake, LEAST_INTAKE)
        return np.asarray(self.therapy.grid.nearest(needed))
