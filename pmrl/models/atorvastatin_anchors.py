"""What was seen in patients on atorvastatin, to hold the model against.

The set "stellar" was chosen for the mean falls of LDL in STELLAR, which therefore judge the published set
only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pmrl.parameter import Anchor

_STELLAR = (
    "STELLAR (Jones 2003): mean fall of LDL by dose; 10 mg read in a public summary, the rest from memory"
)
_LAW = "Law 2003, BMJ 326:1423, meta-analysis of 164 trials, from memory"
_TNT = "TNT (LaRosa 2005), from memory: 77 mg/dL on 80 mg, 101 on 10 mg"
_LABEL = "label of atorvastatin, from memory: 90% of the effect within 2 weeks"
_GOAL = (
    "STELLAR (Jones 2003), as quoted in public: 18% at 10 mg, 70% at 80 mg below 100 mg/dL, from 160 to 250"
)
_STEADY, _PATIENTS, _SEED = 84, 4000, 1
_POTENT = "ID50 of Japanese patients, in whom small doses do more"
_WIDE = (
    "the effect varies more between the model's patients, so that more of them come far on the smallest dose"
)


def _model() -> Any:
    from pmrl.models.registry import model

    return model("kakara-2014")


def _course(dose: float, numbers: str, days: int = _STEADY) -> tuple[Any, Any]:
    """LDL before and on each day of a dose, of drawn patients, `(n_patients, days + 1)`."""
    from pmrl.solve import course

    m = _model()
    p = m.patients(m.cohorts.cohort(_PATIENTS, _SEED), numbers)
    return course(m, p, np.full((_PATIENTS, days), dose))[0], p


def _fall(dose: float, numbers: str) -> Callable[[], float]:
    """Mean % by which LDL is lower."""

    def compute() -> float:
        values, _ = _course(dose, numbers)
        return float(100.0 * np.mean(1.0 - values[:, -1] / values[:, 0]))

    return compute


def _ratio() -> float:
    high, low = (_course(dose, "stellar")[0][:, -1].mean() for dose in (80.0, 10.0))
    return float(high / low)


def _after_two_weeks() -> float:
    values, _ = _course(20.0, "stellar")
    fallen = (values[:, :1] - values).mean(axis=0)
    return float(100.0 * fallen[14] / fallen[-1])


def _below_100(dose: float) -> Callable[[], float]:
    """% below 100 mg/dL, of those with 160 to 250 before treatment."""

    def compute() -> float:
        values, _ = _course(dose, "stellar")
        taking_part = (values[:, 0] >= 160.0) & (values[:, 0] <= 250.0)
        return float(100.0 * (values[taking_part, -1] < 100.0).mean())

    return compute


ANCHORS = (
    *(
        Anchor(f"mean % fall of LDL on {dose:g} mg/day (stellar)", seen, 4.0, _LAW, _fall(dose, "stellar"))
        for dose, seen in ((10.0, 37.0), (20.0, 43.0), (40.0, 49.0), (80.0, 55.0))
    ),
    Anchor("LDL on 80 mg over LDL on 10 mg (stellar)", 0.76, 0.06, _TNT, _ratio),
    Anchor("% of the effect after 2 weeks (stellar)", 95.0, 5.0, _LABEL, _after_two_weeks),
    *(
        Anchor(
            f"% below 100 mg/dL on {dose:g} mg/day (stellar)",
            seen,
            10.0,
            _GOAL,
            _below_100(dose),
            miss=_WIDE if dose < 80.0 else "",
        )
        for dose, seen in ((10.0, 18.0), (80.0, 70.0))
    ),
    *(
        Anchor(
            f"mean % fall of LDL on {dose:g} mg/day (published)",
            seen,
            4.0,
            _STELLAR,
            _fall(dose, "published"),
            miss=_POTENT if dose < 80.0 else "",
        )
        for dose, seen in ((10.0, 37.0), (20.0, 43.0), (40.0, 48.0), (80.0, 51.0))
    ),
)
