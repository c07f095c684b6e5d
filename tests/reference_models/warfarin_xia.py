"""Xia 2024 again: INR by the dose rate of the whole racemate, with weight and amiodarone (warfarin.md, 1c).

Written in the paper's K-PD form; PK as in Hamberg 2010 (warfarin.md, 1b), doses enter the amount at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.case import Case, Patient, days, every
from reference_models.warfarin_effects import clearance_factor, ec50_factor

MODEL = "xia-2024"
DOSES_PER_DAY = 1
RTOL = 1e-6
CL = {"*1": 0.174, "*2": 0.0879, "*3": 0.0422}  # L/h per allele
EC50 = {"G": 4.3, "A": 1.14}  # mg/L of racemate per allele

USUAL = {"age": 54.7, "weight_kg": 59.7, "amiodarone": 0.0}


def _genes(cyp2c9: str, vkorc1: str, **others: str) -> dict[str, str]:
    return {"CYP2C9": cyp2c9, "VKORC1": vkorc1, **others}


PATIENTS = (
    Patient("reference", _genes("*1/*1", "A/A"), USUAL),
    Patient("G once", _genes("*1/*2", "G/A"), {**USUAL, "age": 83.0}),
    Patient("G twice", _genes("*1/*3", "G/G"), {**USUAL, "weight_kg": 81.0, "age": 30.0}),
    Patient("*2 twice", _genes("*2/*2", "A/A"), {**USUAL, "weight_kg": 45.0}),
    Patient("*2/*3", _genes("*2/*3", "G/A"), USUAL),
    Patient("*3 twice", _genes("*3/*3", "G/G"), {**USUAL, "age": 71.0}),
    Patient("amiodarone", _genes("*1/*1", "G/A"), {**USUAL, "amiodarone": 1.0}),
    Patient("inducer", _genes("*1/*1", "A/A"), {**USUAL, "enzyme_inducer": 1.0}),
    Patient("rare alleles", _genes("*6/*11", "A/A"), USUAL),
    Patient("T none", _genes("*1/*1", "A/A", CYP4F2="C/C"), USUAL),
    Patient("T twice", _genes("*1/*1", "A/A", CYP4F2="T/T", rs12777823="A/A"), USUAL),
    Patient("A none", _genes("*1/*1", "A/A", CYP4F2="C/T", rs12777823="G/G"), USUAL, "African"),
    Patient("A carrier", _genes("*1/*8", "A/A", CYP4F2="T/T", rs12777823="G/A"), USUAL, "African"),
)
SCHEDULES = {
    "constant": (3.0,) * 14,
    "irregular": (2.5, 0.0, 5.0, 0.0, 0.0, 15.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0, 2.5),
}
CASES = every(PATIENTS, SCHEDULES, "published")


def course(case: Case) -> list[float]:
    known, genes = case.patient.covariates, case.patient.genotype
    # A rare CYP2C9 allele is *1 with the factor of its own.
    cl = sum(CL.get(allele, CL["*1"]) for allele in genes["CYP2C9"].split("/"))
    cl *= (1.0 - 0.00571 * (known["age"] - 71.0)) * clearance_factor(case.patient)
    ec50 = sum(EC50[allele] for allele in genes["VKORC1"].split("/")) * (known["weight_kg"] / 60.0) ** 1.34
    ec50 *= (1.0 - 0.602 * known["amiodarone"]) * ec50_factor(case.patient)
    kde, edk50, gamma = cl / 14.3, cl * ec50, 1.39
    kx, ky = 3.0 / 27.2, 3.0 / 110.9

    def derivative(s: Sequence[float], t: float) -> list[float]:
        a, x1, x2, x3, y1, y2, y3 = s
        rate = max(kde * a, 0.0)
        inflow = 1.0 - rate**gamma / (edk50**gamma + rate**gamma)
        return [
            -kde * a,
            kx * (inflow - x1),
            kx * (x1 - x2),
            kx * (x2 - x3),
            ky * (inflow - y1),
            ky * (y1 - y2),
            ky * (y2 - y3),
        ]

    states = days(derivative, [0.0, *[1.0] * 6], case.doses)
    return [1.13 + 20.0 * (1.0 - (s[3] + s[6]) / 2.0) for s in states]
