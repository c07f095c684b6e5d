"""Sanchez 2011 again: efavirenz (mg/L) midway between doses, by superposition (drugs.md, section 8).

The package integrates and looks back 12 h from the end of the day; here every dose of the past is summed at
the time of the sample. ABCC4 T/T, whom the paper did not see, counts as C/T in both.
"""

from __future__ import annotations

from math import exp

from reference_models.case import Case, Patient, every

MODEL = "sanchez-2011"
DOSES_PER_DAY = 1
RTOL = 1e-5
SAMPLED = 12.0  # h after the dose of the day before


def _patient(cyp2b6: str, abcc4: str, ggt: float) -> Patient:
    genotype = {"CYP2B6": cyp2b6, "ABCC4": abcc4}
    return Patient(f"CYP2B6 {cyp2b6}, ABCC4 {abcc4}, GGT {ggt:g}", genotype, {"ggt_u_l": ggt})


PATIENTS = (
    _patient("*1/*1", "C/C", 50.0),
    _patient("*1/*6", "C/C", 20.0),
    _patient("*6/*6", "C/C", 90.0),
    _patient("*1/*1", "C/T", 400.0),
    _patient("*1/*6", "T/T", 35.0),
)
SCHEDULES = {
    "constant": (600.0,) * 21,
    "irregular": (200.0, 0.0, 800.0, 600.0, 0.0, 0.0, 400.0, 400.0, 1600.0, 0.0, 0.0, 600.0, 200.0, 600.0),
}
CASES = every(PATIENTS, SCHEDULES, "published")


def course(case: Case) -> list[float]:
    genes = case.patient.genotype
    cl = 12.2 - 0.00279 * case.patient.covariates["ggt_u_l"]
    cl *= {"*1/*1": 1.0, "*1/*6": 0.602, "*6/*6": 0.354}[genes["CYP2B6"]]
    cl *= {"C/C": 1.0, "C/T": 0.793, "T/T": 0.793}[genes["ABCC4"]]
    v, ka = 247.0, 0.3
    k = cl / v

    def after(hours: float) -> float:
        """mg/L per mg, so long after a dose."""
        return ka / (v * (ka - k)) * (exp(-k * hours) - exp(-ka * hours))

    found = [0.0]
    for day in range(1, len(case.doses) + 1):
        sampled = 24.0 * (day - 1) + SAMPLED
        found.append(sum(dose * after(sampled - 24.0 * d) for d, dose in enumerate(case.doses[:day])))
    return found
