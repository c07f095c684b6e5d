"""From observations in physical units to what a network takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.therapy import Therapy

OFFSET = 0.25
"""Added before a logarithm, so that a dose of 0 has one."""
LIMIT = 5.0
"""Scaled features are clipped here."""

# Center and spread of features that mean the same for every drug.
_USUAL = {
    "visits": (8.0, 8.0),
    "age": (65.0, 15.0),
    "weight_kg": (80.0, 20.0),
    "height_cm": (170.0, 10.0),
    "female": (0.5, 0.5),
}


@dataclass(frozen=True)
class ObservationScaling:
    """Features to about -1..1, with fixed numbers that are part of a policy.

    `center`, `scale`: `(n_features,)`. `logarithm`: features of which ln(x + `OFFSET`) is taken first, so
    that ratios of labs and doses count and not their differences.
    """

    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    logarithm: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of features."""
        return int(self.center.size)

    def __call__(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scaled and clipped to -`LIMIT`..`LIMIT`, same shape."""
        values = np.array(observation, dtype=np.float32)
        values[..., self.logarithm] = np.log(values[..., self.logarithm] + np.float32(OFFSET))
        values -= self.center
        values *= self.scale
        return np.minimum(np.maximum(values, -LIMIT, out=values), LIMIT, out=values)


def scaling_of(therapy: Therapy, names: tuple[str, ...]) -> ObservationScaling:
    """Scaling by what is usual, not by what is possible: a therapeutic range fills most of -1..1.

    Labs are ln ratios to the target, doses ln ratios to the standard dose, each with +-1 at a factor of two.
    """
    usual: dict[str, tuple[float, float]] = {}
    for name in names:
        if name.startswith("lab_"):
            usual[name] = (np.log(therapy.target + OFFSET), np.log(2.0))
        elif name.startswith("dose_"):
            usual[name] = (np.log(therapy.standard_dose + OFFSET), np.log(2.0))
        elif name.startswith(("interval_", "next_interval")):
            usual[name] = (7.0, 7.0)
        else:
            usual[name] = _USUAL.get(name, (0.5, 0.5) if name.endswith("_known") else (1.0, 1.0))
    usual["day"] = (0.5 * therapy.horizon_days, 0.5 * therapy.horizon_days)
    center, spread = np.array([usual[name] for name in names]).T
    return ObservationScaling(
        center.astype(np.float32),
        (1.0 / spread).astype(np.float32),
        np.array([name.startswith(("lab_", "dose_")) for name in names]),
    )
