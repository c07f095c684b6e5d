"""Empagliflozin: glucose and HbA1c by exposure and many covariates, and no gene: the negative control.

Baron KT et al., Diabetes Ther 2016;7:455, doi 10.1007/s13300-016-0174-y: 4065 patients of ten studies; read
in the public port of nlmixr2lib. Hours, mg, mmol/L (fasting plasma glucose, FPG), % (HbA1c).

The effect follows from the AUC at steady state, as in the paper; exposure passes two stages of a day each,
as in `pmrl.models.sipoglitazar_stringer_2014`. Left out: the two compartments of concentrations, on which
nothing depends, and pioglitazone, whose share of patients was not found (factors 0.999 and 1.02). UGT2B15 is
carried along without effect, so that whoever knows it must gain nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, RHS, RHS_LANES, of_model, part
from pmrl.lanes import derivatives_of, parameters_of, states_of, time_of
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.empagliflozin_anchors import ANCHORS
from pmrl.models.empagliflozin_population import POPULATION
from pmrl.parameter import Parameter

HOURS = 24.0
_OURS = "choice of this project, see pmrl.models.sipoglitazar_stringer_2014"
_IN_MG = Parameter(1.0, "mg per mg swallowed", "doses are of the substance", "assumption")
_BEYOND_REACH = 1e6
"""mg/day where no dose holds the target: finite, as a prescription must be, and more than any tablet has."""


def _of(table: str, value: float, unit: str) -> Parameter:
    return Parameter(value, unit, f"Baron 2016, table {table}, as carried by nlmixr2lib", "published")


def _power(table: str, value: float) -> Parameter:
    return _of(table, value, "exponent of value/reference")


def _factor(table: str, value: float) -> Parameter:
    return _of(table, value, "factor where it applies")


@dataclass(frozen=True)
class Numbers:
    """Typical values, references, covariate effects and between-patient variability."""

    age: Parameter = _of("S1", 50.0, "years, reference")
    bmi: Parameter = _of("S1", 25.0, "kg/m2, reference")
    egfr: Parameter = _of("S1", 100.0, "mL/min/1.73 m2, reference")
    total_protein: Parameter = _of("S1", 70.0, "g/L, reference; printed as g/dL")
    alt: Parameter = _of("S1", 20.0, "U/L, reference")
    ast: Parameter = _of("S1", 20.0, "U/L, reference")
    alp: Parameter = _of("S1", 70.0, "U/L, reference")
    ldh: Parameter = _of("S1", 160.0, "U/L, reference")
    fpg: Parameter = _of("S3", 8.0, "mmol/L, reference")
    duration: Parameter = _of("S3", 2.0, "years, reference")

    cl: Parameter = _of("S1", 10.6, "L/h")
    cl_age: Parameter = _power("S1", -0.241)
    cl_bmi: Parameter = _power("S1", 0.320)
    cl_egfr: Parameter = _power("S1", 0.333)
    cl_total_protein: Parameter = _power("S1", -0.219)
    cl_alt: Parameter = _power("S1", 0.0200)
    cl_ast: Parameter = _power("S1", -0.0421)
    cl_alp: Parameter = _power("S1", -0.0488)
    cl_ldh: Parameter = _power("S1", 0.0110)
    cl_female: Parameter = _factor("S1", 0.886)
    cl_asian: Parameter = _factor("S1", 0.880)
    cl_ex_smoker: Parameter = _factor("S1", 1.02)
    cl_smoker: Parameter = _factor("S1", 1.06)

    base: Parameter = _of("S3", 14.2, "mmol/L, before what was observed")
    base_fpg: Parameter = _of("S3", -0.497, "per reference/observed FPG")
    base_age: Parameter = _power("S3", -0.100)
    base_bmi: Parameter = _power("S3", 0.0248)
    base_egfr: Parameter = _power("S3", -0.0364)
    base_duration: Parameter = _power("S3", 0.0512)
    base_female: Parameter = _factor("S3", 0.996)
    base_black: Parameter = _factor("S3", 0.977)
    base_asian: Parameter = _factor("S3", 0.948)
    base_metformin: Parameter = _factor("S3", 0.995)
    base_sulfonylurea: Parameter = _factor("S3", 1.01)
    kout_fpg: Parameter = _of("S3", 0.0407, "1/h, fixed in the paper")

    gmax: Parameter = _of("S3", 0.217, "of the removal of FPG")
    gmax_base: Parameter = _power("S3", 1.76)
    gmax_age: Parameter = _power("S3", -0.401)
    gmax_bmi: Parameter = _power("S3", -0.288)
    gmax_egfr: Parameter = _power("S3", 0.512)
    gmax_duration: Parameter = _power("S3", 0.0117)
    gmax_female: Parameter = _factor("S3", 0.890)
    gmax_black: Parameter = _factor("S3", 0.979)
    gmax_asian: Parameter = _factor("S3", 1.07)
    gmax_metformin: Parameter = _factor("S3", 0.931)
    gmax_sulfonylurea: Parameter = _factor("S3", 1.27)
    auc50: Parameter = _of("S3", 703.0, "nmol*h/L")

    ratio: Parameter = _of("S4", 0.466, "% HbA1c per mmol/L")
    limit: Parameter = _of("S4", 3.99, "% HbA1c without glucose")
    kout_a1c: Parameter = _of("S4", 1.59e-3, "1/h")
    kout_a1c_age: Parameter = _power("S4", -0.241)
    kout_a1c_bmi: Parameter = _power("S4", 0.328)
    kout_a1c_egfr: Parameter = _power("S4", -0.119)
    kout_a1c_duration: Parameter = _power("S4", -0.577)
    kout_a1c_female: Parameter = _factor("S4", 0.858)
    kout_a1c_asian: Parameter = _factor("S4", 1.05)
    kout_a1c_metformin: Parameter = _factor("S4", 1.48)

    var_cl: Parameter = _of("S1", 0.142, "variance, log")
    var_base: Parameter = _of("S3", 0.0165, "variance, log")
    var_gmax: Parameter = _of("S3", 0.237, "variance, log")
    var_kout_a1c: Parameter = _of("S4", 0.0242, "variance, log")
    molar_mass: Parameter = Parameter(450.91, "g/mol", "formula C23H27ClO7", "derived")
    bioavailability: Parameter = Parameter(1.0, "", "complete, in the clearance", "assumption")
    per_stage: Parameter = Parameter(1.0, "1/day, out of each stage of exposure", _OURS, "assumption")

    @property
    def nmol(self) -> float:
        """Nmol in a mg."""
        return 1e6 / float(self.molar_mass)


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


@part()
def equations(t, y, p, dydt):  # type: ignore[no-untyped-def]
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


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """`equations` of one patient."""
    equations(t, y, p, dydt)


@of_model(RHS_LANES)
def rhs_lanes(work, n_lanes):  # type: ignore[no-untyped-def]
    """`equations` of the patients side by side."""
    for i in range(n_lanes):
        equations(time_of(work, i), states_of(work, i), parameters_of(work, i), derivatives_of(work, i))


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
    rhs_lanes=rhs_lanes,
    biomarker=hba1c,
    clearance="cl",
    sensitivity="auc50",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    cohorts=POPULATION,
    genes_without_effect=("UGT2B15",),
)
