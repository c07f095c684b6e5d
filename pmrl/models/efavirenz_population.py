"""Adults with HIV who start efavirenz: the patients of Sanchez 2011."""

from __future__ import annotations

import numpy as np

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, flag, log_normal, normal

_COHORT = "Sanchez 2011 table 1, from a public code port: 128 patients of Salamanca"
_LOG_NORMAL = f"{_COHORT}; ours: log-normal with that mean and CV"
_AGE, _AGE_SD = (Parameter(x, "years", _COHORT, "published") for x in (45.06, 9.16))
_FEMALE = Parameter(0.3282, "share", _COHORT, "published")
_WEIGHT, _WEIGHT_SD = (Parameter(x, "kg", _COHORT, "published") for x in (64.98, 12.20))
_GGT_MEAN, _GGT_SD = (Parameter(x, "U/L", _COHORT, "published") for x in (121.21, 156.79))
_GGT_CV = Parameter(float(_GGT_SD) / float(_GGT_MEAN), "CV", _COHORT, "derived")
_GGT = Parameter(
    float(_GGT_MEAN) / float(np.hypot(1.0, float(_GGT_CV))), "U/L, median", _LOG_NORMAL, "derived"
)

POPULATION = DrawnPopulation(
    name="adults with HIV, drawn",
    covariates=(
        Covariate("age", "years", 18.0, 90.0, _AGE, normal(_AGE, _AGE_SD, 18.0, 77.0), (_AGE, _AGE_SD)),
        Covariate(
            "female", "0/1", 0.0, 1.0, Parameter(0.0, "", "most patients were men", "assumption"),
            flag(_FEMALE), (_FEMALE,),
        ),
        Covariate(
            "weight_kg", "kg", 30.0, 160.0, _WEIGHT,
            normal(_WEIGHT, _WEIGHT_SD, 39.0, 113.0), (_WEIGHT, _WEIGHT_SD),
        ),
        Covariate(
            "ggt_u_l", "U/L", 1.0, 2000.0, _GGT, log_normal(_GGT, _GGT_CV, 8.0, 1612.0),
            (_GGT_MEAN, _GGT_SD),
        ),
    ),
    ancestry={"European": Parameter(1.0, "share", f"{_COHORT}, 97% Caucasian", "published")},
    genes=("CYP2B6", "ABCC4"),
    tested=("CYP2B6",),
)  # fmt: skip
