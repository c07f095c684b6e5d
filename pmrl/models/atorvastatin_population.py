"""Adults with high cholesterol who start atorvastatin."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, flag, normal

_KAKARA = "reference age of Kakara 2014"
_OURS = "choice of this project"
_AGE, _AGE_SD = Parameter(62.0, "years", _KAKARA, "published"), Parameter(10.0, "years", _OURS, "assumption")
_FEMALE = Parameter(0.45, "share", _OURS, "assumption")

POPULATION = DrawnPopulation(
    name="adults with high LDL cholesterol, drawn",
    covariates=(
        Covariate("age", "years", 18.0, 90.0, _AGE, normal(_AGE, _AGE_SD, 18.0, 90.0), (_AGE, _AGE_SD)),
        Covariate("female", "0/1", 0.0, 1.0, _FEMALE, flag(_FEMALE), (_FEMALE,)),
    ),
    ancestry={
        "European": Parameter(0.7, "share", f"{_OURS}: two ancestries with SLCO1B1 C", "assumption"),
        "Latino": Parameter(0.3, "share", f"{_OURS}: two ancestries with SLCO1B1 C", "assumption"),
    },
    genes=("SLCO1B1",),
    tested=("SLCO1B1",),
)
