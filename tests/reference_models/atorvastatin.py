"""Kakara 2014 again: LDL cholesterol, mg/dL, by the daily dose (drugs.md, section 7).

As the package says of itself: the dose passes two stages of a day each and what is in the second stands for
it. Genotype and the PK of Stillemans 2022 change exposure and harm, not LDL: two patients say so. The cap on
the inhibition is never met by a patient without random effects. Ezetimibe is not in the package.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.case import Case, Patient, days, every

MODEL = "kakara-2014"
DOSES_PER_DAY = 1
RTOL = 1e-6
ID50 = {"published": 2.22, "stellar": 5.3}  # mg/day; the second for the falls of LDL in STELLAR

PATIENTS = (
    Patient("62 years", {"SLCO1B1": "T/T"}, {"age": 62.0}),
    Patient("40 years", {"SLCO1B1": "T/C"}, {"age": 40.0}),
    Patient("79 years", {"SLCO1B1": "C/C"}, {"age": 79.0}),
)
SCHEDULES = {
    "constant": (10.0,) * 28,
    "irregular": (20.0, 0.0, 40.0, 40.0, 0.0, 0.0, 160.0, 10.0, 10.0, 0.0, 5.0, *(0.0,) * 10),
}
CASES = (*every(PATIENTS, SCHEDULES, "published"), *every(PATIENTS, SCHEDULES, "stellar"))


def course(case: Case) -> list[float]:
    kin, base = 32.8, 152.0 * (case.patient.covariates["age"] / 62.0) ** -0.240
    kout, id50 = kin / base, ID50[case.numbers]

    def derivative(s: Sequence[float], t: float) -> list[float]:
        waiting, per_day, ldl = s
        inhibition = 0.567 * per_day / (id50 + per_day)
        return [-waiting, waiting - per_day, kin * (1.0 - inhibition) - kout * ldl]

    states = days(derivative, [0.0, 0.0, base], case.doses, hours_per_unit=24.0)
    return [ldl for *_, ldl in states]
