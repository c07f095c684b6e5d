"""Hamberg 2007: S-warfarin in two compartments, CYP2C9 and VKORC1, a six-step and a one-step chain.

Hamberg A-K et al., Clin Pharmacol Ther 2007;81:529, doi 10.1038/sj.clpt.6100084. Hours, mg, mg/L. The
paper itself was not read: its numbers come through the ReiL and nlmixr2lib ports that cite its tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, two_compartment_day, two_compartment_rates
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.effects import chain_day, chain_size, chain_table, inhibition_of_amounts, sigmoid_inhibition
from pmrl.elementary import exp, log
from pmrl.genetics import GENES
from pmrl.iwpc import RecordedPopulation
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.warfarin_anchors import induction_anchors
from pmrl.models.warfarin_covariates import GENOTYPE_EFFECTS, flag, untyped_clearance, untyped_sensitivity
from pmrl.models.warfarin_hamberg_2010 import S_FRACTION
from pmrl.parameter import Parameter
from pmrl.quadrature import day_nodes, starts

_PORT = "Hamberg 2007 tables 2 and 4, through the ReiL port"
_CV = "Hamberg 2007, through nlmixr2lib, which cites table and RSE: printed as CV"


@dataclass(frozen=True)
class Numbers:
    """Typical values, covariate effects and between-patient variability (CV, used as log-SD)."""

    cl: Parameter = Parameter(0.314, "L/h, *1/*1 at 71 years", _PORT, "published")
    less_12: Parameter = Parameter(0.315, "fraction of CL lost, *1/*2", _PORT, "published")
    less_13: Parameter = Parameter(0.453, "fraction of CL lost, *1/*3", _PORT, "published")
    less_22: Parameter = Parameter(0.722, "fraction of CL lost, *2/*2", _PORT, "published")
    less_23: Parameter = Parameter(0.690, "fraction of CL lost, *2/*3", _PORT, "published")
    less_33: Parameter = Parameter(0.852, "fraction of CL lost, *3/*3", _PORT, "published")
    cl_age: Parameter = Parameter(-0.0091, "1/year from 71", _PORT, "published")
    cl_amiodarone: Parameter = Parameter(0.75, "", "Gage 2008 and IWPC dose terms of -22%", "derived")
    cl_inducer: Parameter = Parameter(1.5, "", "IWPC: +1.18 on sqrt(mg/week) at 28 mg/week", "derived")
    v1: Parameter = Parameter(13.8, "L", _PORT, "published")
    q: Parameter = Parameter(0.131, "L/h", _PORT, "published")
    v2: Parameter = Parameter(6.59, "L", _PORT, "published")
    ka: Parameter = Parameter(2.0, "1/h, fixed", _PORT, "published")
    f: Parameter = Parameter(1.0, "", "CL/F is apparent; ReiL's 0.9 only to match its vectors", "derived")
    ec50_gg: Parameter = Parameter(4.61, "mg/L", _PORT, "published")
    ec50_ga: Parameter = Parameter(3.02, "mg/L", _PORT, "published")
    ec50_aa: Parameter = Parameter(2.20, "mg/L", _PORT, "published")
    gamma: Parameter = Parameter(0.424, "", _PORT, "published")
    mtt1: Parameter = Parameter(11.6, "h, six compartments", _PORT, "published")
    mtt1_steps: Parameter = Parameter(
        6.0,
        "ktr1 = this / MTT1",
        "ReiL and Ravvaz read MTT1 as the whole chain; see docs/warfarin.md",
        "derived",
    )
    mtt2: Parameter = Parameter(120.0, "h, one compartment", _PORT, "published")
    inr_max: Parameter = Parameter(20.0, "INR, fixed", _PORT, "published")
    lambda_: Parameter = Parameter(3.61, "", _PORT, "published")
    base: Parameter = Parameter(
        1.0, "INR", "measured per patient in the paper; 1.0 in Ravvaz and ReiL", "assumption"
    )
    omega_cl: Parameter = Parameter(0.310, "log-SD", _CV, "published")
    omega_v1: Parameter = Parameter(0.262, "log-SD", _CV, "published")
    omega_v2: Parameter = Parameter(0.991, "log-SD", _CV, "published")
    omega_mtt1: Parameter = Parameter(0.141, "log-SD", _CV, "published")
    omega_mtt2: Parameter = Parameter(1.020, "log-SD", _CV, "published")
    omega_ec50: Parameter = Parameter(0.409, "log-SD", _CV, "published")


_SLOW_CHAIN = replace(
    Numbers(),
    mtt1_steps=Parameter(
        1.0,
        "ktr1 = this / MTT1",
        "the paper's formula, as nlmixr2lib reads it: MTT1 per compartment",
        "derived",
    ),
)
STATES = ("gut", "central", "peripheral", "x1", "x2", "x3", "x4", "x5", "x6", "y")
PARAMETERS = ("cl", "v1", "q", "v2", "ka", "f", "ec50", "gamma", "k1", "k2", "inr_max", "lambda", "base")


def _clearance_kept(numbers: Numbers, cohort: Cohort) -> Floats:
    """Clearance relative to *1/*1; alleles the paper did not type count as *1 here, `(n_patients,)`."""
    gene = GENES["CYP2C9"]
    two, three = gene.alleles.index("*2"), gene.alleles.index("*3")
    kept = np.ones((3, 3))
    for n2, n3, less in (
        (1, 0, numbers.less_12),
        (0, 1, numbers.less_13),
        (2, 0, numbers.less_22),
        (1, 1, numbers.less_23),
        (0, 2, numbers.less_33),
    ):
        kept[n2, n3] = 1.0 - float(less)
    codes = cohort.genotypes["CYP2C9"]
    return np.asarray(kept[(codes == two).sum(axis=1), (codes == three).sum(axis=1)])


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype and age."""
    n, one = numbers, np.ones(len(cohort))
    omega = [float(w) for w in (n.omega_cl, n.omega_v1, n.omega_v2, n.omega_mtt1, n.omega_mtt2, n.omega_ec50)]
    spread = np.exp(eta * np.array(omega))
    a = GENES["VKORC1"].alleles.index("A")
    ec50 = np.array([float(n.ec50_gg), float(n.ec50_ga), float(n.ec50_aa)])
    columns = {
        "cl": float(n.cl)
        * _clearance_kept(n, cohort)
        * (1.0 + float(n.cl_age) * (cohort.covariates["age"] - 71.0))
        * untyped_clearance(cohort)
        * float(n.cl_amiodarone) ** flag(cohort, "amiodarone")
        * float(n.cl_inducer) ** flag(cohort, "enzyme_inducer")
        * spread[:, 0],
        "v1": float(n.v1) * spread[:, 1],
        "v2": float(n.v2) * spread[:, 2],
        "ec50": ec50[(cohort.genotypes["VKORC1"] == a).sum(axis=1)]
        * untyped_sensitivity(cohort)
        * spread[:, 5],
        "k1": float(n.mtt1_steps) / (float(n.mtt1) * spread[:, 3]),
        "k2": 1.0 / (float(n.mtt2) * spread[:, 4]),
        "lambda": float(n.lambda_) * one,
    }
    fixed = {name: float(getattr(n, name)) * one for name in PARAMETERS if name not in columns}
    return stack({**columns, **fixed}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour."""
    gut, a1, a2 = y[0], y[1], y[2]
    cl, v1, q, v2, ka, _, ec50, gamma, k1, k2, _, _, _ = p
    inflow = 1.0 - sigmoid_inhibition(a1 / v1, ec50, gamma)
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - (cl + q) / v1 * a1 + q / v2 * a2
    dydt[2] = q / v1 * a1 - q / v2 * a2
    dydt[3] = k1 * (inflow - y[3])
    for i in range(4, 9):
        dydt[i] = k1 * (y[i - 1] - y[i])
    dydt[9] = k2 * (inflow - y[9])


_N = 20
_TIMES, _WEIGHTS = day_nodes(_N)
_ALPHA, _BETA, _KA, _X, _Y, _EFFECT, _SIZE = starts(
    _N + 2, _N + 2, _N + 2, chain_size(6, _N), chain_size(1, _N), _N
)


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    cl, v1, q, v2, ka, k1, k2 = p[0], p[1], p[2], p[3], p[4], p[8], p[9]
    alpha, beta = two_compartment_rates(cl / v1, q / v1, q / v2)
    decay_table(alpha, _TIMES, c[_ALPHA:_BETA])
    decay_table(beta, _TIMES, c[_BETA:_KA])
    decay_table(ka, _TIMES, c[_KA:_X])
    chain_table(k1, _TIMES, _WEIGHTS, 6, c[_X:_Y])
    chain_table(k2, _TIMES, _WEIGHTS, 1, c[_Y:_EFFECT])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h."""
    v1, q, v2, ec50, gamma = p[1], p[2], p[3], p[6], p[7]
    effect = c[_EFFECT:_SIZE]
    two_compartment_day(y, q / v1, q / v2, c[_ALPHA:_BETA], c[_BETA:_KA], c[_KA:_X], effect)
    inhibition_of_amounts(effect, v1, ec50, gamma)
    chain_day(y, 3, 6, effect, c[_X:_Y])
    chain_day(y, 9, 1, effect, c[_Y:_EFFECT])


@of_model(BIOMARKER)
def inr(y, p):  # type: ignore[no-untyped-def]
    """INR = BASE + INRmax (1 - x6 y)^lambda."""
    inr_max, lambda_, base = p[10], p[11], p[12]
    return base + inr_max * exp(lambda_ * log(1.0 - y[8] * y[9]))


def initial(p: Floats) -> Floats:
    """Drug-free: no drug, both chains at 1."""
    return np.tile(np.array([0.0] * 3 + [1.0] * 7), (len(p), 1))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day taken that hold `target` INR at steady state."""
    cl, _, _, _, _, f, ec50, gamma, _, _, inr_max, lambda_, base = p.T
    q = np.clip((target - base) / inr_max, 0.0, 1.0) ** (1.0 / lambda_)
    e = 1.0 - np.sqrt(1.0 - q)
    concentration = ec50 * (e / (1.0 - e)) ** (1.0 / gamma)
    return np.asarray(24.0 * cl * concentration / (float(S_FRACTION) * f))


MODEL = PatientModel(
    name="hamberg-2007",
    drug="warfarin",
    citation="Hamberg 2007, Clin Pharmacol Ther 81:529, doi 10.1038/sj.clpt.6100084",
    population="150 Italian and Swedish adults, age 22-87, weight 45-120 kg",
    biomarker_name="INR",
    time_unit_hours=1.0,
    states=STATES,
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers(), "published-slow-chain": _SLOW_CHAIN},
    random_effects=("cl", "v1", "v2", "mtt1", "mtt2", "ec50"),
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
    anchors=induction_anchors("hamberg-2007", "published"),
    balance=DrugBalance(amounts(0, 1, 2), first_order(0, 1, 1)),
    cohorts=RecordedPopulation(),
    genotype_effects=GENOTYPE_EFFECTS,
    prepare=prepare,
    day=day,
    n_constants=_SIZE,
)
