"""Empagliflozin: glucose and HbA1c by exposure and many covariates, and no gene: the negative control.

Baron KT et al., Diabetes Ther 2016;7:455, doi 10.1007/s13300-016-0174-y: 4065 patients of ten studies; read
in the public port of nlmixr2lib. Hours, mg, mmol/L (fasting plasma glucose, FPG), % (HbA1c).

The effect follows from the AUC at steady state, as in the paper; exposure passes two stages of a day each,
as in `pmrl.models.sipoglitazar_stringer_2014`. Left out: the two compartments of concentrations, on which
nothing depends, and pioglitazone, whose share of patients was not found (factors 0.999 and 1.02). UGT2B15 is
carried along without effect, so that whoever knows it must gain nothing.
"""

from __future__ import annotations

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, RHS, of_model
from pmrl.drug_balance import DrugBalance
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.empagliflozin_anchors import ANCHORS
from pmrl.models.empagliflozin_numbers import Numbers
from pmrl.models.empagliflozin_population import POPULATION
from pmrl.models.low_glucose import low_glucose
from pmrl.parameter import Parameter

HOURS = 24.0
_IN_MG = Parameter(1.0, "mg per mg swallowed", "doses are of the substance", "assumption")
_BEYOND_REACH = 1e6
"""mg/day where no dose holds the target: finite, as a prescription must be, and more than any tablet has."""
PARAMETERS = (
    *("cl", "f", "stage", "nmol", "auc50", "gmax"),
    *("base", "kout_fpg", "ratio", "limit", "kout_a1c"),
)


def clearance(n: Numbers, cohort: Cohort) -> Floats:
    """CL/F from the covariates, L/h, `(n_patients,)`."""
    powers = {
        "age": (n.age, n.cl_age), "bmi": (n.bmi, n.cl_bmi), "egfr": (n.egfr, n.cl_egfr),
        "total_protein": (n.total_protein, n.cl_total_protein), "alt": (n.alt, n.cl_alt),
        "ast": (n.ast, n.cl_ast), "alp": (n.alp, n.cl_alp), "ldh": (n.ldh, n.cl_ldh),
    }  # fmt: skip
    factors = {
        "female": n.cl_female, "asian": n.cl_asian, "ex_smoker": n.cl_ex_smoker, "smoker": n.cl_smoker,
    }  # fmt: skip
    return _typical(n.cl, cohort, powers, factors)


def _typical(
    value: Parameter,
    cohort: Cohort,
    powers: dict[str, tuple[Parameter, Parameter]],
    factors: dict[str, Parameter],
) -> Floats:
    """`value` times (covariate/reference)^exponent and times the factors that apply, `(n_patients,)`."""
    found = np.full(len(cohort), float(value))
    for name, (reference, exponent) in powers.items():
        found *= (cohort.covariates[name] / float(reference)) ** float(exponent)
    for name, factor in factors.items():
        found *= np.where(cohort.covariates[name] > 0.5, float(factor), 1.0)
    return found


def _base(n: Numbers, cohort: Cohort) -> Floats:
    """Baseline FPG, mmol/L."""
    powers = {
        "age": (n.age, n.base_age), "bmi": (n.bmi, n.base_bmi), "egfr": (n.egfr, n.base_egfr),
        "duration": (n.duration, n.base_duration),
    }  # fmt: skip
    factors = {
        "female": n.base_female, "black": n.base_black, "asian": n.base_asian, "metformin": n.base_metformin,
        "sulfonylurea": n.base_sulfonylurea,
    }  # fmt: skip
    seen = np.exp(float(n.base_fpg) * float(n.fpg) / cohort.covariates["fpg"])
    return np.asarray(_typical(n.base, cohort, powers, factors) * seen)


def _gmax(n: Numbers, cohort: Cohort, base: Floats) -> Floats:
    """Largest stimulation of the removal of FPG, from the patient's own baseline."""
    powers = {
        "age": (n.age, n.gmax_age), "bmi": (n.bmi, n.gmax_bmi), "egfr": (n.egfr, n.gmax_egfr),
        "duration": (n.duration, n.gmax_duration),
    }  # fmt: skip
    factors = {
        "female": n.gmax_female, "black": n.gmax_black, "asian": n.gmax_asian, "metformin": n.gmax_metformin,
        "sulfonylurea": n.gmax_sulfonylurea,
    }  # fmt: skip
    return np.asarray(_typical(n.gmax, cohort, powers, factors) * (base / float(n.fpg)) ** float(n.gmax_base))


def _kout_a1c(n: Numbers, cohort: Cohort) -> Floats:
    """Removal of HbA1c, 1/h."""
    powers = {
        "age": (n.age, n.kout_a1c_age), "bmi": (n.bmi, n.kout_a1c_bmi), "egfr": (n.egfr, n.kout_a1c_egfr),
        "duration": (n.duration, n.kout_a1c_duration),
    }  # fmt: skip
    factors = {
        "female": n.kout_a1c_female, "asian": n.kout_a1c_asian, "metformin": n.kout_a1c_metformin,
    }  # fmt: skip
    return _typical(n.kout_a1c, cohort, powers, factors)


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from the covariates; UGT2B15 is not looked at."""
    n = numbers
    variances = (n.var_cl, n.var_base, n.var_gmax, n.var_kout_a1c)
    own = np.exp(eta * np.sqrt([float(variance) for variance in variances]))
    base = _base(n, cohort) * own[:, 1]
    columns = {
        "cl": clearance(n, cohort) * own[:, 0],
        "base": base,
        "gmax": _gmax(n, cohort, base) * own[:, 2],
        "kout_a1c": _kout_a1c(n, cohort) * own[:, 3],
    }
    same = {
        "f": float(n.bioavailability),
        "stage": float(n.per_stage) / HOURS,
        "nmol": n.nmol,
        "auc50": float(n.auc50),
        "kout_fpg": float(n.kout_fpg),
        "ratio": float(n.ratio),
        "limit": float(n.limit),
    }
    return stack(columns | {name: np.full(len(cohort), one) for name, one in same.items()}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour, with the two stages of exposure in front."""
    waiting, per_day, fpg, a1c = y[0], y[1], y[2], y[3]
    cl, stage, nmol, auc50, gmax = p[0], p[2], p[3], p[4], p[5]
    base, kout_fpg, ratio, limit, kout_a1c = p[6], p[7], p[8], p[9], p[10]
    auc = per_day * nmol / cl
    stim = gmax * auc / (auc50 + auc)
    dydt[0] = -stage * waiting
    dydt[1] = stage * (HOURS * stage * waiting - per_day)
    dydt[2] = kout_fpg * (base - (1.0 + stim) * fpg)
    dydt[3] = kout_a1c * (ratio * fpg - (a1c - limit))


@of_model(BIOMARKER)
def hba1c(y, p):  # type: ignore[no-untyped-def]
    """HbA1c, %."""
    return y[3]


def initial(p: Floats) -> Floats:
    """Drug-free, at baseline."""
    base, ratio, limit = p[:, 6], p[:, 8], p[:, 9]
    return np.stack([np.zeros(len(p)), np.zeros(len(p)), base, limit + ratio * base], axis=1)


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day that hold `target` % in the end; 0 where none is needed, 1e6 where none suffices."""
    cl, f, _, nmol, auc50, gmax, base, _, ratio, limit, _ = p.T
    stim = np.maximum(base * ratio / (target - limit) - 1.0, 0.0)
    left = gmax - stim
    auc = auc50 * stim / np.where(left > 0.0, left, np.nan)
    return np.asarray(np.fmin(np.nan_to_num(cl * auc / (nmol * f), nan=_BEYOND_REACH), _BEYOND_REACH))


MODEL = PatientModel(
    name="baron-2016",
    drug="empagliflozin",
    citation="Baron 2016, Diabetes Ther 7:455, doi 10.1007/s13300-016-0174-y",
    population="4065 adults with type-2 diabetes in ten trials",
    biomarker_name="HbA1c",
    time_unit_hours=1.0,
    states=("waiting", "per_day", "fpg", "a1c"),
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers()},
    random_effects=("cl", "base", "gmax", "kout_a1c"),
    individual=individual,
    initial=initial,
    dose_state="waiting",
    dose_fraction=_IN_MG,
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    biomarker=hba1c,
    harm=low_glucose,
    clearance="cl",
    sensitivity="auc50",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    balance=DrugBalance(
        lambda y, p: float(y[0] + y[1] / (HOURS * p[2])), lambda t, y, p: float(y[1] / HOURS)
    ),
    cohorts=POPULATION,
    genes_without_effect=("UGT2B15",),
)
