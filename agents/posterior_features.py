"""What a running posterior adds to an observation: mean and SD of what a patient may be.

An agent that sees a few labs has to learn from rewards what they say of the patient; these features say it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.kalman import STEP, KalmanEstimate
from pmrl.agents.scaling import OFFSET, ObservationScaling, scaling_of
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit

Floats = NDArray[np.float64]
PREFIX = "posterior_"
_MOST_DOSES = 4.0
"""Times the largest dose of the grid: no dose that would be needed counts as more."""


class PosteriorFeatures:
    """Of a batch of patients: random effects, the dose that holds the target, today's biomarker.

    Of each random effect mean and SD (1 before any lab); of the dose (mg/day, to prescribe) and of the
    biomarker (its unit) the estimate and the SD of its ln, which counts from `OFFSET` on as in scaling.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted of the patients; None for the usual.
    """

    def __init__(self, therapy: Therapy, assumptions: Assumptions | None = None) -> None:
        self.therapy = therapy
        self.estimate = KalmanEstimate(therapy, assumptions)
        effects = self.estimate.effects
        self.names = (
            *(f"{PREFIX}mean_{effect}" for effect in effects),
            *(f"{PREFIX}sd_{effect}" for effect in effects),
            f"{PREFIX}dose",
            f"{PREFIX}sd_dose",
            f"{PREFIX}lab",
            f"{PREFIX}sd_lab",
        )

    def start(self, visit: Visit, rows: NDArray[np.int64] | None = None) -> None:
        """Begin with the patients in `rows`, everybody where None."""
        self.estimate.start(visit, rows)

    def of_visit(self, visit: Visit) -> NDArray[np.float32]:
        """The features of a visit, `(n, n_features)`, in the order of `names`."""
        estimate = self.estimate
        estimate.update(visit)
        variance = np.einsum("nkk->nk", estimate.covariance)
        columns = [estimate.eta, np.sqrt(np.maximum(variance, 0.0))]
        for values in (self._dose(), self._biomarker()):
            columns += [values[:, :1], self._log_sd(values)]
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _dose(self) -> Floats:
        """That holds the target, mg/day to prescribe, of estimates and neighbours `(n, 1 + n_effects)`."""
        estimate, grid = self.estimate, self.therapy.grid
        flat = np.ascontiguousarray(estimate.parameters.reshape(-1, estimate.parameters.shape[2]))
        needed = estimate.model.maintenance_dose(flat, self.therapy.target)
        needed = needed / estimate.assumptions.adherence.net_intake
        most = _MOST_DOSES * grid.maximum
        held = np.clip(np.nan_to_num(needed, nan=most, posinf=most), 0.0, most)
        return np.asarray(held.reshape(estimate.parameters.shape[:2]))

    def _biomarker(self) -> Floats:
        """Today's, within what can be measured, of estimates and neighbours `(n, 1 + n_effects)`."""
        return np.clip(self.estimate.biomarker(), *self.therapy.biomarker_range)

    def _log_sd(self, values: Floats) -> Floats:
        """SD of ln of what is `values` for estimates and neighbours, by their differences, `(n, 1)`."""
        logs = np.log(values + OFFSET)
        slope = (logs[:, 1:] - logs[:, :1]) / STEP
        variance = np.einsum("nk,nkl,nl->n", slope, self.estimate.covariance, slope)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0))[:, None])


def has_posterior(features: tuple[str, ...]) -> bool:
    """Whether there are posterior features among those of a policy."""
    return any(name.startswith(PREFIX) for name in features)


def scaling_with_posterior(
    therapy: Therapy, names: tuple[str, ...], added: tuple[str, ...]
) -> ObservationScaling:
    """As `pmrl.agents.scaling.scaling_of` for `names`, with posterior features after them."""
    plain = scaling_of(therapy, names)
    usual = {
        f"{PREFIX}dose": (np.log(therapy.standard_dose + OFFSET), np.log(2.0)),
        f"{PREFIX}lab": (np.log(therapy.target + OFFSET), np.log(2.0)),
    }
    deviations = (0.5, 0.5)
    pairs = [usual.get(name, deviations if name.startswith(f"{PREFIX}sd_") else (0.0, 1.0)) for name in added]
    center, spread = np.array(pairs, dtype=np.float32).reshape(-1, 2).T
    return ObservationScaling(
        np.concatenate([plain.center, center]),
        np.concatenate([plain.scale, 1.0 / spread]),
        np.concatenate([plain.logarithm, np.array([name in usual for name in added], dtype=np.bool_)]),
    )
