"""Virtual patients living day by day: adherence, occasions and disturbances around a patient model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import BIOMARKER, DAY, INTEGERS, MATRIX, PREPARE, jit
from pmrl.model import PatientModel
from pmrl.randomness import Stream, normal, uniform_pair
from pmrl.variability import OCCASION_DAYS

_F = types.FunctionType
_ADHERENCE, _OCCASION = int(Stream.ADHERENCE), int(Stream.OCCASION)
_OCCASION_DAYS = int(OCCASION_DAYS.value)
BOOLEANS = types.boolean[:, ::1]

LIVE = types.void(
    _F(PREPARE), _F(DAY), _F(BIOMARKER), types.int64, types.int64, types.int64,
    types.int64, INTEGERS, MATRIX, MATRIX, INTEGERS, INTEGERS, MATRIX, MATRIX,
    types.float64, MATRIX, MATRIX, BOOLEANS, types.int64, MATRIX, MATRIX,
)  # fmt: skip


@jit(LIVE)
def live(  # type: ignore[no-untyped-def]
    prepare, day_of, biomarker, n_constants, clearance, sensitivity,
    seed, ids, p, y, day, days, doses, shares,
    occasion_sd, clearance_by, sensitivity_by, held, start, latent, taken,
):  # fmt: skip
    """Let every patient live `days[i]` days from `day[i]`, taking `doses[i]` as their adherence has it.

    `doses` is what is prescribed, mg for each coming day; its last column goes on. Column d - start of
    `latent` is the biomarker at the start of day d, of `taken` the dose swallowed on day d. `day` and `y`
    are moved on. Disturbances are by day from 0 on, all equally many, and do not exist before and after.
    """
    c = np.zeros(n_constants)
    own = np.zeros(p.shape[1])
    last = doses.shape[1] - 1
    for i in range(ids.size):
        occasion = np.int64(-(2**40))
        by_clearance, by_sensitivity, by_occasion = 1.0, 1.0, 1.0
        row = i % clearance_by.shape[0]
        width = min(clearance_by.shape[1], sensitivity_by.shape[1], held.shape[1])
        row_s, row_h = i % sensitivity_by.shape[0], i % held.shape[0]
        for k in range(days[i]):
            d = day[i] + k
            change = k == 0
            if d // _OCCASION_DAYS != occasion:
                occasion = d // _OCCASION_DAYS
                by_occasion = np.exp(occasion_sd * normal(seed, ids[i], occasion, _OCCASION))
                change = True
            now_clearance, now_sensitivity, off = 1.0, 1.0, False
            if 0 <= d < width:
                now_clearance, now_sensitivity = clearance_by[row, d], sensitivity_by[row_s, d]
                off = held[row_h, d]
            if now_clearance != by_clearance or now_sensitivity != by_sensitivity:
                by_clearance, by_sensitivity = now_clearance, now_sensitivity
                change = True
            if change:
                own[:] = p[i]
                own[clearance] *= by_clearance
                own[sensitivity] *= by_sensitivity * by_occasion
                prepare(own, c)
            dose = 0.0 if off else doses[i, min(k, last)]
            u, _ = uniform_pair(seed, ids[i], d, _ADHERENCE)
            if u < shares[i, 0]:
                dose = 0.0
            elif u > 1.0 - shares[i, 1]:
                dose *= 2.0
            day_of(y[i], c, dose)
            taken[i, d - start] = dose
            latent[i, d - start + 1] = biomarker(y[i], c)
        day[i] += days[i]


@dataclass
class World:
    """The true state of a batch of patients; everything in it is hidden from prescribers.

    Shapes: parameters `(n, n_parameters)`, states `(n, n_states)`, day `(n,)`, shares `(n, 2)`,
    latent `(n, n_days + 1)`, taken `(n, n_days)`; columns count from day `start`.
    """

    model: PatientModel
    seed: int
    ids: NDArray[np.int64]
    parameters: NDArray[np.float64]
    states: NDArray[np.float64]
    day: NDArray[np.int64]
    shares: NDArray[np.float64]
    occasion_sd: float
    clearance_by: NDArray[np.float64]
    sensitivity_by: NDArray[np.float64]
    held: NDArray[np.bool_]
    start: int
    latent: NDArray[np.float64]
    taken: NDArray[np.float64]

    def live(self, doses: NDArray[np.float64], days: NDArray[np.int64]) -> None:
        """Prescribe `doses` mg for each coming day, `(n, any)`, and let `days`, `(n,)`, go by."""
        m = self.model
        live(
            m.prepare, m.day, m.biomarker, m.n_constants, m.column(m.clearance), m.column(m.sensitivity),
            self.seed, self.ids, self.parameters, self.states, self.day, days, doses, self.shares,
            self.occasion_sd, self.clearance_by, self.sensitivity_by, self.held, self.start,
            self.latent, self.taken,
        )  # fmt: skip
