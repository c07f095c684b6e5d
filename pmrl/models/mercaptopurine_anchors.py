"""What was seen in children on mercaptopurine, to hold the model against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from pmrl.parameter import Anchor

_CPIC = "CPIC thiopurine guideline: 30 to 60% of heterozygotes do not tolerate the full dose"
_RELLING = "Relling 1999, cumulative incidence of dose reductions, from memory"
_SECOND = "an independent scipy implementation of the same equations, 2000 patients"
_COHORT = "Gebhard 2023: median of the patients in mid-therapy, on doses of 5 to 175 mg/m2"
_SHARE = "CPIC thiopurine guideline: 30 to 80% of the standard dose for one TPMT allele without function"
_POOR = "DPWG: 10% of the standard dose for TPMT poor metabolisers"
_PATIENTS, _DAYS, _FULL, _NEUTROPENIA = 1000, 364, 75.0, 0.5
_DIPLOTYPE = {"NM": "*1/*1", "IM": "*1/*3A", "PM": "*3A/*3A"}
_NOT_HELD = "a count below 0.5 on a dose that nobody reduces is not a dose reduction; the CV of slope is 81%"
_SATURATED = "influx saturates in the model, so the dose has to fall by far more than the influx rises"
_FEW = "one in eight poor metabolisers is drawn with so little effect of TGN that the count holds"


def _model() -> Any:
    from pmrl.models.registry import model

    return model("gebhard-2023")


@cache
def _neutropenia(tpmt: str) -> tuple[float, float]:
    """% of patients of a TPMT phenotype with ANC < 0.5 in a year on 75 mg/m2, and their median first day."""
    from pmrl.genetics import GENES
    from pmrl.solve import course

    m = _model()
    cohort = m.cohorts.cohort(_PATIENTS, seed=1)
    codes = {"TPMT": GENES["TPMT"].parse(_DIPLOTYPE[tpmt]), "NUDT15": GENES["NUDT15"].parse("*1/*1")}
    genotypes = {gene: np.tile(np.array(pair, dtype=np.int8), (_PATIENTS, 1)) for gene, pair in codes.items()}
    p = m.patients(replace(cohort, genotypes=genotypes))
    low = course(m, p, np.full((_PATIENTS, _DAYS), _FULL))[0] < _NEUTROPENIA
    ever = low.any(axis=1)
    return float(100.0 * ever.mean()), float(np.median(low[ever].argmax(axis=1)))


def _ever(tpmt: str) -> Callable[[], float]:
    return lambda: _neutropenia(tpmt)[0]


def _typical(tpmt: str) -> dict[str, Any]:
    from pmrl.typical import typical_patient

    m = _model()
    patient = typical_patient({"TPMT": _DIPLOTYPE[tpmt], "NUDT15": "*1/*1"}, population=m.cohorts)
    return dict(zip(m.parameters, m.patients(patient, typical=True).T, strict=True))


def steady_tgn(tpmt: str, dose: float) -> float:
    """TGN of the typical patient at steady state, umol/L: influx over loss."""
    from pmrl.models.mercaptopurine_dose import concentration, saturation

    p = _typical(tpmt)
    share = saturation(p, concentration(p, float(_model().dose_fraction)), np.array([dose]))
    return float((p["vmm"] * share / p["keff"])[0])


def _equal_dose(tpmt: str) -> Callable[[], float]:
    """% of 75 mg/m2 that gives the typical patient the TGN of the typical NM on 75."""

    def compute() -> float:
        from scipy.optimize import brentq

        wanted = steady_tgn("NM", _FULL)
        return float(100.0 / _FULL * brentq(lambda dose: steady_tgn(tpmt, dose) - wanted, 0.01, _FULL))

    return compute


ANCHORS = (
    Anchor("% of TPMT IM with ANC < 0.5 in a year on 75 mg/m2", 45.0, 15.0, _CPIC, _ever("IM")),
    Anchor("TGN, umol/L, typical NM on 75 mg/m2", 0.83, 0.25, _COHORT, lambda: steady_tgn("NM", _FULL)),
    *(
        Anchor(f"% of TPMT {tpmt} whom 75 mg/m2 is too much for", seen, within, _RELLING, _ever(tpmt), miss)
        for tpmt, seen, within, miss in (
            ("NM", 7.0, 5.0, _NOT_HELD), ("IM", 35.0, 10.0, ""), ("PM", 100.0, 10.0, _FEW)
        )
    ),
    *(
        Anchor(f"% of TPMT {tpmt} with ANC < 0.5 in a year, computed twice", seen, 3.0, _SECOND, _ever(tpmt))
        for tpmt, seen in (("NM", 14.0), ("IM", 37.0), ("PM", 88.0))
    ),
    Anchor("first day of it in TPMT PM, median", 42.0, 4.0, _SECOND, lambda: _neutropenia("PM")[1]),
    Anchor("% of 75 mg/m2 for equal TGN, TPMT IM", 55.0, 25.0, _SHARE, _equal_dose("IM"), _SATURATED),
    Anchor("% of 75 mg/m2 for equal TGN, TPMT PM", 10.0, 5.0, _POOR, _equal_dose("PM"), _SATURATED),
)  # fmt: skip
