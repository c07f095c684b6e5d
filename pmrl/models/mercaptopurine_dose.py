"""The daily dose of mercaptopurine that holds a neutrophil count, where there is one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from pmrl.quadrature import DAY_HOURS, day_nodes

Floats = NDArray[np.float64]
LEAST, MOST = 1e-3, 1e5
"""mg/m2/day between which doses are looked for; a patient whom no dose brings to the target gets the most."""
_STEPS = 40
"""At most; Newton's take about six."""
_NEAR = 1e-10
"""Of ln(dose)."""
_TIMES, _WEIGHTS = (hours / DAY_HOURS for hours in day_nodes(24))


def saturation(p: Mapping[str, Floats], concentration_per_mg: Floats, dose: Floats) -> Floats:
    """Mean of C / (Kmm + C) over the day after a dose, `(n_patients,)`.

    Args:
        p: individual parameters by name.
        concentration_per_mg: umol/L at the nodes of the day for 1 mg/m2, `(n_patients, n_nodes)`.
        dose: mg/m2, `(n_patients,)`.
    """
    c = dose[:, None] * concentration_per_mg
    return np.asarray((c / (p["kmm"][:, None] + c)) @ _WEIGHTS)


def concentration(p: Mapping[str, Floats], amount_per_mg: float) -> Floats:
    """C at the nodes of the day for 1 mg/m2, umol/L, `(n_patients, n_nodes)`; nothing is left of the last."""
    t = _TIMES[:-1]
    ka, ke = p["ka"][:, None], p["ke"][:, None]
    share = ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))
    return np.asarray(amount_per_mg * (p["f"] / p["vc"])[:, None] * share)


def maintenance_dose(p: Mapping[str, Floats], target: float, amount_per_mg: float) -> Floats:
    """mg/m2/day that hold `target` G/L, `(n_patients,)`: 0 for whom it is not below the base.

    At rest the effect undoes the feedback, and TGN comes in as fast as it goes: that gives the saturation,
    whose logit is nearly a line in ln(dose), on which Newton's method finds the dose.
    """
    effect = 1.0 - (target / p["base"]) ** p["gamma"]
    wanted = p["keff"] * effect / (p["slope"] * p["vmm"])
    per_mg, kmm = concentration(p, amount_per_mg), p["kmm"][:, None]
    least, most = (np.full(wanted.size, limit) for limit in (LEAST, MOST))
    low, high = np.log(least), np.log(most)
    within = (wanted > saturation(p, per_mg, least)) & (wanted < saturation(p, per_mg, most))
    goal = logit(np.where(within, wanted, 0.5))
    x = 0.5 * (low + high)
    for _ in range(_STEPS):
        c = np.exp(x)[:, None] * per_mg
        share = c / (kmm + c)
        mean, slope = share @ _WEIGHTS, (share * (1.0 - share)) @ _WEIGHTS
        off = logit(mean) - goal
        low, high = np.where(off < 0.0, x, low), np.where(off < 0.0, high, x)
        following = x - off * mean * (1.0 - mean) / slope
        following = np.where((following >= low) & (following <= high), following, 0.5 * (low + high))
        moved, x = np.abs(following - x), following
        if (moved[within] < _NEAR).all():
            break
    found = np.where(within, np.exp(x), np.where(wanted < 0.5, LEAST, MOST))
    return np.where(effect <= 0.0, 0.0, found)
