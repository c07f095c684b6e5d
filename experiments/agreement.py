"""How well predicted doses agree with recorded ones, overall and by kind of patient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.covariates import RACES
from pmrl.experiments.disclosure import large_enough
from pmrl.genetics import GENES
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
CLOSE = 0.20
"""A prediction within 20% of the dose counts as right, the measure of IWPC 2009 and Finkelman 2011."""

UNKNOWN = "Unknown"


def finite(value: Any) -> float | None:
    """A number for JSON, which has neither NaN nor infinity: None for those."""
    number = float(value)
    return number if math.isfinite(number) else None


def agreement(observed: Floats, predicted: Floats) -> dict[str, float | int | None]:
    """Measures of agreement of doses in mg/week, `(n_patients,)` each, at least one patient.

    Returns:
        `n`; `mae_mg_week`; `bias_log`, the mean of ln(predicted / observed); `log_sd`, the SD of the same;
        `r2` = 1 - SSE / SST on mg/week; `within_20`, the share predicted within 20%; and the means. None
        where a measure does not exist, such as the SD of one patient.

    >>> agreement(np.array([20.0, 40.0]), np.array([22.0, 30.0]))["mae_mg_week"]
    6.0
    """
    error, n = predicted - observed, observed.size
    with np.errstate(divide="ignore"):
        ratio = np.log(predicted / observed)
    scatter = float(((observed - observed.mean()) ** 2).sum())
    every = bool(np.isfinite(ratio).all())
    return {
        "n": int(n),
        "mae_mg_week": finite(np.abs(error).mean()),
        "bias_log": finite(ratio.mean()),
        "log_sd": finite(ratio.std(ddof=1)) if n > 1 and every else None,
        "r2": finite(1.0 - (error**2).sum() / scatter) if scatter > 0.0 else None,
        "within_20": finite((np.abs(error) <= CLOSE * observed).mean()),
        "observed_mean_mg_week": finite(observed.mean()),
        "observed_sd_mg_week": finite(observed.std(ddof=1)) if n > 1 else None,
        "predicted_mean_mg_week": finite(predicted.mean()),
    }


def groupings(table: PatientTable) -> dict[str, NDArray[np.str_]]:
    """Name of a grouping -> each patient's group, `(n_patients,)`: by genotype cell, race and site."""
    cyp2c9 = GENES["CYP2C9"].labels(table.cyp2c9)
    vkorc1 = GENES["VKORC1"].labels(table.vkorc1_1639)
    genotype = np.array([f"CYP2C9 {c}, VKORC1 {v}" for c, v in zip(cyp2c9, vkorc1, strict=True)])
    races = np.array([*RACES, UNKNOWN])[np.nan_to_num(table.race, nan=len(RACES)).astype(np.int64)]
    sites = np.where(table.site < 0, UNKNOWN, table.site.astype(np.str_))
    return {"by_genotype": genotype, "by_race": races, "by_site": sites}


def agreement_by_group(
    observed: Floats, predicted: Floats, groups: NDArray[np.str_]
) -> dict[str, dict[str, float | int | None]]:
    """`agreement` of every group, in the order of the names; numbered groups by number."""
    names = sorted(set(groups.tolist()), key=lambda name: (len(name) if name.isdigit() else 99, name))
    return {name: agreement(observed[groups == name], predicted[groups == name]) for name in names}


def withheld(found: dict[str, Any], smallest_cell: int) -> dict[str, Any]:
    """What `full_agreement` found, without groups of fewer patients: a mean of one patient is that patient.

    The next smallest goes with a group that would follow from the others and the total.
    """

    def shown(groups: dict[str, Any]) -> dict[str, Any]:
        sizes = {name: int(group["n"]) for name, group in groups.items()}
        return {name: groups[name] for name in large_enough(sizes, smallest_cell)}

    return {name: shown(value) if name.startswith("by_") else value for name, value in found.items()}


def full_agreement(table: PatientTable, predicted: Floats) -> dict[str, Any]:
    """Agreement with the recorded doses of `table`, overall, by genotype cell, race and site."""
    observed = table.dose_mg_week
    overall: dict[str, Any] = dict(agreement(observed, predicted))
    for name, groups in groupings(table).items():
        overall[name] = agreement_by_group(observed, predicted, groups)
    return overall
