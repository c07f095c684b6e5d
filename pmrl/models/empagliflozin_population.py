"""Adults with type-2 diabetes, as in the trials of empagliflozin, with a gene that does nothing."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, Draw, by, flag, log_normal, normal

_BARON = "Baron 2016, tables 2 and S2, as carried by nlmixr2lib"
_SPREAD = "a quarter of the distance of the 2.5th and 97.5th percentile in Baron 2016, table 2"
_LAB = "reference of the model in Baron 2016; the cohort's median was not found"
_OURS = "choice of this project"
_GFR = "mL/min/1.73 m2"


def _published(value: float, unit: str) -> Parameter:
    return Parameter(value, unit, _BARON, "published")


def _spread(value: float, unit: str) -> Parameter:
    return Parameter(value, unit, _SPREAD, "derived")


def _normal(name: str, unit: str, low: float, high: float, median: Parameter, sd: Parameter) -> Covariate:
    return Covariate(name, unit, low, high, median, normal(median, sd, low, high), (median, sd))


def _skewed(name: str, unit: str, low: float, high: float, median: Parameter, cv: Parameter) -> Covariate:
    return Covariate(name, unit, low, high, median, log_normal(median, cv, low, high), (median, cv))


def _flag(name: str, usual: float, draw: Draw, *numbers: Parameter) -> Covariate:
    typical = Parameter(usual, "0/1", "the more frequent one in Baron 2016, tables 2 and S2", "published")
    return Covariate(name, "0/1", 0.0, 1.0, typical, draw, numbers)


def _lab(name: str, low: float, high: float, median: float, cv: float) -> Covariate:
    spread = Parameter(cv, "CV", _OURS, "assumption")
    return _skewed(name, "U/L", low, high, Parameter(median, "U/L", _LAB, "published"), spread)


_NONE = Parameter(0.0, "share", "excluded by the other one", "derived")
_FEMALE, _ASIAN = _published(0.455, "share"), _published(0.420, "share")
_BLACK = Parameter(0.0273 / 0.58, "share of those not Asian", _BARON + ": 2.73%", "derived")
_EX_SMOKER = _published(0.241, "share")
_SMOKER = Parameter(0.132 / 0.759, "share of those who did not stop", _BARON + ": 13.2%", "derived")
_METFORMIN = Parameter(0.672, "share", _BARON + ": 37.6% alone, 29.6% with a sulfonylurea", "derived")
_SULFONYLUREA = Parameter(0.296 / 0.672, "share of those on metformin", _BARON + ": 29.6%", "derived")
_LONG = "with this spread 58.5% have more than 5 years, as in Baron 2016, table S2"

POPULATION = DrawnPopulation(
    name="adults with type-2 diabetes, drawn as in the trials of empagliflozin",
    # Each on its own: how they go together was not found, so kidneys do not age here.
    covariates=(
        _normal("age", "years", 18.0, 90.0, _published(58.0, "years"), _spread(10.2, "years")),
        _flag("female", 0.0, flag(_FEMALE), _FEMALE),
        _flag("asian", 0.0, flag(_ASIAN), _ASIAN),
        _flag("black", 0.0, by("asian", (flag(_BLACK), flag(_NONE))), _BLACK),
        _skewed("bmi", "kg/m2", 18.0, 60.0, _published(29.1, "kg/m2"), _spread(0.18, "CV")),
        _normal("egfr", _GFR, 15.0, 150.0, _published(81.8, _GFR), _spread(24.1, _GFR)),
        _skewed("fpg", "mmol/L", 4.0, 20.0, _published(8.38, "mmol/L"), _spread(0.27, "CV")),
        _skewed(
            "duration", "years", 0.25, 40.0, Parameter(6.07, "years", _LONG, "derived"),
            Parameter(1.12, "CV", _OURS, "assumption"),
        ),
        _flag("metformin", 1.0, flag(_METFORMIN), _METFORMIN),
        _flag("sulfonylurea", 0.0, by("metformin", (flag(_NONE), flag(_SULFONYLUREA))), _SULFONYLUREA),
        _flag("ex_smoker", 0.0, flag(_EX_SMOKER), _EX_SMOKER),
        _flag("smoker", 0.0, by("ex_smoker", (flag(_SMOKER), flag(_NONE))), _SMOKER),
        _normal("total_protein", "g/L", 50.0, 95.0, _published(72.0, "g/L"), _spread(4.6, "g/L")),
        _lab("alt", 5.0, 200.0, 20.0, 0.5),
        _lab("ast", 5.0, 200.0, 20.0, 0.4),
        _lab("alp", 20.0, 300.0, 70.0, 0.3),
        _lab("ldh", 60.0, 600.0, 160.0, 0.25),
    ),
    # Of the gene only, whose frequency is the same in all: race is a covariate of its own.
    ancestry={"European": Parameter(1.0, "share", _OURS + ": without consequence", "assumption")},
    genes=("UGT2B15",),
    tested=("UGT2B15",),
)  # fmt: skip
