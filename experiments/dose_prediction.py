"""Which recorded patients a dose prediction can be checked on, and what a patient model predicts for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.cohort_sampling import UNTYPED_ALLELE, ancestry_of_race
from pmrl.covariates import FLAGS, RACES
from pmrl.dose_equations import DAYS_PER_WEEK
from pmrl.errors import InputError
from pmrl.genetics import GENES, UNKNOWN
from pmrl.model import PatientModel, net_intake
from pmrl.parameter import Parameter
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
TARGET_INR = Parameter(2.5, "INR", "middle of the target range 2-3", "assumption")
HIGHEST_DOSE = Parameter(300.0, "mg/week", "IWPC leaves out doses from here on", "published")
CYP2C9_ALLELES = ("*1", "*2", "*3")
"""The alleles that every model and algorithm has a number for."""
NOT_SPECIFIC_TO_8 = Parameter(0.0, "no", "not typed for *8: its average effect, which is 1", "derived")


def exclusions(table: PatientTable, height: bool = True) -> dict[str, NDArray[np.bool_]]:
    """Reason -> the rows of `table` that cannot be used for it, `(n_patients,)`; reasons overlap.

    Args:
        table: recorded patients.
        height: whether a height is needed. The Hamberg and Xia models do without, the IWPC and Gage
            algorithms and Ohara's model do not: comparisons need it, so that all see the same patients.
    """
    dose, limit = table.dose_mg_week, float(HIGHEST_DOSE)
    typed = np.asarray((table.cyp2c9 >= 0).all(axis=1))
    allowed = [GENES["CYP2C9"].index(allele) for allele in CYP2C9_ALLELES]
    rare = typed & ~np.isin(table.cyp2c9, allowed).all(axis=1)
    reasons = {
        "not on a stable dose": table.stable != 1,
        "dose not recorded": ~(dose > 0),
        f"dose of {limit:g} mg/week or more": dose >= limit,
        "age not recorded": ~np.isfinite(table.age),
        "height not recorded": ~np.isfinite(table.height_cm),
        "weight not recorded": ~np.isfinite(table.weight_kg),
        "CYP2C9 not typed": ~typed,
        "CYP2C9 allele other than *1 *2 *3": rare,
        "VKORC1 not typed": np.asarray((table.vkorc1_1639 < 0).any(axis=1)),
    }
    return {reason: rows for reason, rows in reasons.items() if height or reason != "height not recorded"}


def usable_rows(table: PatientTable, height: bool = True) -> NDArray[np.int64]:
    """Rows on which a predicted dose can be compared with the recorded one, ascending.

    Raises:
        InputError: there is none; says why, the commonest reason first.
    """
    reasons = exclusions(table, height)
    rows = np.flatnonzero(~np.any(list(reasons.values()), axis=0))
    if not rows.size:
        counts = sorted(((int(missing.sum()), reason) for reason, missing in reasons.items()), reverse=True)
        said = ", ".join(f"{reason} ({count})" for count, reason in counts if count)
        raise InputError(
            f"none of the {len(table)} patients can be used to check doses: {said or 'the table is empty'}. "
            "A row needs stable = 1, dose_mg_week, age_decade, weight_kg"
            f"{', height_cm' if height else ''}, cyp2c9 and vkorc1_1639"
        )
    return rows


def prediction_cohort(covariates: Mapping[str, Floats], genotypes: Mapping[str, NDArray[np.int8]]) -> Cohort:
    """What is recorded of patients as a cohort with nothing drawn: models predict from this alone.

    Co-medication and smoking that are not recorded count as none, as in the dosing algorithms; a gene that
    is not typed stays unknown, which every model reads as its average. A race that is not recorded becomes
    European ancestry, which matters only to the centring of alleles beyond *2 and *3.
    """
    known = {name: np.array(values, dtype=np.float64) for name, values in covariates.items()}
    for flag in FLAGS:
        known[flag] = np.nan_to_num(known[flag])
    n = known["age"].size
    codes = {gene: genotypes.get(gene, np.full((n, 2), UNKNOWN, dtype=np.int8)) for gene in GENES}
    race = np.nan_to_num(known["race"], nan=float(RACES.index("White")))
    return Cohort(
        seed=0,
        ids=np.arange(n, dtype=np.int64),
        ancestry=ancestry_of_race(race),
        covariates=known,
        genotypes=codes,
        known_covariates=known,
        known_genotypes=codes,
    )


def for_patients(numbers: Any, cohort: Cohort) -> Any:
    """`numbers` for patients who may not have been typed for *8.

    A virtual patient who lacks *8 needs a little more than the average of his ancestry; a real patient who
    was not typed for it is that average.
    """
    gene, allele = UNTYPED_ALLELE
    typed = bool((cohort.genotypes[gene] == GENES[gene].index(allele)).any())
    if typed or "star8_untyped" not in {field.name for field in fields(numbers)}:
        return numbers
    return replace(numbers, star8_untyped=NOT_SPECIFIC_TO_8)


def predicted_dose(model: PatientModel, cohort: Cohort, numbers: Any) -> Floats:
    """Prescribed mg/week that holds the target INR in the typical patient of each kind, `(n_patients,)`.

    Args:
        model: the patient model.
        cohort: patients, as `prediction_cohort` makes them.
        numbers: a parameter set of `model`, shipped or not.
    """
    eta = np.zeros((len(cohort), len(model.random_effects)))
    parameters = model.individual(for_patients(numbers, cohort), cohort, eta)
    taken = model.maintenance_dose(parameters, float(TARGET_INR))
    return DAYS_PER_WEEK * taken / net_intake(numbers)
