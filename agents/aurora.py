"""The Aurora protocol: start by age, adjust on day 3, then titrate by the dosing table.

Ravvaz 2017, Circ Cardiovasc Genet 10:e001804, through ReiL aurora.py and its worked sheet. A protocol's
day 1 is episode day 0. Choices where the text leaves room: the two-day skip at INR 4-5 lies within the
7 days to the retest, and the visit that ends a hold counts as the first in its zone.
"""

from __future__ import annotations

import numpy as np

from pmrl.agents.stage import Floats, Start
from pmrl.agents.titration import Band, BandTable, Titration
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter
from pmrl.patient_terms import MEDIANS

SOURCE = "Ravvaz 2017 (Circ Cardiovasc Genet 10:e001804), through ReiL aurora.py and its worked sheet"
FIRST_DAY = 2
"""Visits before protocol day 3 belong to the start."""
ADJUSTED_UNTIL = 4
"""Day 3 adjusts the start and is followed by the visit of protocol day 5."""
YOUNG_DOSE = Parameter(10.0, "mg/day", SOURCE, "published")
OLD_DOSE = Parameter(5.0, "mg/day", SOURCE, "published")
OLD_AGE = Parameter(65.0, "years", SOURCE, "published")
ADJUSTED_DOSE = Parameter(5.0, "mg/day", SOURCE, "published")
ADJUSTED_FROM = Parameter(2.0, "INR", SOURCE, "published")
_ABOVE_RANGE = 3.01

TABLE = BandTable(
    bands=(
        Band(0.0, "far below", (1.15,), (7,)),
        Band(1.50, "below", (1.10,), (7,)),
        Band(1.80, "just below", (1.075,), (7,)),
        Band(2.00, "in range", (1.0,), (1, 5, 7, 14, 28)),
        Band(_ABOVE_RANGE, "just above", (0.925,), (7,)),
        Band(3.40, "above", (0.90,), (7,)),
        Band(4.00, "far above", (0.875,), (7,), first_days=(0.0, 0.0)),
        Band(5.01, "critical", (0.85,), (2,), first_days=(0.0, 0.0), holds=True),
    ),
    release_below=_ABOVE_RANGE,
    released_retest_days=7,
    source=SOURCE,
    status="published",
)


def _dose_by_age(visit: Visit) -> Floats:
    age = visit.covariates.get("age", np.full(len(visit), np.nan))
    known = np.where(np.isfinite(age), age, float(MEDIANS["age"]))
    return np.where(known < float(OLD_AGE), float(YOUNG_DOSE), float(OLD_DOSE))


START = Start(_dose_by_age, f"10 mg before 65 years, else 5 mg; {SOURCE}")


class Aurora:
    """The Aurora adjustment (day 3) and maintenance as one stage.

    On day 3 an INR of 2 or more sets 5 mg/day whatever the starting dose was, also where that raises a
    small pharmacogenetic dose: so the arms were simulated.
    """

    def __init__(self) -> None:
        self._table = Titration(TABLE)

    def start(self, visit: Visit) -> None:
        """Forget the previous batch."""
        self._table.start(visit)

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """Doses by the table, or by the rule of day 3; see `Stage`."""
        early = (visit.day < ADJUSTED_UNTIL) & (not visit.established)
        # The table must not open a hold that the rule of day 3 overrides.
        in_table = np.where(early & (lab >= _ABOVE_RANGE), np.nan, lab)
        doses, retest = self._table.decide(visit, current, in_table)
        adjusted = early & (lab >= float(ADJUSTED_FROM))
        doses = np.where(adjusted[:, None], float(ADJUSTED_DOSE), doses)
        return Prescription(doses[:, :, None], np.where(early, ADJUSTED_UNTIL - visit.day, retest))
