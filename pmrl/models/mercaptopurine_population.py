"""Children in maintenance therapy of acute lymphoblastic leukaemia."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, flag, log_normal

_OURS = (
    "children with acute lymphoblastic leukaemia, incidence highest at 2 to 5 years; choice of this project"
)
_AGE, _AGE_CV = Parameter(6.0, "years", _OURS, "assumption"), Parameter(0.65, "CV", _OURS, "assumption")
_FEMALE = Parameter(0.44, "share", _OURS, "assumption")
_MIXED = "all ancestries, so that TPMT and NUDT15 are both seen; choice of this project"

POPULATION = DrawnPopulation(
    name="children with acute lymphoblastic leukaemia, drawn",
    covariates=(
        Covariate("age", "years", 1.0, 18.0, _AGE, log_normal(_AGE, _AGE_CV, 1.0, 18.0), (_AGE, _AGE_CV)),
        Covariate("female", "0/1", 0.0, 1.0, _FEMALE, flag(_FEMALE), (_FEMALE,)),
    ),
    ancestry={
        "European": Parameter(0.55, "share", _MIXED, "assumption"),
        "Latino": Parameter(0.20, "share", _MIXED, "assumption"),
        "East Asian": Parameter(0.20, "share", _MIXED, "assumption"),
        "African": Parameter(0.05, "share", _MIXED, "assumption"),
    },
    genes=("TPMT", "NUDT15"),
    tested=("TPMT", "NUDT15"),
)


def lost(first: str, second: str) -> int:
    """Copies without function of a TPMT or NUDT15 diplotype: every allele here but *1 is without."""
    return (first != "*1") + (second != "*1")
