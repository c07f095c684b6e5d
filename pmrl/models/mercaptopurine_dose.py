"""The daily dose of mercaptopurine that holds a neutrophil count, where there is one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.quadrature import DAY_HOURS, day_nodes

Floats = NDArray[np.float64]
LEAST, MOST = 1e-3, 1e5
"""mg/m2/day between which doses are looked for; a patient whom no dose brings to the target gets the most."""
_HALVINGS = 40
_NODES = 64


def saturation(p: Mapping[str, Floats], concentration_per_mg: Floats, dose: Floats) -> Floats:
    """Mean of C / (Kmm + C) over the day after a dose, `(n_patients,)`.

    Args:
        p: individual parameters by name.
        concentration_per_mg: umol/L at the nodes of the day for 1 mg/m2, `(n_patients, n_nodes)`.
        dose: mg/m2, `(n_patients,)`.
    """
    c = dose[:, None] * concentration_per_mg
    return np.asarray((c / (p["kmm"][:, None] + c)) @ (day_nodes(_NODES)[1] / DAY_HOURS))


def concentration(p: Mapping[str, Floats], amount_per_mg: float) -> Floats:
    """C at the nodes of the day for 1 mg/m2, umol/L, `(n_patients, n_nodes)`; nothing is left of the last."""
    t = day_nodes(_NODES)[0][:-1] / DAY_HOURS
    ka, ke = p["ka"][:, None], p["ke"][:, None]
    share = ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))
    return np.asarray(amount_per_mg * (p["f"] / p["vc"])[:, None] * share)


def maintenance_dose(p: Mapping[str, Floats], target: float, amount_per_mg: float) -> Floats:
    """mg/m2/day that hold `target` G/L, `(n_patients,)`: 0 for whom it is not below the base.

    At rest the effect undoes the feedback, and TGN comes in as fast as it goes: that gives the saturation,
    which is inverted by halving the interval of ln(dose).
    """
    effect = 1.0 - (target / p["base"]) ** p["gamma"]
    wanted = p["keff"] * effect / (p["slope"] * p["vmm"])
    per_mg = concentration(p, amount_per_mg)
    low, high = (np.full(wanted.size, np.log(limit)) for limit in (LEAST, MOST))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        enough = saturation(p, per_mg, np.exp(middle)) >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(effect <= 0.0, 0.0, np.exp(high))
