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
            raise InputError(
                "flatten needs actions='discrete' or 'relative': a continuous action has no levels"
            )
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
        if self.kind == "continuous":
            return self._from_box(actions, reference.size)
        index = self._indices(actions, reference.size)
        chosen = self.levels[index[:, 0]]
        doses = chosen if self.kind == "discrete" else self.therapy.grid.nearest(chosen * reference)
        return doses, self.intervals[index[:, 1]] if self.choose_interval else None

    def _from_box(self, actions: Any, n: int) -> tuple[Floats, NDArray[np.int64] | None]:
        """Values beyond -1..1 count as the bound: exploration noise may overshoot."""
        values = self._rows(actions, n, 1 + self.choose_interval, "iuf")
        if not np.isfinite(values).all():
            raise InputError(f"action {values.tolist()} is not a number: give numbers from -1 to 1")
        grid = self.therapy.grid
        share = 0.5 * (np.minimum(np.maximum(values.astype(np.float64), -1.0), 1.0) + 1.0)
        doses = grid.nearest(grid.minimum + share[:, 0] * (grid.maximum - grid.minimum))
        if not self.choose_interval:
            return doses, None
        level = np.minimum((share[:, 1] * self.intervals.size).astype(np.int64), self.intervals.size - 1)
        return doses, self.intervals[level]

    def _indices(self, actions: Any, n: int) -> NDArray[np.int64]:
        """Indices of the dose level and, where it is chosen, of the interval, `(n, 1 or 2)`."""
        pair = self.choose_interval and not self.flatten
        index = self._rows(actions, n, 1 + pair, "iu").astype(np.int64)
        sizes = np.array([self.levels.size, self.intervals.size][: 1 + self.choose_interval])
        limit = sizes.prod() if self.flatten else sizes
        if (index < 0).any() or (index >= limit).any():
            raise InputError(f"action {index.tolist()} is outside {self.space}: give whole numbers from 0")
        return np.stack(np.divmod(index[:, 0], self.intervals.size), axis=1) if self.flatten else index

    def _rows(self, actions: Any, n: int, width: int, kinds: str) -> NDArray[Any]:
        """The actions as `(n, width)`, if they are so many numbers of that kind."""
        try:
            given = np.asarray(actions)
        except ValueError:
            # Lists of different lengths.
            given = np.empty(0, dtype=np.object_)
        if given.dtype.kind not in kinds or given.size != n * width:
            what = "numbers" if "f" in kinds else "whole numbers"
            raise InputError(f"action {actions!r}: give {n} x {width} {what}, as in {self.space}")
        return given.reshape(n, width)
