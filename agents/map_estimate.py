"""The most probable individual parameters (MAP), by Gauss-Newton, with their Laplace covariance.

Of a patient's random effects eta, standard normal before any lab, the sum over labs of ((ln lab - ln f(eta))
/ sd)^2 plus |eta|^2 is minimised, where f is the model on the mean share of the prescribed doses. `sd` adds
to the assay's what missed doses and occasions do to the biomarker of a typical patient. The model's
sensitivities are differences of its exact course. A gene that is not typed counts as the average of the
ancestry; `pmrl.agents.belief` treats it as a mixture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.imagined_world import SEED, live, propagated
from pmrl.cohort import Cohort
from pmrl.envs.admission import LEAD_IN_DAYS
from pmrl.envs.patients import therapy_model
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.population import covariate_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_STEP = 0.05
"""Of eta, for sensitivities."""
_ITERATIONS = 4
FARTHEST = 4.0
"""SDs beyond which no random effect is believed."""


class MapEstimate:
    """Estimates of a batch of patients.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted of the patients.

    Attributes:
        eta: most probable random effects, `(n_patients, n_effects)`.
        covariance: of them, `(n_patients, n_effects, n_effects)`.
        parameters: individual parameters, `(n_patients, n_parameters)`.
        states: today, after the mean share of the prescribed doses.
    """

    def __init__(self, therapy: Therapy, assumptions: Assumptions) -> None:
        self.therapy, self.assumptions = therapy, assumptions
        self.model = propagated(therapy_model(therapy, assumptions.model))
        self.numbers = self.model.numbers(assumptions.parameters)
        self.intake = assumptions.adherence.net_intake
        self._unexplained: float | None = None

    def start(self, visit: Visit) -> None:
        """Nothing is known of new patients but covariates and genes."""
        n = len(visit)
        self.cohort = imagined_cohort(self.therapy, visit.ids, visit.covariates, visit.genotypes)
        self.eta = np.zeros((n, len(self.model.random_effects)))
        self.covariance = np.tile(np.eye(self.eta.shape[1]), (n, 1, 1))
        self._start = -LEAD_IN_DAYS if visit.established else 0
        self._predict(visit, self.eta)

    @property
    def sd(self) -> float:
        """Log-SD of a lab result around the model on the mean share of doses."""
        if self._unexplained is None:
            self._unexplained = unexplained_sd(self.therapy, self.assumptions)
        error, aim = self.therapy.variability, self.therapy.target
        known = np.sqrt(error.assay_sd**2 + (error.assay_error / aim) ** 2 + self._unexplained**2)
        return float(self.assumptions.lab_error * known)

    def update(self, visit: Visit) -> None:
        """Fit to every lab so far, beginning from the last estimate."""
        labs = self._labs(visit)
        residual, value = self._cost(visit, self.eta, labs)
        damping = np.full(len(visit), 1e-3)
        for _ in range(_ITERATIONS):
            jacobian = self._sensitivities(visit, residual, labs)
            gradient = np.einsum("nvk,nv->nk", jacobian, residual) + self.eta
            hessian = np.einsum("nvk,nvl->nkl", jacobian, jacobian) + np.eye(self.eta.shape[1])
            damped = hessian + damping[:, None, None] * np.eye(self.eta.shape[1])
            step = np.linalg.solve(damped, gradient[:, :, None])[:, :, 0]
            tried = np.clip(self.eta - step, -FARTHEST, FARTHEST)
            new_residual, new_value = self._cost(visit, tried, labs)
            better = new_value <= value
            self.eta = np.where(better[:, None], tried, self.eta)
            residual = np.where(better[:, None], new_residual, residual)
            value = np.where(better, new_value, value)
            damping = np.where(better, damping / 5.0, damping * 10.0)
        jacobian = self._sensitivities(visit, residual, labs)
        hessian = np.einsum("nvk,nvl->nkl", jacobian, jacobian) + np.eye(self.eta.shape[1])
        self.covariance = np.linalg.inv(hessian)
        self._predict(visit, self.eta)

    def _labs(self, visit: Visit) -> tuple[Integers, Floats]:
        """Day columns and ln(lab) of every visit, `(n, n_visits)`; NaN where no lab says anything."""
        past, count = visit.history, int(visit.history.count.max())
        day, lab = past.day[:, :count], past.lab[:, :count]
        with np.errstate(invalid="ignore", divide="ignore"):
            tells = np.isfinite(day) & (lab > self.therapy.biomarker_range[0])
            logs = np.where(tells, np.log(np.where(tells, lab, 1.0)), np.nan)
        drawn = np.nan_to_num(day - self._start).astype(np.int64) - visit.lab_delay_days
        return np.maximum(drawn, 0), logs

    def _cost(self, visit: Visit, eta: Floats, labs: tuple[Integers, Floats]) -> tuple[Floats, Floats]:
        """Residuals `(n, n_visits)` in SDs, 0 where there is no lab, and what is minimised, `(n,)`."""
        column, logs = labs
        latent = np.take_along_axis(self._predict(visit, eta), column, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            off = (np.log(latent) - logs) / self.sd
        residual = np.where(np.isfinite(off), off, 0.0)
        return residual, (residual**2).sum(axis=1) + (eta**2).sum(axis=1)

    def _sensitivities(self, visit: Visit, residual: Floats, labs: tuple[Integers, Floats]) -> Floats:
        """D residual / d eta, `(n, n_visits, n_effects)`."""
        found = []
        for k in range(self.eta.shape[1]):
            moved = self.eta.copy()
            moved[:, k] += _STEP
            found.append((self._cost(visit, moved, labs)[0] - residual) / _STEP)
        return np.stack(found, axis=2)

    def _predict(self, visit: Visit, eta: Floats) -> Floats:
        """Biomarker of every day from the first to today, `(n, n_days + 1)`; keeps parameters and states."""
        self.parameters = np.ascontiguousarray(self.model.individual(self.numbers, self.cohort, eta))
        self.states = self.model.initial(self.parameters)
        n, days = len(visit), visit.day - self._start
        longest = max(int(days.max()), 1)
        doses = np.nan_to_num(visit.history.daily_dose[:, :longest]) * self.intake
        world = live(
            self.model, SEED, visit.ids, self.parameters, self.states, np.zeros((n, 2)), 0.0,
            np.full(n, self._start), doses, days,
        )  # fmt: skip
        return world.latent


def imagined_cohort(
    therapy: Therapy,
    ids: Integers,
    covariates: Mapping[str, Floats],
    genotypes: Mapping[str, NDArray[np.int8]],
) -> Cohort:
    """Patients as known, with usual covariates where none is, and genes not typed where they are not."""
    known = {
        name: np.where(np.isnan(values), _usual(therapy, name), values) for name, values in covariates.items()
    }
    imagined = therapy.population.imagine(SEED, ids, known, genotypes)
    return replace(imagined, genotypes={**imagined.genotypes, **genotypes})


def _usual(therapy: Therapy, name: str) -> float:
    """What stands in for an unknown covariate; NaN, to be drawn, where there is no typical one."""
    names = {covariate.name for covariate in therapy.population.covariates}
    return float(covariate_of(therapy.population, name).typical) if name in names else np.nan


def unexplained_sd(therapy: Therapy, assumptions: Assumptions) -> float:
    """Log-SD of the biomarker of typical patients on the standard dose, from missed doses and occasions.

    By the interquartile range: the few who hardly take anything would make a variance anything, up to a
    log-SD of 1.2 for phenytoin, and labs would teach nothing.
    """
    model = therapy_model(therapy, assumptions.model)
    n, days = 256, 56
    ids = np.arange(n)
    known: dict[str, Floats] = {c.name: np.full(n, float(c.typical)) for c in therapy.population.covariates}
    if therapy.drug == "warfarin":
        known["race"] = np.zeros(n)
    unknown = {gene: np.full((n, 2), -1, dtype=np.int8) for gene in therapy.population.genes}
    cohort = replace(therapy.population.imagine(SEED, ids, known, unknown), genotypes=unknown)
    numbers = model.numbers(assumptions.parameters)
    p = np.ascontiguousarray(model.individual(numbers, cohort, np.zeros((n, len(model.random_effects)))))
    world = live(
        model, SEED + 3, ids, p, model.initial(p), assumptions.adherence.shares(SEED + 3, ids),
        therapy.variability.occasion_sd, np.zeros(n, dtype=np.int64), np.full((n, 1), therapy.standard_dose),
        np.full(n, days, dtype=np.int64),
    )  # fmt: skip
    late = np.log(np.maximum(world.latent[:, days // 2 :], 1e-9))
    low, high = np.quantile(late, (0.25, 0.75), axis=0)
    return float(np.mean(high - low) / (2.0 * ndtri(0.75)))
