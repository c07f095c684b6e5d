"""Starting doses of tacrolimus after a kidney transplant: by weight, by CYP3A5 (CPIC, DPWG), by equation.

Doses are mg/day, `(n_patients,)`, taken in two halves. A weight that is not known counts as the reference
patient's, a genotype that is not known as the common one: no CYP3A5*1, no CYP3A4*22.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.body import surface_area
from pmrl.genetics import allele_count
from pmrl.models.tacrolimus_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.population import covariate_of

Floats = NDArray[np.float64]
Covariates = Mapping[str, Floats]
Genotypes = Mapping[str, NDArray[np.int8]]
_CPIC = "CPIC guideline for CYP3A5 and tacrolimus"
_DPWG = "DPWG guideline for CYP3A5 and tacrolimus"
_ANDREWS = "Andrews 2019, Br J Clin Pharmacol 85:601, starting dose equation, from memory"
PER_KG = Parameter(0.20, "mg/kg/day", "Andrews 2019: the standard dose of its patients", "published")
CPIC_MORE = Parameter(
    1.5,
    "of the standard dose, with CYP3A5*1: CPIC has 1.5 to 2, but 1.5 is the cap already",
    _CPIC,
    "guideline",
)
CPIC_CAP = Parameter(0.30, "mg/kg/day, at most", _CPIC, "guideline")
DPWG_ONE = Parameter(1.5, "of the standard dose, one copy of CYP3A5*1", _DPWG, "guideline")
DPWG_TWO = Parameter(2.5, "of the standard dose, two copies", _DPWG, "guideline")
AREA = Parameter(222.0, "ng h/mL in 12 h, aimed at", _ANDREWS, "recalled")
CLEARANCE = Parameter(22.5, "L/h", _ANDREWS, "recalled")
EXPRESSER = Parameter(1.62, "of clearance, with CYP3A5*1", _ANDREWS, "recalled")
CYP3A4_22 = Parameter(0.814, "of clearance, with CYP3A4*22", _ANDREWS, "recalled")
AGE = Parameter(56.0, "years", _ANDREWS, "recalled")
AGE_POWER = Parameter(-0.50, "exponent of age", _ANDREWS, "recalled")
SURFACE = Parameter(1.93, "m2", _ANDREWS, "recalled")
SURFACE_POWER = Parameter(0.72, "exponent of surface area", _ANDREWS, "recalled")
_DOSES_PER_DAY, _NANOGRAMS = 2.0, 1000.0


def _known(covariates: Covariates, name: str) -> Floats:
    return np.nan_to_num(covariates[name], nan=float(covariate_of(POPULATION, name).typical))


def _copies(genotypes: Genotypes, gene: str, allele: str) -> Floats:
    return np.nan_to_num(allele_count(genotypes[gene], gene, allele))


def weight_start(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """0.2 mg/kg/day, whatever the genotype."""
    return np.asarray(float(PER_KG) * _known(covariates, "weight_kg"))


def cpic_start(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """Half as much again with a working copy of CYP3A5, and never above 0.3 mg/kg/day.

    >>> from pmrl.genetics import GENES
    >>> types = {"CYP3A5": GENES["CYP3A5"].parse_all(["*3/*3", "*1/*3", "*1/*1"])}
    >>> cpic_start({"weight_kg": np.full(3, 80.0)}, types).round(6).tolist()
    [16.0, 24.0, 24.0]
    """
    weight = _known(covariates, "weight_kg")
    more = np.where(_copies(genotypes, "CYP3A5", "*1") > 0.0, float(CPIC_MORE), 1.0)
    return np.minimum(float(PER_KG) * more, float(CPIC_CAP)) * weight


def dpwg_start(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """1.5 times the standard dose with one working copy of CYP3A5, 2.5 times with two."""
    copies = _copies(genotypes, "CYP3A5", "*1").astype(np.int64)
    share = np.array([1.0, float(DPWG_ONE), float(DPWG_TWO)])[copies]
    return np.asarray(weight_start(covariates, genotypes) * share)


def andrews_start(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """Clearance by age, surface area, CYP3A5 and CYP3A4*22, times the exposure aimed at."""
    surface = surface_area(_known(covariates, "height_cm"), _known(covariates, "weight_kg"))
    expresser = np.where(_copies(genotypes, "CYP3A5", "*1") > 0.0, float(EXPRESSER), 1.0)
    slow = np.where(_copies(genotypes, "CYP3A4", "*22") > 0.0, float(CYP3A4_22), 1.0)
    age = (_known(covariates, "age") / float(AGE)) ** float(AGE_POWER)
    clearance = float(CLEARANCE) * expresser * slow * age * (surface / float(SURFACE)) ** float(SURFACE_POWER)
    return np.asarray(_DOSES_PER_DAY * float(AREA) * clearance / _NANOGRAMS)
