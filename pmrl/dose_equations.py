"""Published warfarin dose equations, as pure functions of what is known of the patients.

They start treatment in `pmrl.agents` and are a feature of the observation in `pmrl.envs`. The coefficients
are data (`pmrl.dose_coefficients`). All arrays are `(n_patients,)`; covariates are NaN and diplotypes
(-1, -1) where unknown (`pmrl.patient_terms` says what stands in for them).
"""

from __future__ import annotations

import numpy as np

from pmrl.dose_coefficients import (
    EU_PACT_ELIMINATION,
    EU_PACT_LOADING_SHARES,
    FDA_BANDS,
    FDA_TABLE,
    FDA_WITHOUT_GENOTYPE,
    GAGE_CLINICAL,
    GAGE_PHARMACOGENETIC,
    IWPC_CLINICAL,
    IWPC_MODIFIED,
    IWPC_PHARMACOGENETIC,
    LENZINI_CLINICAL,
    LENZINI_PHARMACOGENETIC,
    RARE_ALLELE_FACTOR,
)
from pmrl.patient_terms import (
    Covariates,
    Floats,
    Genotype,
    Genotypes,
    number_of_patients,
    read_genotype,
    regression_terms,
)

DAYS_PER_WEEK = 7.0


def _read(covariates: Covariates, genotypes: Genotypes) -> tuple[Genotype, dict[str, Floats]]:
    genotype = read_genotype(genotypes, number_of_patients(covariates))
    return genotype, dict(regression_terms(covariates, genotype))


def _adjusted(dose: Floats, genotype: Genotype, cpic_rare_alleles: bool) -> Floats:
    copies = np.where(np.isfinite(genotype.rare), genotype.rare, 0.0) if cpic_rare_alleles else 0.0
    return dose * float(RARE_ALLELE_FACTOR) ** copies


def _squared(predictor: Floats) -> Floats:
    # A negative root would square to a dose that rises again.
    return np.maximum(predictor, 0.0) ** 2


def iwpc_pharmacogenetic(
    covariates: Covariates, genotypes: Genotypes, *, cpic_rare_alleles: bool = False
) -> Floats:
    """IWPC 2009 pharmacogenetic dose, mg/week, with its own terms for unknown genotype and race.

    >>> import numpy as np
    >>> patient = {"age": 50.0, "height_cm": 175.0, "weight_kg": 80.0, "race": 0.0}
    >>> diplotypes = {gene: np.zeros((1, 2), np.int8) for gene in ("CYP2C9", "VKORC1")}
    >>> iwpc_pharmacogenetic({k: np.array([v]) for k, v in patient.items()}, diplotypes).round(3)
    array([46.839])
    """
    genotype, terms = _read(covariates, genotypes)
    return _adjusted(_squared(IWPC_PHARMACOGENETIC.predict(terms)), genotype, cpic_rare_alleles)


def iwpc_clinical(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """IWPC 2009 clinical dose, mg/week; uses no genotype."""
    return _squared(IWPC_CLINICAL.predict(_read(covariates, genotypes)[1]))


def iwpc_modified(covariates: Covariates, genotypes: Genotypes, *, cpic_rare_alleles: bool = False) -> Floats:
    """EU-PACT maintenance dose (IWPC with age in years), mg/day; IWPC clinical without both genotypes."""
    genotype, terms = _read(covariates, genotypes)
    with_genotype = _adjusted(_squared(IWPC_MODIFIED.predict(terms)), genotype, cpic_rare_alleles)
    without = _squared(IWPC_CLINICAL.predict(terms))
    return np.where(genotype.known, with_genotype, without) / DAYS_PER_WEEK


def eu_pact_loading(
    covariates: Covariates, genotypes: Genotypes, *, cpic_rare_alleles: bool = False
) -> Floats:
    """EU-PACT doses of days 1, 2 and 3, mg/day, `(n_patients, 3)` (Avery 2011).

    Without a CYP2C9 diplotype there is no loading: all three are the maintenance dose.
    """
    maintenance = iwpc_modified(covariates, genotypes, cpic_rare_alleles=cpic_rare_alleles)
    diplotype = read_genotype(genotypes, maintenance.size).diplotype
    rates = np.array([float(rate) for rate in EU_PACT_ELIMINATION.values()])
    kept = np.exp(-24.0 * rates[np.maximum(diplotype, 0)])  # share left of a dose after a day
    loading = maintenance / ((1.0 - kept) * (1.0 + kept + kept**2))
    extra = np.where(diplotype >= 0, loading - maintenance, 0.0)
    return np.asarray(maintenance[:, None] + extra[:, None] * np.array(EU_PACT_LOADING_SHARES))


def gage_clinical(covariates: Covariates, genotypes: Genotypes, *, target_inr: float = 2.5) -> Floats:
    """Gage 2008 clinical dose, mg/day; uses no genotype."""
    _, terms = _read(covariates, genotypes)
    terms["target_inr"] = np.full_like(terms["age"], target_inr)
    return np.exp(GAGE_CLINICAL.predict(terms))


def gage_pharmacogenetic(
    covariates: Covariates,
    genotypes: Genotypes,
    *,
    target_inr: float = 2.5,
    cpic_rare_alleles: bool = False,
) -> Floats:
    """Gage 2008 pharmacogenetic dose, mg/day; Gage clinical without both genotypes."""
    genotype, terms = _read(covariates, genotypes)
    terms["target_inr"] = np.full_like(terms["age"], target_inr)
    dose = _adjusted(np.exp(GAGE_PHARMACOGENETIC.predict(terms)), genotype, cpic_rare_alleles)
    return np.where(genotype.known, dose, np.exp(GAGE_CLINICAL.predict(terms)))


def fda_table(covariates: Covariates, genotypes: Genotypes) -> Floats:
    """Warfarin label dose by genotype, mg/day: the middle of the band of each cell."""
    genotype = read_genotype(genotypes, number_of_patients(covariates))
    copies = np.where(genotype.known, genotype.vkorc1_a, 0).astype(int)
    doses = np.array([float(band) for band in FDA_BANDS])[
        FDA_TABLE[copies, np.maximum(genotype.diplotype, 0)]
    ]
    return np.where(genotype.known, doses, float(FDA_WITHOUT_GENOTYPE))


def lenzini_refinement(
    covariates: Covariates,
    genotypes: Genotypes,
    inr: Floats,
    past_doses: Floats,
    *,
    pharmacogenetic: bool = True,
    target_inr: float = 2.5,
    cpic_rare_alleles: bool = False,
) -> Floats:
    """Lenzini 2010 refined maintenance dose on day 4 or 5, mg/day.

    Args:
        covariates: recorded covariates.
        genotypes: recorded diplotypes; without both of them the clinical equation is used.
        inr: INR of that day; NaN gives NaN.
        past_doses: mg given 2, 3 and 4 days ago, `(n_patients, 3)`, 0 before the start.
        pharmacogenetic: False for the clinical equation throughout.
        target_inr: INR aimed at.
        cpic_rare_alleles: reduce for CYP2C9 *5, *6, *8 and *11 (CPIC 2017).
    """
    genotype, terms = _read(covariates, genotypes)
    terms["target_inr"] = np.full_like(terms["age"], target_inr)
    terms["log_inr"] = np.log(inr)
    terms |= {f"dose_{days}_days_ago": past_doses[:, column] for column, days in enumerate((2, 3, 4))}
    clinical = np.exp(LENZINI_CLINICAL.predict(terms))
    refined = _adjusted(np.exp(LENZINI_PHARMACOGENETIC.predict(terms)), genotype, cpic_rare_alleles)
    return np.where(genotype.known & pharmacogenetic, refined, clinical) / DAYS_PER_WEEK
