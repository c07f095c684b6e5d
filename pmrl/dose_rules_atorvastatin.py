"""Doses of atorvastatin that a guideline gives before any lab result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import allele_count
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
_CPIC = "CPIC guideline for SLCO1B1 and statins"
WANTED = Parameter(40.0, "mg/day to start with: high intensity", "lipid guidelines, from memory", "recalled")
MOST_TC = Parameter(40.0, "mg/day at most, T/C", _CPIC, "guideline")
MOST_CC = Parameter(20.0, "mg/day at most, C/C", _CPIC, "guideline")


def most_allowed(slco1b1: NDArray[np.int8], highest: float) -> Floats:
    """CPIC's limit by SLCO1B1 diplotype, `highest` for T/T and where not typed, mg/day, `(n_patients,)`.

    >>> from pmrl.genetics import GENES
    >>> most_allowed(GENES["SLCO1B1"].parse_all(["T/T", "T/C", "C/C", ""]), 80.0).tolist()
    [80.0, 40.0, 20.0, 80.0]
    """
    copies = np.nan_to_num(allele_count(slco1b1, "SLCO1B1", "C")).astype(np.int64)
    return np.array([highest, float(MOST_TC), float(MOST_CC)])[copies]


def cpic_start(slco1b1: NDArray[np.int8]) -> Floats:
    """High intensity within CPIC's limit, mg/day, `(n_patients,)`."""
    return most_allowed(slco1b1, float(WANTED))
