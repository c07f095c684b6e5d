"""Hamberg 2010: S-warfarin in one compartment, allele-additive CYP2C9 and VKORC1, two transit chains.

Hamberg A-K et al., Clin Pharmacol Ther 2010;87:727, doi 10.1038/clpt.2010.37. Hours, mg, mg/L. The paper
itself was not read: its numbers come through three public ports that cite its table 2 and agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.adherence import IN_RANGE
from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, one_compartment_day
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.effects import chain_day, chain_size, chain_table, inhibition_of_amounts, sigmoid_inhibition
from pmrl.iwpc import RecordedPopulation
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.calibration_file import calibrated
from pmrl.models.warfarin_anchors import induction_anchors
from pmrl.models.warfarin_covariates import (
    GENOTYPE_EFFECTS,
    allele_sum,
    flag,
    untyped_clearance,
    untyped_sensitivity,
)
from pmrl.parameter import Parameter
from pmrl.quadrature import day_nodes, starts

_PORTS = "Hamberg 2010 table 2, through the ReiL, mipd-warfarin and nlmixr2lib ports"
_REIL = "Hamberg 2010 table 2, through the ReiL port"
_READING = "; read as a variance for PK and as a log-SD for EC50 (docs/warfarin.md: the scale is unclear)"
S_FRACTION = Parameter(0.5, "", "racemic warfarin is half S-warfarin by mass", "published")


@dataclass(frozen=True)
class Numbers:
    """Typical values, covariate effects and between-patient variability (log-SD)."""

    cl_1: Parameter = Parameter(0.174, "L/h per *1 allele", _PORTS, "published")
    cl_2: Parameter = Parameter(0.0879, "L/h per *2 allele", _PORTS, "published")
    cl_3: Parameter = Parameter(0.0422, "L/h per *3 allele", _PORTS, "published")
    cl_age: Parameter = Parameter(
        -0.00571, "1/year from 71", _PORTS + " (ReiL has the sign wrong)", "published"
    )
    cl_amiodarone: Parameter = Parameter(0.75, "", "Gage 2008 and IWPC dose terms of -22%", "derived")
    cl_inducer: Parameter = Parameter(1.5, "", "IWPC: +1.18 on sqrt(mg/week) at 28 mg/week", "derived")
    star8_untyped: Parameter = Parameter(0.0, "1 = patients not typed for *8", "no centring", "assumption")
    v: Parameter = Parameter(14.3, "L", _PORTS, "published")
    ka: Parameter = Parameter(2.0, "1/h", _PORTS, "published")
    bioavailability: Parameter = Parameter(1.0, "", "apparent CL/F and V/F: F is in them", "derived")
    ec50_g: Parameter = Parameter(2.05, "mg/L per G allele", _PORTS, "published")
    ec50_a: Parameter = Parameter(0.96, "mg/L per A allele", _PORTS, "published")
    ec50_weight: Parameter = Parameter(
        0.0, "exponent of weight/80 kg", "no weight effect in Hamberg 2010", "published"
    )
    gamma: Parameter = Parameter(1.15, "", _PORTS, "published")
    mtt1: Parameter = Parameter(28.6, "h", _PORTS, "published")
    mtt2: Parameter = Parameter(118.3, "h", _PORTS, "published")
    inr_max: Parameter = Parameter(20.0, "INR", _PORTS, "published")
    base: Parameter = Parameter(
        1.0, "INR", "measured per patient in the paper; 1.0 in the ports", "assumption"
    )
    omega_cl: Parameter = Parameter(0.089**0.5, "log-SD", _REIL + _READING, "derived")
    omega_v: Parameter = Parameter(0.054**0.5, "log-SD", _REIL + _READING, "derived")
    omega_ec50: Parameter = Parameter(0.34, "log-SD", _REIL + _READING, "derived")
    net_intake: Parameter = Parameter(
        1.0,
        "taken / prescribed",
        "apparent CL/F was estimated from prescribed doses, so missed doses are in it",
        "derived",
    )


_VARIANCE = replace(
    Numbers(), omega_ec50=Parameter(0.34**0.5, "log-SD", _REIL + "; read as a variance", "derived")
)
_CENTRED = replace(
    Numbers(),
    star8_untyped=Parameter(1.0, "yes", "the IWPC patients were not typed for *8", "published"),
    net_intake=Parameter(
        IN_RANGE.net_intake,
        "taken / prescribed",
        "IN-RANGE: 18.8% of days missed, 3.3% with an extra dose (pmrl.adherence)",
        "derived",
    ),
)
STATES = ("gut", "central", "x1", "x2", "x3", "y1", "y2", "y3")
PARAMETERS = ("cl", "v", "ka", "f", "ec50", "gamma", "mtt1", "mtt2", "inr_max", "base")


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype, age, weight and co-medication."""
    n, age, weight = numbers, cohort.covariates["age"], cohort.covariates["weight_kg"]
    one = np.ones(len(cohort))
    cl = (
        allele_sum(cohort, "CYP2C9", {"*2": float(n.cl_2), "*3": float(n.cl_3)}, float(n.cl_1))
        * (1.0 + float(n.cl_age) * (age - 71.0))
        * untyped_clearance(cohort, star8_untyped=bool(float(n.star8_untyped)))
        * float(n.cl_amiodarone) ** flag(cohort, "amiodarone")
        * float(n.cl_inducer) ** flag(cohort, "enzyme_inducer")
        * np.exp(float(n.omega_cl) * eta[:, 0])
    )
    ec50 = (
        allele_sum(cohort, "VKORC1", {"A": float(n.ec50_a)}, float(n.ec50_g))
        * (weight / 80.0) ** float(n.ec50_weight)
        * untyped_sensitivity(cohort)
        * np.exp(float(n.omega_ec50) * eta[:, 2])
    )
    columns = {
        "cl": cl,
        "v": float(n.v) * np.exp(float(n.omega_v) * eta[:, 1]),
        "ec50": ec50,
        "f": float(n.bioavailability) * one,
    }
    fixed = {name: float(getattr(n, name)) * one for name in PARAMETERS if name not in columns}
    return stack({**columns, **fixed}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour."""
    gut, central, x1, x2, x3, y1, y2, y3 = y
    cl, v, ka, _, ec50, gamma, mtt1, mtt2, _, _ = p
    k1, k2 = 3.0 / mtt1, 3.0 / mtt2
    e = sigmoid_inhibition(central / v, ec50, gamma)
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - cl / v * central
    dydt[2] = k1 * (1.0 - e - x1)
    dydt[3] = k1 * (x1 - x2)
    dydt[4] = k1 * (x2 - x3)
    dydt[5] = k2 * (1.0 - e - y1)
    dydt[6] = k2 * (y1 - y2)
    dydt[7] = k2 * (y2 - y3)


_N = 16
_TIMES, _WEIGHTS = day_nodes(_N)
_SLOW, _FAST, _X, _Y, _EFFECT, _SIZE = starts(_N + 2, _N + 2, chain_size(3, _N), chain_size(3, _N), _N)


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    cl, v, ka, mtt1, mtt2 = p[0], p[1], p[2], p[6], p[7]
    decay_table(cl / v, _TIMES, c[_SLOW:_FAST])
    decay_table(ka, _TIMES, c[_FAST:_X])
    chain_table(3.0 / mtt1, _TIMES, _WEIGHTS, 3, c[_X:_Y])
    chain_table(3.0 / mtt2, _TIMES, _WEIGHTS, 3, c[_Y:_EFFECT])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h."""
    cl, v, ka, ec50, gamma = p[0], p[1], p[2], p[4], p[5]
    effect = c[_EFFECT:_SIZE]
    one_compartment_day(y, cl / v, ka, c[_SLOW:_FAST], c[_FAST:_X], effect)
    inhibition_of_amounts(effect, v, ec50, gamma)
    chain_day(y, 2, 3, effect, c[_X:_Y])
    chain_day(y, 5, 3, effect, c[_Y:_EFFECT])


@of_model(BIOMARKER)
def inr(y, p):  # type: ignore[no-untyped-def]
    """INR = BASE + INRmax (1 - (x3 + y3) / 2)."""
    inr_max, base = p[8], p[9]
    return base + inr_max * (1.0 - 0.5 * (y[4] + y[7]))


def initial(p: Floats) -> Floats:
    """Drug-free: no drug, both chains at 1."""
    return np.tile(np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), (len(p), 1))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day taken that hold `target` INR: E = (INR - BASE) / INRmax, C = EC50 (E / (1 - E))^(1/gamma)."""
    cl, _, _, f, ec50, gamma, _, _, inr_max, base = p.T
    e = np.clip((target - base) / inr_max, 0.0, 1.0 - 1e-9)
    concentration = ec50 * (e / (1.0 - e)) ** (1.0 / gamma)
    return np.asarray(24.0 * cl * concentration / (float(S_FRACTION) * f))


MODEL = PatientModel(
    name="hamberg-2010",
    drug="warfarin",
    citation="Hamberg 2010, Clin Pharmacol Ther 87:727, doi 10.1038/clpt.2010.37",
    population="Swedish and Italian adults; `iwpc` recalibrated to 1,933 patients of 15 IWPC sites",
    biomarker_name="INR",
    time_unit_hours=1.0,
    states=STATES,
    parameters=PARAMETERS,
    parameter_sets={
        "iwpc": calibrated(_CENTRED, "warfarin_iwpc.json"),
        "published": Numbers(),
        "published-variance": _VARIANCE,
    },
    random_effects=("cl", "v", "ec50"),
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=S_FRACTION,
    bioavailability="f",
    rhs=rhs,
    biomarker=inr,
    clearance="cl",
    sensitivity="ec50",
    maintenance_dose=maintenance_dose,
    anchors=induction_anchors("hamberg-2010", "published"),
    balance=DrugBalance(amounts(0, 1), first_order(0, 1, 1)),
    cohorts=RecordedPopulation(),
    genotype_effects=GENOTYPE_EFFECTS,
    prepare=prepare,
    day=day,
    n_constants=_SIZE,
)
