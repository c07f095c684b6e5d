"""Two models whose days have closed forms, by a propagator and by equations: decay, and a clock beside it.

A dose adds half a milligram per mg and share absorbed to the second state, a third of it every 8 h. Time is
in units of 6 h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pmrl.compiled import BIOMARKER, DAY, HARM, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts
from pmrl.iwpc import RecordedPopulation
from pmrl.lanes import side_by_side
from pmrl.model import PatientModel
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
PER_MG, DAY_LENGTH, SHARES = 0.5, 4.0, 3
PARAMETERS = ("ec50", "v", "f", "cl")
EC50, V, F, CL = range(4)


@dataclass(frozen=True)
class _Numbers:
    """Of a model whose parameters tests write themselves."""


@of_model(PREPARE)
def _prepare(p, c):
    c[0] = math.exp(-p[CL] / p[V] * DAY_LENGTH / SHARES)


@of_model(DAY)
def _day(t, y, p, c):
    y[0] = t
    y[1] *= c[0]


@of_model(RHS)
def _equations(t, y, p, dydt):
    dydt[0] = math.cos(t)
    dydt[1] = -p[CL] / p[V] * y[1]


@of_model(BIOMARKER)
def _effect(y, p):
    return (y[1] / p[V] + 1.0) / p[EC50]


@of_model(HARM)
def _harm(dose, y, p):
    return 0.01 * dose + y[1] / p[V] ** 2


EQUATIONS = PatientModel(
    name="small", drug="none", citation="of a test", population="", biomarker_name="effect",
    time_unit_hours=6.0, states=("clock", "amount"), parameters=PARAMETERS,
    parameter_sets={"typical": _Numbers()}, random_effects=(),
    individual=lambda numbers, cohort, eta: patients(len(cohort)),
    initial=lambda p: np.zeros((len(p), 2)), dose_state="amount",
    dose_fraction=Parameter(PER_MG, "mg/mg", "of a test", "assumption"), bioavailability="f",
    rhs=_equations, biomarker=_effect, clearance="cl", sensitivity="ec50",
    maintenance_dose=lambda p, target: np.ones(len(p)), anchors=(), cohorts=RecordedPopulation(),
    balance=DrugBalance(amounts(1), lambda t, y, p: p[CL] / p[V] * y[1]),
    rhs_lanes=side_by_side(_equations), harm=_harm, doses_per_day=SHARES, strictness=3.0,
    genes_without_effect=RecordedPopulation().genes,
)  # fmt: skip
EXACT = replace(EQUATIONS, prepare=_prepare, day=_day, n_constants=1)


def patients(n: int) -> Floats:
    """Parameters of n patients of whom no two are alike, `(n, 4)`."""
    apart = 0.01 * np.arange(n)[:, None] * np.array([2, 1, -1, 3])
    return np.ascontiguousarray(np.array([1.5, 20.0, 0.9, 2.0]) * (1.0 + apart))


def day_of(model: PatientModel, day: int, dose: float, y: Floats, p: Floats) -> Floats:
    """The states a day after `dose` mg: the closed form."""
    clock, amount = y
    for share in range(SHARES):
        kept = math.exp(-p[CL] / p[V] * DAY_LENGTH / SHARES)
        amount = (amount + PER_MG * p[F] * dose / SHARES) * kept
        if model is EXACT:
            clock = (day + share / SHARES) * DAY_LENGTH
    if model is not EXACT:
        clock += math.sin((day + 1) * DAY_LENGTH) - math.sin(day * DAY_LENGTH)
    return np.array([clock, amount])


def effect_of(y: Floats, p: Floats) -> float:
    """The biomarker."""
    return float((y[1] / p[V] + 1.0) / p[EC50])


def harm_of(dose: float, y: Floats, p: Floats) -> float:
    """Expected events of a day."""
    return float(0.01 * dose + y[1] / p[V] ** 2)


def tolerance(model: PatientModel) -> float:
    """Relative error that the kernel of a model is allowed."""
    return 1e-12 if model is EXACT else 1e-5
