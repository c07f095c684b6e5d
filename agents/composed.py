"""A rule composed of stages: how to start, then one protocol after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.policy import Kind
from pmrl.agents.stage import Floats, Stage, Start
from pmrl.envs.visit import Prescription, Visit


class Sequence:
    """A policy made of stages, each in charge from its first day on and going on from the current dose.

    Patients who were on the drug before the episode are in the last stage from the first visit, on the
    last dose of their history; a rule that only starts treatment gives them its dose.
    A stage that is followed by another asks for the next visit on that one's first day.

    Args:
        name: under which results are reported.
        start: the first stage.
        later: (first day, stage) of the stages after it, days ascending; episode day 0 is day 1 of a
            protocol's text.
        summary: what the rule does and where it is published.
    """

    kind: Kind = "rule"

    def __init__(
        self, name: str, start: Start, later: tuple[tuple[int, Stage], ...] = (), summary: str = ""
    ) -> None:
        self.name = name
        self.in_sample = start.in_sample
        self.summary = summary or start.source
        self.tuning: Mapping[str, Any] | None = None
        self._stages: tuple[Stage, ...] = (start, *(stage for _, stage in later))
        self._first_days = np.array([0, *(day for day, _ in later)])
        self._current: Floats = np.empty(0)

    def start(self, visit: Visit) -> None:
        """Forget the previous batch; the current dose is the history's last one, or the standard dose."""
        for stage in self._stages:
            stage.start(visit)
        last = visit.previous("dose")
        self._current = np.where(np.isfinite(last), last, visit.therapy.standard_dose)

    def prescribe(self, visit: Visit) -> Prescription:
        """Doses of the stage that is in charge of each patient."""
        charge = self._in_charge(visit)
        answers: list[tuple[NDArray[np.bool_], Prescription]] = []
        for index in np.unique(charge):
            rows = charge == index
            lab = np.where(rows, visit.lab, np.nan)
            answers.append((rows, self._stages[index].prescribe(visit, self._current, lab)))
        n_days = max(answer.doses.shape[1] for _, answer in answers)
        doses = np.empty((len(visit), n_days, 1))
        for rows, answer in answers:
            days = np.minimum(np.arange(n_days), answer.doses.shape[1] - 1)
            doses[rows] = answer.doses[rows][:, days]
        self._current = doses[:, -1, 0].copy()
        return Prescription(doses, self._wishes(visit, charge, answers))

    def _in_charge(self, visit: Visit) -> NDArray[np.int64]:
        """Index of the stage in charge of each patient, `(n_patients,)`."""
        if visit.established:
            return np.full(len(visit), len(self._stages) - 1)
        return np.asarray(np.searchsorted(self._first_days, visit.day, side="right") - 1)

    def _wishes(
        self, visit: Visit, charge: NDArray[np.int64], answers: list[tuple[NDArray[np.bool_], Prescription]]
    ) -> NDArray[np.int64] | None:
        """Days until the next visit as the stages wish it; None if no stage has a wish."""
        if len(self._stages) == 1 and all(answer.interval_days is None for _, answer in answers):
            return None
        wish = visit.interval_days.copy()
        for rows, answer in answers:
            if answer.interval_days is not None:
                wish[rows] = answer.interval_days[rows]
        following = np.append(self._first_days[1:], 0)[charge] - visit.day
        return np.where(following > 0, following, wish)
