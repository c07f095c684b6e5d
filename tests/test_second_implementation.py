"""Hamberg 2007 and 2010 written a second time, in plain Python from the papers' tables, and compared.

Nothing here is taken from `pmrl`: numbers and equations are those of the published tables, the solver is
scipy's LSODA, and Hamberg 2010 is in its dose-rate (K-PD) form, which the package does not use.
`tests/data/warfarin_reference.csv` is what these functions gave: INR before the dose of each day.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import odeint

from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.typical import typical_patient

FILE = Path(__file__).parent / "data" / "warfarin_reference.csv"
HEADER = ("model", "age", "cyp2c9", "vkorc1", "day", "dose_mg", "inr")
SCHEDULES = (
    (10.0, 10.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0),
    (2.5, 0.0, 5.0, 0.0, 0.0, 15.0, 7.5, 7.5, 7.5, 0.0, 0.0, 0.0, 0.0, 2.5),
)
PATIENTS = (
    (71, "*1/*1", "G/G"),
    (50, "*1/*1", "G/A"),
    (90, "*1/*2", "A/A"),
    (35, "*1/*3", "G/A"),
    (62, "*2/*2", "G/G"),
    (80, "*2/*3", "A/A"),
    (71, "*3/*3", "G/A"),
)

# Hamberg 2007, tables 2 and 4.
LOST_2007 = {"*1/*1": 0.0, "*1/*2": 0.315, "*1/*3": 0.453, "*2/*2": 0.722, "*2/*3": 0.690, "*3/*3": 0.852}
EC50_2007 = {"G/G": 4.61, "G/A": 3.02, "A/A": 2.20}
# Hamberg 2010, tables 2 and 4: per allele.
CL_2010 = {"*1": 0.174, "*2": 0.0879, "*3": 0.0422}
EC50_2010 = {"G": 2.05, "A": 0.96}


def hill(c: float, c50: float, gamma: float) -> float:
    return max(c, 0.0) ** gamma / (c50**gamma + max(c, 0.0) ** gamma)


def daily_inr(
    derivative: Callable[[list[float], float], list[float]],
    inr: Callable[[Sequence[float]], float],
    start: Sequence[float],
    doses: Sequence[float],
) -> Iterator[float]:
    """INR just before every dose and a day after the last; half of a dose (S-warfarin) enters state 0."""
    state = list(start)
    yield inr(state)
    for dose in doses:
        state[0] += dose / 2.0
        # A first dose has an infinite slope at time 0; start with a small step there.
        hours = [0.0, 0.01, 0.1, 1.0, 3.0, 24.0]
        state = list(odeint(derivative, state, hours, rtol=1e-9, atol=1e-11, mxstep=20_000)[-1])
        yield inr(state)


def hamberg_2007(age: float, cyp2c9: str, vkorc1: str, doses: Sequence[float]) -> list[float]:
    cl = 0.314 * (1.0 - LOST_2007[cyp2c9]) * (1.0 - 0.0091 * (age - 71.0))
    v1, q, v2, ka, gamma, ec50 = 13.8, 0.131, 6.59, 2.0, 0.424, EC50_2007[vkorc1]
    ktr1, ktr2 = 6.0 / 11.6, 1.0 / 120.0

    def derivative(s: list[float], t: float) -> list[float]:
        gut, a1, a2, *chain, y = s
        inflow = 1.0 - hill(a1 / v1, ec50, gamma)
        inputs = [inflow, *chain[:-1]]
        return [
            -ka * gut,
            ka * gut - (cl + q) * a1 / v1 + q * a2 / v2,
            q * a1 / v1 - q * a2 / v2,
            *(ktr1 * (before - x) for before, x in zip(inputs, chain, strict=True)),
            ktr2 * (inflow - y),
        ]

    def inr(s: Sequence[float]) -> float:
        return 1.0 + 20.0 * max(1.0 - s[8] * s[9], 0.0) ** 3.61

    return list(daily_inr(derivative, inr, [0.0] * 3 + [1.0] * 7, doses))


def hamberg_2010(age: float, cyp2c9: str, vkorc1: str, doses: Sequence[float]) -> list[float]:
    cl = sum(CL_2010[a] for a in cyp2c9.split("/")) * (1.0 - 0.00571 * (age - 71.0))
    ec50 = sum(EC50_2010[a] for a in vkorc1.split("/"))
    kde, edk50 = cl / 14.3, cl * ec50

    def derivative(s: list[float], t: float) -> list[float]:
        gut, a, x1, x2, x3, y1, y2, y3 = s
        target = 1.0 - hill(kde * a, edk50, 1.15)
        kx, ky = 3.0 / 28.6, 3.0 / 118.3
        return [
            -2.0 * gut,
            2.0 * gut - kde * a,
            kx * (target - x1),
            kx * (x1 - x2),
            kx * (x2 - x3),
            ky * (target - y1),
            ky * (y1 - y2),
            ky * (y2 - y3),
        ]

    def inr(s: Sequence[float]) -> float:
        return 1.0 + 20.0 * (1.0 - (s[4] + s[7]) / 2.0)

    return list(daily_inr(derivative, inr, [0.0] * 2 + [1.0] * 6, doses))


@dataclass(frozen=True)
class Course:
    """One patient on one schedule."""

    model: str
    patient: tuple[int, str, str]
    doses: tuple[float, ...]

    @property
    def name(self) -> str:
        return "-".join([self.model, *map(str, self.patient), f"{self.doses[0]:g}mg"])

    def again(self) -> list[float]:
        written = {"hamberg-2007": hamberg_2007, "hamberg-2010": hamberg_2010}[self.model]
        return written(*self.patient, self.doses)


COURSES = [
    Course(name, patient, doses)
    for name in ("hamberg-2007", "hamberg-2010")
    for patient in PATIENTS
    for doses in SCHEDULES
]
each_course = pytest.mark.parametrize("one", COURSES, ids=lambda one: one.name)


def lines(one: Course) -> list[tuple[str, ...]]:
    doses = [*map(str, one.doses), ""]
    return [
        (one.model, *map(str, one.patient), str(day), dose, f"{inr:.7f}")
        for day, (dose, inr) in enumerate(zip(doses, one.again(), strict=True))
    ]


def recorded(one: Course) -> list[float]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mine = [
        r
        for r in rows
        if (r["model"], r["age"], r["cyp2c9"], r["vkorc1"]) == (one.model, *map(str, one.patient))
    ]
    size = len(one.doses) + 1
    starts = [i for i in range(0, len(mine), size) if float(mine[i]["dose_mg"]) == one.doses[0]]
    block = mine[starts[0] : starts[0] + size]
    assert [float(r["dose_mg"]) for r in block[:-1]] == list(one.doses)
    return [float(r["inr"]) for r in block]


@each_course
def test_the_package_agrees_with_the_second_implementation(one: Course) -> None:
    age, cyp2c9, vkorc1 = one.patient
    m = model(one.model)
    # European ancestry with the other genes unknown: the published model and nothing else.
    patient = typical_patient({"CYP2C9": cyp2c9, "VKORC1": vkorc1}, age=age)
    got = course(m, m.patients(patient, "published", typical=True), np.array([one.doses]))[0][0]
    assert got.max() > 1.05
    np.testing.assert_allclose(got, one.again(), rtol=1e-4, atol=0)
    np.testing.assert_allclose(got, recorded(one), rtol=1e-4, atol=0)


def test_the_second_implementation_knows_the_independent_vectors() -> None:
    # 5 mg/day at 71 years, *1/*1, G/G.
    inr = hamberg_2010(71, "*1/*1", "G/G", [5.0] * 14)
    assert [inr[day] for day in (1, 3, 7, 14)] == pytest.approx([1.097, 1.401, 1.763, 1.930], abs=0.001)
    inr = hamberg_2007(71, "*1/*1", "G/G", [4.5] * 14)
    assert [inr[day] for day in (0, 3, 7, 14)] == pytest.approx([1.0, 1.202, 1.478, 1.744], abs=0.001)


if __name__ == "__main__":
    with FILE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [HEADER, *(line for one in COURSES for line in lines(one))]
        )
