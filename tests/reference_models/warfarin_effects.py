"""What this project adds to published warfarin models (warfarin.md, sections 1f and 1j; docs/warfarin.md).

Dose multipliers in the middle of CPIC's ranges, as multipliers of clearance or EC50. Effects that patients
were not typed for have mean 1 within an ancestry, by the frequencies of warfarin.md, section 4.
"""

from __future__ import annotations

from reference_models.case import Patient

RARE = 1.0 - (0.15 + 0.30) / 2.0  # of clearance, per allele *5 *6 *8 *11
SNP_CARRIER = 1.0 - (0.10 + 0.25) / 2.0  # of clearance, rs12777823 A, in African ancestry only
CYP4F2_T = 1.0 + (0.05 + 0.10) / 2.0  # of EC50, per allele, except in African ancestry
AMIODARONE, INDUCER = 0.75, 1.5  # of clearance; 1.5 is (sqrt(28) + 1.18)^2 / 28, rounded as in the package
SNP_A_AFRICAN, T_EUROPEAN = 0.251, 0.290


def clearance_factor(patient: Patient) -> float:
    """Rare CYP2C9 alleles, rs12777823 and enzyme inducers."""
    genes = patient.genotype
    factor = RARE ** sum(allele in ("*5", "*6", "*8", "*11") for allele in genes["CYP2C9"].split("/"))
    if patient.ancestry == "African" and "rs12777823" in genes:
        carriers = 1.0 - (1.0 - SNP_A_AFRICAN) ** 2
        factor *= SNP_CARRIER if "A" in genes["rs12777823"] else 1.0
        factor /= 1.0 - carriers + carriers * SNP_CARRIER
    return factor * INDUCER ** patient.covariates.get("enzyme_inducer", 0.0)


def ec50_factor(patient: Patient) -> float:
    """CYP4F2*3, for a model that has no effect of its own."""
    genes = patient.genotype
    if "CYP4F2" not in genes or patient.ancestry == "African":
        return 1.0
    if patient.ancestry != "European":
        raise NotImplementedError("no frequency of CYP4F2 T given here")
    return CYP4F2_T ** genes["CYP4F2"].count("T") / (1.0 + T_EUROPEAN * (CYP4F2_T - 1.0)) ** 2
