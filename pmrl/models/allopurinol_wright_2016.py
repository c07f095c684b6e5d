"""Allopurinol in gout: oxypurinol, its active metabolite, and serum urate; ABCG2, HLA-B*58:01 and kidneys.

Wright DF et al., Br J Clin Pharmacol 2016;81:277, doi 10.1111/bcp.12799: 133 patients, read in the public
port of nlmixr2lib. Hours, mg of allopurinol, umol/L of oxypurinol, mmol/L of urate.

What is ours. In the paper urate follows oxypurinol at once, and blood was drawn at any time of the day; here
it is always drawn before the next dose, where oxypurinol is a fifth below its mean. So urate follows
oxypurinol averaged over about a day, which is also how long the body's urate takes to turn over. The maximal
effect is drawn on the logit scale, because the paper's log-normal takes some patients below no urate at all;
its spread near the typical value is the paper's. The set "stamp-2017" has that effect 1.2 times as large, and
no effect of diuretics on urate before treatment: as published the model brings 34% of the patients of a trial
to their target, and 69% came there. ABCG2 acts on C50 as the doses of DPWG imply.

Hypersensitivity is an expected number of events, not a draw. Its risk was published by the starting dose, per
mL/min of renal function. Here a start is the first 28 days with drug in the body: each day on which a dose is
taken adds a 28th of the risk of a start on that dose, and a day with drug but without a dose a 28th of that
of a low start. When the reaction appears, 30 days later in the median, is not simulated. The state `exposed`
counts the days with drug, so that neither to wait first nor to skip doses brings anybody through the start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.body import fat_free_mass
from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, HARM, RHS, of_model
from pmrl.drug_balance import DrugBalance, amounts, first_order
from pmrl.elementary import exp, log
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, stack
from pmrl.models.allopurinol_anchors import ANCHORS
from pmrl.models.allopurinol_constants import AVERAGED_HOURS, START, TRACE_MG, UMOL_PER_MG
from pmrl.models.allopurinol_day import PROPAGATOR
from pmrl.models.allopurinol_population import POPULATION
from pmrl.parameter import Parameter

_WRIGHT = "Wright 2016, final model, as carried by nlmixr2lib"
_DPWG = "DPWG on ABCG2 and allopurinol: dose by genotype, as carried by PharmCAT"
_STAMP = "chosen by this project for the month-12 results of Stamp 2017"
_STAMP_2012 = "Stamp 2012, start dose over eGFR in 54 cases and 157 controls"
_CPIC = "CPIC guideline for HLA-B and allopurinol"
_OURS = "choice of this project, see the text of the module"
_IN_MG = Parameter(1.0, "mg per mg swallowed", "doses are of allopurinol", "assumption")
HOURS = 24.0
L_H_OF_ML_MIN = 0.06
_BEYOND_REACH = 1e6
"""mg/day where no dose holds the target: finite, as a prescription must be, and more than any grid has."""


@dataclass(frozen=True)
class Numbers:
    """Typical values, covariate and genotype effects, between-patient variability, and risk."""

    cl: Parameter = Parameter(
        1.32, "L/h at 6 L/h CLcr and 70 kg fat-free mass, no diuretic", _WRIGHT, "published"
    )
    cl_crcl: Parameter = Parameter(0.587, "power of CLcr / 6 L/h", _WRIGHT, "published")
    cl_ffm: Parameter = Parameter(0.75, "power of fat-free mass / 70 kg", _WRIGHT, "published")
    cl_diuretic: Parameter = Parameter(0.740, "of CL, on a diuretic", _WRIGHT, "published")
    v: Parameter = Parameter(41.6, "L per 70 kg", _WRIGHT, "published")
    ka: Parameter = Parameter(1.09, "1/h", _WRIGHT, "published")
    bioavailability: Parameter = Parameter(1.0, "", "apparent clearance and volume", "assumption")
    u0: Parameter = Parameter(0.511, "mmol/L of urate at 6 L/h CLcr, no diuretic", _WRIGHT, "published")
    u0_crcl: Parameter = Parameter(-0.119, "power of CLcr / 6 L/h", _WRIGHT, "published")
    u0_diuretic: Parameter = Parameter(1.14, "of U0, on a diuretic", _WRIGHT, "published")
    emax: Parameter = Parameter(0.409, "of U0", _WRIGHT, "published")
    c50: Parameter = Parameter(83.9, "umol/L of oxypurinol", _WRIGHT, "published")
    hill: Parameter = Parameter(1.30, "power of oxypurinol", _WRIGHT, "published")
    c50_gt: Parameter = Parameter(1.25, "of C50, ABCG2 G/T", _DPWG, "guideline")
    c50_tt: Parameter = Parameter(1.40, "of C50, ABCG2 T/T", _DPWG, "guideline")
    var_cl: Parameter = Parameter(0.0586, "variance, log", _WRIGHT, "published")
    v_by_cl: Parameter = Parameter(0.0355, "log V per log CL of the random effect", _WRIGHT, "published")
    var_ka: Parameter = Parameter(0.347, "variance, log", _WRIGHT, "published")
    var_u0: Parameter = Parameter(0.0202, "variance, log", _WRIGHT, "published")
    cov_u0_emax: Parameter = Parameter(0.025, "covariance, log", _WRIGHT, "published")
    var_emax: Parameter = Parameter(
        0.1289, "variance, log; here of the logit, to first order", _WRIGHT, "published"
    )
    cov_u0_c50: Parameter = Parameter(0.011, "covariance, log", _WRIGHT, "published")
    cov_emax_c50: Parameter = Parameter(0.193, "covariance, log", _WRIGHT, "published")
    var_c50: Parameter = Parameter(0.3684, "variance, log", _WRIGHT, "published")
    start_limit: Parameter = Parameter(
        1.5, "mg per mL/min", _STAMP_2012 + ": 91% of cases above", "published"
    )
    above_limit: Parameter = Parameter(
        18.0,
        "times the risk below the limit",
        _STAMP_2012 + ": 91% of cases and 36% of controls above",
        "derived",
    )
    starts_above: Parameter = Parameter(
        0.36, "of starts above the limit", _STAMP_2012 + ": controls", "published"
    )
    risk: Parameter = Parameter(
        6e-4, "events per usual start without HLA-B*58:01",
        f"{_CPIC}: incidence of 0.1 to 0.4%; gives 0.1% in Europeans and 0.3% in East Asians", "derived",
    )  # fmt: skip
    risk_58_01: Parameter = Parameter(
        80.0, "times the risk, with HLA-B*58:01", "meta-analyses quoted by CPIC, from memory", "recalled"
    )

    @property
    def risk_below(self) -> float:
        """Events per start at or below the limit, without HLA-B*58:01."""
        above = float(self.starts_above)
        return float(self.risk) / (1.0 - above + above * float(self.above_limit))

    def c50_factor(self, first: str, second: str) -> float:
        """C50 of an ABCG2 diplotype, of that of G/G."""
        return (1.0, float(self.c50_gt), float(self.c50_tt))[(first == "T") + (second == "T")]

    def risk_factor(self, first: str, second: str) -> float:
        """Risk of an HLA-B diplotype, of that without *58:01."""
        return float(self.risk_58_01) if "*58:01" in (first, second) else 1.0

    @property
    def pd_root(self) -> Floats:
        """Lower triangle L with L L' = covariance of log U0, log Emax, log C50."""
        u0, u0_emax, emax, u0_c50, emax_c50, c50 = (
            float(one)
            for one in (
                self.var_u0, self.cov_u0_emax, self.var_emax, self.cov_u0_c50, self.cov_emax_c50, self.var_c50
            )
        )  # fmt: skip
        covariance = [[u0, u0_emax, u0_c50], [u0_emax, emax, emax_c50], [u0_c50, emax_c50, c50]]
        return np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)


_CALIBRATED = replace(
    Numbers(),
    emax=Parameter(0.491, "of U0", f"1.2 times Wright 2016, {_STAMP}", "derived"),
    u0_diuretic=Parameter(1.0, "of U0, on a diuretic", _STAMP, "derived"),
)
PARAMETERS = (
    *("ka", "cl", "v", "f", "u0", "emax", "c50", "hill"),
    *("limit_mg", "risk_below", "risk_above"),
)


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from renal function, body, diuretic and genotype."""
    n, known = numbers, cohort.covariates
    renal = known["crcl_ml_min"] * L_H_OF_ML_MIN / 6.0
    lean = fat_free_mass(known["height_cm"], known["weight_kg"], known["female"]) / 70.0
    diuretic = known["diuretic"] > 0.5
    of_cl, of_ka = float(n.var_cl) ** 0.5 * eta[:, 0], float(n.var_ka) ** 0.5 * eta[:, 1]
    # Written out: a matrix product adds up a single patient in another order than many.
    root = n.pd_root
    of_u0 = root[0, 0] * eta[:, 2]
    of_emax = root[1, 0] * eta[:, 2] + root[1, 1] * eta[:, 3]
    of_c50 = root[2, 0] * eta[:, 2] + root[2, 1] * eta[:, 3] + root[2, 2] * eta[:, 4]
    emax = float(n.emax)
    odds = emax / (1.0 - emax) * np.exp(of_emax / (1.0 - emax))
    below = n.risk_below * factor_of(cohort, "HLA-B", n.risk_factor)
    columns = {
        "ka": float(n.ka) * np.exp(of_ka),
        "cl": float(n.cl) * renal ** float(n.cl_crcl) * lean ** float(n.cl_ffm)
        * np.where(diuretic, float(n.cl_diuretic), 1.0) * np.exp(of_cl),
        "v": float(n.v) * known["weight_kg"] / 70.0 * np.exp(float(n.v_by_cl) * of_cl),
        "f": np.full(len(cohort), float(n.bioavailability)),
        "u0": float(n.u0) * renal ** float(n.u0_crcl)
        * np.where(diuretic, float(n.u0_diuretic), 1.0) * np.exp(of_u0),
        "emax": odds / (1.0 + odds),
        "c50": float(n.c50) * factor_of(cohort, "ABCG2", n.c50_factor) * np.exp(of_c50),
        "hill": np.full(len(cohort), float(n.hill)),
        "limit_mg": float(n.start_limit) * known["crcl_ml_min"],
        "risk_below": below,
        "risk_above": float(n.above_limit) * below,
    }  # fmt: skip
    return stack(columns, PARAMETERS)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """Amounts in mg, per hour; oxypurinol averaged, umol/L; and days with drug in the body."""
    gut, a, c = y[0], y[1], y[2]
    ka, cl, v = p[0], p[1], p[2]
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - cl / v * a
    dydt[2] = (UMOL_PER_MG * a / v - c) / AVERAGED_HOURS
    dydt[3] = (gut + a) / (gut + a + TRACE_MG) / HOURS


@of_model(BIOMARKER)
def urate(y, p):  # type: ignore[no-untyped-def]
    """Serum urate, mmol/L."""
    c = y[2]
    u0, emax, c50, hill = p[4], p[5], p[6], p[7]
    if c <= 0.0:
        return u0
    effect = exp(hill * log(c / c50))
    return u0 * (1.0 - emax * effect / (1.0 + effect))


@of_model(HARM)
def hypersensitivity(dose, y, p):  # type: ignore[no-untyped-def]
    """Expected severe reactions that a day of the start adds: more on a dose above the patient's limit."""
    gut, a, exposed = y[0], y[1], y[3]
    limit, below, above = p[8], p[9], p[10]
    if exposed > START + 0.5 or (dose <= 0.0 and gut + a <= TRACE_MG):
        return 0.0
    return (above if dose > limit else below) / START


def initial(p: Floats) -> Floats:
    """Drug-free."""
    return np.zeros((len(p), 4))


def maintenance_dose(p: Floats, target: float) -> Floats:
    """mg/day whose mean oxypurinol holds `target` mmol/L; 0 where none is needed, 1e6 where none suffices."""
    cl, f, u0, emax, c50, hill = (
        p[:, PARAMETERS.index(name)] for name in ("cl", "f", "u0", "emax", "c50", "hill")
    )
    share = np.maximum(1.0 - target / u0, 0.0) / emax
    c = c50 * (share / np.where(share < 1.0, 1.0 - share, np.nan)) ** (1.0 / hill)
    dose = c / UMOL_PER_MG * cl * HOURS / f
    return np.asarray(np.fmin(np.nan_to_num(dose, nan=_BEYOND_REACH), _BEYOND_REACH))


MODEL = PatientModel(
    name="wright-2016",
    drug="allopurinol",
    citation="Wright 2016, Br J Clin Pharmacol 81:277, doi 10.1111/bcp.12799",
    population="133 adults with gout, New Zealand; median 94 kg, creatinine clearance 68 mL/min",
    biomarker_name="serum urate",
    time_unit_hours=1.0,
    states=("gut", "a", "c", "exposed"),
    parameters=PARAMETERS,
    parameter_sets={"stamp-2017": _CALIBRATED, "published": Numbers()},
    random_effects=("cl", "ka", "u0", "emax", "c50"),
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=_IN_MG,
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    approximate=PROPAGATOR,
    biomarker=urate,
    harm=hypersensitivity,
    clearance="cl",
    sensitivity="c50",
    maintenance_dose=maintenance_dose,
    anchors=ANCHORS,
    balance=DrugBalance(amounts(0, 1), first_order(1, 2, 1)),
    cohorts=POPULATION,
    genotype_effects={"ABCG2": "higher dose", "HLA-B": "more harm"},
)
