"""Means and variances of patients who come in blocks and are not kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pmrl.experiments.statistics import Estimate, normal_estimate

Floats = NDArray[np.float64]


class Moments:
    """Number, mean and squared deviations of some quantities, in groups of patients.

    Blocks are joined by the update of Chan 1979 (Am Stat 37:242), which does not lose digits as a sum of
    squares does. The numbers depend on the blocks in the last digits: give blocks of one size, in order.

    Args:
        names: of the quantities.

    Attributes:
        count, mean, squares: `(n_quantities, n_groups)`; groups are numbered from 0 as they come.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.count, self.mean, self.squares = (np.zeros((len(self.names), 0)) for _ in range(3))

    def add(self, values: Floats, group: NDArray[np.int64]) -> None:
        """Take in a block of patients.

        Args:
            values: `(n_quantities, n_patients)`, NaN where unknown.
            group: of each patient, `(n_patients,)`.
        """
        self._make_room(int(group.max()) + 1)
        shape = self.count.shape
        known = np.isfinite(values)
        cell = (np.arange(shape[0])[:, None] * shape[1] + group)[known]
        seen = values[known]
        count = np.bincount(cell, minlength=self.count.size).astype(np.float64)
        with np.errstate(invalid="ignore"):
            mean = np.where(count > 0, np.bincount(cell, seen, self.count.size) / count, 0.0)
        squares = np.bincount(cell, (seen - mean[cell]) ** 2, self.count.size).astype(np.float64)
        self._join(count.reshape(shape), mean.reshape(shape), squares.reshape(shape))

    def _make_room(self, groups: int) -> None:
        more = max(groups - self.count.shape[1], 0)
        self.count, self.mean, self.squares = (
            np.pad(values, ((0, 0), (0, more))) for values in (self.count, self.mean, self.squares)
        )

    def _join(self, count: Floats, mean: Floats, squares: Floats) -> None:
        total = np.maximum(self.count + count, 1.0)
        difference = mean - self.mean
        self.squares = self.squares + squares + difference**2 * self.count * count / total
        self.mean = self.mean + difference * count / total
        self.count = self.count + count

    def estimate(self, name: str, group: int | None = None) -> Estimate:
        """Mean and 95% interval of a quantity in a group, or in all of them."""
        row = self.names.index(name)
        groups = range(self.count.shape[1]) if group is None else [group]
        count, mean, squares = 0.0, 0.0, 0.0
        for k in groups:
            more, difference = self.count[row, k], self.mean[row, k] - mean
            if more:
                squares += self.squares[row, k] + difference**2 * count * more / (count + more)
                mean += difference * more / (count + more)
                count += more
        return normal_estimate(int(count), float(mean), float(squares))
