"""What was seen in patients on efavirenz, to hold the model against; 20% either way unless it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.parameter import Anchor

Floats = NDArray[np.float64]
_OWN = "dose / (24 CL/F) at GGT 0, computed apart from the simulator"
_DUTCH = "Burger 2006, Br J Clin Pharmacol 61:148, abstract: 255 Dutch patients, 63% Caucasian"
_SWISS = "Marzolini 2001, AIDS 15:71, abstract: 130 patients, 14 h after the dose"
_SPANISH = "Sanchez 2011, from a public code port: the model's own patients, mean dose 609 mg/day"
_BOTSWANA = "Vujkovic 2018, doi 10.1038/s41397-018-0028-2, from a public code port: CL/F at 70 kg"
_AMERICAN = "Haas 2004, AIDS 18:2391, from memory"
_JAPANESE = "Gatanaga 2007, Clin Infect Dis 45:1230, abstract"
_PATIENTS, _STANDARD, _DAYS = 4000, 600.0, 60
_WILD, _ONE, _TWO = "*1/*1", "*1/*6", "*6/*6"
_MEANS = {_WILD: 2.05, _ONE: 3.40, _TWO: 5.79}
_CLEARANCES = {_WILD: 9.439, _ONE: 7.233, _TWO: 4.033}
_AREAS = {_WILD: 44.0, _ONE: 60.0, _TWO: 130.0}
_FASTER = "wild type was slower in Botswana than in Spain; *6 is not the only slow allele there"
_LESS = "one *6 costs 40% of clearance in Spain, and about a quarter elsewhere"
_HALF = "the model's median of them is near 6 mg/L; its own patients were Spanish, and these Japanese"
_TAKEN = "here every dose is taken"


def _model() -> Any:
    from pmrl.models.registry import model

    return model("sanchez-2011")


def _typical(cyp2b6: str, **covariates: Any) -> Any:
    from pmrl.typical import typical_patient

    m = _model()
    patient = typical_patient({"CYP2B6": cyp2b6, "ABCC4": "C/C"}, population=m.cohorts, **covariates)
    return m.patients(patient, typical=True)


def _clearance(cyp2b6: str) -> Callable[[], float]:
    return lambda: float(_typical(cyp2b6)[0, 0])


def _area(cyp2b6: str) -> Callable[[], float]:
    return lambda: float(_STANDARD / _typical(cyp2b6)[0, 0])


def _mean_level(cyp2b6: str) -> Callable[[], float]:
    """Over the last of many days, at GGT as good as 0, by the equations as they are."""

    def compute() -> float:
        from scipy.integrate import solve_ivp

        m, p = _model(), _typical(cyp2b6, ggt_u_l=1.0)[0]

        def rhs(t: float, y: Any) -> Any:
            dydt = np.empty(2)
            m.rhs(t, np.ascontiguousarray(y[:2]), p, dydt)
            return np.append(dydt, y[1] / p[1] / 24.0)

        y = np.zeros(3)
        for _ in range(_DAYS):
            start = [y[0] + m.intake(_STANDARD, p), y[1], 0.0]
            y = solve_ivp(rhs, (0.0, 24.0), start, rtol=1e-9, atol=1e-9).y[:, -1]
        return float(y[2])

    return compute


def _levels(ancestry: str = "European", cyp2b6: str = "") -> Floats:
    """Mid-dose levels of a population on the standard dose, `(n_patients,)`, of one diplotype if given."""
    from dataclasses import replace

    from pmrl.genetics import GENES
    from pmrl.solve import course

    m = _model()
    cohort = m.cohorts.cohort(_PATIENTS, seed=1, ancestry=ancestry)
    if cyp2b6:
        typed = GENES["CYP2B6"].parse_all([cyp2b6] * _PATIENTS)
        cohort = replace(cohort, genotypes={**cohort.genotypes, "CYP2B6": typed})
    return np.asarray(course(m, m.patients(cohort), np.full((_PATIENTS, _DAYS), _STANDARD))[0][:, -1])


def _share(above: float, below: float, ancestry: str = "European", cyp2b6: str = "") -> float:
    levels = _levels(ancestry, cyp2b6)
    return float(100.0 * np.mean((levels > above) & (levels < below)))


ANCHORS = (
    *(
        Anchor(f"mean mg/L over a day on 600 mg, {text}", seen, 0.01, _OWN, _mean_level(text))
        for text, seen in _MEANS.items()
    ),
    Anchor("mean mg/L mid-dose on 600 mg", 3.18, 0.636, _SPANISH, lambda: float(_levels().mean())),
    Anchor("median mg/L mid-dose on 600 mg", 2.50, 0.50, _DUTCH, lambda: float(np.median(_levels()))),
    Anchor(
        "median mg/L on 600 mg, after 14 h", 2.188, 0.4376, _SWISS, lambda: float(np.median(_levels())),
        miss=f"{_TAKEN}, and the level is of 12 h after it",
    ),
    Anchor("% of patients above 4 mg/L on 600 mg", 18.9, 3.78, _DUTCH, lambda: _share(4.0, np.inf)),
    Anchor("% of patients below 1 mg/L on 600 mg", 3.1, 0.62, _DUTCH, lambda: _share(-1.0, 1.0), miss=_TAKEN),
    *(
        Anchor(f"CL/F, L/h, {text}", seen, 0.2 * seen, _BOTSWANA, _clearance(text),
            miss=_FASTER if text == _WILD else "",
        )
        for text, seen in _CLEARANCES.items()
    ),
    *(
        Anchor(f"mg h/L over a day on 600 mg, {text}", seen, 0.2 * seen, _AMERICAN, _area(text),
            miss=_LESS if text == _ONE else "",
        )
        for text, seen in _AREAS.items()
    ),
    Anchor(
        "% of *6/*6 above 6 mg/L on 600 mg", 100.0, 20.0, _JAPANESE,
        lambda: _share(6.0, np.inf, "East Asian", _TWO), miss=_HALF,
    ),
)  # fmt: skip
