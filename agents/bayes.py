"""Bayesian prescribers: what the labs say of the patient, and the dose that does best for who that may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.belief import Belief
from pmrl.agents.imagined_lives import Imagined
from pmrl.agents.imagined_world import quick
from pmrl.agents.judge import DaysJudge, Judge
from pmrl.agents.map_estimate import MapEstimate
from pmrl.agents.planner import Planner, tail_days
from pmrl.agents.policy import Kind
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.model import PatientModel

Floats = NDArray[np.float64]
SQUARED_LOG_ERROR: Mapping[str, float] = {"squared_log_deviation": -1.0}


def usual_samples(model: PatientModel) -> int:
    """Imagined versions of each patient of a `quick` model to plan with."""
    return 12 if model.day is None else 32


def sampled(belief: Belief, number: int) -> Imagined:
    """Equally probable particles of each patient."""
    rows = np.arange(belief.patients.size)[:, None] * belief.size + belief.draw(number)
    drawn = belief.particles
    return Imagined(drawn.ids[rows], drawn.parameters[rows], drawn.states[rows], drawn.shares[rows])


class PosteriorPolicy:
    """Plans over particles: posterior MPC, or target attainment where the next lab is what counts.

    Args:
        name: under which results are reported.
        therapy: the drug's decision problem.
        judge: says how good a plan turned out.
        tail: days looked ahead beyond the next visit; None for half the drug's time to respond.
        assumptions: what is taken for granted of the patients; None for the usual.
        samples: imagined versions of each patient for whom doses are tried; None for the usual number.
    """

    kind: Kind = "model-based"

    def __init__(
        self,
        name: str,
        therapy: Therapy,
        judge: Judge,
        tail: int | None = None,
        assumptions: Assumptions | None = None,
        samples: int | None = None,
    ) -> None:
        self.name, self.therapy = name, therapy
        assumed = assumptions or Assumptions()
        known, scale = therapy.variability, assumed.lab_error
        believed = replace(known, assay_sd=scale * known.assay_sd, assay_error=scale * known.assay_error)
        self.belief = Belief(therapy, assumed, variability=believed)
        model = self.belief.model
        self.samples = samples or usual_samples(model)
        tail = tail_days(therapy, model) if tail is None else tail
        self.planner = Planner(therapy, model, judge, tail, therapy.variability.occasion_sd)
        self.tuning: Mapping[str, Any] | None = None
        self.summary = (
            f"{self.belief.size} particles of {model.name} weighed by the labs; the dose that does best on "
            f"average over {self.samples} of them, to the next visit{f' and {tail} days on' if tail else ''}"
        )

    def start(self, visit: Visit) -> None:
        """Believe what is known of new patients."""
        self.belief.start(visit)

    def prescribe(self, visit: Visit) -> Prescription:
        """The best dose of the grid until the next visit."""
        self.belief.update(visit)
        return Prescription.constant(self.planner.choose(visit, sampled(self.belief, self.samples)))


class MapPolicy:
    """The usual Bayesian dosing: one estimate for each patient, and the dose nearest to the target.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted of the patients.
        samples: futures of each patient, of doses taken and occasions, over which the error is averaged.
        tail: days looked ahead beyond the next visit; None for half the drug's time to respond.
    """

    name = "map"
    kind: Kind = "model-based"

    def __init__(
        self,
        therapy: Therapy,
        assumptions: Assumptions | None = None,
        samples: int = 12,
        tail: int | None = None,
    ) -> None:
        assumed = assumptions or Assumptions()
        self.estimate, self.samples = MapEstimate(therapy, assumed), samples
        model, adherence = self.estimate.model, assumed.adherence
        self._missed = np.array([float(adherence.missed), float(adherence.extra)])
        # Where harm has a price, the error of the biomarker is not all that counts.
        weights = therapy.reward_weights if therapy.primary == "net" else SQUARED_LOG_ERROR
        judge = days_judge(therapy, weights)
        sd = therapy.variability.occasion_sd
        tail = tail_days(therapy, model) if tail is None else tail
        self.planner = Planner(therapy, quick(model), judge, tail, sd)
        self.tuning: Mapping[str, Any] | None = None
        aim = "largest reward" if therapy.primary == "net" else "least squared log error"
        self.summary = f"most probable parameters of {model.name}; the dose with the {aim}"

    def start(self, visit: Visit) -> None:
        """Nothing is known but the population."""
        self.estimate.start(visit)

    def prescribe(self, visit: Visit) -> Prescription:
        """The best dose of the grid until the next visit."""
        self.estimate.update(visit)

        def each(values: Floats) -> Floats:
            return np.repeat(values[:, None], self.samples, axis=1)

        ids = visit.ids[:, None] * self.samples + np.arange(self.samples)
        shares = np.broadcast_to(self._missed, (*ids.shape, 2))
        imagined = Imagined(ids, each(self.estimate.parameters), each(self.estimate.states), shares)
        return Prescription.constant(self.planner.choose(visit, imagined))


def days_judge(therapy: Therapy, weights: Mapping[str, float], horizon_days: int | None = None) -> DaysJudge:
    """By these weights; where harm has a price, to the end of the episode, as what it buys lasts."""
    return DaysJudge(
        therapy, weights, (horizon_days or therapy.horizon_days) if therapy.primary == "net" else 0
    )


MODEL_BASED = ("map", "target-attainment", "mpc", "mpc-log")
"""Names, for every drug but as `OF_THE_BIOMARKER` says; `pmrl.agents.tunable` makes them."""
OF_THE_BIOMARKER = ("target-attainment", "mpc-log")
"""Those that look at nothing but the biomarker: not offered where harm has a price."""
