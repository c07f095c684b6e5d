"""Gebhard 2023 again, with TPMT and NUDT15 laid over it: neutrophils, G/L (drugs.md, section 3).

Doses in mg/m2; the patients start without the drug. Clips as in drugs.md: effect at most 1.5, at least 0.05
G/L in the feedback. One departure stands in the package only: where precursors shrink, they do so towards
1e-6 of their drug-free number instead of 0, so that a marrow is never empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_models.case import Case, Patient, days, every

MODEL = "gebhard-2023"
DOSES_PER_DAY = 1
RTOL = 1e-4
# Influx of TGN with one TPMT allele without function: ALL97, Hawwa 2008, Ogungbenro 2015.
ONE_TPMT = {"literature-overlay": 2.09, "tpmt-hawwa-2008": 2.56, "tpmt-ogungbenro-2015": 2.0}


def _patient(name: str, tpmt: str, nudt15: str) -> Patient:
    return Patient(name, {"TPMT": tpmt, "NUDT15": nudt15})


NORMAL = _patient("normal", "*1/*1", "*1/*1")
ONE = _patient("TPMT one", "*1/*3A", "*1/*1")
TWO = _patient("TPMT two", "*3A/*3C", "*1/*1")
EACH = _patient("one of each", "*1/*3C", "*1/*2")

FULL = {"full": (75.0,) * 42}
REDUCED = {"reduced": (10.0,) * 42}
IRREGULAR = {"irregular": (40.0, 0.0, 150.0, 75.0, 75.0, 0.0, 0.0, 0.0, 300.0, 10.0, *(60.0,) * 14)}
CASES = (
    *every((NORMAL, ONE, EACH), {**FULL, **IRREGULAR}, "literature-overlay"),
    *every((_patient("TPMT *2", "*1/*2", "*1/*1"),), IRREGULAR, "literature-overlay"),
    *every((TWO, _patient("NUDT15 two", "*1/*1", "*3/*3")), REDUCED, "literature-overlay"),
    *every((_patient("NUDT15 one", "*1/*1", "*1/*3"),), FULL, "literature-overlay"),
    *every((_patient("NUDT15 two others", "*1/*1", "*2/*3"),), IRREGULAR, "literature-overlay"),
    Case(TWO, "thrice a week", (10.0, 0.0, 10.0, 0.0, 10.0, 0.0, 0.0) * 4, "literature-overlay"),
    # Every clip: the effect is at its most, and precursors and neutrophils at their least.
    Case(TWO, "overdose", (75.0,) * 45 + (0.0,) * 45, "literature-overlay"),
    *every((ONE,), FULL, "tpmt-hawwa-2008"),
    *every((ONE,), FULL, "tpmt-ogungbenro-2015"),
)


def course(case: Case) -> list[float]:
    lost = {gene: sum(one != "*1" for one in both.split("/")) for gene, both in case.patient.genotype.items()}
    ka, ke, vc, kmm, keff = 21.07, 15.4, 20.1911, 0.14, 0.050
    vmm = 0.21 * (1.0, ONE_TPMT[case.numbers], 10.0)[lost["TPMT"]]
    slope = 0.16 * (1.0, 1.10, 3.22)[lost["NUDT15"]]
    base, gamma, ktr, kcirc = 2.17, 0.79, 0.15, 2.3765
    before = base * kcirc / ktr

    def derivative(s: Sequence[float], t: float) -> list[float]:
        gi, x, tgn, p, t1, t2, t3, anc = s
        c = x / vc
        effect = min(slope * tgn, 1.5)
        feedback = (base / max(anc, 0.05)) ** gamma
        growth = ktr * (1.0 - effect) * feedback - ktr
        return [
            -ka * gi,
            ka * gi - ke * x,
            vmm * c / (kmm + c) - keff * tgn,
            growth * (p - 1e-6 * before if growth < 0.0 else p),
            ktr * (p - t1),
            ktr * (t1 - t2),
            ktr * (t2 - t3),
            ktr * t3 - kcirc * anc,
        ]

    umol_absorbed = [0.12 * dose * 1000.0 / 152.18 for dose in case.doses]
    start = [0.0, 0.0, 0.0, before, before, before, before, base]
    return [s[7] for s in days(derivative, start, umol_absorbed, hours_per_unit=24.0)]
