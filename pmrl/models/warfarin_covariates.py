"""What warfarin models share: allele sums, and the genes that the published models never saw.

CYP2C9 *5 *6 *8 *11, rs12777823 and CYP4F2*3 have no PK/PD estimates, only effects on the dose (CPIC 2017);
a dose multiplier is a multiplier of clearance or of EC50, since dose ~ CL x EC50. Effects of variants that
the patients behind a fit were not typed for are centred to mean 1 within each ancestry, because the fit has
already absorbed their average. An unknown genotype (-1) counts as the average, 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.genetics import ANCESTRIES, GENES
from pmrl.model import GenotypeEffect
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]

CYP2C9_RARE = Parameter(
    0.775, "dose multiplier per allele", "CPIC 2017: -15 to -30% per *5 *6 *8 *11 allele, middle", "guideline"
)
RS12777823_A = Parameter(
    0.825, "dose multiplier of carriers", "CPIC 2017: -10 to -25% in African Americans, middle", "guideline"
)
CYP4F2_T = Parameter(
    1.075, "dose multiplier per allele", "CPIC 2017: +5 to +10%, non-African ancestry, middle", "guideline"
)
GENOTYPE_EFFECTS: Mapping[str, GenotypeEffect] = {
    "CYP2C9": "lower dose",
    "VKORC1": "lower dose",
    "CYP4F2": "higher dose",
    "rs12777823": "lower dose",
}
"""Of every warfarin model; rs12777823 in African ancestry only."""
_AFRICAN = ANCESTRIES.index("African")


def _copies(cohort: Cohort, gene: str, *alleles: str) -> NDArray[np.int64]:
    """Copies of any of `alleles`, 0 where unknown."""
    codes, copies = cohort.genotypes[gene], np.zeros(len(cohort), dtype=np.int64)
    for allele in alleles:
        first, second = (codes == GENES[gene].alleles.index(allele)).T
        copies += first
        copies += second
    return copies


def allele_sum(cohort: Cohort, gene: str, values: Mapping[str, float], reference: float) -> Floats:
    """Sum over both alleles of `values`, `reference` for every other allele, `(n_patients,)`."""
    total = np.full(len(cohort), 2.0 * reference)
    for allele, value in values.items():
        total += _copies(cohort, gene, allele) * (value - reference)
    return total


def flag(cohort: Cohort, covariate: str) -> Floats:
    """A yes/no covariate as 1.0 or 0.0."""
    return np.asarray(cohort.covariates[covariate] > 0.5, dtype=np.float64)


def _frequency(gene: str, allele: str) -> Floats:
    """Allele frequency by ancestry, `(n_ancestries,)`."""
    column = GENES[gene].alleles.index(allele)
    return np.array([float(GENES[gene].frequencies[name][column]) for name in ANCESTRIES])


def _centred(cohort: Cohort, gene: str, effect: Floats, mean: Floats) -> Floats:
    """`effect` over its mean in the patient's ancestry; 1 where the genotype is unknown."""
    known = cohort.genotypes[gene][:, 0] >= 0
    return np.where(known, effect / mean[cohort.ancestry], 1.0)


def untyped_clearance(cohort: Cohort, star8_untyped: bool = False) -> Floats:
    """Multiplier of S-warfarin clearance for CYP2C9 *5 *6 *8 *11 and rs12777823, `(n_patients,)`.

    `star8_untyped`: the model was fitted to patients who were not typed for *8, so its effect is centred.
    """
    rare, carrier = float(CYP2C9_RARE), float(RS12777823_A)
    typed = rare ** _copies(cohort, "CYP2C9", "*5", "*6", "*11")
    f8 = _frequency("CYP2C9", "*8") * float(star8_untyped)
    mean = np.asarray((1.0 - f8 + f8 * rare) ** 2, dtype=np.float64)
    effect = np.asarray(rare ** _copies(cohort, "CYP2C9", "*8"), dtype=np.float64)
    eight = _centred(cohort, "CYP2C9", effect, mean)
    carries = (_copies(cohort, "rs12777823", "A") > 0) & (cohort.ancestry == _AFRICAN)
    p = np.where(
        np.arange(len(ANCESTRIES)) == _AFRICAN, 1.0 - (1.0 - _frequency("rs12777823", "A")) ** 2, 0.0
    )
    snp = _centred(cohort, "rs12777823", np.where(carries, carrier, 1.0), 1.0 - p + p * carrier)
    return np.asarray(typed * eight * snp)


def untyped_sensitivity(cohort: Cohort) -> Floats:
    """Multiplier of EC50 for CYP4F2*3, `(n_patients,)`."""
    affected = np.where(np.arange(len(ANCESTRIES)) == _AFRICAN, 0.0, 1.0)
    per_allele = 1.0 + (float(CYP4F2_T) - 1.0) * affected
    f = _frequency("CYP4F2", "T")
    effect = per_allele[cohort.ancestry] ** _copies(cohort, "CYP4F2", "T")
    return _centred(cohort, "CYP4F2", effect, (1.0 - f + f * per_allele) ** 2)
