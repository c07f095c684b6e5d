"""From observations in physical units to what a network takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ObservationScaling:
    """Features to about -1..1, with fixed numbers that are part of a policy.

    `center`, `scale`: `(n_features,)`. `logarithm`: features of which ln(x + `offset`) is taken first, so
    that ratios of labs and doses count and not their differences.
    """

    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    logarithm: NDArray[np.bool_]
    offset: float = 0.25

    @property
    def size(self) -> int:
        """Number of features."""
        return int(self.center.size)

    def __call__(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scaled and clipped to -1..1, same shape."""
        values = np.where(self.logarithm, np.log(observation + np.float32(self.offset)), observation)
        return np.clip((values - self.center) * self.scale, -1.0, 1.0).astype(np.float32)


def from_bounds(
    names: tuple[str, ...], low: NDArray[np.float64], high: NDArray[np.float64]
) -> ObservationScaling:
    """Scaling by the declared bounds; labs and doses on a log scale."""
    offset = 0.25
    logarithm = np.array([name.startswith(("lab_", "dose_")) for name in names])
    bottom = np.where(logarithm, np.log(low + offset), low)
    top = np.where(logarithm, np.log(high + offset), high)
    center = 0.5 * (bottom + top)
    scale = 2.0 / np.maximum(top - bottom, 1e-9)
    return ObservationScaling(center.astype(np.float32), scale.astype(np.float32), logarithm, offset)
