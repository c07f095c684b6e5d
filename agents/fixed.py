"""Doses that take no notice of the patient: the lower bounds of every comparison."""

from __future__ import annotations

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Visit
from pmrl.randomness import Stream, uniforms

_SEED = 0
"""Of random doses; a prescriber is not told the cohort's seed, from which the truth could be drawn."""


def minimum(visit: Visit) -> Floats:
    """The lowest dose of the grid, `(n_patients,)`."""
    return np.full(len(visit), visit.therapy.grid.minimum)


def maximum(visit: Visit) -> Floats:
    """The highest dose of the grid, `(n_patients,)`."""
    return np.full(len(visit), visit.therapy.grid.maximum)


def standard(visit: Visit) -> Floats:
    """The therapy's standard dose, `(n_patients,)`."""
    return np.full(len(visit), visit.therapy.standard_dose)


def random(visit: Visit) -> Floats:
    """A dose of the grid drawn anew at every visit, `(n_patients,)`.

    The draw is a function of the patient's id and the day, so it does not depend on the batch.
    """
    levels = visit.therapy.grid.levels
    doses = np.empty(len(visit))
    for day in np.unique(visit.day):
        rows = visit.day == day
        draw = uniforms(_SEED, visit.ids[rows], Stream.POLICY, day=int(day))[:, 0]
        doses[rows] = levels[(draw * levels.size).astype(np.int64)]
    return doses
