"""PID control of the dose: the log-ratio of the lab to its target, its sum over time, and its change.

The law is the textbook one (Astrom and Hagglund, Advanced PID Control, 2006) on a log scale, where an error
is a ratio, whatever the unit, and a dose cannot become negative:

    e = log(target) - log(lab), its sign reversed where more drug lowers the biomarker
    dose = d0 exp(kp e + ki integral(e dt) + kd de/dt)

Gains are tuned on validation patients by `pmrl tune` (`pmrl.agents.tunable`); a drug that was not tuned has
`UNTUNED`. No pharmacology comes in but the sign and the pace of `response_of`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from pmrl.agents.policy import Kind
from pmrl.agents.stage import Floats
from pmrl.envs.registry import therapy as registered
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.models.registry import model as model_named
from pmrl.parameter import Parameter
from pmrl.solve import course
from pmrl.typical import typical_patient

INFORMATIVE = Parameter(
    0.5,
    "of the whole change",
    "ours: a lab counts once a typical patient is half-way to steady",
    "assumption",
)
MOST_ERROR = Parameter(
    math.log(4.0), "log ratio", "ours: labs beyond 4 times and 1/4 of the target count as these", "assumption"
)


@dataclass(frozen=True)
class Response:
    """How the biomarker of a typical patient answers to the standard dose."""

    direction: int
    """1 where more drug raises the biomarker, -1 where it lowers it."""
    first_day: int
    """The day by which `INFORMATIVE` of the change is there; labs before it say nothing of the dose."""


def response_of(therapy: Therapy) -> Response:
    """The typical response, by simulation of the first model of the therapy or, if it has none, its drug."""
    names = therapy.models or registered(therapy.drug).models
    return _response(names[0], therapy.standard_dose)


@cache
def _response(name: str, dose: float) -> Response:
    m = model_named(name)
    parameters = m.patients(typical_patient(population=m.cohorts), typical=True)
    days = np.ones((1, m.settling_days))
    change = (course(m, parameters, dose * days)[0] - course(m, parameters, 0.0 * days)[0])[0]
    there = np.abs(change) >= float(INFORMATIVE) * abs(change[-1])
    return Response(1 if change[-1] > 0.0 else -1, max(1, int(np.argmax(there))))


@dataclass(frozen=True)
class Gains:
    """The three gains of the law."""

    kp: Parameter
    ki: Parameter
    kd: Parameter

    @classmethod
    def of(cls, kp: float, ki: float, kd: float, source: str) -> Gains:
        """Gains that were computed here: log dose per log-ratio, the same per day, and times days."""
        units = ("log dose per log ratio", "log dose per log ratio and day", "log dose per log ratio a day")
        return cls(
            *(
                Parameter(gain, unit, source, "derived")
                for gain, unit in zip((kp, ki, kd), units, strict=True)
            )
        )


UNTUNED = Gains(
    Parameter(0.5, "log dose per log ratio", "ours: half of what a linear drug asks for", "assumption"),
    Parameter(0.0, "log dose per log ratio and day", "ours: no memory", "assumption"),
    Parameter(0.0, "log dose per log ratio a day", "ours: no forecast", "assumption"),
)


def days_that_count(therapy: Therapy) -> float:
    """For how many days an error counts at most: the shortest interval of the schedule."""
    return float(min(therapy.schedule.maintenance_days, *np.diff([*therapy.schedule.induction, np.inf])))


@dataclass(frozen=True)
class Memory:
    """What the controller remembers of each patient between visits; arrays `(n_patients,)`."""

    d0: Floats
    dose: Floats
    """Prescribed at the last visit, mg/day."""
    integral: Floats
    """ki times the integral of the error, in log dose."""
    error: Floats
    """At the last lab that counted; NaN before the first."""
    day: Floats
    """Of that lab, or, before the first, of the last visit."""

    @classmethod
    def new(cls, d0: Floats, day: Floats) -> Memory:
        """Nothing seen yet; the last visit was on `day`."""
        return cls(d0, d0, np.zeros(d0.size), np.full(d0.size, np.nan), day)


def step(
    gains: Gains,
    memory: Memory,
    error: Floats,
    day: Floats,
    smallest: float,
    largest: float,
    most_days: float,
) -> Memory:
    """One visit: what to remember, `dose` being the answer.

    A lab's error counts in the integral for the days since the lab before, the first one's for those since
    the last visit, but for no more than `most_days`: one lab is no more evidence after a long interval, and
    gains that suit short ones would overshoot. The integral is clamped so that by itself it never asks for
    less than the smallest dose or more than the largest: what could not be given is not wound up.

    Args:
        gains: of the law.
        memory: what is remembered.
        error: of this visit's lab, `(n_patients,)`; NaN where none counts: the dose then stays.
        day: of this visit, `(n_patients,)`.
        smallest: dose above 0 that can be dispensed, mg/day.
        largest: dose that can be dispensed, mg/day.
        most_days: for which an error counts.
    """
    seen = np.isfinite(error)
    now = np.where(seen, error, 0.0)
    gap = day - memory.day
    before = np.where(np.isfinite(memory.error) & (gap > 0.0), memory.error, now)
    slope = (now - before) / np.maximum(gap, 1.0)
    given = memory.d0 > 0.0
    d0 = np.where(given, memory.d0, 1.0)
    ceiling = np.log(largest / d0)
    added = memory.integral + float(gains.ki) * now * np.minimum(gap, most_days)
    integral = np.clip(added, np.minimum(np.log(smallest / d0), 0.0), np.maximum(ceiling, 0.0))
    exponent = float(gains.kp) * now + integral + float(gains.kd) * slope
    # Below the ceiling, so that no gain, however large, makes a number that is none.
    asked = np.where(given, d0 * np.exp(np.minimum(exponent, ceiling)), 0.0)
    return Memory(
        memory.d0,
        np.where(seen, asked, memory.dose),
        np.where(seen, integral, memory.integral),
        np.where(seen, error, memory.error),
        np.where(seen | np.isnan(memory.error), day, memory.day),
    )


class Pid:
    """PID control as a policy, for any drug.

    d0 is the therapy's dose estimate, or the dose that established patients come on; where it is 0, as for a
    carrier of HLA-B*58:01, it stays 0. Visits without a lab, and those before the drug has begun to show
    (`Response.first_day`), change nothing.
    """

    kind: Kind = "rule"

    def __init__(self, therapy: Therapy, gains: Gains, name: str = "pid") -> None:
        self.name, self.gains = name, gains
        self.in_sample = therapy.estimate_in_sample
        self.response = response_of(therapy)
        self.summary = "PID control on the log-ratio to target from the a-priori dose on: " + ", ".join(
            f"{gain} {float(getattr(gains, gain)):.3g}" for gain in ("kp", "ki", "kd")
        )
        self.tuning: Mapping[str, Any] | None = None
        self._memory = Memory.new(np.empty(0), np.empty(0))

    def start(self, visit: Visit) -> None:
        """Forget the previous batch."""
        therapy = visit.therapy
        estimate = np.asarray(therapy.dose_estimate(visit.covariates, visit.genotypes))
        estimate = np.where(np.isfinite(estimate), estimate, therapy.standard_dose)
        last, day = visit.previous("dose"), visit.previous("day")
        self._memory = Memory.new(
            np.where(np.isfinite(last) & visit.established, last, estimate),
            np.where(np.isfinite(day), day, visit.day),
        )

    def prescribe(self, visit: Visit) -> Prescription:
        """The dose by the law, mg/day; the grid is the pharmacy's."""
        levels = visit.therapy.grid.levels
        smallest, largest = float(levels[levels > 0.0][0]), float(levels[-1])
        most_days = days_that_count(visit.therapy)
        error, day = self.error(visit), visit.day.astype(np.float64)
        self._memory = step(self.gains, self._memory, error, day, smallest, largest, most_days)
        return Prescription.constant(self._memory.dose)

    def error(self, visit: Visit) -> Floats:
        """The error of today's lab, positive where more drug is needed; NaN where no lab counts."""
        aim = visit.therapy.limits(int(visit.day.max()))[2, visit.day]
        counts = np.isfinite(visit.lab) & ((visit.day >= self.response.first_day) | visit.established)
        most = math.exp(float(MOST_ERROR))
        ratio = np.clip(np.where(counts, visit.lab / aim, 1.0), 1.0 / most, most)
        return np.where(counts, -self.response.direction * np.log(ratio), np.nan)
