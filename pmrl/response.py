"""How long a drug takes to show what a dose does."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pmrl.model import PatientModel
from pmrl.parameter import Parameter
from pmrl.solve import course

SHARE = Parameter(
    0.9, "of the effect of a dose that is kept", "a usual measure of the time to respond", "assumption"
)
_PATIENTS, _SEED = 64, 1


@lru_cache
def _response_days(name: str, dose: float) -> int:
    from pmrl.models.registry import model

    m = model(name)
    p = m.patients(m.cohorts.maker("sampled", _SEED, None)(0, _PATIENTS))
    values = np.median(course(m, p, np.full((_PATIENTS, m.settling_days), dose))[0], axis=0)
    change = values - values[0]
    reached = np.abs(change) >= float(SHARE) * np.abs(change[-1])
    # The last day on which it had not been reached: a biomarker may overshoot before.
    late = np.flatnonzero(~reached)
    return int(late[-1]) + 1 if late.size else 1


def response_days(model: PatientModel, dose: float) -> int:
    """Days until the median patient shows 90% of what a dose (mg/day) does that is kept, at least 1."""
    return max(_response_days(model.name, dose), 1)
