"""Ohara 2014: S-warfarin, vitamin-K-dependent clotting factor (NPT) turnover, CYP2C9, VKORC1 and CYP4F2.

Ohara M et al., PLoS One 2014;9:e105891. Hours, mg, mg/L. Numbers through nlmixr2lib, which cites the
tables. Taiwanese patients at induction; genotype enters as carriage, INR cannot exceed INR0 + 5. Kept as
the structurally different model of cross-model tests, never for training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, one_compartment_day
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.effects import chain_day, chain_size, chain_table, inhibition_of_amounts, sigmoid_inhibition
from pmrl.elementary import exp, log
from pmrl.genetics import GENES
from pmrl.iwpc import RecordedPopulation
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.warfarin_covariates import GENOTYPE_EFFECTS, flag, untyped_clearance
from pmrl.models.warfarin_hamberg_2010 import S_FRACTION
from pmrl.parameter import Anchor, Parameter
from pmrl.quadrature import day_nodes, starts

_PORT = "Ohara 2014, through nlmixr2lib"


@dataclass(frozen=True)
class Numbers:
    """Typical values, covariate effects and between-patient variability (log-SD)."""

    cl: Parameter = Parameter(0.240, "L/h", _PORT, "published")
    cl_star3: Parameter = Parameter(0.543, "multiplier, *3 carriers", _PORT, "published")
    cl_bsa: Parameter = Parameter(2.14, "exponent of BSA/1.74 m2", _PORT, "published")
    cl_amiodarone: Parameter = Parameter(0.75, "", "Gage 2008 and IWPC dose terms of -22%", "derived")
    cl_inducer: Parameter = Parameter(1.5, "", "IWPC: +1.18 on sqrt(mg/week) at 28 mg/week", "derived")
    v: Parameter = Parameter(13.8, "L, fixed", _PORT, "published")
    ka: Parameter = Parameter(2.0, "1/h, fixed", _PORT, "published")
    ic50: Parameter = Parameter(0.0725, "mg/L, -1639 A/A", _PORT, "published")
    ic50_g: Parameter = Parameter(2.07, "multiplier, -1639G carriers", _PORT, "published")
    ic50_4f2: Parameter = Parameter(1.30, "multiplier, CYP4F2*3 carriers", _PORT, "published")
    kout: Parameter = Parameter(0.0136, "1/h", _PORT, "published")
    npt0: Parameter = Parameter(118.2, "mg/L", _PORT, "published")
    npt0_sd: Parameter = Parameter(22.1, "mg/L", _PORT, "published")
    inr0: Parameter = Parameter(1.05, "INR", _PORT, "published")
    inr0_sd: Parameter = Parameter(0.10, "INR", _PORT, "published")
    inr_max: Parameter = Parameter(5.0, "INR", _PORT, "published")
    lambda_: Parameter = Parameter(3.48, "", _PORT, "published")
    lambda_npt0: Parameter = Parameter(0.00588, "per mg/L from 119", _PORT, "published")
    omega_cl: Parameter = Parameter(0.399, "log-SD", _PORT, "published")
    omega_ic50: Parameter = Parameter(0.385, "log-SD", _PORT, "published")
    omega_kout: Parameter = Parameter(0.456, "log-SD", _PORT, "published")
    omega_lambda: Parameter = Parameter(0.241, "log-SD", _PORT, "published")


STATES = ("gut", "central", "npt")
PARAMETERS = ("cl", "v", "ka", "f", "ic50", "kout", "npt0", "inr0", "inr_max", "lambda")


def _carries(cohort: Cohort, gene: str, allele: str) -> Floats:
    """1.0 where the patient has at least one copy."""
    code = GENES[gene].alleles.index(allele)
    return np.asarray((cohort.genotypes[gene] == code).any(axis=1), dtype=np.float64)


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype and body surface area."""
    n, one = numbers, np.ones(len(cohort))
    bsa = np.sqrt(cohort.covariates["height_cm"] * cohort.covariates["weight_kg"] / 3600.0)
    # Truncated at 3 SD: a normal baseline must stay positive.
    npt0 = float(n.npt0) + float(n.npt0_sd) * np.clip(eta[:, 4], -3.0, 3.0)
    columns = {
        "cl": float(n.cl)
        * float(n.cl_star3) ** _carries(cohort, "CYP2C9", "*3")
        * (bsa / 1.74) ** float(n.cl_bsa)
        * untyped_clearance(cohort)
        * float(n.cl_amiodarone) ** flag(cohort, "amiodarone")
        * float(n.cl_inducer) ** flag(cohort, "enzyme_inducer")
        * np.exp(float(n.omega_cl) * eta[:, 0]),
        "ic50": float(n.ic50)
        * float(n.ic50_g) ** _carries(cohort, "VKORC1", "G")
        * float(n.ic50_4f2) ** _carries(cohort, "CYP4F2", "T")
        * np.exp(float(n.omega_ic50) * eta[:, 1]),
        "kout": float(n.kout) * np.exp(float(n.omega_kout) * eta[:, 2]),
        "lambda": float(n.lambda_)
        * np.exp(float(n.lambda_npt0) * (npt0 - 119.0) + float(n.omega_lambda) * eta[:, 3]),
        "npt0": npt0,
        "inr0": float(n.inr0) + float(n.inr0_sd) * np.clip(eta[:, 5], -3.0, 3.0),
        "f": one,
    }
    fixed = {name: float(getattr(n, name)) * one for name in PARAMETERS if name not in columns}
    return stack({**columns, **fixed}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour; kin = kout NPT0."""
    gut, central, npt = y
    cl, v, ka, _, ic50, kout, npt0, _, _, _ = p
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - cl / v * central
    dydt[2] = kout * npt0 * (1.0 - sigmoid_inhibition(central / v, ic50, 1.0)) - kout * npt


_N = 20
_TIMES, _WEIGHTS = day_nodes(_N)
_SLOW, _FAST, _CHAIN, _EFFECT, _SIZE = starts(_N + 2, _N + 2, chain_size(1, _N), _N)


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day; NPT / NPT0 is a chain of one compartment."""
    cl, v, ka, kout = p[0], p[1], p[2], p[5]
    decay_table(cl / v, _TIMES, c[_SLOW:_FAST])
    decay_table(ka, _TIMES, c[_FAST:_CHAIN])
    chain_table(kout, _TIMES, _WEIGHTS, 1, c[_CHAIN:_EFFECT])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h."""
    cl, v, ka, ic50, npt0 = p[0], p[1], p[2], p[4], p[6]
    effect = c[_EFFECT:_SIZE]
    one_compartment_day(y, cl / v, ka, c[_SLOW:_FAST], c[_FAST:_CHAIN], effect)
    inhibition_of_amounts(effect, v, ic50, 1.0)
    y[2] /= npt0
    chain_day(y, 2, 1, effect, c[_CHAIN:_EFFECT])
    y[2] *= npt0


@of_model(BIOMARKER)
def inr(y, p):  # type: ignore[no-untyped-def]
    """INR = INR0 + 5 (1 - NPT / NPT0)^lambda."""
    npt0, inr0, inr_max, lambda_ = p[6], p[7], p[8], p[9]
    return inr0 + inr_max * exp(lambda_ * log(1.0 - y[2] / npt0))


def initial(p: Floats) -> Floats:
    """Drug-free: no drug, NPT at its baseline."""
    npt0 = p[:, PARAMETERS.index("npt0")]
    return np.ascontiguousarray(np.stack([0.0 * npt0, 0.0 * npt0, npt0], axis=1))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day taken that hold `target` INR: 1 - NPT/NPT0 = C / (IC50 + C) at steady state."""
    cl, _, _, f, ic50, _, _, inr0, inr_max, lambda_ = p.T
    e = np.clip((target - inr0) / inr_max, 0.0, 1.0 - 1e-9) ** (1.0 / lambda_)
    return np.asarray(24.0 * cl * ic50 * e / (1.0 - e) / (float(S_FRACTION) * f))


def _baseline_lambda() -> float:
    """Lambda of a typical patient, whose NPT0 is 118.2 mg/L."""
    from pmrl.typical import typical_patient

    p = MODEL.patients(typical_patient({"VKORC1": "A/A", "CYP2C9": "*1/*1"}), typical=True)
    return float(p[0, PARAMETERS.index("lambda")])


def _typical_dose() -> float:
    """mg/day for INR 2.5 in the paper's typical patient (BSA 1.74, A/A, *1/*1, CYP4F2 C/C)."""
    from pmrl.typical import typical_patient

    patient = typical_patient(
        {"VKORC1": "A/A", "CYP2C9": "*1/*1", "CYP4F2": "C/C"},
        ancestry="East Asian",
        weight_kg=68.4,
        height_cm=159.3,
    )
    return float(maintenance_dose(MODEL.patients(patient, typical=True), 2.5)[0])


MODEL = PatientModel(
    name="ohara-2014",
    drug="warfarin",
    citation="Ohara 2014, PLoS One 9:e105891",
    population="99 Taiwanese adults at induction, weight 68.4 (SD 12.4) kg, BSA 1.74 (0.18) m2",
    biomarker_name="INR",
    time_unit_hours=1.0,
    states=STATES,
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers()},
    random_effects=("cl", "ic50", "kout", "lambda", "npt0", "inr0"),
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=S_FRACTION,
    bioavailability="f",
    rhs=rhs,
    biomarker=inr,
    clearance="cl",
    sensitivity="ic50",
    maintenance_dose=maintenance_dose,
    anchors=(
        Anchor(
            "lambda at NPT0 118.2 mg/L: 3.48 exp(0.00588 (118.2 - 119))",
            3.4637,
            0.0005,
            "Ohara 2014 equation, by hand",
            _baseline_lambda,
        ),
        Anchor(
            "mg/day for INR 2.5, typical A/A *1/*1 patient, against the observed 2.94 (SD 1.35)",
            2.94,
            1.35,
            "Ohara 2014, observed maintenance dose",
            _typical_dose,
        ),
    ),
    balance=DrugBalance(amounts(0, 1), first_order(0, 1, 1)),
    cohorts=RecordedPopulation(),
    genotype_effects=GENOTYPE_EFFECTS,
    prepare=prepare,
    day=day,
    n_constants=_SIZE,
)
