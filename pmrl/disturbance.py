"""What happens to a patient from outside: interacting drugs, diet, interruptions; day by day.

A disturbance multiplies clearance or sensitivity (EC50) on some days, or holds the drug. Starts and
phases are drawn per patient from the disturbance stream, so they are the same under every policy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import unknown
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, uniforms

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Disturbances:
    """Multipliers of clearance and sensitivity and whether the drug is held, `(n_patients or 1, n_days)`."""

    clearance: Floats
    sensitivity: Floats
    held: NDArray[np.bool_]


@dataclass(frozen=True)
class Interaction:
    """A drug started on a random day that changes clearance: onset with a half-life, for some days."""

    clearance: Parameter
    onset_half_life: Parameter
    duration: Parameter

    def multiplier(self, start: Floats, n_days: int) -> Floats:
        """Clearance multiplier for a start day per patient, `(n_patients, n_days)`."""
        since = np.arange(n_days)[None, :] - start[:, None]
        rate = np.log(2.0) / float(self.onset_half_life)
        until = np.minimum(np.maximum(since, 0.0), float(self.duration))
        after = np.maximum(since - float(self.duration), 0.0)
        depth = (1.0 - np.exp(-rate * until)) * np.exp(-rate * after)
        return np.asarray(1.0 + (float(self.clearance) - 1.0) * depth)


_NO_END = Parameter(10_000.0, "days", "continued to the end", "assumption")
INTERACTIONS = {
    "amiodarone": Interaction(
        clearance=Parameter(
            0.75, "multiplier of CL", "about the dose effect in Gage 2008 (-22%) and IWPC", "assumption"
        ),
        onset_half_life=Parameter(14.0, "days", "slow onset over weeks", "assumption"),
        duration=_NO_END,
    ),
    "antibiotic": Interaction(
        clearance=Parameter(0.70, "multiplier of CL", "a CYP2C9-inhibiting course", "assumption"),
        onset_half_life=Parameter(1.0, "days", "inhibition within days", "assumption"),
        duration=Parameter(10.0, "days", "a usual course", "assumption"),
    ),
}
SURGERY_HELD = Parameter(5.0, "days without the drug before surgery", "ACCP 2012 perioperative", "recalled")
DIET_PERIOD = Parameter(28.0, "days", "length of one swing of vitamin K intake", "assumption")


def disturbances(
    seed: int,
    ids: NDArray[np.int64],
    n_days: int,
    interaction: str | None = None,
    vitamin_k: float = 0.0,
    surgery: bool = False,
    already: NDArray[np.bool_] | None = None,
) -> Disturbances:
    """Draw the disturbances of these patients.

    Args:
        seed: cohort seed.
        ids: patient ids.
        n_days: length of the episode.
        interaction: "amiodarone" or "antibiotic", started on a day uniform over the episode; None for none.
        vitamin_k: amplitude (log scale) of a swing of sensitivity with a random phase; 0 for none.
        already: patients who take the interacting drug from the start, `(n_patients,)`: nothing is added.
        surgery: hold the drug for five days before a day uniform over the episode, whatever is prescribed.

    Raises:
        InputError: unknown interaction.
    """
    if interaction is not None and interaction not in INTERACTIONS:
        raise unknown("interacting drug", interaction, INTERACTIONS)
    one = np.ones((1, n_days))
    clearance, sensitivity, held = one, one, np.zeros((1, n_days), dtype=np.bool_)
    if interaction is not None:
        start = np.floor(uniforms(seed, ids, Stream.DISTURBANCE, day=0)[:, 0] * n_days)
        clearance = INTERACTIONS[interaction].multiplier(start, n_days)
        if already is not None:
            clearance[already] = 1.0
    if vitamin_k:
        phase = uniforms(seed, ids, Stream.DISTURBANCE, day=1)[:, :1]
        turn = np.arange(n_days)[None, :] / float(DIET_PERIOD) + phase
        sensitivity = np.exp(vitamin_k * np.sin(2.0 * np.pi * turn))
    if surgery:
        day = np.floor(uniforms(seed, ids, Stream.DISTURBANCE, day=2)[:, :1] * n_days)
        before = day - np.arange(n_days)[None, :]
        held = (before > 0) & (before <= float(SURGERY_HELD))
    return Disturbances(np.ascontiguousarray(clearance), np.ascontiguousarray(sensitivity), held)
