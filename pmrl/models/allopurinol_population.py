"""Adults with gout who start allopurinol."""

from __future__ import annotations

from pmrl.drawn_population import DrawnPopulation
from pmrl.parameter import Parameter
from pmrl.population import Covariate, by, flag, log_normal, normal

_WRIGHT = "patients of Wright 2016, as carried by nlmixr2lib"
_MEMORY = "trials of gout, from memory"
_OURS = "choice of this project"
_AGE, _AGE_SD = Parameter(60.0, "years", _MEMORY, "recalled"), Parameter(12.0, "years", _OURS, "assumption")
_FEMALE = Parameter(0.13, "share", _MEMORY, "recalled")
_HEIGHT = tuple(Parameter(cm, "cm", _OURS, "assumption") for cm in (174.0, 161.0))
_HEIGHT_SD = Parameter(7.0, "cm", _OURS, "assumption")
_WEIGHT, _WEIGHT_CV = Parameter(94.0, "kg", _WRIGHT, "published"), Parameter(0.2, "CV", _OURS, "assumption")
_CRCL = Parameter(68.0, "mL/min", _WRIGHT, "published")
_CRCL_CV = Parameter(0.42, "CV", f"{_OURS}: 15 to 150 mL/min are seen", "assumption")
_DIURETIC = Parameter(0.33, "share", _WRIGHT, "published")
_MIXED = f"{_OURS}, so that every genotype occurs; half of Wright's patients were not European"

POPULATION = DrawnPopulation(
    name="adults with gout, drawn",
    # Renal function is drawn without regard to age: how they go together in gout was not found.
    covariates=(
        Covariate("age", "years", 18.0, 90.0, _AGE, normal(_AGE, _AGE_SD, 18.0, 90.0), (_AGE, _AGE_SD)),
        Covariate(
            "female",
            "0/1",
            0.0,
            1.0,
            Parameter(0.0, "0/1", "the more frequent sex", "assumption"),
            flag(_FEMALE),
            (_FEMALE,),
        ),
        Covariate(
            "height_cm",
            "cm",
            140.0,
            205.0,
            _HEIGHT[0],
            by("female", tuple(normal(one, _HEIGHT_SD, 140.0, 205.0) for one in _HEIGHT)),
            (*_HEIGHT, _HEIGHT_SD),
        ),
        Covariate(
            "weight_kg",
            "kg",
            45.0,
            180.0,
            _WEIGHT,
            log_normal(_WEIGHT, _WEIGHT_CV, 45.0, 180.0),
            (_WEIGHT, _WEIGHT_CV),
        ),
        Covariate(
            "crcl_ml_min",
            "mL/min",
            15.0,
            150.0,
            _CRCL,
            log_normal(_CRCL, _CRCL_CV, 15.0, 150.0),
            (_CRCL, _CRCL_CV),
        ),
        Covariate(
            "diuretic",
            "0/1",
            0.0,
            1.0,
            Parameter(0.0, "0/1", "the more frequent", "assumption"),
            flag(_DIURETIC),
            (_DIURETIC,),
        ),
    ),
    ancestry={
        "European": Parameter(0.6, "share", _MIXED, "assumption"),
        "East Asian": Parameter(0.4, "share", _MIXED, "assumption"),
    },
    genes=("ABCG2", "HLA-B"),
    tested=("ABCG2", "HLA-B"),
)
