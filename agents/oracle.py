"""Oracles: prescribers that know what nobody can know, to show how much there is to gain.

O1 knows the patient's parameters. O2 also knows the true state, which doses were really taken, the
interacting drug that is taken and today's occasion. O3 knows
the future too: missed doses, occasions and disturbances to come. All optimise the primary outcome on the dose
grid of everybody else, O1 and O2 also at their visits. Oracles alone are shown `Truth`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.bayes import days_judge, sampled, usual_samples
from pmrl.agents.belief import Belief
from pmrl.agents.imagined_lives import LUCK, Imagined
from pmrl.agents.imagined_world import quick
from pmrl.agents.planner import Planner, tail_days
from pmrl.agents.policy import Kind, Policy
from pmrl.daily import LENGTH
from pmrl.envs.clinic import Clinic
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.randomness import Stream, normals
from pmrl.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """What is true of the patients of a clinic.

    Attributes:
        clinic: as it is now, whose `world` is the truth.
        plans: doses prescribed for each day by the policies that treated the same patients before,
            `(n_patients, n_days)` each, from day 0 on.
    """

    clinic: Clinic
    plans: list[Floats] = field(default_factory=list)


@runtime_checkable
class Oracle(Policy, Protocol):
    """A policy that is shown the truth before `start`."""

    def see(self, truth: Truth) -> None:
        """Take in the truth of the patients to come."""
        ...


def _planner(clinic: Clinic) -> Planner:
    """Plans by the primary outcome in the world that is the truth."""
    therapy = clinic.therapy
    judge = days_judge(therapy, therapy.primary_weights, clinic.horizon)
    tail = tail_days(therapy, clinic.model)
    return Planner(therapy, quick(clinic.model), judge, tail, clinic.world.occasion_sd)


class ParameterOracle:
    """O1: knows the true parameters, and believes of doses taken and occasions what the labs say."""

    name = "o1"
    kind: Kind = "oracle"

    def __init__(self, therapy: Therapy, samples: int | None = None) -> None:
        self.therapy, self.samples = therapy, samples
        self.summary = "knows the parameters; the dose with the most days in range over what else may be"

    def see(self, truth: Truth) -> None:
        """Take the parameters and the models of the truth."""
        self._truth = truth

    def start(self, visit: Visit) -> None:
        """Believe anything that these parameters allow."""
        clinic = self._truth.clinic
        scenario, world = clinic.scenario, clinic.world
        self.samples = self.samples or usual_samples(quick(clinic.model))
        assumed = Assumptions(clinic.model.name, scenario.parameters, scenario.adherence_model, 128)
        self._belief = Belief(
            self.therapy, assumed, known=world.parameters.copy(), variability=scenario.variability
        )
        self._belief.start(visit)
        self._planner = _planner(clinic)

    def prescribe(self, visit: Visit) -> Prescription:
        """The best dose of the grid until the next visit."""
        self._belief.update(visit)
        return Prescription.constant(self._planner.choose(visit, sampled(self._belief, self.samples or 1)))


class StateOracle:
    """O2: knows parameters, state, doses taken, how often doses are missed and what is in force today.

    It does not know the future: what begins later, later occasions, which doses will be missed.
    """

    name = "o2"
    kind: Kind = "oracle"

    def __init__(self, therapy: Therapy, samples: int | None = None) -> None:
        self.therapy, self.samples = therapy, samples
        self.summary = "knows parameters and state; the dose with the most days in range over what may come"

    def see(self, truth: Truth) -> None:
        """Look at the world whenever asked."""
        self._truth = truth

    def start(self, visit: Visit) -> None:
        """Prepare to plan for these patients."""
        clinic = self._truth.clinic
        self.samples = self.samples or usual_samples(quick(clinic.model))
        self._planner = _planner(clinic)

    def prescribe(self, visit: Visit) -> Prescription:
        """The best dose of the grid until the next visit."""
        world, samples = self._truth.clinic.world, self.samples or 1

        def each(values: Floats) -> Floats:
            return np.ascontiguousarray(np.repeat(values[:, None], samples, axis=1))

        ids = visit.ids[:, None] * samples + np.arange(samples)
        by = in_force(world, ids, int(visit.day.max() + visit.interval_days.max()) + self._planner.tail)
        imagined = Imagined(ids, each(world.parameters), each(world.states), each(world.shares), by)
        return Prescription.constant(self._planner.choose(visit, imagined))


def in_force(world: World, ids: Integers, days: int) -> tuple[Floats, Floats]:
    """Multipliers of clearance and sensitivity, `(n, n_samples, days)` each, by what is true today.

    An interacting drug that the patient takes goes on, and ends, as it will. What is true of today's
    occasion, and of the diet, lasts to the end of the occasion. What begins later is not known.

    Args:
        world: the truth.
        ids: of the imagined patients, `(n, n_samples)`, in whose place the true occasion is put.
        days: from day 0 on.
    """
    n, day = world.ids.size, np.arange(days)
    today = np.minimum(np.maximum(world.day, 0), world.clearance_by.shape[1] - 1)

    def true(by: Floats) -> Floats:
        """Of everybody and every day; the last goes on."""
        return np.broadcast_to(by, (n, by.shape[1]))[:, np.minimum(day, by.shape[1] - 1)]

    clearance = true(world.clearance_by)
    begun = (clearance[np.arange(n), today] != 1.0)[:, None]
    clearance = np.where(begun, clearance, 1.0)
    now = occasions(world.seed, world.ids, world.day, world.occasion_sd)
    now = now * true(world.sensitivity_by)[np.arange(n), today]
    rest = (day >= today[:, None]) & (day // LENGTH == today[:, None] // LENGTH)
    theirs = occasions(LUCK, ids.reshape(-1), np.repeat(world.day, ids.shape[1]), world.occasion_sd)
    ratio = now[:, None] / theirs.reshape(ids.shape)
    sensitivity = np.where(rest[:, None, :], ratio[:, :, None], 1.0)
    wide = np.broadcast_to(clearance[:, None, :], sensitivity.shape)
    return np.ascontiguousarray(wide), sensitivity


def occasions(seed: int, ids: Integers, day: Integers, sd: float) -> Floats:
    """The multiplier of sensitivity on each patient's day, `(n,)`, as `pmrl.daily.occasion_of` draws it."""
    found = np.empty(ids.size)
    for number in np.unique(day // LENGTH):
        there = day // LENGTH == number
        found[there] = normals(seed, ids[there], Stream.OCCASION, 1, first=int(number))[:, 0]
    return np.asarray(np.exp(sd * found))


ORACLES: Mapping[str, Callable[[Therapy], Policy]] = {"o1": ParameterOracle, "o2": StateOracle}
"""By name, for every drug."""
