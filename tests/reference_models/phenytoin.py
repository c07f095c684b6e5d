"""Michaelis-Menten phenytoin again: total level (mg/L) before the morning dose (drugs.md, section 4).

Two halves a day of the sodium salt. 415 mg/day is the mean of all genotypes of European patients. Which
European frequencies is not said: here those of 1000 Genomes in warfarin.md, section 4, as in the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from reference_models.case import Case, Patient, days, every

MODEL = "michaelis-menten-1983"
DOSES_PER_DAY = 2
RTOL = 1e-4
ONE_WITHOUT = {"guideline-implied": 0.75, "mamiya-1998": 0.58}  # Vmax of *1/*3: DPWG, Mamiya 1998

DECREASED, WITHOUT = ("*2", "*5", "*8", "*11"), ("*3", "*6")
EUROPEAN = {"*2": 0.124, "*3": 0.073, "*8": 0.002, "*11": 0.002}


def _patient(cyp2c9: str, cyp2c19: str, weight_kg: float) -> Patient:
    genotype = {"CYP2C9": cyp2c9, "CYP2C19": cyp2c19}
    return Patient(f"{cyp2c9}, CYP2C19 {cyp2c19}", genotype, {"weight_kg": weight_kg})


PATIENTS = (
    _patient("*1/*1", "*1/*1", 70.0),
    _patient("*1/*2", "*1/*1", 52.0),
    _patient("*1/*3", "*1/*1", 95.0),
    _patient("*2/*2", "*1/*1", 70.0),
    _patient("*2/*3", "*1/*1", 61.0),
    _patient("*3/*3", "*1/*1", 80.0),
    _patient("*5/*8", "*1/*1", 70.0),
    _patient("*6/*11", "*1/*1", 70.0),
    _patient("*1/*1", "*1/*2", 70.0),
    _patient("*1/*2", "*2/*3", 110.0),
    _patient("*1/*1", "*17/*17", 45.0),
)
SCHEDULES = {
    "constant": (300.0,) * 21,
    "irregular": (100.0, 0.0, 400.0, 400.0, 0.0, 0.0, 1000.0, 200.0, 200.0, 0.0, 30.0, 300.0, 0.0, 0.0),
}
CASES = (*every(PATIENTS, SCHEDULES, "guideline-implied"), *every(PATIENTS[:3], SCHEDULES, "mamiya-1998"))


def vmax_share(first: str, second: str, numbers: str) -> float:
    """Vmax of a CYP2C9 diplotype, of that of *1/*1."""
    without = (first in WITHOUT) + (second in WITHOUT)
    decreased = (first in DECREASED) + (second in DECREASED)
    return {
        (0, 0): 1.0,
        (1, 0): 0.75,
        (0, 1): ONE_WITHOUT[numbers],
        (2, 0): 0.50,
        (1, 1): 0.50,
        (0, 2): 0.40,
    }[decreased, without]


def vmax_of_wild_type(numbers: str) -> float:
    """mg/day at 70 kg: 415 over the mean share, in Hardy-Weinberg proportions."""
    frequency = {"*1": 1.0 - sum(EUROPEAN.values()), **EUROPEAN}
    pairs = product(frequency, repeat=2)
    return 415.0 / sum(frequency[a] * frequency[b] * vmax_share(a, b, numbers) for a, b in pairs)


def course(case: Case) -> list[float]:
    weight, genes = case.patient.covariates["weight_kg"], case.patient.genotype
    share = vmax_share(*genes["CYP2C9"].split("/"), case.numbers)
    vmax = vmax_of_wild_type(case.numbers) * share * (weight / 70.0) ** 0.6 / 24.0
    km = 5.7 * (1.0, 1.22, 1.54)[sum(allele in ("*2", "*3") for allele in genes["CYP2C19"].split("/"))]
    v, ka = 0.65 * weight, 1.5

    def derivative(s: Sequence[float], t: float) -> list[float]:
        a, c = s
        return [-ka * a, (ka * a - vmax * c / (km + c)) / v]

    acid = [0.92 * dose for dose in case.doses]
    return [c for _, c in days(derivative, [0.0, 0.0], acid, shares=DOSES_PER_DAY)]
