"""Titration by blood counts: hold when too low, resume at a part of the dose, raise after weeks too high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter


@dataclass(frozen=True)
class CountRule:
    """The numbers of such a protocol."""

    hold_below: Parameter
    resume_above: Parameter
    resume_at: Parameter
    """Of the dose before the hold."""
    raise_above: Parameter
    raise_to: Parameter
    """Of the dose."""
    raise_checks: Parameter
    """Checks in a row above `raise_above`, on one dose."""
    raise_days: Parameter
    """Days from the first to the last of them, at least."""


@dataclass(frozen=True)
class Counts:
    """What the protocol remembers of each patient between visits; arrays `(n_patients,)`."""

    dose: Floats
    """What the patient is on, or will resume on, mg a day; NaN before the first count."""
    held: NDArray[np.bool_]
    high: NDArray[np.int64]
    """Checks in a row above `raise_above` on this dose."""
    since: NDArray[np.int64]
    """Day of the first of them."""

    @classmethod
    def new(cls, n_patients: int) -> Counts:
        """Nothing remembered."""
        nothing = np.zeros(n_patients, dtype=np.int64)
        return cls(np.full(n_patients, np.nan), nothing > 0, nothing, nothing)


def step(
    rule: CountRule, past: Counts, current: Floats, lab: Floats, day: NDArray[np.int64]
) -> tuple[Counts, Floats]:
    """One visit: what to remember, and the daily dose until the next, mg, `(n_patients,)`.

    Args:
        rule: the protocol.
        past: what is remembered of the patients.
        current: daily dose they are on, mg, `(n_patients,)`; taken over where nothing is remembered.
        lab: count of this visit, `(n_patients,)`; NaN changes nothing.
        day: of this visit, `(n_patients,)`.
    """
    seen = np.isfinite(lab)
    before = np.where(np.isnan(past.dose), current, past.dose)
    stops = seen & ~past.held & (lab < float(rule.hold_below))
    resumes = seen & past.held & (lab > float(rule.resume_above))
    counts = seen & ~past.held & (lab > float(rule.raise_above))
    high = np.where(counts, past.high + 1, np.where(seen, 0, past.high))
    since = np.where(counts & (high == 1), day, past.since)
    raises = counts & (high >= int(rule.raise_checks.value)) & (day - since >= int(rule.raise_days.value))
    factor = np.select([stops, raises], [float(rule.resume_at), float(rule.raise_to)], 1.0)
    held = (past.held | stops) & ~resumes
    dose = before * factor
    remembered = Counts(np.where(seen, dose, past.dose), held, np.where(raises, 0, high), since)
    return remembered, np.where(held, 0.0, dose)


class HoldAndRaise:
    """A count rule as a stage of treatment; doses stay within the therapy's grid."""

    def __init__(self, rule: CountRule) -> None:
        self.rule = rule
        self._past = Counts.new(0)

    def start(self, visit: Visit) -> None:
        """Forget the previous batch."""
        self._past = Counts.new(len(visit))

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """Doses by the rule; see `pmrl.agents.stage.Stage`."""
        past, dose = step(self.rule, self._past, current, lab, visit.day)
        highest = visit.therapy.grid.maximum
        self._past = Counts(np.minimum(past.dose, highest), past.held, past.high, past.since)
        return Prescription.constant(np.minimum(dose, highest))
