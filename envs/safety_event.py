"""What is counted as unsafe: days beyond a limit of the biomarker, or the harm that a patient model knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pmrl.outcomes import time_above, time_below

if TYPE_CHECKING:
    from pmrl.envs.therapy import Therapy

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SafetyEvent:
    """A day with the biomarker above (or, where not `above`, below) a limit."""

    limit: float
    above: bool = True

    unit = "of days"

    @property
    def short(self) -> str:
        """In a narrow table, such as "> 4"."""
        return f"{'>' if self.above else '<'} {self.limit:g}"

    def label(self, therapy: Therapy) -> str:
        """What the event is, such as "INR > 4"."""
        return f"{therapy.biomarker} {self.short} {therapy.biomarker_unit}".rstrip()

    def share(self, latent: Floats, harm: Floats) -> Floats:
        """Share of days with the event, `(n_patients,)`.

        Args:
            latent: true biomarker of days 1 to the last, `(n_patients, n_days)`.
            harm: expected harmful events of the same days, or no columns.
        """
        return time_above(latent, self.limit) if self.above else time_below(latent, self.limit)


@dataclass(frozen=True)
class HarmEvent:
    """What the harm of the patient model is: an event that a patient has once, or a day that is bad."""

    name: str
    """Such as "myopathy"."""
    once: bool
    """Patients who are expected to have it are counted, not days."""

    @property
    def unit(self) -> str:
        """Of what the share is."""
        return "of patients" if self.once else "of days"

    @property
    def short(self) -> str:
        """In a narrow table."""
        return self.name

    def label(self, therapy: Therapy) -> str:
        """What the event is."""
        return self.name

    def share(self, latent: Floats, harm: Floats) -> Floats:
        """Expected events of each patient, or share of days, `(n_patients,)`; see `SafetyEvent.share`."""
        return np.asarray(harm.sum(axis=1) if self.once else harm.mean(axis=1))
