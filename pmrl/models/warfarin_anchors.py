"""Verification vectors of the warfarin models, computed independently of this code (docs/warfarin.md)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pmrl.parameter import Anchor

_SOURCE_2007 = "ReiL unit test 'replicates Fig 3 of Hamberg 2007'; independent continuous ODE within 0.01"
_SOURCE_ODE = "independent solution of the ODEs (docs/warfarin.md)"

# INR after 60 days of 10 mg/day, F = 0.9: (age, CYP2C9, VKORC1, INR).
_FIGURE_3 = (
    (50, "*1/*1", "G/G", 2.41),
    (50, "*1/*2", "G/G", 3.00),
    (50, "*1/*3", "G/G", 3.42),
    (50, "*2/*2", "G/G", 5.03),
    (50, "*2/*3", "G/G", 4.73),
    (50, "*3/*3", "G/G", 6.90),
    (50, "*1/*1", "G/A", 3.05),
    (50, "*1/*1", "A/A", 3.66),
    (70, "*1/*1", "G/G", 2.65),
    (90, "*1/*1", "G/G", 2.97),
    (50, "*1/*3", "G/A", 4.35),
)
# 5 mg/day, F = 0.9, age 71, *1/*1, G/G: day -> trough INR.
_INDUCTION_2007 = {0: 1.000, 3: 1.202, 5: 1.348, 7: 1.478, 10: 1.625, 14: 1.744, 21: 1.828, 30: 1.853}
# 5 mg/day, age 71: trough INR on these days.
_DAYS_2010 = (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 60)
_INDUCTION_2010 = {
    ("*1/*1", "G/G"): (1.097, 1.256, 1.401, 1.520, 1.619, 1.763, 1.879, 1.930, 1.942, 1.943, 1.943),
    ("*1/*1", "A/A"): (1.226, 1.589, 1.914, 2.181, 2.399, 2.719, 2.974, 3.086, 3.113, 3.114, 3.114),
    ("*3/*3", "A/A"): (1.266, 1.804, 2.424, 3.054, 3.670, 4.797, 6.117, 7.212, 8.058, 8.390, 8.512),
}


def _inr(
    model: str, numbers: str, age: float, cyp2c9: str, vkorc1: str, dose: float, day: int, f: float
) -> Callable[[], float]:
    def compute() -> float:
        from pmrl.models.registry import model as model_named
        from pmrl.solve import course
        from pmrl.typical import typical_patient

        patient = typical_patient({"CYP2C9": cyp2c9, "VKORC1": vkorc1}, age=age)
        chosen = model_named(model)
        p = chosen.patients(patient, numbers, typical=True)
        p[:, chosen.column("f")] = f
        return float(course(chosen, p, np.full((1, max(day, 1)), dose))[0][0, day])

    return compute


def induction_anchors(model: str, numbers: str) -> tuple[Anchor, ...]:
    """Every vector for a Hamberg model."""
    if model == "hamberg-2010":
        return tuple(
            Anchor(
                f"INR day {day}, 5 mg/day, 71 y, {cyp} {vk}",
                expected,
                0.005,
                _SOURCE_ODE,
                _inr(model, numbers, 71, cyp, vk, 5.0, day, 1.0),
            )
            for (cyp, vk), values in _INDUCTION_2010.items()
            for day, expected in zip(_DAYS_2010, values, strict=True)
        )
    figure = tuple(
        Anchor(
            f"INR day 60, 10 mg/day, F 0.9, {age} y, {cyp} {vk}",
            expected,
            0.02,
            _SOURCE_2007,
            _inr(model, numbers, age, cyp, vk, 10.0, 60, 0.9),
        )
        for age, cyp, vk, expected in _FIGURE_3
    )
    induction = tuple(
        Anchor(
            f"INR day {day}, 5 mg/day, F 0.9, 71 y, *1/*1 G/G",
            expected,
            0.02,
            _SOURCE_ODE,
            _inr(model, numbers, 71, "*1/*1", "G/G", 5.0, day, 0.9),
        )
        for day, expected in _INDUCTION_2007.items()
    )
    return figure + induction
