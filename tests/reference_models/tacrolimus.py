"""Andrews 2019 again: level (ng/mL) before the morning dose, two halves a day (drugs.md, section 2).

As the package says of itself: no absorption lag, and a haematocrit that rises along a line after the
operation (30 to 36% over 60 days in drugs.md: 6 points above where the patient starts).
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.body_size import fat_free_kg, surface_m2
from reference_models.case import Case, Patient, days, every

MODEL = "andrews-2019"
DOSES_PER_DAY = 2
RTOL = 1e-4
# By copies of CYP3A5*1: as in the paper; with Passey 2011's *1/*1.
EXPRESSER = {"two-level": (1.0, 1.631, 1.631), "three-level": (1.0, 1.631, 2.0)}

USUAL = {
    "age": 55.72,
    "female": 0.0,
    "height_cm": 173.0,
    "weight_kg": 77.5,
    "albumin_g_l": 42.0,
    "creatinine_umol_l": 134.98,
    "hematocrit_percent": 30.0,
}
SMALL = {
    **USUAL,
    "age": 24.0,
    "female": 1.0,
    "height_cm": 161.0,
    "weight_kg": 52.0,
    "creatinine_umol_l": 310.0,
}
HEAVY = {**USUAL, "age": 74.0, "weight_kg": 104.0, "albumin_g_l": 31.0, "hematocrit_percent": 37.0}


def _patient(name: str, cyp3a5: str, cyp3a4: str, known: dict[str, float]) -> Patient:
    return Patient(name, {"CYP3A5": cyp3a5, "CYP3A4": cyp3a4}, known)


ONCE = _patient("expresser", "*1/*3", "*1/*1", USUAL)
TWICE = _patient("expresser twice", "*1/*1", "*1/*1", HEAVY)
PATIENTS = (
    _patient("usual", "*3/*3", "*1/*1", USUAL),
    ONCE,
    TWICE,
    _patient("other alleles lost", "*6/*7", "*1/*1", SMALL),
    _patient("expresser with *22", "*1/*6", "*1/*22", SMALL),
    _patient("*22 twice", "*3/*7", "*22/*22", HEAVY),
)
SCHEDULES = {
    "constant": (10.0,) * 14,
    "irregular": (16.0, 16.0, 0.0, 0.0, 30.0, 4.0, 9.0, 9.0, 0.0, 12.0, 1.0, 0.0, 0.0, 0.0),
}
CASES = (
    *every(PATIENTS, SCHEDULES, "two-level"),
    *every((ONCE, TWICE), SCHEDULES, "three-level"),
    # Past day 60 the haematocrit stays.
    Case(ONCE, "ten weeks", (8.0,) * 70, "two-level"),
)


def clearance_at_34(case: Case) -> float:
    """CL/F (L/h) of the patient with a haematocrit of 34%."""
    known, genes = case.patient.covariates, case.patient.genotype
    size = surface_m2(known["height_cm"], known["weight_kg"])
    return (
        23.0
        * EXPRESSER[case.numbers][genes["CYP3A5"].split("/").count("*1")]
        * (0.80 if "*22" in genes["CYP3A4"] else 1.0)
        * (known["age"] / 55.72) ** -0.43
        * (known["albumin_g_l"] / 42.0) ** 0.43
        * (size / 1.93) ** 0.88
        * (known["creatinine_umol_l"] / 134.98) ** -0.14
    )


def course(case: Case) -> list[float]:
    known, cl34 = case.patient.covariates, clearance_at_34(case)
    lean = fat_free_kg(known["height_cm"], known["weight_kg"], known["female"])
    v1, q, v2, ka = 692.0 * (lean / 58.94) ** 1.52, 11.6, 5340.0, 3.58

    def derivative(s: Sequence[float], t: float) -> list[float]:
        a0, a1, a2 = s
        hematocrit = known["hematocrit_percent"] + 6.0 * min(t / 24.0 / 60.0, 1.0)
        cl = cl34 * (hematocrit / 34.0) ** -0.76
        return [-ka * a0, ka * a0 - (cl + q) / v1 * a1 + q / v2 * a2, q / v1 * a1 - q / v2 * a2]

    states = days(derivative, [0.0, 0.0, 0.0], case.doses, shares=DOSES_PER_DAY)
    return [1000.0 * a1 / v1 for _, a1, _ in states]
