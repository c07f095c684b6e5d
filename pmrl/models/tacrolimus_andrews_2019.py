"""Tacrolimus after a kidney transplant: two compartments, CYP3A5 and CYP3A4*22 on clearance.

Andrews L et al., Br J Clin Pharmacol 2019;85:601, doi 10.1111/bcp.13838: 337 adults, 4,527 levels in whole
blood, read in a public port of the model that cites its tables. Hours, mg, ng/mL, apparent oral clearance and
volumes. The daily dose is taken in two halves, and the level is the one before the morning dose.

Two departures. The haematocrit of a patient rises after the operation, by a line that is ours; as it does,
clearance falls. The absorption lag of the paper, 0.38 h, is left out: it only shifts a curve that repeats
every 12 h, and would raise levels before a dose by 1 to 3%, where one measurement is off by 24.5%.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.body import fat_free_mass, surface_area
from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, two_compartment_day, two_compartment_rates
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model, part
from pmrl.drug_balance import DrugBalance, amounts
from pmrl.elementary import exp, log
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, Propagator, stack
from pmrl.models.tacrolimus_anchors import ANCHORS
from pmrl.models.tacrolimus_population import POPULATION
from pmrl.parameter import Parameter

_ANDREWS = "Andrews 2019, Br J Clin Pharmacol 85:601, final model"
_REFERENCE = f"{_ANDREWS}: reference patient"
_PASSEY = "Passey 2011 (DeKAF), of *1/*1, over a clearance of another model"
_RECOVERY = "30 to 36% over 60 days with a new kidney, from memory; the line is ours"
_EXPRESSER = Parameter(1.631, "of CL/F, with CYP3A5*1", _ANDREWS, "published")
NANOGRAMS = 1000.0
"""ng/mL per mg/L."""
HOURS = 24.0
DOSES_PER_DAY = 2


@dataclass(frozen=True)
class Numbers:
    """Typical values, effects of genotype and covariates, and between-patient variability (CV)."""

    cl: Parameter = Parameter(23.0, "L/h", _ANDREWS, "published")
    v1: Parameter = Parameter(692.0, "L", _ANDREWS, "published")
    q: Parameter = Parameter(11.6, "L/h", _ANDREWS, "published")
    v2: Parameter = Parameter(5340.0, "L", _ANDREWS, "published")
    ka: Parameter = Parameter(3.58, "1/h", _ANDREWS, "published")
    bioavailability: Parameter = Parameter(1.0, "", f"{_ANDREWS}: apparent", "published")
    one_cyp3a5: Parameter = _EXPRESSER
    two_cyp3a5: Parameter = _EXPRESSER
    cyp3a4_22: Parameter = Parameter(0.80, "of CL/F, with CYP3A4*22", _ANDREWS, "published")
    age_power: Parameter = Parameter(-0.43, "exponent of age, on CL/F", _ANDREWS, "published")
    age_reference: Parameter = Parameter(55.72, "years", _REFERENCE, "published")
    albumin_power: Parameter = Parameter(0.43, "exponent of albumin, on CL/F", _ANDREWS, "published")
    albumin_reference: Parameter = Parameter(42.0, "g/L", _REFERENCE, "published")
    surface_power: Parameter = Parameter(0.88, "exponent of surface area, on CL/F", _ANDREWS, "published")
    surface_reference: Parameter = Parameter(1.93, "m2", _REFERENCE, "published")
    creatinine_power: Parameter = Parameter(-0.14, "exponent of creatinine, on CL/F", _ANDREWS, "published")
    creatinine_reference: Parameter = Parameter(134.98, "umol/L", _REFERENCE, "published")
    hct_power: Parameter = Parameter(0.76, "exponent of 1/haematocrit, on CL/F", _ANDREWS, "published")
    hct_reference: Parameter = Parameter(34.0, "%", _REFERENCE, "published")
    hct_rise: Parameter = Parameter(6.0, "% of blood, added in all", _RECOVERY, "assumption")
    recovery_days: Parameter = Parameter(60.0, "days over which it is added", _RECOVERY, "assumption")
    lean_power: Parameter = Parameter(1.52, "exponent of lean body, on V1/F", _ANDREWS, "published")
    lean_reference: Parameter = Parameter(58.94, "kg", _REFERENCE, "published")
    cv_cl: Parameter = Parameter(0.386, "CV", _ANDREWS, "published")
    cv_v1: Parameter = Parameter(0.492, "CV", _ANDREWS, "published")
    cv_v2: Parameter = Parameter(0.530, "CV", _ANDREWS, "published")
    cv_q: Parameter = Parameter(0.787, "CV", _ANDREWS, "published")

    def cyp3a5_factor(self, first: str, second: str) -> float:
        """CL of a CYP3A5 diplotype, of that without a working copy."""
        working = (first == "*1") + (second == "*1")
        return (1.0, float(self.one_cyp3a5), float(self.two_cyp3a5))[working]

    def cyp3a4_factor(self, first: str, second: str) -> float:
        """CL of a CYP3A4 diplotype, of that of *1/*1."""
        return float(self.cyp3a4_22) if "*22" in (first, second) else 1.0


_THREE_LEVEL = replace(
    Numbers(), two_cyp3a5=Parameter(2.0, "of CL/F, with two copies of CYP3A5*1", _PASSEY, "published")
)
PARAMETERS = ("cl", "v1", "q", "v2", "ka", "f", "hct", "hct_rise", "hct_power", "recovery_days")


def _clearance(n: Numbers, cohort: Cohort) -> Floats:
    """Clearance on day 0, L/h, `(n_patients,)`, without random effects."""
    known = cohort.covariates
    surface = surface_area(known["height_cm"], known["weight_kg"])
    return np.asarray(
        float(n.cl)
        * factor_of(cohort, "CYP3A5", n.cyp3a5_factor)
        * factor_of(cohort, "CYP3A4", n.cyp3a4_factor)
        * (known["age"] / float(n.age_reference)) ** float(n.age_power)
        * (known["albumin_g_l"] / float(n.albumin_reference)) ** float(n.albumin_power)
        * (surface / float(n.surface_reference)) ** float(n.surface_power)
        * (known["creatinine_umol_l"] / float(n.creatinine_reference)) ** float(n.creatinine_power)
        * (float(n.hct_reference) / known["hematocrit_percent"]) ** float(n.hct_power)
    )


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)`; `cl` is that of day 0."""
    n, known, size = numbers, cohort.covariates, len(cohort)
    spread = [np.sqrt(np.log1p(float(cv) ** 2)) for cv in (n.cv_cl, n.cv_v1, n.cv_v2, n.cv_q)]
    by_chance = np.exp(np.array(spread) * eta)
    lean = fat_free_mass(known["height_cm"], known["weight_kg"], known["female"])
    columns = {
        "cl": _clearance(n, cohort) * by_chance[:, 0],
        "v1": float(n.v1) * (lean / float(n.lean_reference)) ** float(n.lean_power) * by_chance[:, 1],
        "q": float(n.q) * by_chance[:, 3],
        "v2": float(n.v2) * by_chance[:, 2],
        "ka": np.full(size, float(n.ka)),
        "f": np.full(size, float(n.bioavailability)),
        "hct": known["hematocrit_percent"],
        "hct_rise": np.full(size, float(n.hct_rise)),
        "hct_power": np.full(size, float(n.hct_power)),
        "recovery_days": np.full(size, float(n.recovery_days)),
    }
    return stack(columns, PARAMETERS)


@part()
def clearance_at(t, p):  # type: ignore[no-untyped-def]
    """Clearance at the hour t, L/h, with the haematocrit of the time."""
    cl, hct, hct_rise, hct_power, recovery_days = p[0], p[6], p[7], p[8], p[9]
    recovered = min(max(t / (HOURS * recovery_days), 0.0), 1.0)
    return cl * exp(-hct_power * log(1.0 + recovered * hct_rise / hct))


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour."""
    gut, central, peripheral = y[0], y[1], y[2]
    v1, q, v2, ka = p[1], p[2], p[3], p[4]
    cl_now = clearance_at(t, p)
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - (cl_now + q) / v1 * central + q / v2 * peripheral
    dydt[2] = q / v1 * central - q / v2 * peripheral


def eliminated(t: float, y: Floats, p: Floats) -> float:
    """mg/h: clearance falls as haematocrit recovers."""
    recovered = min(max(t / (HOURS * p[9]), 0.0), 1.0)
    return float(p[0] * (1.0 + recovered * p[7] / p[6]) ** -p[8] * y[1] / p[1])


_BETWEEN_DOSES = np.array([HOURS / DOSES_PER_DAY])
_ALPHA, _BETA, _KA, _SIZE = 0, 2, 4, 6


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """What no haematocrit changes."""
    decay_table(p[4], _BETWEEN_DOSES, c[_KA:_SIZE])


@of_model(DAY)
def half_day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live to the next dose with the clearance of half way, which moves by some 0.1% until then."""
    v1, q, v2 = p[1], p[2], p[3]
    k12, k21 = q / v1, q / v2
    cl_now = clearance_at(t + 0.5 * HOURS / DOSES_PER_DAY, p)
    alpha, beta = two_compartment_rates(cl_now / v1, k12, k21)
    decay_table(alpha, _BETWEEN_DOSES, c[_ALPHA:_BETA])
    decay_table(beta, _BETWEEN_DOSES, c[_BETA:_KA])
    two_compartment_day(y, k12, k21, c[_ALPHA:_BETA], c[_BETA:_KA], c[_KA:_SIZE], c[_SIZE:_SIZE])


@of_model(BIOMARKER)
def level(y, p):  # type: ignore[no-untyped-def]
    """Tacrolimus in whole blood, ng/mL, before the dose."""
    return NANOGRAMS * y[1] / p[1]


def initial(p: Floats) -> Floats:
    """Drug-free."""
    return np.zeros((len(p), 3))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day that hold `target` ng/mL before each dose, once haematocrit has recovered.

    The sum of the three exponentials of the two-compartment model over all doses of the past.
    """
    cl, v1, q, v2, ka, f, hct, hct_rise, hct_power, _ = p.T
    k10, k12, k21 = cl * (1.0 + hct_rise / hct) ** -hct_power / v1, q / v1, q / v2
    total = k10 + k12 + k21
    alpha = 0.5 * (total + np.sqrt(total**2 - 4.0 * k10 * k21))
    beta = k10 * k21 / alpha
    trough = np.zeros(len(p))
    for rate, other, third in ((alpha, beta, ka), (beta, alpha, ka), (ka, alpha, beta)):
        left = np.exp(-rate * HOURS / DOSES_PER_DAY)
        trough += ka * (k21 - rate) / ((other - rate) * (third - rate)) * left / (1.0 - left)
    return np.asarray(DOSES_PER_DAY * target * v1 / (NANOGRAMS * f * trough))


MODEL = PatientModel(
    name="andrews-2019",
    drug="tacrolimus",
    citation="Andrews et al., Br J Clin Pharmacol 2019;85:601, doi 10.1111/bcp.13838",
    population="Adults of Rotterdam in the months after a kidney transplant",
    biomarker_name="tacrolimus",
    time_unit_hours=1.0,
    states=("gut", "central", "peripheral"),
    parameters=PARAMETERS,
    parameter_sets={"two-level": Numbers(), "three-level": _THREE_LEVEL},
    random_effects=("cl", "v1", "v2", "q"),
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=Parameter(1.0, "mg in blood per mg swallowed", f"{_ANDREWS}: apparent", "published"),
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    doses_per_day=DOSES_PER_DAY,
    approximate=Propagator(prepare, half_day, _SIZE),
    strictness=4.0,
    # A patient with high clearance and a small volume falls to a thousandth of the peak before the next dose.
    biomarker=level,
    clearance="cl",
    sensitivity="cl",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    balance=DrugBalance(amounts(0, 1, 2), eliminated, level=True),
    cohorts=POPULATION,
    genotype_effects={"CYP3A5": "lower dose", "CYP3A4": "lower dose"},
)
