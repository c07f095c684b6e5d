"""Titration by lab bands: one engine for every protocol that is a table of bands.

A protocol is data (`BandTable`); `step` is a pure, batched function of the table, what is remembered of
each patient (`Course`), the current dose and the new lab result; `Titration` lets it act at visits.

Where a protocol holds the drug until a retest, it asks to see the patient at the end of the hold. A
schedule that brings the patient later would leave the hold open, so the drug is held for at most
`hold_days` or until the visit, whichever is first, and goes on at the reduced dose that the protocol gives
at release.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.stage import Floats
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter, Status

MISSING_RETEST = Parameter(7.0, "days", "a visit without a lab result is repeated a week later", "assumption")


@dataclass(frozen=True)
class Band:
    """What a protocol does in one band of the lab; the band reaches up to the next one's `lowest`."""

    lowest: float
    zone: str
    """Bands of one zone count as the same zone when a visit repeats it."""
    factors: tuple[float, ...]
    """On the daily dose, at the first visit in the zone, the second in a row, ...; the last one goes on."""
    retest_days: tuple[int, ...]
    """Days until the next visit, likewise; counted from this visit."""
    first_days: tuple[float, ...] = ()
    """Doses of the coming days before the new dose starts, as multiples of the current daily dose."""
    holds: bool = False
    """`first_days` is a hold: it is repeated at each retest until the lab is below `release_below`."""


@dataclass(frozen=True)
class BandTable:
    """A titration protocol. Labs are read with two decimals, as the protocols print their bands."""

    bands: tuple[Band, ...]
    """Ascending; the first one's `lowest` is 0."""
    release_below: float
    released_retest_days: int
    source: str
    status: Status

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones, each once."""
        return tuple(dict.fromkeys(band.zone for band in self.bands))

    @cached_property
    def zone_of_band(self) -> NDArray[np.int64]:
        """Index of each band's zone, `(n_bands,)`."""
        return np.array([self.zones.index(band.zone) for band in self.bands])

    @cached_property
    def hold_band(self) -> int:
        """The band that holds the drug; any where none does, as nobody is then on hold."""
        return next((index for index, band in enumerate(self.bands) if band.holds), 0)

    @property
    def hold_days(self) -> int:
        """For how long the drug is held at most without a retest."""
        return len(self.bands[self.hold_band].first_days)

    @cached_property
    def factors(self) -> Floats:
        """`(n_bands, n_repeats)`."""
        return _padded([band.factors for band in self.bands])

    @cached_property
    def retest_days(self) -> Floats:
        """`(n_bands, n_repeats)`."""
        return _padded([band.retest_days for band in self.bands])

    @cached_property
    def first_days(self) -> Floats:
        """`(n_bands, n_days)`, NaN where the new dose has started."""
        return _padded([(*band.first_days, np.nan) for band in self.bands])

    def band_of(self, lab: Floats) -> NDArray[np.int64]:
        """Index of the band of each lab result, `(n_patients,)`."""
        edges = np.rint([100.0 * band.lowest for band in self.bands])
        return np.asarray(np.searchsorted(edges, np.rint(100.0 * lab), side="right") - 1)


def _padded(rows: list[tuple[float, ...]] | list[tuple[int, ...]]) -> Floats:
    """Rows of unequal length as one array; the last value of a row goes on."""
    length = max(map(len, rows))
    return np.array([(*row, *(row[-1],) * (length - len(row))) for row in rows], dtype=np.float64)


@dataclass(frozen=True)
class Course:
    """What a protocol remembers of each patient between visits; arrays `(n_patients,)`."""

    zone: NDArray[np.int64]
    """Zone of the last visit with a lab result, -1 before the first."""
    streak: NDArray[np.int64]
    """Visits in a row in that zone."""
    held: NDArray[np.bool_]
    """The last visit held the drug until a retest."""

    @classmethod
    def new(cls, n_patients: int) -> Course:
        """Nothing remembered."""
        nothing = np.zeros(n_patients, dtype=np.int64)
        return cls(nothing - 1, nothing, np.zeros(n_patients, dtype=np.bool_))


def step(
    table: BandTable, course: Course, dose: Floats, lab: Floats, elapsed_days: Floats
) -> tuple[Course, Floats, NDArray[np.int64]]:
    """One visit of a titration protocol.

    Args:
        table: the protocol.
        course: what is remembered of the patients.
        dose: current daily dose, mg, `(n_patients,)`.
        lab: lab result of this visit, `(n_patients,)`; NaN carries on with the current dose.
        elapsed_days: days since the last visit, `(n_patients,)`; NaN if there was none.

    Returns:
        What to remember; the coming doses, mg, `(n_patients, n_days)`, the last one going on; the days to
        the retest, `(n_patients,)`. A hold is days of 0 with the reduced dose after them.
    """
    seen = np.isfinite(lab)
    retested = seen & course.held & (elapsed_days <= table.hold_days)
    released = retested & (lab < table.release_below)
    kept_on_hold = retested & ~released
    band = np.where(kept_on_hold, table.hold_band, table.band_of(np.where(seen, lab, 0.0)))
    zone = table.zone_of_band[band]
    streak = np.where(zone == course.zone, course.streak + 1, 1)
    repeat = np.minimum(streak, table.factors.shape[1]) - 1
    # The reduced dose of a hold was set when it began.
    new_dose = dose * np.where(seen & ~retested, table.factors[band, repeat], 1.0)
    multiples = np.where((seen & ~released)[:, None], table.first_days[band], np.nan)
    # A hold that goes on multiplies by 0, so the current dose serves for both.
    doses = np.where(np.isnan(multiples), new_dose[:, None], multiples * dose[:, None])
    retest = table.retest_days[band, np.minimum(streak, table.retest_days.shape[1]) - 1]
    retest = np.where(released, table.released_retest_days, np.where(seen, retest, MISSING_RETEST.value))
    holds = np.array([entry.holds for entry in table.bands])[band] & seen & ~released
    remembered = Course(np.where(seen, zone, course.zone), np.where(seen, streak, course.streak), holds)
    return remembered, doses, retest.astype(np.int64)


class Titration:
    """A band table as a stage of treatment: it goes on from the current dose."""

    def __init__(self, table: BandTable) -> None:
        self.table = table
        self._course = Course.new(0)

    def start(self, visit: Visit) -> None:
        """Forget the previous batch."""
        self._course = Course.new(len(visit))

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """Doses by the table; see `Stage`."""
        doses, retest = self.decide(visit, current, lab)
        return Prescription(doses[:, :, None], retest)

    def decide(self, visit: Visit, current: Floats, lab: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Coming doses `(n_patients, n_days)` and days to the retest, as `step` gives them."""
        elapsed = visit.day - visit.previous("day")
        self._course, doses, retest = step(self.table, self._course, current, lab, elapsed)
        return doses, retest
