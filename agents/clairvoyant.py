"""O3, the clairvoyant oracle: knows the future, and so bounds what any prescriber can reach.

It begins, for each patient, with the best of the plans that other policies gave the same patient, and changes
them by daily doses of the grid: stretches of days, first long and then short, are moved up or down as long as
the primary outcome of that very patient, with the doses that will be missed and the occasions that will come,
gets better. So no policy that it was shown does better in any patient.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.imagined_lives import Plan
from pmrl.agents.judge import DaysJudge
from pmrl.agents.oracle import Truth
from pmrl.agents.policy import Kind
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.world import World

Floats = NDArray[np.float64]
STRETCHES = (3, 6, 13, 30)
"""In how many parts the episode is cut, whose doses are changed together; the longest parts first."""
SHARES = (0.25, 0.05)
"""Of the grid's levels, by which a stretch is moved; at least one level."""


class Clairvoyant:
    """O3: searches the doses of every day with the future known.

    Args:
        therapy: the drug's decision problem.
        effort: how many sweeps over all stretches at most, for each length.
    """

    name = "o3"
    kind: Kind = "oracle"

    def __init__(self, therapy: Therapy, effort: int = 1) -> None:
        self.therapy, self.effort = therapy, effort
        self._judge = DaysJudge(therapy, therapy.primary_weights)
        self.summary = "knows the future; searches daily doses from the best that the other policies gave"

    def see(self, truth: Truth) -> None:
        """Take the world as it is before the first dose, and the other policies' plans."""
        self._world, self._days = truth.clinic.world, truth.clinic.horizon
        fixed = np.full((truth.clinic.n, self._days), self.therapy.standard_dose)
        self._plans = [*truth.plans, fixed]

    def start(self, visit: Visit) -> None:
        """Search."""
        values = np.stack([self._value(plan) for plan in self._plans])
        best = values.argmax(axis=0)
        rows = np.arange(len(visit))
        self._plan = np.stack(self._plans)[best, rows]
        value = values[best, rows]
        for parts in STRETCHES:
            length = max(-(-self._days // parts), 1)
            for share in SHARES:
                for _ in range(self.effort):
                    value = self._sweep(value, length, share)

    def prescribe(self, visit: Visit) -> Prescription:
        """The doses of the plan for the days to come."""
        column = np.minimum(visit.day[:, None] + np.arange(self._days), self._days - 1)
        return Prescription(np.take_along_axis(self._plan, column, axis=1)[:, :, None])

    def _sweep(self, value: Floats, length: int, share: float) -> Floats:
        """Move every stretch up and down once, keeping what is better; the new values."""
        levels = self.therapy.grid.levels
        step = max(round(share * (levels.size - 1)), 1)
        level = np.searchsorted(levels, self._plan - 1e-9)
        for first in range(0, self._days, length):
            for move in (step, -step):
                tried = self._plan.copy()
                there = np.s_[:, first : first + length]
                tried[there] = levels[np.clip(level[there] + move, 0, levels.size - 1)]
                new = self._value(tried)
                better = new > value
                self._plan[better] = tried[better]
                level[better] = np.searchsorted(levels, tried[better] - 1e-9)
                value = np.where(better, new, value)
        return value

    def _value(self, plan: Floats) -> Floats:
        """What the judge says of each patient's true life on a plan, `(n_patients,)`."""
        world = _copy(self._world)
        world.live(np.ascontiguousarray(plan), np.full(len(plan), self._days, dtype=np.int64))
        latent = world.latent[:, -self._days :]
        harm = world.harm[:, -self._days :] if world.harm.shape[1] else world.harm
        return self._judge(Plan(0, latent[:, None, None], harm[:, None, None]))[:, 0, 0]


def _copy(world: World) -> World:
    """The same world, to live in without a trace."""
    moving = ("states", "day", "latent", "taken", "harm")
    return replace(world, **{name: getattr(world, name).copy() for name in moving})
