"""What a dose regression knows of a patient: named terms from recorded covariates and diplotypes.

Where a covariate is unknown the equations' authors left the term out (interacting drugs, smoking,
diagnoses: 0) or the population's median stands in (age, height, weight). Genotype terms stay NaN where the
gene was not typed, and each equation decides what it does without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.covariates import RACES
from pmrl.genetics import allele_count
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
Covariates = Mapping[str, Floats]
Genotypes = Mapping[str, NDArray[np.int8]]
Terms = Mapping[str, Floats]

MEDIANS: Mapping[str, Parameter] = {
    "age": Parameter(
        65.0, "years", "IWPC 2009 (NEJM 360:753) table 1: the median decade is 60-69", "derived"
    ),
    "height_cm": Parameter(168.0, "cm", "IWPC 2009 (NEJM 360:753) table 1", "published"),
    "weight_kg": Parameter(75.3, "kg", "IWPC 2009 (NEJM 360:753) table 1", "published"),
}
"""What stands in for an unknown age, height or weight."""

_LEFT_OUT = (
    "amiodarone",
    "enzyme_inducer",
    "smoker",
    "stroke",
    "diabetes",
    "fluvastatin",
    "venous_thromboembolism",
)
"""Terms that count as absent where nothing is recorded."""

DIPLOTYPES = ("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3")
"""The CYP2C9 diplotypes of the published equations, in the order of their tables."""

_DIPLOTYPE_BY_COUNTS = np.array([[0, 2, 5], [1, 4, -1], [3, -1, -1]])  # [copies of *2, copies of *3]
RARE_CYP2C9 = ("*5", "*6", "*8", "*11")
"""Decreased-function alleles that none of the equations was derived on."""


@dataclass(frozen=True)
class Genotype:
    """The two genes of the warfarin equations; all arrays `(n_patients,)`, NaN or -1 where not typed."""

    vkorc1_a: Floats
    """Copies of VKORC1 -1639A."""
    diplotype: NDArray[np.int64]
    """Index into `DIPLOTYPES`, every allele other than *2 and *3 read as *1."""
    cyp2c9_2: Floats
    cyp2c9_3: Floats
    rare: Floats
    """Copies of `RARE_CYP2C9`."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """Both genes typed, `(n_patients,)`."""
        return np.isfinite(self.vkorc1_a) & (self.diplotype >= 0)


def read_genotype(genotypes: Genotypes, n_patients: int) -> Genotype:
    """The warfarin genotype of every patient; a gene that is not in `genotypes` is not typed."""

    def copies(gene: str, allele: str) -> Floats:
        if gene not in genotypes:
            return np.full(n_patients, np.nan)
        return allele_count(genotypes[gene], gene, allele)

    two, three = copies("CYP2C9", "*2"), copies("CYP2C9", "*3")
    typed = np.isfinite(two)
    index = _DIPLOTYPE_BY_COUNTS[np.where(typed, two, 0).astype(int), np.where(typed, three, 0).astype(int)]
    rare = np.sum([copies("CYP2C9", allele) for allele in RARE_CYP2C9], axis=0)
    return Genotype(copies("VKORC1", "A"), np.where(typed, index, -1), two, three, rare)


def _recorded(covariates: Covariates, name: str, otherwise: float) -> Floats:
    values = covariates[name] if name in covariates else np.full(number_of_patients(covariates), np.nan)
    return np.where(np.isfinite(values), values, otherwise)


def number_of_patients(covariates: Covariates) -> int:
    """How many patients the arrays hold.

    Raises:
        ValueError: there is no covariate at all.
    """
    if not covariates:
        raise ValueError("no covariates: pass at least one array, NaN where unknown")
    return next(iter(covariates.values())).size


def regression_terms(covariates: Covariates, genotype: Genotype) -> Terms:
    """Every term that a published warfarin equation uses, by name, `(n_patients,)` each.

    `decade` is floor(age / 10), at most 9 (90 and older); `bsa` is Mosteller's body surface area in m²;
    `vkorc1_a`, `cyp2c9_2` and `cyp2c9_3` are allele copies, NaN where not typed; the flags are 0 or 1.
    """
    terms = {name: _recorded(covariates, name, float(median)) for name, median in MEDIANS.items()}
    terms |= {name: _recorded(covariates, name, 0.0) for name in _LEFT_OUT}
    terms["intercept"] = np.ones_like(terms["age"])
    terms["decade"] = np.minimum(np.floor(terms["age"] / 10.0), 9.0)
    terms["bsa"] = np.sqrt(terms["height_cm"] * terms["weight_kg"] / 3600.0)
    race = _recorded(covariates, "race", -1.0)
    for name in ("Asian", "Black"):
        terms[name] = (race == RACES.index(name)).astype(float)
    terms["race_mixed_or_missing"] = (race < 0).astype(float)
    terms |= {"vkorc1_a": genotype.vkorc1_a, "cyp2c9_2": genotype.cyp2c9_2, "cyp2c9_3": genotype.cyp2c9_3}
    for copies, name in ((1, "A/G"), (2, "A/A")):
        terms[name] = (genotype.vkorc1_a == copies).astype(float)
    terms["vkorc1_unknown"] = np.isnan(genotype.vkorc1_a).astype(float)
    for index, name in enumerate(DIPLOTYPES):
        terms[name] = (genotype.diplotype == index).astype(float)
    terms["cyp2c9_unknown"] = (genotype.diplotype < 0).astype(float)
    return terms
