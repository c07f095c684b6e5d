"""Stringer 2014 again: HbA1c, % (drugs.md, section 6a).

As the package says of itself: the daily dose passes two stages of a day each and what is in the second stands
for it; and the lifestyle effect on HbA1c is that of the arms with the drug (0.020) in everybody, also without
a dose. In the paper it is 0.037 on placebo.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.case import Case, Patient, days, every

MODEL = "stringer-2014"
DOSES_PER_DAY = 1
RTOL = 1e-6
CLEARANCE = {"*1/*1": 5.04, "*1/*2": 3.35, "*2/*2": 1.53}  # L/h

PATIENTS = tuple(Patient(genotype, {"UGT2B15": genotype}) for genotype in CLEARANCE)
SCHEDULES = {
    "constant": (64.0,) * 56,
    "irregular": (16.0, 0.0, 64.0, 64.0, 0.0, 0.0, 200.0, 32.0, 32.0, 0.0, 8.0, *(0.0,) * 10),
}
CASES = (
    *every(PATIENTS, SCHEDULES, "published"),
    Case(PATIENTS[0], "never", (0.0,) * 14, "published"),
)


def course(case: Case) -> list[float]:
    cl = CLEARANCE[case.patient.genotype["UGT2B15"]]
    kout, fpg0, lifestyle = 0.027, 9.41, 0.020
    kout_h, a1c0 = 0.031, 7.96
    kin_h = kout_h * a1c0 / fpg0**0.71

    def derivative(s: Sequence[float], t: float) -> list[float]:
        waiting, per_day, fpg, a1c = s
        auc = per_day / (24.0 * cl)
        effect = 0.487 * auc / (1.15 + auc)
        return [
            -waiting,
            waiting - per_day,
            kout * fpg0 - kout * (1.0 + effect) * fpg,
            kin_h * (1.0 - lifestyle) * fpg**0.71 - kout_h * a1c,
        ]

    start = [0.0, 0.0, fpg0, a1c0]
    return [a1c for *_, a1c in days(derivative, start, case.doses, hours_per_unit=24.0)]
