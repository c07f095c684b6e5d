"""How good a plan turned out for an imagined patient: by the reward of its days, or by the next lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pmrl.agents.imagined_lives import Plan
from pmrl.envs.reward import FARTHEST, TERMS, weight_vector
from pmrl.envs.therapy import Therapy

Floats = NDArray[np.float64]
TIE_BREAK = 1e-3
"""Weight of the squared log deviation from the aim: of equally good doses, the better aimed is chosen."""


class Judge(Protocol):
    """Puts a number to what imagined patients lived through."""

    def __call__(self, plan: Plan) -> Floats:
        """How good it was, `(n_rows, n_samples, n_doses)`; more is better."""
        ...


def squared_log_deviation(therapy: Therapy, latent: Floats, aim: Floats) -> Floats:
    """ln(biomarker / aim)^2; 0 below the aim where the target range has no lower end."""
    off = np.log(np.maximum(latent / aim, FARTHEST))
    if therapy.target_low <= therapy.biomarker_range[0]:
        off = np.maximum(off, 0.0)
    return np.asarray(off**2)


@dataclass(frozen=True)
class DaysJudge:
    """By the reward of all days, as `pmrl.envs.reward.score` counts it.

    Attributes:
        therapy: target, limits.
        weights: of the reward's terms.
        until: the last day goes on to this day, such as the end of an episode; 0 for no such thing.
    """

    therapy: Therapy
    weights: Mapping[str, float]
    until: int = 0

    def __call__(self, plan: Plan) -> Floats:
        """See `Judge`."""
        latent, days = plan.latent, plan.latent.shape[3]
        low, high, aim, bottom, top = self.therapy.limits(plan.day + days)[:, plan.day + 1 :]
        weight = np.ones(days)
        weight[-1] += max(self.until - plan.day - days, 0)
        below, above = (latent < low) @ weight, (latent > high) @ weight
        squares = squared_log_deviation(self.therapy, latent, aim) @ weight
        terms = {
            "in_range": weight.sum() - below - above,
            "below": below,
            "above": above,
            "unsafe": ((latent < bottom) | (latent > top)) @ weight,
            "squared_log_deviation": squares,
            "visit": np.ones_like(squares),
            "harm": plan.harm @ weight if plan.harm.shape[3] else np.zeros_like(squares),
        }
        weights = dict(zip(TERMS, weight_vector(self.weights), strict=True))
        value = sum(weights[name] * terms[name] for name in TERMS if weights[name])
        return np.asarray(value - TIE_BREAK * squares)


@dataclass(frozen=True)
class NextLabJudge:
    """By the probability that the lab result on the last day is in the target range of that day."""

    therapy: Therapy

    def __call__(self, plan: Plan) -> Floats:
        """See `Judge`."""
        latent, error = plan.latent[..., -1], self.therapy.variability
        low, high, aim, _, _ = self.therapy.limits(plan.day + plan.latent.shape[3])[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            if error.assay_error > 0.0:
                sd = np.hypot(error.assay_sd * latent, error.assay_error)
                within = ndtr((high - latent) / sd) - ndtr((low - latent) / sd)
            else:
                middle, log_sd = np.log(latent), max(error.assay_sd, 1e-9)
                within = ndtr((np.log(high) - middle) / log_sd) - ndtr((np.log(low) - middle) / log_sd)
        off = squared_log_deviation(self.therapy, latent, aim)
        return np.asarray(np.where(latent > 0.0, within, 0.0) - TIE_BREAK * off)
