"""Baron 2016 again: HbA1c, % (drugs.md, section 6b); no gene in it.

As the package says of itself: exposure passes two stages of a day each, as with sipoglitazar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from reference_models.case import Case, Patient, days, every

MODEL = "baron-2016"
DOSES_PER_DAY = 1
RTOL = 1e-6
REFERENCE = {
    "age": 50.0,
    "female": 0.0,
    "asian": 0.0,
    "black": 0.0,
    "bmi": 25.0,
    "egfr": 100.0,
    "fpg": 8.0,
    "duration": 2.0,
    "metformin": 0.0,
    "sulfonylurea": 0.0,
    "ex_smoker": 0.0,
    "smoker": 0.0,
    "total_protein": 70.0,
    "alt": 20.0,
    "ast": 20.0,
    "alp": 70.0,
    "ldh": 160.0,
}
ASIAN = {
    "age": 63.0,
    "female": 1.0,
    "asian": 1.0,
    "bmi": 22.5,
    "egfr": 61.0,
    "fpg": 10.4,
    "duration": 9.0,
    "metformin": 1.0,
    "sulfonylurea": 1.0,
    "ex_smoker": 1.0,
}
BLACK = {"age": 41.0, "black": 1.0, "bmi": 36.0, "egfr": 112.0, "fpg": 6.6, "smoker": 1.0, "metformin": 1.0}
LABS = {"total_protein": 79.0, "alt": 65.0, "ast": 48.0, "alp": 120.0, "ldh": 240.0, "duration": 0.5}
PATIENTS = (
    Patient("reference", {}, REFERENCE),
    Patient("Asian woman", {"UGT2B15": "*1/*1"}, {**REFERENCE, **ASIAN}),
    Patient("Black man", {"UGT2B15": "*2/*2"}, {**REFERENCE, **BLACK}),
    Patient("laboratory", {}, {**REFERENCE, **LABS}),
    Patient("kidneys", {}, {**REFERENCE, "egfr": 30.0}),
)
SCHEDULES = {
    "constant": (25.0,) * 28,
    "irregular": (10.0, 0.0, 25.0, 25.0, 0.0, 0.0, 200.0, 10.0, 10.0, 0.0, 5.0, *(0.0,) * 10),
}
CASES = every(PATIENTS, SCHEDULES, "published")


def clearance(x: Mapping[str, float]) -> float:
    """L/h."""
    smoking = 1.06 if x["smoker"] else 1.02 if x["ex_smoker"] else 1.0
    return (
        10.6
        * (x["age"] / 50.0) ** -0.241
        * (x["bmi"] / 25.0) ** 0.320
        * (x["egfr"] / 100.0) ** 0.333
        * (x["total_protein"] / 70.0) ** -0.219
        * (x["alt"] / 20.0) ** 0.02
        * (x["ast"] / 20.0) ** -0.0421
        * (x["alp"] / 70.0) ** -0.0488
        * (x["ldh"] / 160.0) ** 0.011
        * 0.886 ** x["female"]
        * 0.880 ** x["asian"]
        * smoking
    )


def glucose_baseline(x: Mapping[str, float]) -> float:
    """B, mmol/L."""
    return (
        14.2
        * exp(-0.497 * 8.0 / x["fpg"])
        * (x["age"] / 50.0) ** -0.1
        * (x["bmi"] / 25.0) ** 0.0248
        * (x["egfr"] / 100.0) ** -0.0364
        * 0.996 ** x["female"]
        * 0.977 ** x["black"]
        * 0.948 ** x["asian"]
        * (x["duration"] / 2.0) ** 0.0512
        * 0.995 ** x["metformin"]
        * 1.01 ** x["sulfonylurea"]
    )


def most_stimulation(x: Mapping[str, float], baseline: float) -> float:
    """G."""
    return (
        0.217
        * (baseline / 8.0) ** 1.76
        * (x["age"] / 50.0) ** -0.401
        * (x["bmi"] / 25.0) ** -0.288
        * (x["egfr"] / 100.0) ** 0.512
        * 0.890 ** x["female"]
        * 0.979 ** x["black"]
        * 1.07 ** x["asian"]
        * (x["duration"] / 2.0) ** 0.0117
        * 0.931 ** x["metformin"]
        * 1.27 ** x["sulfonylurea"]
    )


def a1c_rate(x: Mapping[str, float]) -> float:
    """r, 1/h."""
    return (
        1.59e-3
        * (x["age"] / 50.0) ** -0.241
        * (x["bmi"] / 25.0) ** 0.328
        * (x["egfr"] / 100.0) ** -0.119
        * 0.858 ** x["female"]
        * 1.05 ** x["asian"]
        * (x["duration"] / 2.0) ** -0.577
        * 1.48 ** x["metformin"]
    )


def course(case: Case) -> list[float]:
    x = case.patient.covariates
    cl, b, r, k = clearance(x), glucose_baseline(x), a1c_rate(x), 0.0407
    g = most_stimulation(x, b)

    def derivative(s: Sequence[float], t: float) -> list[float]:
        waiting, per_day, fpg, a1c = s
        auc = per_day * 1e6 / 450.91 / cl
        stimulation = g * auc / (703.0 + auc)
        return [
            -waiting / 24.0,
            (waiting - per_day) / 24.0,
            k * b - k * fpg * (1.0 + stimulation),
            0.466 * r * fpg - r * (a1c - 3.99),
        ]

    return [a1c for *_, a1c in days(derivative, [0.0, 0.0, b, 3.99 + 0.466 * b], case.doses)]
