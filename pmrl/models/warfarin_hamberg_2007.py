"""Hamberg 2007: S-warfarin in two compartments, CYP2C9 and VKORC1, a six-step and a one-step chain.

Hamberg A-K et al., Clin Pharmacol Ther 2007;81:529, doi 10.1038/sj.clpt.6100084. Hours, mg, mg/L. The
paper itself was not read: its numbers come through the ReiL and nlmixr2lib ports that cite its tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import two_compartment_day, two_compartment_rates, two_compartment_tables
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, function_pointer, jit
from pmrl.effects import chain_day, chain_tables, sigmoid_inhibition
from pmrl.genetics import GENES
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.warfarin_anchors import induction_anchors
from pmrl.models.warfarin_covariates import flag, untyped_clearance, untyped_sensitivity
from pmrl.models.warfarin_hamberg_2010 import S_FRACTION
from pmrl.parameter import Parameter
from pmrl.quadrature import day_nodes

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


@jit(RHS)
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


_S = S_FRACTION.value
_N = 24
_TIMES, _WEIGHTS = day_nodes(_N)
_PK = 12
_DX = _PK + 3 * (_N + 1)
_TX = _DX + 6
_DY = _TX + 6 * _N
_TY = _DY + 1
_EFFECT = _TY + _N


@function_pointer(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    cl, v1, q, v2, ka, f, ec50, gamma, k1, k2, inr_max, lambda_, base = p
    alpha, beta = two_compartment_rates(cl / v1, q / v1, q / v2)
    c[:_PK] = np.array((alpha, beta, q / v1, q / v2, ka, f, v1, ec50, gamma, inr_max, lambda_, base))
    two_compartment_tables(alpha, beta, ka, _TIMES, c[_PK:_DX].reshape((3, _N + 1)))
    chain_tables(k1, _TIMES, _WEIGHTS, c[_DX:_TX], c[_TX:_DY].reshape((6, _N)))
    chain_tables(k2, _TIMES, _WEIGHTS, c[_DY:_TY], c[_TY:_EFFECT].reshape((1, _N)))


@function_pointer(DAY)
def day(y, c, dose):  # type: ignore[no-untyped-def]
    """Take `dose` mg of racemic warfarin and live 24 h."""
    alpha, beta, k12, k21, ka, f, v1, ec50, gamma = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]
    effect = c[_EFFECT : _EFFECT + _N]
    gut = y[0] + _S * f * dose
    two_compartment_day(y, gut, alpha, beta, k12, k21, ka, c[_PK:_DX].reshape((3, _N + 1)), effect)
    for n in range(_N):
        effect[n] = sigmoid_inhibition(effect[n] / v1, ec50, gamma)
    chain_day(y[3:9], effect, c[_DX:_TX], c[_TX:_DY].reshape((6, _N)))
    chain_day(y[9:10], effect, c[_DY:_TY], c[_TY:_EFFECT].reshape((1, _N)))


@function_pointer(BIOMARKER)
def inr(y, c):  # type: ignore[no-untyped-def]
    """INR = BASE + INRmax (1 - x6 y)^lambda."""
    inr_max, lambda_, base = c[9], c[10], c[11]
    return base + inr_max * max(1.0 - y[8] * y[9], 0.0) ** lambda_


def initial(p: Floats) -> Floats:
    """Drug-free: no drug, both chains at 1."""
    return np.tile(np.array([0.0] * 3 + [1.0] * 7), (len(p), 1))


def intake(dose: float, p: Floats) -> float:
    """Mg of S-warfarin that a racemic dose adds to the gut."""
    return float(S_FRACTION) * float(p[PARAMETERS.index("f")]) * dose


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
    intake=intake,
    dose_state="gut",
    rhs=rhs,
    prepare=prepare,
    day=day,
    biomarker=inr,
    n_constants=_EFFECT + _N,
    clearance="cl",
    sensitivity="ec50",
    maintenance_dose=maintenance_dose,
    anchors=induction_anchors("hamberg-2007", "published"),
)
