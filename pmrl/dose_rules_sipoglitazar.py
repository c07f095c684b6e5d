"""Doses of sipoglitazar, a research compound: there is no guideline, only the doses of its trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import allele_count
from pmrl.models.sipoglitazar_stringer_2014 import Numbers
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
_TRIALS = "doses of the trials in Stringer 2014"
STANDARD = Parameter(32.0, "mg/day", f"middle one of the {_TRIALS}", "assumption")
LADDER = tuple(Parameter(dose, "mg/day", _TRIALS, "published") for dose in (8.0, 16.0, 32.0, 64.0))


def equal_exposure(ugt2b15: NDArray[np.int8]) -> Floats:
    """Dose (mg/day) that gives everybody the AUC that the standard dose gives *1/*2, `(n_patients,)`.

    Args:
        ugt2b15: diplotypes, `(n_patients, 2)`; the standard dose where not typed.

    >>> from pmrl.genetics import GENES
    >>> equal_exposure(GENES["UGT2B15"].parse_all(["*1/*1", "*1/*2", "*2/*2", ""])).round(1).tolist()
    [48.1, 32.0, 14.6, 32.0]
    """
    n = Numbers()
    cl = np.array([float(n.cl_11), float(n.cl_12), float(n.cl_22)])
    copies = np.nan_to_num(allele_count(ugt2b15, "UGT2B15", "*2"), nan=1.0).astype(np.int64)
    return np.asarray(float(STANDARD) * cl[copies] / float(n.cl_12))
