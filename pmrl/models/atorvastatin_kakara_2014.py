"""Atorvastatin and LDL cholesterol; SLCO1B1 changes exposure and the risk of myopathy, not the effect on LDL.

Kakara M et al., Br J Clin Pharmacol 2014, doi 10.1111/bcp.12405: 378 patients, LDL turnover inhibited by the
daily dose; exposure from Stillemans G et al., Clin Transl Sci 2022, doi 10.1111/cts.13185; both read in the
public ports of nlmixr2lib. Days, mg, mg/dL, L/h.

The paper's effect follows from the daily dose, not from a concentration. Here the dose goes through two
stages of a day each, and what is in the second, in mg/day, stands for it, as in
`pmrl.models.sipoglitazar_stringer_2014`.

What is ours: the maximal inhibition is drawn on the logit scale, because the paper's log-normal takes 3 to 6%
of the patients below no LDL at all; its spread near the typical value is the paper's. The set "stellar" has
an ID50 that gives the mean fall of LDL at all four doses of the STELLAR trial; as published, from Japanese
patients, the model overpredicts 10 mg.

Myopathy is an expected number of events: a rate in proportion to the day's exposure (dose / CL) and to a
factor for each C allele. The rate is an assumption, of the order of large trials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, HARM, RHS, of_model
from pmrl.drug_balance import DrugBalance
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.atorvastatin_anchors import ANCHORS
from pmrl.models.atorvastatin_population import POPULATION
from pmrl.parameter import Parameter

_KAKARA = "Kakara 2014, joint model, as carried by nlmixr2lib"
_STILLEMANS = "Stillemans 2022, final model, as carried by nlmixr2lib"
_OURS = "choice of this project, see the text of the module"
_RISK = f"{_OURS}: the order of large trials"
_IN_MG = Parameter(1.0, "mg per mg swallowed", "doses are of atorvastatin", "assumption")
DAYS_PER_YEAR = 365.25
_BEYOND_REACH = 1e6
"""mg/day where no dose holds the target: finite, as a prescription must be, and more than any grid has."""


@dataclass(frozen=True)
class Numbers:
    """Typical values, genotype effects, between-patient variability, and risk."""

    kin: Parameter = Parameter(32.8, "mg/dL/day", _KAKARA, "published")
    base: Parameter = Parameter(152.0, "mg/dL at 62 years", _KAKARA, "published")
    base_age: Parameter = Parameter(-0.240, "power of age / 62", _KAKARA, "published")
    imax: Parameter = Parameter(0.567, "of the making of LDL", _KAKARA, "published")
    id50: Parameter = Parameter(2.22, "mg/day", _KAKARA, "published")
    cv_base: Parameter = Parameter(0.150, "CV", _KAKARA, "published")
    cv_imax: Parameter = Parameter(0.414, "CV; here of the logit, to first order", _KAKARA, "published")
    cv_id50: Parameter = Parameter(0.554, "CV", _KAKARA, "published")
    per_stage: Parameter = Parameter(1.0, "1/day, out of each stage of exposure", _OURS, "assumption")
    bioavailability: Parameter = Parameter(1.0, "", "apparent clearance", "assumption")
    cl: Parameter = Parameter(535.0, "L/h, SLCO1B1 T/T", _STILLEMANS, "published")
    cl_tc: Parameter = Parameter(0.598, "of CL, T/C", _STILLEMANS + ": -40.2%", "published")
    cl_cc: Parameter = Parameter(
        0.41,
        "of CL, C/C",
        "CPIC guideline for SLCO1B1: AUC +144%; Stillemans' -4.1% has an error of 470%",
        "published",
    )
    var_cl: Parameter = Parameter(0.0677, "variance, log", _STILLEMANS, "published")
    myopathy: Parameter = Parameter(0.001, "events per year at 40 mg/day, typical T/T", _RISK, "assumption")
    myopathy_dose: Parameter = Parameter(40.0, "mg/day to which the rate belongs", _RISK, "assumption")
    myopathy_c: Parameter = Parameter(
        1.5, "times the rate per C allele, beyond exposure",
        f"{_OURS}; 4.5 with simvastatin 80 mg and modest outside it, by CPIC", "assumption",
    )  # fmt: skip

    def cl_factor(self, first: str, second: str) -> float:
        """Clearance of an SLCO1B1 diplotype, of that of T/T."""
        return (1.0, float(self.cl_tc), float(self.cl_cc))[(first == "C") + (second == "C")]

    def risk_factor(self, first: str, second: str) -> float:
        """Rate of myopathy at one exposure, of that of T/T."""
        return float(self.myopathy_c) ** ((first == "C") + (second == "C"))

    @property
    def per_exposure(self) -> float:
        """Myopathies per day and unit of dose / CL, T/T."""
        return float(self.myopathy) / DAYS_PER_YEAR * float(self.cl) / float(self.myopathy_dose)


_STELLAR = replace(
    Numbers(),
    id50=Parameter(5.3, "mg/day", "gives the mean falls of LDL in STELLAR within 2 points", "derived"),
)
PARAMETERS = ("cl", "f", "stage", "kin", "base", "imax", "id50", "risk")


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from age and genotype."""
    n, imax = numbers, float(numbers.imax)
    of_base, of_imax, of_id50 = (
        float(np.sqrt(np.log1p(float(cv) ** 2))) * eta[:, column]
        for column, cv in enumerate((n.cv_base, n.cv_imax, n.cv_id50))
    )
    odds = imax / (1.0 - imax) * np.exp(of_imax / (1.0 - imax))
    columns = {
        "cl": float(n.cl)
        * factor_of(cohort, "SLCO1B1", n.cl_factor)
        * np.exp(float(n.var_cl) ** 0.5 * eta[:, 3]),
        "base": float(n.base) * (cohort.covariates["age"] / 62.0) ** float(n.base_age) * np.exp(of_base),
        "imax": odds / (1.0 + odds),
        "id50": float(n.id50) * np.exp(of_id50),
        "risk": n.per_exposure * factor_of(cohort, "SLCO1B1", n.risk_factor),
    }
    same = {"f": n.bioavailability, "stage": n.per_stage, "kin": n.kin}
    return stack(columns | {name: np.full(len(cohort), float(one)) for name, one in same.items()}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equation, per day, with the two stages of exposure in front."""
    waiting, per_day, ldl = y[0], y[1], y[2]
    stage, kin, base, imax, id50 = p[2], p[3], p[4], p[5], p[6]
    inhibition = imax * per_day / (id50 + per_day)
    dydt[0] = -stage * waiting
    dydt[1] = stage * (stage * waiting - per_day)
    dydt[2] = kin * (1.0 - inhibition) - kin / base * ldl


@of_model(BIOMARKER)
def ldl_cholesterol(y, p):  # type: ignore[no-untyped-def]
    """LDL cholesterol, mg/dL."""
    return y[2]


@of_model(HARM)
def myopathy(dose, y, p):  # type: ignore[no-untyped-def]
    """Expected myopathies of a day."""
    cl, risk = p[0], p[7]
    return risk * dose / cl


def initial(p: Floats) -> Floats:
    """Drug-free."""
    return np.stack([np.zeros(len(p)), np.zeros(len(p)), p[:, PARAMETERS.index("base")]], axis=1)


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day that hold `target` mg/dL in the end; 0 where none is needed, 1e6 where none suffices."""
    f, base, imax, id50 = (p[:, PARAMETERS.index(name)] for name in ("f", "base", "imax", "id50"))
    inhibition = np.maximum(1.0 - target / base, 0.0)
    dose = id50 * inhibition / np.where(imax > inhibition, imax - inhibition, np.nan) / f
    return np.asarray(np.fmin(np.nan_to_num(dose, nan=_BEYOND_REACH), _BEYOND_REACH))


MODEL = PatientModel(
    name="kakara-2014",
    drug="atorvastatin",
    citation="Kakara 2014, doi 10.1111/bcp.12405; exposure: Stillemans 2022, doi 10.1111/cts.13185",
    population="378 adults with high cholesterol, Japan",
    biomarker_name="LDL cholesterol",
    time_unit_hours=24.0,
    states=("waiting", "per_day", "ldl"),
    parameters=PARAMETERS,
    parameter_sets={"stellar": _STELLAR, "published": Numbers()},
    random_effects=("base", "imax", "id50", "cl"),
    individual=individual,
    initial=initial,
    dose_state="waiting",
    dose_fraction=_IN_MG,
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    biomarker=ldl_cholesterol,
    harm=myopathy,
    clearance="cl",
    sensitivity="id50",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    balance=DrugBalance(lambda y, p: float(y[0] + y[1] / p[2]), lambda t, y, p: float(y[1])),
    cohorts=POPULATION,
    genotype_effects={"SLCO1B1": "more harm"},
)
