"""How an agent's action becomes a dose and, where it may choose, the days until the next visit."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown

Kind = Literal["continuous", "discrete", "relative"]
KINDS = ("continuous", "discrete", "relative")
RELATIVE_STEPS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0)
"""Multiples of the last dose that was not zero (at first of the dose estimate); 0 holds the drug."""

Floats = NDArray[np.float64]


class ActionMap:
    """The action space and its meaning.

    Args:
        therapy: gives the dose grid and the intervals.
        kind: "continuous" (Box -1..1 over the grid's range), "discrete" (a grid level), "relative".
        choose_interval: also choose the next interval, from `therapy.intervals`.
        flatten: one Discrete over every (dose, interval) pair, as DQN needs.
    """

    def __init__(self, therapy: Therapy, kind: Kind, choose_interval: bool, flatten: bool) -> None:
        if kind not in KINDS:
            raise unknown("actions", str(kind), KINDS)
        if flatten and kind == "continuous":
            raise InputError("flatten needs actions='discrete' or 'relative': a continuous action has no levels")
        self.therapy, self.kind, self.choose_interval = therapy, kind, choose_interval
        self.flatten = flatten and choose_interval
        self.intervals = np.array(therapy.intervals, dtype=np.int64)
        self.levels = therapy.grid.levels if kind == "discrete" else np.array(RELATIVE_STEPS)
        self.space: spaces.Space[Any] = self._space()

    def _space(self) -> spaces.Space[Any]:
        if self.kind == "continuous":
            return spaces.Box(-1.0, 1.0, (1 + self.choose_interval,), dtype=np.float32)
        if not self.choose_interval:
            return spaces.Discrete(len(self.levels))
        if self.flatten:
            return spaces.Discrete(len(self.levels) * len(self.intervals))
        return spaces.MultiDiscrete([len(self.levels), len(self.intervals)])

    def decode(self, actions: Any, reference: Floats) -> tuple[Floats, NDArray[np.int64] | None]:
        """Daily doses on the grid `(n,)` and chosen intervals `(n,)` or None.

        Args:
            actions: a batch of actions.
            reference: dose that relative steps multiply, `(n,)`.

        Raises:
            InputError: an action outside the space.
        """
        grid = self.therapy.grid
        if self.kind == "continuous":
            values = np.asarray(actions, dtype=np.float64).reshape(reference.size, -1)
            if not np.isfinite(values).all():
                raise InputError(f"action {actions!r} is not a number: give numbers from -1 to 1")
            share = 0.5 * (np.clip(values, -1.0, 1.0) + 1.0)
            doses = grid.nearest(grid.minimum + share[:, 0] * (grid.maximum - grid.minimum))
            if not self.choose_interval:
                return doses, None
            level = np.minimum((share[:, 1] * self.intervals.size).astype(np.int64), self.intervals.size - 1)
            return doses, self.intervals[level]
        index = np.asarray(actions, dtype=np.int64).reshape(reference.size, -1)
        if self.flatten:
            index = np.stack(np.divmod(index[:, 0], self.intervals.size), axis=1)
        size = (len(self.levels), self.intervals.size)[: index.shape[1]]
        if (index < 0).any() or (index >= np.array(size)).any():
            raise InputError(f"action {actions!r} is outside {self.space}: give whole numbers from 0")
        chosen = self.levels[index[:, 0]]
        doses = chosen if self.kind == "discrete" else grid.nearest(chosen * reference)
        return doses, self.intervals[index[:, 1]] if self.choose_interval else None
