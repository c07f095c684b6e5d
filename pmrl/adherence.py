"""Which doses patients really take: missed and doubled days, with patients who differ.

IN-RANGE (Kimmel 2007, Arch Intern Med 167:229): 136 warfarin patients with electronic pill caps; 21.8% of
days non-adherent (SD between patients 21.1), 18.8% missed and 3.3% with an extra dose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from pmrl.errors import InputError, unknown
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, uniforms

_SOURCE = "IN-RANGE: Kimmel 2007, Arch Intern Med 167:229"


@dataclass(frozen=True)
class Adherence:
    """Shares of days missed and of days with a double dose; patients' shares follow a beta distribution.

    Days are independent given the patient's own share.
    """

    missed: Parameter
    extra: Parameter
    spread: Parameter
    """SD between patients of the share of non-adherent days; 0 makes all patients alike."""

    def __post_init__(self) -> None:
        mean = float(self.missed) + float(self.extra)
        valid = all(float(share) >= 0.0 for share in (self.missed, self.extra, self.spread)) and mean <= 1.0
        if not valid:
            raise InputError(
                f"adherence: missed {float(self.missed):g} and extra {float(self.extra):g} are shares of "
                "days: give numbers from 0 to 1 that add up to at most 1"
            )
        if float(self.spread) ** 2 >= mean * (1.0 - mean) and float(self.spread) > 0.0:
            raise InputError(
                f"adherence: a spread of {float(self.spread):g} is impossible around a mean of {mean:g}: "
                f"give less than {np.sqrt(mean * (1.0 - mean)):.3g}"
            )

    @property
    def net_intake(self) -> float:
        """Mean amount taken over amount prescribed."""
        return 1.0 - float(self.missed) + float(self.extra)

    def shares(self, seed: int, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Each patient's probability of missing a day and of doubling it, `(n_patients, 2)`."""
        return self.shares_at(uniforms(seed, ids, Stream.ADHERENCE, day=-(2**20))[:, 0])

    def shares_at(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of patients at these quantiles of the distribution, `(n_patients, 2)`."""
        mean = float(self.missed) + float(self.extra)
        split = np.array([float(self.missed), float(self.extra)]) / max(mean, 1e-300)
        if float(self.spread) == 0.0:
            return np.tile(mean * split, (quantile.size, 1))
        size = mean * (1.0 - mean) / float(self.spread) ** 2 - 1.0
        share = betaincinv(mean * size, (1.0 - mean) * size, quantile)
        return np.ascontiguousarray(share[:, None] * split)


IN_RANGE = Adherence(
    missed=Parameter(0.188, "share of days", _SOURCE, "published"),
    extra=Parameter(0.033, "share of days", _SOURCE, "published"),
    spread=Parameter(0.211, "SD between patients", _SOURCE, "published"),
)
"""The default: what electronic pill caps saw."""

_NONE = Parameter(0.0, "share of days", "every dose taken as prescribed", "assumption")
FULL = Adherence(missed=_NONE, extra=_NONE, spread=_NONE)
"""Every dose taken as prescribed."""


def adherence(given: str | float | Adherence) -> Adherence:
    """The adherence of that name, or with that share of days taken (no double doses, IN-RANGE's spread).

    Raises:
        InputError: unknown name or a share outside 0 to 1.
    """
    if isinstance(given, Adherence):
        return given
    if isinstance(given, str):
        named = {"in-range": IN_RANGE, "full": FULL}
        if given not in named:
            raise unknown("adherence", given, named, "Or give the share of days taken, 0 to 1.")
        return named[given]
    if not 0.0 <= given <= 1.0:
        raise InputError(f"adherence {given:g} is out of range: give the share of days taken, 0 to 1")
    missed = 1.0 - float(given)
    spread = min(float(IN_RANGE.spread), 0.9 * float(np.sqrt(missed * (1.0 - missed))))
    source = "chosen by the user"
    return Adherence(
        missed=Parameter(missed, "share of days", source, "assumption"),
        extra=_NONE,
        spread=Parameter(spread, "SD between patients", source, "assumption"),
    )
