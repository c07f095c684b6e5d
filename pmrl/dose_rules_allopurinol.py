"""Doses of allopurinol that a guideline or a table gives before any lab result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import allele_count
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
_ACR = "ACR guideline, as quoted by Stamp 2017"
START, START_LOW = (
    Parameter(100.0, "mg/day to start with", _ACR, "guideline"),
    Parameter(50.0, "mg/day to start with, kidney disease of stage 3 or worse", _ACR, "guideline"),
)
STAGE_3 = Parameter(60.0, "mL/min, below which kidney disease is of stage 3", "KDIGO definition", "guideline")
_HANDE = "Hande 1984, Am J Med 76:47, from memory"
AT_20 = Parameter(100.0, "mg/day at 20 mL/min", _HANDE, "recalled")
PER_ML_MIN = Parameter(2.5, "mg/day per mL/min above 20", _HANDE, "recalled")
STEP, STEP_LOW = (
    Parameter(100.0, "mg/day a month", "Stamp 2017, escalation arm", "published"),
    Parameter(50.0, "mg/day a month, at 60 mL/min and less", "Stamp 2017, escalation arm", "published"),
)


def guideline_start(crcl_ml_min: Floats) -> Floats:
    """100 mg/day, 50 with kidney disease of stage 3 or worse, `(n_patients,)`; 50 where CLcr is not known.

    >>> guideline_start(np.array([90.0, 45.0, np.nan])).tolist()
    [100.0, 50.0, 50.0]
    """
    return np.where(crcl_ml_min >= float(STAGE_3), float(START), float(START_LOW))


def cpic_start(crcl_ml_min: Floats, hla_b: NDArray[np.int8]) -> Floats:
    """The guideline's start, and none at all with HLA-B*58:01, in whom allopurinol is contraindicated (CPIC).

    >>> from pmrl.genetics import GENES
    >>> cpic_start(np.full(3, 90.0), GENES["HLA-B"].parse_all(["other/other", "other/*58:01", ""])).tolist()
    [100.0, 0.0, 100.0]
    """
    carrier = np.nan_to_num(allele_count(hla_b, "HLA-B", "*58:01")) > 0.0
    return np.where(carrier, 0.0, guideline_start(crcl_ml_min))


def by_clearance(crcl_ml_min: Floats) -> Floats:
    """The traditional fixed dose by clearance, mg/day, `(n_patients,)`; that at 20 mL/min where unknown.

    >>> by_clearance(np.array([10.0, 20.0, 60.0, 100.0, np.nan])).tolist()
    [100.0, 100.0, 200.0, 300.0, 100.0]
    """
    above = np.maximum(np.nan_to_num(crcl_ml_min, nan=20.0) - 20.0, 0.0)
    return np.asarray(float(AT_20) + float(PER_ML_MIN) * above)


def monthly_step(crcl_ml_min: Floats) -> Floats:
    """The step of a month, mg/day, `(n_patients,)`; the smaller one where CLcr is not known."""
    return np.where(crcl_ml_min > float(STAGE_3), float(STEP), float(STEP_LOW))
