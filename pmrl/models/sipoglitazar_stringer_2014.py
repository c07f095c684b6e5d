"""Sipoglitazar, a research compound that was never marketed: UGT2B15, glucose and HbA1c.

Stringer F et al., J Clin Pharmacol 2014;54:453, doi 10.1002/jcph.227: 780 drug-naive patients, 13 weeks;
read in the public port of nlmixr2lib. Days, mg, mmol/L (fasting plasma glucose, FPG), % (HbA1c).

The paper has no time course of the drug: a day's effect follows from AUC = dose / (24 CL). Here the dose goes
through two stages of a day each, and what is in the second, in mg/day, stands for the dose. Its mean over a
day is the daily dose once that is steady, so that the day's AUC is exactly dose / (24 CL). It swings by 5%
within a day, which moves glucose by less than 0.1%; after a change it is 91% there in 4 days, where glucose
takes 37 days and HbA1c 32 (time constants).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, RHS, of_model
from pmrl.drug_balance import DrugBalance
from pmrl.elementary import exp, log
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.low_glucose import low_glucose
from pmrl.models.sipoglitazar_anchors import ANCHORS
from pmrl.models.sipoglitazar_population import POPULATION
from pmrl.parameter import Parameter

_TABLE_1 = "Stringer 2014, table 1, as carried by nlmixr2lib"
_TABLE_2 = "Stringer 2014, table 2, as carried by nlmixr2lib"
_OURS = "choice of this project, see the text of the module"
_IN_MG = Parameter(1.0, "mg per mg swallowed", "doses are of the substance", "assumption")
HOURS = 24.0
_BEYOND_REACH = 1e6
"""mg/day where no dose holds the target: finite, as a prescription must be, and more than any grid has."""


@dataclass(frozen=True)
class Numbers:
    """Typical values, genotype effects and between-patient variability."""

    cl_11: Parameter = Parameter(5.04, "L/h, *1/*1", _TABLE_1, "published")
    cl_12: Parameter = Parameter(3.35, "L/h, *1/*2", _TABLE_1, "published")
    cl_22: Parameter = Parameter(1.53, "L/h, *2/*2", _TABLE_1, "published")
    bioavailability: Parameter = Parameter(1.0, "", "complete, in the clearance", "assumption")
    per_stage: Parameter = Parameter(1.0, "1/day, out of each stage of exposure", _OURS, "assumption")
    emax: Parameter = Parameter(0.487, "of the removal of FPG", _TABLE_2, "published")
    auc50: Parameter = Parameter(1.15, "mg*day/L", _TABLE_2, "published")
    fpg: Parameter = Parameter(9.41, "mmol/L at baseline", _TABLE_2, "published")
    kout_fpg: Parameter = Parameter(0.027, "1/day", _TABLE_2, "published")
    a1c: Parameter = Parameter(7.96, "% at baseline", _TABLE_2, "published")
    kout_a1c: Parameter = Parameter(0.031, "1/day", _TABLE_2, "published")
    gamma: Parameter = Parameter(0.71, "power of FPG", _TABLE_2, "published")
    lifestyle_placebo: Parameter = Parameter(
        0.037, "less HbA1c made, placebo", _TABLE_2 + ": LEHB", "published"
    )
    lifestyle_less: Parameter = Parameter(
        0.017, "of it not seen on the drug", _TABLE_2 + ": LEHB", "published"
    )
    var_fpg: Parameter = Parameter(0.05, "variance, log", _TABLE_2, "published")
    var_a1c: Parameter = Parameter(0.01, "variance, before Box-Cox", _TABLE_2, "published")
    box_cox: Parameter = Parameter(2.39, "shape, baseline HbA1c", _TABLE_2, "published")
    var_lifestyle_fpg: Parameter = Parameter(0.04, "variance, additive", _TABLE_2 + ": LEFPG", "published")
    var_lifestyle_a1c: Parameter = Parameter(0.01, "variance, additive", _TABLE_2 + ": LEHB", "published")
    least_made: Parameter = Parameter(0.1, "of glucose and HbA1c made, at least", _OURS, "assumption")

    def cl(self, first: str, second: str) -> float:
        """Clearance of a UGT2B15 diplotype, L/h."""
        copies = sum(allele == "*2" for allele in (first, second))
        return float((self.cl_11, self.cl_12, self.cl_22)[copies])


PARAMETERS = (
    *("cl", "f", "stage", "emax", "auc50"),
    *("fpg0", "made_fpg", "kout_fpg", "a1c0", "made_a1c", "kout_a1c", "gamma"),
)


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype.

    Everybody is on the drug or about to be: the lifestyle effect is that of the arms with the drug.
    """
    n = numbers
    of_fpg, of_a1c, of_made_fpg, of_made_a1c = (
        float(variance) ** 0.5 * eta[:, column]
        for column, variance in enumerate((n.var_fpg, n.var_a1c, n.var_lifestyle_fpg, n.var_lifestyle_a1c))
    )
    lifestyle, shape = float(n.lifestyle_placebo) - float(n.lifestyle_less), float(n.box_cox)
    columns = {
        "cl": factor_of(cohort, "UGT2B15", n.cl),
        "fpg0": float(n.fpg) * np.exp(of_fpg),
        "made_fpg": np.maximum(1.0 + of_made_fpg, float(n.least_made)),
        "a1c0": float(n.a1c) * np.exp(np.expm1(shape * of_a1c) / shape),
        "made_a1c": np.maximum(1.0 - lifestyle - of_made_a1c, float(n.least_made)),
    }
    same = {
        "f": n.bioavailability,
        "stage": n.per_stage,
        "emax": n.emax,
        "auc50": n.auc50,
        "kout_fpg": n.kout_fpg,
        "kout_a1c": n.kout_a1c,
        "gamma": n.gamma,
    }
    return stack(columns | {name: np.full(len(cohort), float(one)) for name, one in same.items()}, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per day, with the two stages of exposure in front."""
    waiting, per_day, fpg, a1c = y[0], y[1], y[2], y[3]
    cl, stage, emax, auc50 = p[0], p[2], p[3], p[4]
    fpg0, made_fpg, kout_fpg = p[5], p[6], p[7]
    a1c0, made_a1c, kout_a1c, gamma = p[8], p[9], p[10], p[11]
    auc = per_day / (HOURS * cl)
    effect = emax * auc / (auc50 + auc)
    dydt[0] = -stage * waiting
    dydt[1] = stage * (stage * waiting - per_day)
    dydt[2] = kout_fpg * (fpg0 * made_fpg - (1.0 + effect) * fpg)
    dydt[3] = kout_a1c * (a1c0 * made_a1c * exp(gamma * log(fpg / fpg0)) - a1c)


@of_model(BIOMARKER)
def hba1c(y, p):  # type: ignore[no-untyped-def]
    """HbA1c, %."""
    return y[3]


def initial(p: Floats) -> Floats:
    """Drug-free, at the baseline before the advice on diet that everybody in the trials was given."""
    nothing = np.zeros(len(p))
    return np.stack([nothing, nothing, p[:, 5], p[:, 8]], axis=1)


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day that hold `target` % in the end; 0 where none is needed, 1e6 where none suffices."""
    cl, f, _, emax, auc50, fpg0, made_fpg, _, a1c0, made_a1c, _, gamma = p.T
    fpg = fpg0 * (target / (a1c0 * made_a1c)) ** (1.0 / gamma)
    effect = np.maximum(fpg0 * made_fpg / fpg - 1.0, 0.0)
    left = emax - effect
    auc = auc50 * effect / np.where(left > 0.0, left, np.nan)
    return np.asarray(np.fmin(np.nan_to_num(HOURS * cl * auc / f, nan=_BEYOND_REACH), _BEYOND_REACH))


MODEL = PatientModel(
    name="stringer-2014",
    drug="sipoglitazar",
    citation="Stringer 2014, J Clin Pharmacol 54:453, doi 10.1002/jcph.227; a compound never marketed",
    population="780 drug-naive adults with type-2 diabetes, HbA1c 7 to 10% at screening, 13 weeks",
    biomarker_name="HbA1c",
    time_unit_hours=24.0,
    states=("waiting", "per_day", "fpg", "a1c"),
    parameters=PARAMETERS,
    parameter_sets={"published": Numbers()},
    random_effects=("fpg0", "a1c0", "made_fpg", "made_a1c"),
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
    balance=DrugBalance(lambda y, p: float(y[0] + y[1] / p[2]), lambda t, y, p: float(y[1])),
    cohorts=POPULATION,
    genotype_effects={"UGT2B15": "lower dose"},
    # The lifestyle effects of a trial move glucose by 20% and HbA1c by 10% (SD), drug or no drug.
    drift=0.7,
)
