"""Which recorded patients a dose prediction can be checked on, and what a patient model predicts for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.cohort_sampling import UNTYPED_ALLELE, ancestry_of_race
from pmrl.covariates import FLAGS, RACES
from pmrl.errors import InputError
from pmrl.genetics import GENES, UNKNOWN
from pmrl.model import PatientModel, net_intake
from pmrl.parameter import Parameter
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
DAYS_PER_WEEK = 7.0
TARGET_INR = Parameter(2.5, "INR", "middle of the target range 2-3; warfarin.md 1j", "assumption")
HIGHEST_DOSE = Parameter(300.0, "mg/week", "IWPC leaves out doses from here on; warfarin.md 1j", "published")
CYP2C9_ALLELES = ("*1", "*2", "*3")
"""The alleles that every model and algorithm has a number for."""
NOT_SPECIFIC_TO_8 = Parameter(0.0, "no", "not typed for *8: its average effect, which is 1", "derived")


@dataclass(frozen=True)
class Exclusion:
    """Why rows cannot be used: `missing` is true for them, `(n_patients,)`."""

    reason: str
    missing: NDArray[np.bool_]


def exclusions(table: PatientTable, height: bool = True) -> tuple[Exclusion, ...]:
    """Every reason that a row of `table` cannot be used; reasons overlap.

    Args:
        table: recorded patients.
        height: whether a height is needed. The Hamberg and Xia models do without, the IWPC and Gage
            algorithms and Ohara's model do not: comparisons need it, so that all see the same patients.
    """
    allowed = [GENES["CYP2C9"].index(allele) for allele in CYP2C9_ALLELES]
    typed = (table.cyp2c9 >= 0).all(axis=1)
    reasons = (
        Exclusion("not on a stable dose", ~(table.stable == 1)),
        Exclusion("dose not recorded", ~(table.dose_mg_week > 0)),
        Exclusion(f"dose of {float(HIGHEST_DOSE):g} mg/week or more", table.dose_mg_week >= float(HIGHEST_DOSE)),
        Exclusion("age not recorded", ~np.isfinite(table.age)),
        Exclusion("weight not recorded", ~np.isfinite(table.weight_kg)),
        Exclusion("CYP2C9 not typed", ~typed),
        Exclusion("CYP2C9 allele other than *1 *2 *3", typed & ~np.isin(table.cyp2c9, allowed).all(axis=1)),
        Exclusion("VKORC1 not typed", (table.vkorc1_1639 < 0).any(axis=1)),
    )
    return (*reasons, Exclusion("height not recorded", ~np.isfinite(table.height_cm))) if height else reasons


def usable_rows(table: PatientTable, height: bool = True) -> NDArray[np.int64]:
    """Rows on which a predicted dose can be compared with the recorded one, ascending.

    Raises:
        InputError: there is none; says why, the commonest reason first.
    """
    reasons = exclusions(table, height)
    rows = np.flatnonzero(~np.any([one.missing for one in reasons], axis=0))
    if not rows.size:
        counts = sorted(((int(one.missing.sum()), one.reason) for one in reasons), reverse=True)
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
