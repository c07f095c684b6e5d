"""Adults with a new kidney who start tacrolimus, and how they vary from week to week and lab to lab.

Medians and ranges are those of the patients of Andrews 2019; most spreads are ours. Weight follows from a
drawn body mass index and height, and height from sex, so that the three fit together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, Known, by, flag, log_normal, normal

Floats = NDArray[np.float64]
_ANDREWS = "Andrews 2019, Br J Clin Pharmacol 85:601"
_COHORT = f"{_ANDREWS}: median of the patients"
_OURS = "choice of this project, within the range of Andrews 2019's patients"
_BODY = "ours: for the medians of Andrews 2019, 74 to 79 kg, 1.90 to 2.03 m2 and 56 to 64 kg of lean body"
_SHARE = "ours: 24% carry CYP3A5*1, Andrews 2019 had 26%"
_AGE, _AGE_SD = Parameter(56.0, "years", _COHORT, "published"), Parameter(14.0, "years", _OURS, "assumption")
_FEMALE = Parameter(0.38, "share", "ours: most recipients of a kidney are men", "assumption")
_HEIGHT = tuple(Parameter(x, "cm, men and women", _BODY, "assumption") for x in (179.0, 166.0))
_HEIGHT_SD = Parameter(7.0, "cm", _OURS, "assumption")
_BMI = Parameter(25.2, "kg/m2", _BODY, "assumption")
_BMI_CV = Parameter(0.17, "CV", _OURS, "assumption")
_ALBUMIN, _ALBUMIN_SD = (
    Parameter(42.0, "g/L", _COHORT, "published"),
    Parameter(5.0, "g/L", _OURS, "assumption"),
)
_CREATININE = Parameter(135.0, "umol/L", _COHORT, "published")
_CREATININE_CV = Parameter(0.6, "CV", _OURS, "assumption")
_HCT = Parameter(30.0, "%", "on the first days with a new kidney, from memory", "recalled")
_HCT_SD = Parameter(4.0, "%", _OURS, "assumption")

OCCASION = Parameter(0.1356, "log-SD of CL/F", f"{_ANDREWS}: omega2 0.018386 between occasions", "published")
RESIDUAL = Parameter(0.245, "log-SD", f"{_ANDREWS}: residual error of LC-MS/MS levels, 24.5%", "published")


def _weight(uniform: Floats, others: Known) -> Floats:
    """Weight by body mass index and the height drawn before."""
    index = log_normal(_BMI, _BMI_CV, 16.0, 40.0)(uniform, others)
    return np.asarray(index * (others["height_cm"] / 100.0) ** 2)


POPULATION = DrawnPopulation(
    name="adults with a new kidney, drawn",
    covariates=(
        Covariate("age", "years", 18.0, 80.0, _AGE, normal(_AGE, _AGE_SD, 18.0, 80.0), (_AGE, _AGE_SD)),
        Covariate(
            "female", "0/1", 0.0, 1.0, Parameter(0.0, "", "reference sex", "assumption"),
            flag(_FEMALE), (_FEMALE,),
        ),
        Covariate(
            "height_cm", "cm", 140.0, 205.0,
            Parameter(173.0, "cm", "ours: with 77.5 kg the reference, 1.93 m2", "assumption"),
            by("female", tuple(normal(one, _HEIGHT_SD, 140.0, 205.0) for one in _HEIGHT)),
            (*_HEIGHT, _HEIGHT_SD),
        ),
        Covariate(
            "weight_kg", "kg", 30.0, 170.0,
            Parameter(77.5, "kg", f"{_ANDREWS}: 74 to 79 kg by data set", "published"),
            _weight, (_BMI, _BMI_CV),
        ),
        Covariate(
            "albumin_g_l", "g/L", 12.0, 57.0, _ALBUMIN,
            normal(_ALBUMIN, _ALBUMIN_SD, 12.0, 57.0), (_ALBUMIN, _ALBUMIN_SD),
        ),
        Covariate(
            "creatinine_umol_l", "umol/L", 38.0, 1885.0, _CREATININE,
            log_normal(_CREATININE, _CREATININE_CV, 38.0, 1885.0), (_CREATININE, _CREATININE_CV),
        ),
        Covariate(
            "hematocrit_percent", "%", 15.0, 50.0, _HCT, normal(_HCT, _HCT_SD, 15.0, 50.0), (_HCT, _HCT_SD),
        ),
    ),
    ancestry={
        "European": Parameter(0.75, "share", _SHARE, "assumption"),
        "African": Parameter(0.08, "share", _SHARE, "assumption"),
        "East Asian": Parameter(0.12, "share", _SHARE, "assumption"),
        "Latino": Parameter(0.05, "share", _SHARE, "assumption"),
    },
    genes=("CYP3A5", "CYP3A4"),
    tested=("CYP3A5", "CYP3A4"),
)  # fmt: skip
