"""Confidence intervals over patients, paired on common random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2000
LARGE = 20_000
"""Above so many patients the interval comes from the standard error: the mean is normal by then."""


@dataclass(frozen=True)
class Estimate:
    """A mean over patients with its 95% confidence interval."""

    mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, object]:
        """The form of every JSON file: `mean` and `ci`."""
        return {"mean": self.mean, "ci": [self.low, self.high]}


def normal_estimate(count: int, mean: float, squares: float) -> Estimate:
    """Mean with the interval of its standard error.

    Args:
        count: number of values; there is no mean of none, and no interval of one.
        mean: of the values.
        squares: sum of their squared deviations from the mean.
    """
    if count < 2:
        return Estimate(mean if count else float("nan"), float("nan"), float("nan"))
    error = (squares / (count - 1) / count) ** 0.5
    return Estimate(mean, mean - 1.96 * error, mean + 1.96 * error)


class Bootstrap:
    """Percentile bootstrap over patients; every estimate of one cohort uses the same resamples.

    Patients, not days, are resampled, so the correlation within a patient is kept. Paired differences are
    the bootstrap of the differences.

    Args:
        n: number of patients.
        seed: of the resampling.
        resamples: how many.
    """

    def __init__(self, n: int, seed: int, resamples: int = RESAMPLES) -> None:
        self.weights: NDArray[np.float32] | None = None
        if n > LARGE:
            return
        generator = np.random.Generator(np.random.Philox(seed))
        # How often each patient is drawn in a resample: a mean is then one matrix product.
        self.weights = np.empty((resamples, n), dtype=np.float32)
        # One at a time: numpy cannot be interrupted, and its integers take four times the room.
        alike = np.full(n, 1.0 / n)
        for row in self.weights:
            row[:] = generator.multinomial(n, alike)

    def mean(self, values: Floats) -> Estimate:
        """Mean over patients whose value is known, `(n,)`; NaN without any."""
        known = np.isfinite(values)
        if not known.any():
            return Estimate(float("nan"), float("nan"), float("nan"))
        if self.weights is None:
            mean = float(values[known].mean())
            return normal_estimate(int(known.sum()), mean, float(((values[known] - mean) ** 2).sum()))
        filled = np.where(known, values, 0.0)
        weight = self.weights @ known.astype(np.float32)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (self.weights @ filled) / weight
        low, high = np.nanquantile(means, [0.025, 0.975])
        return Estimate(float(filled.sum() / known.sum()), float(low), float(high))

    def difference(self, values: Floats, reference: Floats) -> Estimate:
        """Mean paired difference `values - reference`, both `(n,)` over the same patients."""
        return self.mean(values - reference)
