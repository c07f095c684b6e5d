"""A stage of treatment: the part of a rule that is in charge for some of the days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.visit import Prescription, Visit

Floats = NDArray[np.float64]


class Stage(Protocol):
    """Something that doses during a stage of treatment, batched over patients."""

    def start(self, visit: Visit) -> None:
        """Forget the previous batch and prepare for the patients of `visit`."""
        ...

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """Doses until the next visit.

        Args:
            visit: the visit of every patient of the batch, whatever stage each is in.
            current: daily dose the patients are on, mg, `(n_patients,)`.
            lab: lab result to act on, `(n_patients,)`; NaN where there is none and where another stage is
                in charge: those rows keep their memory, and what is answered for them is not used.
        """
        ...


@dataclass(frozen=True)
class Start:
    """The stage that starts treatment from what is known of the patient; it has no memory and no lab."""

    dose: Callable[[Visit], Floats]
    """Daily doses, mg: `(n_patients,)`, or `(n_patients, n_days)` from today on, the last one going on."""
    source: str
    in_sample: bool = False
    """The doses come from an equation that was derived on the shipped IWPC patients."""

    def start(self, visit: Visit) -> None:
        """Nothing to forget."""

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The starting dose; see `Stage`."""
        doses = self.dose(visit)
        return Prescription(doses.reshape(len(visit), -1, 1))
