"""Recompute `pmrl/data/covariate_moments.json` from the training part of the IWPC data.

Run from a checkout: `python -m pmrl.experiments.covariate_moments`. Only training patients are used, so
that validation and test patients stay unseen by everything that is fitted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pmrl
from pmrl import iwpc
from pmrl.covariates import BODY, FLAGS, GROUPS, RACES, SEXES
from pmrl.patient_table import PatientTable

_GROUPING_VARIANCE = np.array([10.0**2 / 12, 0.0, 0.0])
"""Variance that grouping ages by decade adds (Sheppard's correction, years^2); nothing for the others."""


def group_moments(table: PatientTable, sex: str, race: str) -> dict[str, Any]:
    """Mean, SD and correlation of age (years), height (cm) and log weight (log kg) in one group.

    Means and SDs are over every recorded value, because patients with complete records are older than the
    others (heights are missing by site); correlations are over patients with all three.
    """
    members = (table.female == SEXES.index(sex)) & (table.race == RACES.index(race))
    values = np.column_stack([table.age, table.height_cm, np.log(table.weight_kg)])[members]
    complete = values[~np.isnan(values).any(axis=1)]
    return {
        "sex": sex,
        "race": race,
        "n": int(members.sum()),
        "complete": len(complete),
        "mean": _rounded(np.nanmean(values, axis=0)),
        "sd": _rounded(np.sqrt(np.nanvar(values, axis=0, ddof=1) - _GROUPING_VARIANCE)),
        "correlation": _rounded(_correlation(complete)),
    }


def _correlation(complete: NDArray[np.float64]) -> NDArray[np.float64]:
    covariance = np.cov(complete, rowvar=False) - np.diag(_GROUPING_VARIANCE)
    sd = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(sd, sd))


def moments(table: PatientTable) -> dict[str, Any]:
    """Everything `pmrl.covariates` needs to know about a population."""
    return {
        "source": "IWPC training split, this project (experiments/covariate_moments.py)",
        "status": "derived",
        "columns": [*BODY[:2], "log weight_kg"],
        "flags": {flag: _rounded(np.nanmean(getattr(table, flag))) for flag in FLAGS},
        "groups": [group_moments(table, sex, race) for sex, race in GROUPS],
    }


def _rounded(values: NDArray[np.float64] | np.floating[Any]) -> Any:
    return np.round(values, 4).tolist()


def main() -> None:
    """Write the file into the checkout."""
    table = iwpc.load()
    training = table.take(iwpc.split(table)["train"])
    path = Path(pmrl.__file__).parent / "data" / "covariate_moments.json"
    path.write_text(json.dumps(moments(training), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
