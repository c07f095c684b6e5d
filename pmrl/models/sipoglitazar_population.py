"""Adults with type-2 diabetes and no earlier drug for it, as in the trials of sipoglitazar."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, flag, log_normal, normal

_TRIAL = "Stringer 2014, supplement table S1, as carried by nlmixr2lib"
_OURS = "spread that gives the range in Stringer 2014, supplement table S1; choice of this project"
_AGE, _AGE_SD = Parameter(56.0, "years", _TRIAL, "published"), Parameter(9.0, "years", _OURS, "assumption")
_FEMALE = Parameter(0.503, "share", _TRIAL, "published")
_WEIGHT, _WEIGHT_CV = (
    Parameter(88.8, "kg", _TRIAL, "published"),
    Parameter(0.19, "CV", _OURS, "assumption"),
)

POPULATION = DrawnPopulation(
    name="adults with type-2 diabetes, drawn as in the trials of a research compound",
    # None of them changes the course: the paper looked, and kept none.
    covariates=(
        Covariate("age", "years", 34.0, 75.0, _AGE, normal(_AGE, _AGE_SD, 34.0, 75.0), (_AGE, _AGE_SD)),
        Covariate("female", "0/1", 0.0, 1.0, _FEMALE, flag(_FEMALE), (_FEMALE,)),
        Covariate(
            "weight_kg", "kg", 55.0, 160.0, _WEIGHT, log_normal(_WEIGHT, _WEIGHT_CV, 55.0, 160.0),
            (_WEIGHT, _WEIGHT_CV),
        ),
    ),
    ancestry={
        "European": Parameter(1.0, "share", "not reported; *1/*1 as frequent as in Caucasians", "assumption")
    },
    genes=("UGT2B15",),
    tested=("UGT2B15",),
)  # fmt: skip
