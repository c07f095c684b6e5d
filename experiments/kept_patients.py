"""The patients of whom every single result is kept, for figures and the bootstrap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.experiments.treatment import Treated, Way

Floats = NDArray[np.float64]


class KeptPatients:
    """The first patients of a cohort; later ones only add to `seconds`.

    Args:
        most: how many are kept.

    Attributes:
        seconds: that each way took, over all patients and threads.
    """

    def __init__(self, most: int) -> None:
        self.seconds: dict[Way, float] = {}
        self._room = most
        self._treated: list[Treated] = []

    def add(self, treated: Treated) -> None:
        """Keep these patients, as far as there is room."""
        for way, seconds in treated.seconds.items():
            self.seconds[way] = self.seconds.get(way, 0.0) + seconds
        if self._room:
            self._treated.append(treated.cut(0, self._room))
            self._room -= len(self._treated[-1])

    def outcomes(self) -> Mapping[Way, Mapping[str, Floats]]:
        """By way and name, `(n_patients,)` each."""
        return Treated.join(self._treated).outcomes

    def __len__(self) -> int:
        return sum(map(len, self._treated))
