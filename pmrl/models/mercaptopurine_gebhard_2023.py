"""6-mercaptopurine: a saturable influx of thioguanine nucleotides (TGN) and the neutrophils that they slow.

Gebhard A et al., Sci Rep 2023;13:11749, doi 10.1038/s41598-023-38414-0 (452 children, 4624 TGN and 9808
neutrophil counts), final model. Its paper has no genotype: TPMT on the influx of TGN and NUDT15 on the
effect of TGN are laid over it from the literature. Days, umol/m2, umol/L, G/L; doses in mg/m2. The paper
starts in mid-therapy; here the patients start without the drug.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pmrl.cohort import Cohort
from pmrl.compartments import decay_table, one_compartment_day
from pmrl.compiled import BIOMARKER, DAY, PREPARE, RHS, of_model, part
from pmrl.drug_balance import DrugBalance, amounts
from pmrl.elementary import exp, log
from pmrl.genotype_effects import factor_of
from pmrl.lanes import side_by_side
from pmrl.model import Floats, PatientModel, Propagator, stack
from pmrl.models.mercaptopurine_anchors import ANCHORS
from pmrl.models.mercaptopurine_dose import maintenance_dose
from pmrl.models.mercaptopurine_population import POPULATION, lost
from pmrl.parameter import Parameter
from pmrl.quadrature import DAY_HOURS, day_nodes, starts

_GEBHARD = "Gebhard 2023, final model, as ported by nlmixr2lib"
_FIXED = _GEBHARD + ": fixed"
_ALL97 = "ALL97, PMC3703235: median TGN 754 against 360 pmol/8e8 red cells"
_TPMT_PM = "PBPK model of Ogungbenro 2015, PMC4500328"
_NUDT15 = "makes the effect equal at the tolerated doses of CPIC's text, 83.5, 63 and 8% of 75 mg/m2"
_AMOUNT = Parameter(1000.0 / 152.18, "umol per mg", "molar mass 152.18", "derived")
MOST_EFFECT = Parameter(1.5, "at most, of proliferation", "keeps poor metabolisers finite", "assumption")
LEAST_COUNT = Parameter(0.05, "G/L, at least, in the feedback", "keeps it finite", "assumption")
LEAST_PRECURSORS = Parameter(
    1e-6, "of the drug-free number", "a marrow that is never empty recovers within weeks", "assumption"
)
_MOST, _LEAST, _NEVER_LOST = float(MOST_EFFECT), float(LEAST_COUNT), float(LEAST_PRECURSORS)


@dataclass(frozen=True)
class Numbers:
    """Typical values, genotype effects and between-patient variability (CV)."""

    bioavailability: Parameter = Parameter(0.12, "", _FIXED, "published")
    ka: Parameter = Parameter(21.07, "1/day", _FIXED, "published")
    ke: Parameter = Parameter(15.4, "1/day", _FIXED, "published")
    vc: Parameter = Parameter(20.1911, "L/m2", _FIXED, "published")
    vmm: Parameter = Parameter(0.21, "umol/L/day", _GEBHARD, "published")
    kmm: Parameter = Parameter(0.14, "umol/L", _GEBHARD, "published")
    keff: Parameter = Parameter(0.050, "1/day", _GEBHARD, "published")
    slope: Parameter = Parameter(0.16, "L/umol", _GEBHARD, "published")
    base: Parameter = Parameter(2.17, "G/L", _GEBHARD, "published")
    gamma: Parameter = Parameter(0.79, "", _GEBHARD, "published")
    ktr: Parameter = Parameter(0.15, "1/day", _GEBHARD, "published")
    kcirc: Parameter = Parameter(2.3765, "1/day", _FIXED, "published")
    cv_vmm: Parameter = Parameter(0.56, "CV", _GEBHARD, "published")
    cv_keff: Parameter = Parameter(0.54, "CV", _GEBHARD, "published")
    cv_base: Parameter = Parameter(0.27, "CV", _GEBHARD, "published")
    cv_ktr: Parameter = Parameter(0.72, "CV", _GEBHARD, "published")
    cv_slope: Parameter = Parameter(0.81, "CV", _GEBHARD, "published")
    cv_gamma: Parameter = Parameter(0.11, "CV", _GEBHARD, "published")
    tpmt_one: Parameter = Parameter(
        2.09, "of TGN influx, one TPMT allele without function", _ALL97, "published"
    )
    tpmt_two: Parameter = Parameter(10.0, "of TGN influx, two of them", _TPMT_PM, "published")
    nudt15_one: Parameter = Parameter(
        1.10, "of slope, one NUDT15 allele without function", _NUDT15, "derived"
    )
    nudt15_two: Parameter = Parameter(3.22, "of slope, two of them", _NUDT15, "derived")

    def influx_factor(self, first: str, second: str) -> float:
        """Influx of TGN of a TPMT diplotype, of that of *1/*1."""
        return (1.0, float(self.tpmt_one), float(self.tpmt_two))[lost(first, second)]

    def slope_factor(self, first: str, second: str) -> float:
        """Slope of a NUDT15 diplotype, of that of *1/*1: more of the TGN ends in DNA."""
        return (1.0, float(self.nudt15_one), float(self.nudt15_two))[lost(first, second)]


def _with_tpmt_one(value: float, source: str) -> Numbers:
    one = Parameter(value, "of TGN influx, one TPMT allele without function", source, "published")
    return replace(Numbers(), tpmt_one=one)


RANDOM_EFFECTS = ("vmm", "keff", "base", "ktr", "slope", "gamma")
PARAMETERS = ("ka", "ke", "vc", "vmm", "kmm", "keff", "slope", "base", "gamma", "ktr", "kcirc", "f")


def individual(numbers: Numbers, cohort: Cohort, eta: Floats) -> Floats:
    """Individual parameters `(n_patients, n_parameters)` from genotype and what nobody sees."""
    columns = {name: np.full(len(cohort), float(getattr(numbers, name))) for name in PARAMETERS[:-1]}
    columns["f"] = np.full(len(cohort), float(numbers.bioavailability))
    for column, name in enumerate(RANDOM_EFFECTS):
        log_sd = np.sqrt(np.log1p(float(getattr(numbers, f"cv_{name}")) ** 2))
        columns[name] = columns[name] * np.exp(log_sd * eta[:, column])
    columns["vmm"] = columns["vmm"] * factor_of(cohort, "TPMT", numbers.influx_factor)
    columns["slope"] = columns["slope"] * factor_of(cohort, "NUDT15", numbers.slope_factor)
    return stack(columns, PARAMETERS)


@part()
def precursors(pro, anc, e, p, fastest):  # type: ignore[no-untyped-def]
    """Rate of the proliferating cells under the effect e; they are lost no faster than at `fastest` a day."""
    base, gamma, ktr, kcirc = p[7], p[8], p[9], p[10]
    fb = exp(gamma * log(base / max(anc, _LEAST)))
    gain = max(ktr * ((1.0 - e) * fb - 1.0), -fastest)
    kept = _NEVER_LOST * base * kcirc / ktr if gain < 0.0 else 0.0
    return gain * (pro - kept)


@of_model(RHS)
def rhs(t, y, p, dydt):  # type: ignore[no-untyped-def]
    """The paper's equations, per day; limits keep poor metabolisers finite and their marrow alive."""
    gut, x, tgn, pro, t1, t2, t3, anc = y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7]
    ka, ke, vc, vmm, kmm, keff, slope, ktr, kcirc = p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[9], p[10]
    c = x / vc
    e = min(slope * tgn, _MOST)
    dydt[0] = -ka * gut
    dydt[1] = ka * gut - ke * x
    dydt[2] = vmm * c / (kmm + c) - keff * tgn
    dydt[3] = precursors(pro, anc, e, p, np.inf)
    dydt[4] = ktr * (pro - t1)
    dydt[5] = ktr * (t1 - t2)
    dydt[6] = ktr * (t2 - t3)
    dydt[7] = ktr * t3 - kcirc * anc


_N = 16
_TIMES, _WEIGHTS = (hours / DAY_HOURS for hours in day_nodes(_N))
_KE, _KA, _KEFF, _X, _CELLS, _SIZE = starts(_N + 2, _N + 2, _N + 2, _N, 15)
_SHARE, _NEXT = np.array([1.0, 2.0, 2.0, 1.0]) / 6.0, np.array([0.5, 0.5, 1.0, 0.0])
_AT = np.array([0.0, 0.5, 0.5, 1.0])
_STABLE = 2.0
"""Of a step times the rate of a loss: from 2.8 on, such steps make more of it instead of less."""


@of_model(PREPARE)
def prepare(p, c):  # type: ignore[no-untyped-def]
    """Tables of one day from one patient's parameters."""
    decay_table(p[1], _TIMES, c[_KE:_KA])
    decay_table(p[0], _TIMES, c[_KA:_KEFF])
    decay_table(p[5], _TIMES, c[_KEFF:_X])


@part()
def marrow_day(cells, e, trend, p, scratch):  # type: ignore[no-untyped-def]
    """Classical Runge-Kutta steps of fourth order under an effect that goes from `e` to `e + trend`.

    The faster the cells turn over, the more steps; precursors that are lost faster still are lost as fast as
    these steps allow, as more would make them fewer than none.
    """
    ktr, kcirc = p[9], p[10]
    steps = 2 + int(12.0 * ktr)
    at, rate, after = scratch[0:5], scratch[5:10], scratch[10:15]
    for step in range(steps):
        for k in range(5):
            at[k] = after[k] = cells[k]
        for stage in range(4):
            t = (step + _AT[stage]) / steps
            rate[0] = precursors(at[0], at[4], min(e + trend * t, _MOST), p, _STABLE * steps)
            rate[1] = ktr * (at[0] - at[1])
            rate[2] = ktr * (at[1] - at[2])
            rate[3] = ktr * (at[2] - at[3])
            rate[4] = ktr * at[3] - kcirc * at[4]
            for k in range(5):
                after[k] += _SHARE[stage] / steps * rate[k]
                at[k] = cells[k] + _NEXT[stage] / steps * rate[k]
        for k in range(5):
            cells[k] = after[k]


@of_model(DAY)
def day(t, y, p, c):  # type: ignore[no-untyped-def]
    """Live a day: the drug in closed form, TGN by quadrature, the marrow under the line nearest to TGN."""
    ka, ke, vc, vmm, kmm, keff, slope = p[0], p[1], p[2], p[3], p[4], p[5], p[6]
    x, kept = c[_X:_CELLS], c[_KEFF:_X]
    one_compartment_day(y, ke, ka, c[_KE:_KA], c[_KA:_KEFF], x)
    influx, moment, left = 0.0, 0.0, 0.0
    for n in range(_N):
        flow = _WEIGHTS[n] * vmm * x[n] / (kmm * vc + x[n])
        influx += flow
        moment += flow * _TIMES[n]
        left += flow / kept[n + 1]
    tgn = (y[2] + left) * kept[_N + 1]
    # What was not lost is still there, at each time: the integrals of TGN and of time x TGN.
    mean = (influx - tgn + y[2]) / keff
    trend = 12.0 * ((moment - tgn + mean) / keff - 0.5 * mean)
    y[2] = tgn
    marrow_day(y[3:8], slope * (mean - 0.5 * trend), slope * trend, p, c[_CELLS:_SIZE])


@of_model(BIOMARKER)
def neutrophils(y, p):  # type: ignore[no-untyped-def]
    """Absolute neutrophil count (ANC), G/L."""
    return y[7]


def initial(p: Floats) -> Floats:
    """Drug-free: no TGN, the neutrophils at their base and their precursors as many as keep them there."""
    base, ktr, kcirc = (p[:, PARAMETERS.index(name)] for name in ("base", "ktr", "kcirc"))
    nothing, precursors = np.zeros(len(p)), base * kcirc / ktr
    return np.ascontiguousarray(np.stack([nothing] * 3 + [precursors] * 4 + [base], axis=1))


def dose_for(p: Floats, target: float) -> Floats:
    """mg/m2/day that hold `target` G/L; see `pmrl.models.mercaptopurine_dose`."""
    return maintenance_dose(dict(zip(PARAMETERS, p.T, strict=True)), target, float(_AMOUNT))


MODEL = PatientModel(
    name="gebhard-2023",
    drug="mercaptopurine",
    citation="Gebhard 2023, doi 10.1038/s41598-023-38414-0; TPMT: PMC3703235, PMC4500328; NUDT15: CPIC",
    population="children in maintenance of acute lymphoblastic leukaemia; genotype effects of other studies",
    biomarker_name="ANC",
    time_unit_hours=24.0,
    states=("gut", "x", "tgn", "pro", "t1", "t2", "t3", "anc"),
    parameters=PARAMETERS,
    parameter_sets={
        "literature-overlay": Numbers(),
        "tpmt-hawwa-2008": _with_tpmt_one(2.56, "Hawwa 2008: theta of TPMT"),
        "tpmt-ogungbenro-2015": _with_tpmt_one(2.0, "Ogungbenro 2015, PMC4500328: PBPK"),
    },
    random_effects=RANDOM_EFFECTS,
    individual=individual,
    initial=initial,
    dose_state="gut",
    dose_fraction=_AMOUNT,
    bioavailability="f",
    rhs=rhs,
    rhs_lanes=side_by_side(rhs),
    approximate=Propagator(prepare, day, _SIZE),
    biomarker=neutrophils,
    # At the typical rates the feedback through the precursors is unstable where gamma is above 0.85.
    cycles=True,
    clearance="ke",
    sensitivity="slope",
    maintenance_dose=dose_for,
    anchors=ANCHORS,
    balance=DrugBalance(amounts(0, 1), lambda t, y, p: float(p[1] * y[1])),
    cohorts=POPULATION,
    genotype_effects={"TPMT": "lower dose", "NUDT15": "lower dose"},
)
