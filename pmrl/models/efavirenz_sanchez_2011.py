"""Efavirenz: one compartment, with CYP2B6*6, ABCC4 and gamma-glutamyltransferase on clearance.

Sanchez A et al., Antimicrob Agents Chemother 2011;55:5616, doi 10.1128/AAC.00194-11: 869 levels, 8 to 20 h
after the dose, of 128 patients. Hours, mg, mg/L. Numbers from a public code port that cites the paper's
table 4; the paper was not read. Age, sex and weight make no difference in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, one_compartment_day
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.elementary import exp
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, Propagator, stack
from pmrl.models.efavirenz_anchors import ANCHORS
from pmrl.models.efavirenz_population import POPULATION
from pmrl.parameter import Parameter

_SANCHEZ = "Sanchez 2011 table 4, from a public code port"
HOURS = 24.0
MID_DOSE = 12.0
"""Hours after the dose at which blood is drawn; as long before the next one."""
_APART = 1e-6


@dataclass(frozen=True)
class Numbers:
    """Typical values, effects on CL/F and between-patient variability (CV)."""

    cl: Parameter = Parameter(12.2, "L/h, apparent, at GGT 0", _SANCHEZ, "published")
    cl_ggt: Parameter = Parameter(-0.00279, "L/h per U/L of GGT", _SANCHEZ, "published")
    v: Parameter = Parameter(247.0, "L, apparent", _SANCHEZ, "published")
    ka: Parameter = Parameter(0.3, "1/h", f"{_SANCHEZ}, fixed there", "published")
    bioavailability: Parameter = Parameter(1.0, "", f"{_SANCHEZ}: CL and V are apparent", "published")
    one_6: Parameter = Parameter(0.602, "of CL/F, *1/*6", _SANCHEZ, "published")
    two_6: Parameter = Parameter(0.354, "of CL/F, *6/*6", _SANCHEZ, "published")
    one_1497t: Parameter = Parameter(0.793, "of CL/F, ABCC4 C/T", _SANCHEZ, "published")
    two_1497t: Parameter = Parameter(0.793, "of CL/F, ABCC4 T/T", "as C/T: none were seen", "assumption")
    cv_cl: Parameter = Parameter(0.284, "CV", _SANCHEZ, "published")
    cv_v: Parameter = Parameter(0.869, "CV", _SANCHEZ, "published")

    def cyp2b6_factor(self, first: str, second: str) -> float:
        """CL/F of a CYP2B6 diplotype, of that of *1/*1."""
        copies = (first, second).count("*6")
        return (1.0, float(self.one_6), float(self.two_6))[copies]

    def abcc4_factor(self, first: str, second: str) -> float:
        """CL/F of an ABCC4 diplotype, of that of C/C."""
        copies = (first, second).count("T")
        return (1.0, float(self.one_1497t), float(self.two_1497t))[copies]


PARAMETERS = ("cl", "v", "ka", "f")


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype and GGT."""
    n, size = numbers, len(cohort)
    spread = [np.sqrt(np.log1p(float(cv) ** 2)) for cv in (n.cv_cl, n.cv_v)]
    columns = {
        "cl": (float(n.cl) + float(n.cl_ggt) * cohort.covariates["ggt_u_l"])
        * factor_of(cohort, "CYP2B6", n.cyp2b6_factor)
        * factor_of(cohort, "ABCC4", n.abcc4_factor)
        * np.exp(spread[0] * eta[:, 0]),
        "v": float(n.v) * np.exp(spread[1] * eta[:, 1]),
        "ka": np.full(size, float(n.ka)),
        "f": np.full(size, float(n.bioavailability)),
    }
    return stack(columns, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per hour."""
    gut, central = y[0], y[1]
    cl, v, ka = p[0], p[1], p[2]
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - cl / v * central


_DAY = np.array([HOURS])
_K, _KA, _SIZE = 0, 2, 4


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    decay_table(p[0] / p[1], _DAY, c[_K:_KA])
    decay_table(p[2], _DAY, c[_KA:_SIZE])


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live 24 h in closed form."""
    one_compartment_day(y, p[0] / p[1], p[2], c[_K:_KA], c[_KA:_SIZE], c[_SIZE:_SIZE])


@of_model(BIOMARKER)
def level(y, p):  # type: ignore[no-untyped-def]
    """Efavirenz in plasma, mg/L, midway between two doses.

    The day ends with the dose to come. The equations are linear, so they say exactly what the level was
    12 h before: the blood of a day's visit was drawn then.
    """
    gut, central = y[0], y[1]
    cl, v, ka = p[0], p[1], p[2]
    k = cl / v
    # Equal rates would divide 0 by 0.
    apart = ka - k if abs(ka - k) > _APART else _APART
    back = exp(MID_DOSE * k)
    mid = back * central - ka * gut * back * (exp(MID_DOSE * apart) - 1.0) / apart
    return max(mid, 0.0) / v


def initial(p: Floats) -> Floats:
    """Drug-free."""
    return np.zeros((len(p), 2))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day that hold `target` mg/L midway between two doses: all doses of the past, summed."""
    cl, v, ka, f = p.T
    k = cl / v
    k = np.where(np.abs(ka - k) > _APART, k, ka - _APART)
    left, unabsorbed = (np.exp(-rate * MID_DOSE) / -np.expm1(-rate * HOURS) for rate in (k, ka))
    return np.asarray(target * v * (ka - k) / (f * ka * (left - unabsorbed)))


MODEL = PatientModel(
    name="sanchez-2011",
    drug="efavirenz",
    citation="Sanchez et al., Antimicrob Agents Chemother 2011;55:5616, doi 10.1128/AAC.00194-11",
    population="Caucasian adults with HIV in Salamanca, on 600 mg a day for at least three months",
    biomarker_name="efavirenz",
    time_unit_hours=1.0,
    states=("gut", "central"),
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers()},
    random_effects=("cl", "v"),
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=Parameter(1.0, "mg in plasma per mg swallowed", f"{_SANCHEZ}: apparent", "published"),
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    approximate=Propagator(prepare, day, _SIZE),
    # Looking back 12 h magnifies the error of patients with a small volume: 4e-5 of the peak at 4.
    strictness=20.0,
    biomarker=level,
    clearance="cl",
    sensitivity="cl",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    balance=DrugBalance(amounts(0, 1), first_order(0, 1, 1), level=True),
    cohorts=POPULATION,
    genotype_effects={"CYP2B6": "lower dose", "ABCC4": "lower dose"},
)
