"""Starting doses of phenytoin: by weight, and by CYP2C9 as CPIC has it (2020 update)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import activity_score
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
_CPIC = "CPIC guideline for CYP2C9, HLA-B and phenytoin, 2020 update"
PER_KG = Parameter(5.0, "mg/kg/day", "typical adult dose, standard texts, from memory", "recalled")
INTERMEDIATE = Parameter(0.75, "of the typical dose at activity score 1", _CPIC, "guideline")
POOR = Parameter(0.50, "of the typical dose at activity score 0.5 or less", _CPIC, "guideline")


def weight_start(weight_kg: Floats) -> Floats:
    """5 mg/kg/day, `(n_patients,)`; at 70 kg where the weight is not known."""
    return np.asarray(float(PER_KG) * np.nan_to_num(weight_kg, nan=70.0))


def cpic_start(weight_kg: Floats, cyp2c9: NDArray[np.int8]) -> Floats:
    """5 mg/kg/day less what CPIC takes off by CYP2C9 activity score, `(n_patients,)`.

    Args:
        weight_kg: kg, `(n_patients,)`.
        cyp2c9: diplotypes, `(n_patients, 2)`; the typical dose where not typed.

    >>> from pmrl.genetics import GENES
    >>> cpic_start(np.full(3, 60.0), GENES["CYP2C9"].parse_all(["*1/*2", "*1/*3", "*2/*3"])).tolist()
    [300.0, 225.0, 150.0]
    """
    score = activity_score(cyp2c9, "CYP2C9")
    share = np.select([score <= 0.5, score <= 1.0], [float(POOR), float(INTERMEDIATE)], 1.0)
    return np.asarray(weight_start(weight_kg) * share)
