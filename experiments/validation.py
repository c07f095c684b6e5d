"""Evidence for the warfarin simulator: predicted against recorded doses, and every published anchor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl import iwpc
from pmrl.dose_equations import (
    DAYS_PER_WEEK,
    gage_clinical,
    gage_pharmacogenetic,
    iwpc_clinical,
    iwpc_pharmacogenetic,
)
from pmrl.experiments.agreement import agreement, agreement_by_group, finite, full_agreement
from pmrl.experiments.calibration import MODEL, PARAMETER_SET, fit_doses, training_rows, with_values
from pmrl.experiments.dose_prediction import (
    TARGET_INR,
    exclusions,
    predicted_dose,
    prediction_cohort,
    usable_rows,
)
from pmrl.models.registry import MODELS, model
from pmrl.parameter import Parameter
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
FIXED_DOSE = Parameter(35.0, "mg/week", "5 mg/day; the fixed dose of IWPC 2009", "published")
ALLOWED_SITE_BIAS = Parameter(0.20, "log", "acceptance limit of the calibrated set", "assumption")
LARGE_SITE = Parameter(80.0, "patients", "sites that the limit applies to", "assumption")
IN_SAMPLE_ALGORITHMS = ("iwpc", "iwpc-clinical")
"""Derived on the consortium's patients, of whom the shipped ones are a part."""


def set_names() -> dict[str, tuple[str, str]]:
    """Name of every warfarin parameter set -> (model, parameter set).

    The default model's sets go by their own names, the others' by model/set. Sets that differ only in
    variability or speed (`published-variance`, `published-slow-chain`) predict the same doses.
    """
    return {
        parameter_set if name == MODEL else f"{name}/{parameter_set}": (name, parameter_set)
        for name in MODELS
        if model(name).drug == "warfarin"
        for parameter_set in model(name).parameter_sets
    }


def set_predictions(table: PatientTable) -> dict[str, Floats]:
    """Prescribed mg/week for INR 2.5 by every parameter set, `(n_patients,)` each."""
    cohort = prediction_cohort(table.covariates, table.genotypes)
    return {
        name: predicted_dose(model(model_name), cohort, model(model_name).numbers(parameter_set))
        for name, (model_name, parameter_set) in set_names().items()
    }


def algorithm_predictions(table: PatientTable) -> dict[str, Floats]:
    """Mg/week by the published dosing algorithms and by one dose for all, `(n_patients,)` each."""
    known, typed, target = table.covariates, table.genotypes, float(TARGET_INR)
    return {
        "iwpc": iwpc_pharmacogenetic(known, typed),
        "iwpc-clinical": iwpc_clinical(known, typed),
        "gage": DAYS_PER_WEEK * gage_pharmacogenetic(known, typed, target_inr=target),
        "gage-clinical": DAYS_PER_WEEK * gage_clinical(known, typed, target_inr=target),
        "fixed-35": np.full(len(table), float(FIXED_DOSE)),
    }


def anchors(drug: str = "warfarin") -> list[dict[str, Any]]:
    """Every published or independently computed result of the drug's models, and what they give."""
    found = []
    for name in MODELS:
        if model(name).drug != drug:
            continue
        for anchor in model(name).anchors:
            got, ok = anchor.check()
            found.append(
                {
                    "model": name,
                    "what": anchor.what,
                    "expected": anchor.expected,
                    "got": finite(got),
                    "tolerance": anchor.tolerance,
                    "source": anchor.source,
                    "ok": bool(ok),
                    "known_miss": anchor.miss,
                }
            )
    return found


def leave_one_site_out(
    table: PatientTable, progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Dose of every patient by a fit that saw no patient of his site: the calibrated set at a new hospital.

    Fitted to the training patients of the other sites, predicted for all patients of the site. Heights are
    not needed, so that sites which recorded none take part.

    Returns:
        The measures of `agreement` over all patients, `by_site`, and `misses`: sites of at least 80 patients
        whose bias exceeds 0.20.

    Raises:
        InputError: no usable patients, or too few to fit.
    """
    rows = usable_rows(table, height=False)
    training = training_rows(table)
    hamberg, sites = model(MODEL), np.unique(table.site[rows])
    predicted = np.full(len(table), np.nan)
    for k, site in enumerate(sites):
        fit = fit_doses(table.take(training[table.site[training] != site]))
        there = rows[table.site[rows] == site]
        cohort = prediction_cohort(table.take(there).covariates, table.take(there).genotypes)
        numbers = with_values(hamberg.numbers(PARAMETER_SET), fit.values)
        predicted[there] = predicted_dose(hamberg, cohort, numbers)
        if progress is not None:
            progress((k + 1) / sites.size)
    observed = table.dose_mg_week[rows]
    by_site = agreement_by_group(observed, predicted[rows], table.site[rows].astype(np.str_))
    misses = [
        site
        for site, found in by_site.items()
        if (found["n"] or 0) >= float(LARGE_SITE) and abs(found["bias_log"] or 0.0) > float(ALLOWED_SITE_BIAS)
    ]
    return {**agreement(observed, predicted[rows]), "by_site": by_site, "misses": misses}


def validate(table: PatientTable, progress: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Predicted against recorded maintenance doses, and all anchors, ready for JSON.

    Every parameter set and algorithm is judged on the same patients: those with everything that any of them
    needs (`usable_rows`). `in_sample` marks what was derived on them.

    Args:
        table: recorded patients with stable doses, from any clinic.
        progress: called with the fraction done, 0 to 1.

    Returns:
        `n_recorded`, `n`, `excluded` (reason -> rows; reasons overlap), `target_inr`, `parameters` and
        `algorithms` (name -> agreement), `leave_one_site_out` (None unless these are the shipped patients)
        and `anchors`.

    Raises:
        InputError: no patient can be used.
    """
    rows = usable_rows(table)
    usable = table.take(rows)
    shipped, seen = is_shipped(table), share_seen(usable) > 0.5
    parameters = {
        name: {"in_sample": seen and name == PARAMETER_SET, **full_agreement(usable, predicted)}
        for name, predicted in set_predictions(usable).items()
    }
    algorithms = {
        name: {"in_sample": seen and name in IN_SAMPLE_ALGORITHMS, **full_agreement(usable, predicted)}
        for name, predicted in algorithm_predictions(usable).items()
    }
    if shipped:
        parameters[PARAMETER_SET]["by_split"] = _by_split(table, rows)
    return {
        "n_recorded": len(table),
        "n": int(rows.size),
        "excluded": {reason: int(missing.sum()) for reason, missing in exclusions(table).items()},
        "target_inr": float(TARGET_INR),
        "parameters": parameters,
        "algorithms": algorithms,
        "leave_one_site_out": leave_one_site_out(table, progress) if shipped else None,
        "anchors": anchors(),
    }


def _by_split(table: PatientTable, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Agreement of the calibrated set on the patients it was fitted to and on those it was not."""
    split = np.empty(len(table), dtype="<U10")
    for name, members in iwpc.split(table).items():
        split[members] = name
    predicted = set_predictions(table.take(rows))[PARAMETER_SET]
    return agreement_by_group(table.dose_mg_week[rows], predicted, split[rows])


def is_shipped(table: PatientTable) -> bool:
    """Whether these are the shipped patients, in the same order."""
    ours = iwpc.load()
    return table is ours or (
        len(table) == len(ours)
        and all(
            np.array_equal(values := getattr(table, f.name), getattr(ours, f.name), values.dtype.kind == "f")
            for f in fields(table)
        )
    )


def share_seen(table: PatientTable) -> float:
    """Share of these patients who also are among the shipped ones, by everything recorded of them."""

    def records(patients: PatientTable) -> list[bytes]:
        columns = [*patients.covariates.values(), patients.site, patients.dose_mg_week, patients.inr_on_dose]
        recorded = np.column_stack([*columns, patients.cyp2c9, patients.vkorc1_1639]).astype(np.float64)
        return [row.tobytes() for row in np.nan_to_num(recorded, nan=-1.0)]

    ours = set(records(iwpc.load()))
    return float(np.mean([record in ours for record in records(table)]))
