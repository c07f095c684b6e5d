"""Xia 2024: Hamberg's dose-driven (K-PD) model re-estimated in Han Chinese, with weight and amiodarone.

Xia X et al., Sci Rep 2024;14:14894, doi 10.1038/s41598-024-65048-7. Hours, mg, mg/L of the racemate: the
port, the only source read, does not halve the dose, so its EC50s are on a racemic scale. Doses enter the
central amount at once (no absorption).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import decay_table
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.effects import chain_day, chain_size, chain_table, inhibition_of_amounts, sigmoid_inhibition
from pmrl.iwpc import RecordedPopulation
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.warfarin_covariates import (
    GENOTYPE_EFFECTS,
    allele_sum,
    flag,
    untyped_clearance,
    untyped_sensitivity,
)
from pmrl.parameter import Anchor, Parameter
from pmrl.quadrature import day_nodes, starts

_PORT = "Xia 2024 table 3, through nlmixr2lib"
WHOLE_DOSE = Parameter(1.0, "mg racemate per mg", "nlmixr2lib doses the racemate unhalved", "published")


@dataclass(frozen=True)
class Numbers:
    """Typical values, covariate effects and between-patient variability (log-SD)."""

    cl_1: Parameter = Parameter(0.174, "L/h per *1 allele, fixed", _PORT, "published")
    cl_2: Parameter = Parameter(0.0879, "L/h per *2 allele, fixed", _PORT, "published")
    cl_3: Parameter = Parameter(0.0422, "L/h per *3 allele, fixed", _PORT, "published")
    cl_age: Parameter = Parameter(-0.00571, "1/year from 71, fixed", _PORT, "published")
    cl_inducer: Parameter = Parameter(1.5, "", "IWPC: +1.18 on sqrt(mg/week) at 28 mg/week", "derived")
    v: Parameter = Parameter(14.3, "L, fixed", _PORT, "published")
    ec50_g: Parameter = Parameter(4.3, "mg/L racemate per G allele", _PORT, "published")
    ec50_a: Parameter = Parameter(1.14, "mg/L racemate per A allele", _PORT, "published")
    ec50_weight: Parameter = Parameter(1.34, "exponent of weight/60 kg", _PORT, "published")
    ec50_amiodarone: Parameter = Parameter(0.398, "multiplier, 1 - 0.602", _PORT, "published")
    gamma: Parameter = Parameter(1.39, "fixed", _PORT, "published")
    mtt1: Parameter = Parameter(27.2, "h, fixed", _PORT, "published")
    mtt2: Parameter = Parameter(110.9, "h, fixed", _PORT, "published")
    inr_max: Parameter = Parameter(20.0, "INR, fixed", _PORT, "published")
    base: Parameter = Parameter(1.13, "INR, cohort mean", _PORT, "published")
    omega_ec50: Parameter = Parameter(0.2712**0.5, "log-SD (CV 55.8%)", _PORT, "published")


STATES = ("depot", "x1", "x2", "x3", "y1", "y2", "y3")
PARAMETERS = ("cl", "v", "f", "ec50", "gamma", "mtt1", "mtt2", "inr_max", "base")


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype, age, weight and amiodarone."""
    n, one = numbers, np.ones(len(cohort))
    columns = {
        "cl": allele_sum(cohort, "CYP2C9", {"*2": float(n.cl_2), "*3": float(n.cl_3)}, float(n.cl_1))
        * (1.0 + float(n.cl_age) * (cohort.covariates["age"] - 71.0))
        * untyped_clearance(cohort)
        * float(n.cl_inducer) ** flag(cohort, "enzyme_inducer"),
        "ec50": allele_sum(cohort, "VKORC1", {"A": float(n.ec50_a)}, float(n.ec50_g))
        * (cohort.covariates["weight_kg"] / 60.0) ** float(n.ec50_weight)
        * float(n.ec50_amiodarone) ** flag(cohort, "amiodarone")
        * untyped_sensitivity(cohort)
        * np.exp(float(n.omega_ec50) * eta[:, 0]),
        "f": one,
    }
    fixed = {name: float(getattr(n, name)) * one for name in PARAMETERS if name not in columns}
    return stack({**columns, **fixed}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour."""
    depot, x1, x2, x3, y1, y2, y3 = y
    cl, v, _, ec50, gamma, mtt1, mtt2, _, _ = p
    k1, k2 = 3.0 / mtt1, 3.0 / mtt2
    e = sigmoid_inhibition(depot / v, ec50, gamma)
    dydt[0] = -cl / v * depot
    dydt[1] = k1 * (1.0 - e - x1)
    dydt[2] = k1 * (x1 - x2)
    dydt[3] = k1 * (x2 - x3)
    dydt[4] = k2 * (1.0 - e - y1)
    dydt[5] = k2 * (y1 - y2)
    dydt[6] = k2 * (y2 - y3)


_N = 16
_TIMES, _WEIGHTS = day_nodes(_N)
_DECAY, _X, _Y, _EFFECT, _SIZE = starts(_N + 2, chain_size(3, _N), chain_size(3, _N), _N)


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    cl, v, mtt1, mtt2 = p[0], p[1], p[5], p[6]
    decay_table(cl / v, _TIMES, c[_DECAY:_X])
    chain_table(3.0 / mtt1, _TIMES, _WEIGHTS, 3, c[_X:_Y])
    chain_table(3.0 / mtt2, _TIMES, _WEIGHTS, 3, c[_Y:_EFFECT])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h."""
    v, ec50, gamma = p[1], p[3], p[4]
    decay, effect = c[_DECAY:_X], c[_EFFECT:_SIZE]
    for n in range(_N):
        effect[n] = y[0] * decay[n + 1]
    inhibition_of_amounts(effect, v, ec50, gamma)
    y[0] *= decay[_N + 1]
    chain_day(y, 1, 3, effect, c[_X:_Y])
    chain_day(y, 4, 3, effect, c[_Y:_EFFECT])


@of_model(BIOMARKER)
def inr(y, p):  # type: ignore[no-untyped-def]
    """INR = BASE + INRmax (1 - (x3 + y3) / 2)."""
    inr_max, base = p[7], p[8]
    return base + inr_max * (1.0 - 0.5 * (y[3] + y[6]))


def initial(p: Floats) -> Floats:
    """Drug-free: no drug, both chains at 1."""
    return np.tile(np.array([0.0] + [1.0] * 6), (len(p), 1))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day taken that hold `target` INR at a constant amount: E = (INR - BASE) / INRmax."""
    cl, _, f, ec50, gamma, _, _, inr_max, base = p.T
    e = np.clip((target - base) / inr_max, 0.0, 1.0 - 1e-9)
    return np.asarray(24.0 * cl * ec50 * (e / (1.0 - e)) ** (1.0 / gamma) / f)


def _ec50_typical() -> float:
    """EC50 of a 60 kg A/A patient without amiodarone."""
    from pmrl.typical import typical_patient

    p = MODEL.patients(typical_patient({"VKORC1": "A/A"}, weight_kg=60.0), typical=True)
    return float(p[0, PARAMETERS.index("ec50")])


def _dose_typical() -> float:
    """mg/day for INR 2.0 in the cohort's typical patient."""
    from pmrl.typical import typical_patient

    patient = typical_patient(
        {"VKORC1": "A/A", "CYP2C9": "*1/*1"}, ancestry="East Asian", weight_kg=59.7, age=54.7
    )
    return float(maintenance_dose(MODEL.patients(patient, typical=True), 2.0)[0])


MODEL = PatientModel(
    name="xia-2024",
    drug="warfarin",
    citation="Xia 2024, Sci Rep 14:14894, doi 10.1038/s41598-024-65048-7",
    population="646 Han Chinese, age 54.7 (SD 12.5), weight 59.7 (11.6) kg",
    biomarker_name="INR",
    time_unit_hours=1.0,
    states=STATES,
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers()},
    random_effects=("ec50",),
    individual=individual,
    initial=initial,
    dose_state="depot",
    dose_fraction=WHOLE_DOSE,
    bioavailability="f",
    rhs=rhs,
    biomarker=inr,
    clearance="cl",
    sensitivity="ec50",
    maintenance_dose=maintenance_dose,
    anchors=(
        Anchor("EC50, A/A, 60 kg, no amiodarone (mg/L)", 2.28, 1e-9, "Xia 2024: 2 x 1.14", _ec50_typical),
        Anchor(
            "mg/day for INR 2.0 in the typical patient lies in the studied 0.625-6.25 mg/day",
            3.4375,
            2.8125,
            "Xia 2024, dose range",
            _dose_typical,
        ),
    ),
    balance=DrugBalance(amounts(0), first_order(0, 1, 0)),
    cohorts=RecordedPopulation(),
    genotype_effects=GENOTYPE_EFFECTS,
    prepare=prepare,
    day=day,
    n_constants=_SIZE,
)
