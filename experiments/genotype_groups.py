"""Patients by their true diplotypes of the therapy's genes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.envs.therapy import Therapy
from pmrl.genetics import GENES

SMALLEST_GROUP = 20
"""Genotype groups of fewer patients are left out of tables."""


def _genes(therapy: Therapy) -> list[str]:
    return list(dict.fromkeys(gene for gene, _ in therapy.genes))


def genotype_codes(cohort: Cohort, therapy: Therapy) -> NDArray[np.int64]:
    """One number for the diplotypes of all the therapy's genes, `(n_patients,)`."""
    codes = np.zeros(len(cohort), dtype=np.int64)
    for gene in _genes(therapy):
        # Alleles from 1, so that 0 is an unknown one.
        low, high = np.sort(cohort.genotypes[gene].astype(np.int64) + 1, axis=1).T
        size = len(GENES[gene].alleles) + 1
        codes = (codes * size + low) * size + high
    return codes


def genotype_label(code: int, therapy: Therapy) -> str:
    """What a code of `genotype_codes` means, such as "CYP2C9 *1/*2, VKORC1 G/A"."""
    parts = []
    for gene in reversed(_genes(therapy)):
        size = len(GENES[gene].alleles) + 1
        code, high = divmod(code, size)
        code, low = divmod(code, size)
        parts.append(f"{gene} {GENES[gene].label((low - 1, high - 1))}")
    return ", ".join(reversed(parts))


def largest_first(sizes: Mapping[str, int]) -> dict[str, int]:
    """Groups by their number of patients, the largest first; equal ones by name."""
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def genotype_groups(cohort: Cohort, therapy: Therapy) -> dict[str, NDArray[np.bool_]]:
    """Patients by true diplotypes of the therapy's genes: label -> mask `(n,)`, largest groups first."""
    codes = genotype_codes(cohort, therapy)
    found, counts = np.unique(codes, return_counts=True)
    by_label = {genotype_label(int(code), therapy): code for code in found}
    sizes = dict(zip(by_label, counts.tolist(), strict=True))
    return {label: codes == by_label[label] for label in largest_first(sizes)}
