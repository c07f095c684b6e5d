"""Ohara 2014 again: INR by one clotting factor; half of a dose is S-warfarin (warfarin.md, section 1h).

Carriage of CYP2C9*3, -1639G and CYP4F2*3 (T) counts, not copies. Body surface area by Mosteller.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from reference_models.body_size import surface_m2
from reference_models.case import Case, Patient, days, every
from reference_models.warfarin_effects import AMIODARONE, clearance_factor

MODEL = "ohara-2014"
DOSES_PER_DAY = 1
RTOL = 1e-6

USUAL = {"height_cm": 162.0, "weight_kg": 68.4, "amiodarone": 0.0}
BIG = {**USUAL, "height_cm": 180.0, "weight_kg": 96.0}


def _genes(cyp2c9: str, vkorc1: str, cyp4f2: str) -> dict[str, str]:
    return {"CYP2C9": cyp2c9, "VKORC1": vkorc1, "CYP4F2": cyp4f2}


PATIENTS = (
    Patient("reference", _genes("*1/*1", "A/A", "C/C"), USUAL),
    Patient("G once", _genes("*1/*1", "G/A", "C/C"), USUAL),
    Patient("G twice, T once", _genes("*1/*1", "G/G", "C/T"), BIG),
    Patient("T twice", _genes("*1/*2", "A/A", "T/T"), USUAL),
    Patient("*3 once", _genes("*1/*3", "A/A", "C/C"), BIG),
    Patient("*3 twice", _genes("*3/*3", "G/A", "C/T"), USUAL),
    Patient("amiodarone", _genes("*2/*3", "A/A", "C/C"), {**USUAL, "amiodarone": 1.0}),
    Patient("inducer", _genes("*2/*2", "A/A", "C/C"), {**USUAL, "enzyme_inducer": 1.0}),
    Patient("rare alleles", _genes("*5/*8", "A/A", "C/C"), USUAL),
    Patient("A none", {**_genes("*1/*1", "A/A", "C/C"), "rs12777823": "G/G"}, USUAL, "African"),
    Patient("A carrier", {**_genes("*1/*1", "A/A", "C/C"), "rs12777823": "G/A"}, USUAL, "African"),
)
SCHEDULES = {
    "constant": (4.0,) * 14,
    "irregular": (2.5, 0.0, 5.0, 0.0, 0.0, 15.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0, 2.5),
}
CASES = every(PATIENTS, SCHEDULES, "published")


def course(case: Case) -> list[float]:
    known, genes = case.patient.covariates, case.patient.genotype
    cl = 0.240 * (surface_m2(known["height_cm"], known["weight_kg"]) / 1.74) ** 2.14
    cl *= 0.543 if "*3" in genes["CYP2C9"].split("/") else 1.0
    cl *= clearance_factor(case.patient) * AMIODARONE ** known["amiodarone"]
    ic50 = 0.0725
    ic50 *= 2.07 if "G" in genes["VKORC1"] else 1.0
    ic50 *= 1.30 if "T" in genes["CYP4F2"] else 1.0
    v, ka, kout, npt0 = 13.8, 2.0, 0.0136, 118.2
    power = 3.48 * exp(0.00588 * (npt0 - 119.0))

    def derivative(s: Sequence[float], t: float) -> list[float]:
        gut, a, npt = s
        c = a / v
        return [-ka * gut, ka * gut - cl * c, kout * npt0 * (1.0 - c / (ic50 + c)) - kout * npt]

    states = days(derivative, [0.0, 0.0, npt0], [dose / 2.0 for dose in case.doses])
    return [1.05 + 5.0 * max(1.0 - npt / npt0, 0.0) ** power for *_, npt in states]
