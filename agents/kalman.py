"""A running estimate of individual parameters, fast enough to train on: an extended Kalman filter.

Of a patient's random effects eta, standard normal before any lab, it keeps mean and covariance. The patient
as estimated and one neighbour for each random effect live what was prescribed, from visit to visit; how the
neighbours differ is the sensitivity of the biomarker. A lab then moves mean and covariance as it would in a
linear model with normal ln labs, and the states with them (Jazwinski 1970, Stochastic Processes and Filtering
Theory, ch. 8). Nothing is lived twice, which `pmrl.agents.map_estimate` does to fit all labs at once.

As there, doses are taken to the mean share, what missed doses and occasions add to the error of a lab is that
of a typical patient, and a gene that is not typed counts as the average of the ancestry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.imagined_world import SEED, live, prescribed, quick
from pmrl.agents.map_estimate import FARTHEST, imagined_cohort, unexplained_sd
from pmrl.agents.particles import FARTHEST_LOG
from pmrl.cohort import Cohort
from pmrl.envs.admission import LEAD_IN_DAYS
from pmrl.envs.patients import therapy_model
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.solve import course

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
STEP = 0.2
"""Of eta, between the estimate and its neighbours."""
_FARTHEST_STEP = 1.5
"""SDs by which one lab may move an estimate: further off the sensitivities are others."""

_KEPT = ("_seen", "_day", "eta", "covariance", "parameters", "states")


class KalmanEstimate:
    """Estimates of a batch of patients, who may begin at different times.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted of the patients; None for the usual.

    Attributes:
        eta: mean of the random effects, `(n_patients, n_effects)`.
        covariance: of them, `(n_patients, n_effects, n_effects)`.
        parameters: of the estimate and its neighbours, `(n_patients, 1 + n_effects, n_parameters)`.
        states: theirs today, `(n_patients, 1 + n_effects, n_states)`.
    """

    def __init__(self, therapy: Therapy, assumptions: Assumptions | None = None) -> None:
        self.therapy, self.assumptions = therapy, assumptions or Assumptions()
        self.model = quick(therapy_model(therapy, self.assumptions.model))
        self.numbers = self.model.numbers(self.assumptions.parameters)
        self.effects = tuple(self.model.random_effects)
        self._unexplained = unexplained_sd(therapy, self.assumptions)
        self._cohort: Cohort | None = None

    def start(self, visit: Visit, rows: Integers | None = None) -> None:
        """Know nothing of new patients but covariates and genes.

        Args:
            visit: the first visit of the patients in `rows`.
            rows: places of new patients; everybody's where None.
        """
        if rows is None or self._cohort is None:
            self._allocate(visit)
            rows = np.arange(len(visit))
        fresh = imagined_cohort(
            self.therapy,
            visit.ids[rows],
            {name: values[rows] for name, values in visit.covariates.items()},
            {gene: codes[rows] for gene, codes in visit.genotypes.items()},
        )
        self._put(fresh, rows)
        self._seen[rows] = 0
        self._day[rows] = self._start
        self.eta[rows] = 0.0
        self.covariance[rows] = np.eye(len(self.effects))
        self.parameters[rows] = self._parameters(rows)
        flat = self.parameters[rows].reshape(-1, self.parameters.shape[2])
        self.states[rows] = self.model.initial(flat).reshape(rows.size, -1, self.states.shape[2])

    def _allocate(self, visit: Visit) -> None:
        n, k = len(visit), len(self.effects)
        self._start = -LEAD_IN_DAYS if visit.established else 0
        self._cohort = None
        self._seen = np.zeros(n, dtype=np.int64)
        self._day = np.zeros(n, dtype=np.int64)
        self.eta = np.zeros((n, k))
        self.covariance = np.zeros((n, k, k))
        self.parameters = np.zeros((n, k + 1, len(self.model.parameters)))
        self.states = np.zeros((n, k + 1, len(self.model.states)))

    def get_state(self) -> dict[str, NDArray[Any]]:
        """What decides the future but for what a visit shows, as copies."""
        return {name: getattr(self, name).copy() for name in _KEPT}

    def set_state(self, state: Mapping[str, NDArray[Any]], visit: Visit) -> None:
        """Go on from a state of `get_state`, whose patients are those of `visit`.

        Raises:
            ValueError: it is of other patients or another drug.
        """
        self._cohort = None
        self.start(visit)
        for name in _KEPT:
            here, given = getattr(self, name), np.asarray(state[name])
            if given.shape != here.shape or given.dtype != here.dtype:
                raise ValueError(f"{name} has shape {given.shape} and type {given.dtype}, not {here.shape}")
            here[:] = given

    def _put(self, fresh: Cohort, rows: Integers) -> None:
        """Covariates and genes of new patients."""
        if self._cohort is None:
            self._cohort = fresh
            return
        for old, new in zip(self._cohort.truth(), fresh.truth(), strict=True):
            old[rows] = new

    def _parameters(self, rows: Integers) -> Floats:
        """Of the estimates of `rows` and their neighbours, `(n_rows, 1 + n_effects, n_parameters)`."""
        assert self._cohort is not None  # noqa: S101 - `start` made it
        near = np.vstack([np.zeros(len(self.effects)), STEP * np.eye(len(self.effects))])
        eta = (self.eta[rows, None] + near).reshape(-1, len(self.effects))
        everybody = self._cohort.take(np.repeat(rows, near.shape[0]))
        return self.model.individual(self.numbers, everybody, eta).reshape(rows.size, near.shape[0], -1)

    def update(self, visit: Visit) -> None:
        """Live to the visits since the last update, and take in what was seen there."""
        past = visit.history
        while (behind := np.flatnonzero(self._seen < past.count)).size:
            at = self._seen[behind]
            day = past.day[behind, at].astype(np.int64)
            drawn = np.clip(day - visit.lab_delay_days, self._day[behind], day)
            latent = self._live(behind, past.daily_dose, drawn, day)
            self._learn(behind, latent, past.lab[behind, at])
            self._seen[behind] += 1

    def _live(self, rows: Integers, daily_dose: Floats, drawn: Integers, until: Integers) -> Floats:
        """Let estimates and neighbours live to the day `until`; their biomarkers on the day `drawn`."""
        days, copies = until - self._day[rows], self.states.shape[1]
        doses = prescribed(daily_dose[rows], self._day[rows] - self._start, days)
        doses *= self.assumptions.adherence.net_intake
        of = np.repeat(np.arange(rows.size), copies)
        states = np.ascontiguousarray(self.states[rows].reshape(of.size, -1))
        world = live(
            self.model, SEED, of, self.parameters[rows].reshape(of.size, -1), states,
            np.zeros((of.size, 2)), 0.0, self._day[rows][of], doses[of], days[of],
        )  # fmt: skip
        self.states[rows] = states.reshape(rows.size, copies, -1)
        self._day[rows] = until
        return world.latent[np.arange(of.size), drawn[of] - world.start].reshape(rows.size, copies)

    def biomarker(self) -> Floats:
        """Today's, of estimates and neighbours, `(n_patients, 1 + n_effects)`."""
        shape = self.states.shape[:2]
        p = np.ascontiguousarray(self.parameters.reshape(-1, self.parameters.shape[2]))
        states = np.ascontiguousarray(self.states.reshape(p.shape[0], -1))
        return course(self.model, p, np.zeros((p.shape[0], 0)), states)[0][:, 0].reshape(shape)

    def _learn(self, rows: Integers, latent: Floats, lab: Floats) -> None:
        """Move estimates by their labs `(n_rows,)`, given biomarkers `(n_rows, 1 + n_effects)`."""
        error, lowest = self.therapy.variability, self.therapy.biomarker_range[0]
        tells = np.isfinite(lab) & (lab > lowest) & (latent > 0.0).all(axis=1)
        if not tells.any():
            return
        rows, latent, lab = rows[tells], latent[tells], lab[tells]
        logs = np.log(latent)
        slope = (logs[:, 1:] - logs[:, :1]) / STEP
        noise = error.assay_sd**2 + (error.assay_error / latent[:, 0]) ** 2 + self._unexplained**2
        spread = np.einsum("nkl,nl->nk", self.covariance[rows], slope)
        total = np.einsum("nk,nk->n", slope, spread) + noise
        gain = spread / total[:, None]
        # A lab that no sensitivity explains moves the estimate by so much and no more.
        step = gain * (np.log(lab) - logs[:, 0])[:, None]
        longest = np.maximum(np.abs(step).max(axis=1, initial=1e-9), 1e-9)
        step *= np.minimum(1.0, _FARTHEST_STEP / longest)[:, None]
        moved = np.clip(self.eta[rows] + step, -FARTHEST, FARTHEST)
        step, self.eta[rows] = moved - self.eta[rows], moved
        self.covariance[rows] -= np.einsum("nk,nl,n->nkl", gain, gain, total)
        self.parameters[rows] = self._parameters(rows)
        self.states[rows] = moved_states(self.states[rows], step)


def moved_states(states: Floats, step: Floats) -> Floats:
    """States of estimates and neighbours after the estimates moved by `step`, `(n, n_effects)`.

    Their sensitivities stay: in ln where a state is positive everywhere, else as they are.
    """
    now, near = states[:, :1], states[:, 1:]
    positive = (states > 0.0).all(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(positive, np.log(near / now), 0.0) / STEP
    plain = np.where(positive, 0.0, near - now) / STEP
    farther = np.einsum("nks,nk->ns", ratio, step)[:, None]
    factor = np.exp(np.clip(farther, -FARTHEST_LOG, FARTHEST_LOG))
    moved = states * factor + np.einsum("nks,nk->ns", plain, step)[:, None]
    # No amount becomes less than none.
    return np.asarray(np.where(states >= 0.0, np.maximum(moved, 0.0), moved))
