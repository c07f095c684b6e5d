"""Adults who start phenytoin for epilepsy."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, by, flag, log_normal, normal

_OURS = "adults of a general neurology clinic; choice of this project"
_AGE, _AGE_SD = Parameter(42.0, "years", _OURS, "assumption"), Parameter(15.0, "years", _OURS, "assumption")
_FEMALE = Parameter(0.5, "share", _OURS, "assumption")
_WEIGHT_M = Parameter(75.0, "kg", _OURS + "; 70 kg over both sexes, the reference of the model", "assumption")
_WEIGHT_F = Parameter(65.0, "kg", _OURS + "; 70 kg over both sexes, the reference of the model", "assumption")
_WEIGHT_CV = Parameter(0.18, "CV", _OURS, "assumption")

POPULATION = DrawnPopulation(
    name="adults with epilepsy, drawn",
    covariates=(
        Covariate("age", "years", 18.0, 90.0, _AGE, normal(_AGE, _AGE_SD, 18.0, 90.0), (_AGE, _AGE_SD)),
        Covariate("female", "0/1", 0.0, 1.0, _FEMALE, flag(_FEMALE), (_FEMALE,)),
        Covariate(
            "weight_kg", "kg", 35.0, 160.0, Parameter(70.0, "kg", "reference of the model", "published"),
            by("female", tuple(log_normal(one, _WEIGHT_CV, 35.0, 160.0) for one in (_WEIGHT_M, _WEIGHT_F))),
            (_WEIGHT_M, _WEIGHT_F, _WEIGHT_CV),
        ),
    ),
    ancestry={"European": Parameter(1.0, "share", "the patients of the model's paper", "published")},
    genes=("CYP2C9", "CYP2C19"),
    tested=("CYP2C9", "CYP2C19"),
)  # fmt: skip
