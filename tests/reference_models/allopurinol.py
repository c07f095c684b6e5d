"""Wright 2016 again: serum urate, mmol/L, before the day's dose (drugs.md, section 5).

Amounts in mg of allopurinol. Creatinine clearance is given in mL/min and not scaled again by weight; 100
mL/min are 6 L/h. Fat-free mass by Janmahasatian. ABCG2 rs2231142 T raises C50 as the doses of DPWG do.

As the package says of itself: urate follows oxypurinol averaged over about a day (a first-order lag of 24 h,
which stands only there), not at once; and the set "stamp-2017" has 1.2 times the effect and no diuretic on
the urate before treatment. HLA-B*58:01 changes the risk of hypersensitivity, not urate.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.body_size import fat_free_kg
from reference_models.case import Case, Patient, days, every

MODEL = "wright-2016"
DOSES_PER_DAY = 1
RTOL = 1e-6
C50_FACTOR = {"G/G": 1.0, "G/T": 1.25, "T/T": 1.40}
# 1.2 x 0.409 is 0.4908, which the package rounds.
EMAX = {"published": 0.409, "stamp-2017": 0.491}
DIURETIC_ON_URATE = {"published": 1.14, "stamp-2017": 1.0}

USUAL = {"weight_kg": 94.0, "height_cm": 175.0, "female": 0.0, "crcl_ml_min": 68.0, "diuretic": 0.0}
SMALL = {"weight_kg": 61.0, "height_cm": 160.0, "female": 1.0, "crcl_ml_min": 35.0, "diuretic": 1.0}
PATIENTS = (
    Patient("usual", {"ABCG2": "G/G", "HLA-B": "other/other"}, USUAL),
    Patient("diuretic", {"ABCG2": "G/G", "HLA-B": "other/*58:01"}, {**USUAL, "diuretic": 1.0}),
    Patient("T once", {"ABCG2": "G/T", "HLA-B": "other/other"}, SMALL),
    Patient("T twice", {"ABCG2": "T/T", "HLA-B": "other/other"}, {**USUAL, "crcl_ml_min": 110.0}),
)
SCHEDULES = {
    "constant": (300.0,) * 14,
    "irregular": (100.0, 0.0, 300.0, 300.0, 0.0, 0.0, 900.0, 200.0, 200.0, 0.0, 50.0, *(0.0,) * 5),
}
CASES = (*every(PATIENTS, SCHEDULES, "published"), *every(PATIENTS[:2], SCHEDULES, "stamp-2017"))


def course(case: Case) -> list[float]:
    known = case.patient.covariates
    clcr = known["crcl_ml_min"] * 0.06
    lean = fat_free_kg(known["height_cm"], known["weight_kg"], known["female"])
    cl = 1.32 * (clcr / 6.0) ** 0.587 * (lean / 70.0) ** 0.75 * 0.740 ** known["diuretic"]
    v, ka = 41.6 * known["weight_kg"] / 70.0, 1.09
    u0 = 0.511 * (clcr / 6.0) ** -0.119 * DIURETIC_ON_URATE[case.numbers] ** known["diuretic"]
    emax, c50 = EMAX[case.numbers], 83.9 * C50_FACTOR[case.patient.genotype["ABCG2"]]

    def derivative(s: Sequence[float], t: float) -> list[float]:
        gut, a, mean = s
        oxypurinol = 1000.0 * a / v / 136.11
        return [-ka * gut, ka * gut - cl / v * a, (oxypurinol - mean) / 24.0]

    def urate(c: float) -> float:
        return u0 * (1.0 - emax * c**1.30 / (c50**1.30 + c**1.30))

    return [urate(mean) for *_, mean in days(derivative, [0.0, 0.0, 0.0], case.doses)]
