"""What was seen in patients on empagliflozin, to hold the model against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pmrl.parameter import Anchor

_BARON = "Baron 2016, table 2, median of the cohort, as carried by nlmixr2lib"
_LABEL = "US label of empagliflozin, from memory"
_KIDNEY = {"mild": (75.0, 1.18), "moderate": (45.0, 1.20), "severe": (20.0, 1.66)}
"""Impairment: an eGFR (mL/min/1.73 m2) within its range, and AUC of that without impairment."""
_AUC = {10.0: 1870.0, 25.0: 4740.0}
"""mg/day -> nmol*h/L at steady state."""
_CHANGE = {10.0: -0.7, 25.0: -0.8}
"""mg/day -> mean change of HbA1c (%) in 24 weeks, alone, before placebo is taken off."""
_WEEKS_24, _PATIENTS = 168, 1000
_WEAK = "the typical patient gains less than the mean one, as the effect grows with glucose"
_HIGH = "with the cohort's covariates the paper's baseline lies above the median that the same cohort had"


def _model() -> Any:
    from pmrl.models.registry import model

    return model("baron-2016")


def _reference(**covariates: float) -> Any:
    """The paper's reference patient, whose covariates can be changed: individual parameters by name."""
    from pmrl.typical import typical_patient

    m, n = _model(), _model().numbers()
    usual = {
        "age": n.age, "bmi": n.bmi, "egfr": n.egfr, "fpg": n.fpg, "duration": n.duration, "metformin": 0.0,
        "total_protein": n.total_protein, "alt": n.alt, "ast": n.ast, "alp": n.alp, "ldh": n.ldh,
    } | covariates  # fmt: skip
    values: dict[str, Any] = {name: float(one) for name, one in usual.items()}
    patient = typical_patient({}, population=m.cohorts, **values)
    return dict(zip(m.parameters, m.patients(patient, typical=True)[0], strict=True))


def _auc(dose: float) -> Callable[[], float]:
    def compute() -> float:
        p = _reference()
        return float(dose * p["nmol"] / p["cl"])

    return compute


def _ratio(egfr: float) -> Callable[[], float]:
    return lambda: float(_reference()["cl"] / _reference(egfr=egfr)["cl"])


def _drawn() -> tuple[Any, Any]:
    m = _model()
    return m, m.patients(m.cohorts.cohort(_PATIENTS, seed=1))


def _median(state: str) -> Callable[[], float]:
    def compute() -> float:
        m, p = _drawn()
        return float(np.median(m.initial(p)[:, m.states.index(state)]))

    return compute


def _change(dose: float, typical: bool) -> Callable[[], float]:
    def compute() -> float:
        from pmrl.solve import course
        from pmrl.typical import typical_patient

        m, p = _drawn()
        if typical:
            p = m.patients(typical_patient({}, population=m.cohorts), typical=True)
        a1c = course(m, p, np.full((len(p), _WEEKS_24), dose))[0]
        return float((a1c[:, -1] - a1c[:, 0]).mean())

    return compute


ANCHORS = (
    Anchor("median FPG of drawn patients at baseline, mmol/L", 8.38, 0.4, _BARON, _median("fpg"), miss=_HIGH),
    Anchor("median HbA1c of drawn patients at baseline, %", 7.90, 0.2, _BARON, _median("a1c"), miss=_HIGH),
    *(
        Anchor(f"AUC (nmol*h/L) on {dose:g} mg/day, reference patient", auc, 0.2 * auc, _LABEL, _auc(dose))
        for dose, auc in _AUC.items()
    ),
    *(
        Anchor(f"AUC with {who} renal impairment, of that without", ratio, 0.15, _LABEL, _ratio(egfr))
        for who, (egfr, ratio) in _KIDNEY.items()
    ),
    *(
        Anchor(
            f"change of HbA1c (%) in 24 weeks of {dose:g} mg/day, {'typical patient' if typical else 'mean'}",
            change, 0.1, _LABEL, _change(dose, typical),
            miss=_WEAK if typical and dose > 10.0 else "",
        )
        for dose, change in _CHANGE.items()
        for typical in (False, True)
    ),
)  # fmt: skip
