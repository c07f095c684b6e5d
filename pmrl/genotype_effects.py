"""What a diplotype does to a number of a model: a factor, and its average where the diplotype is unknown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.genetics import ANCESTRIES, diplotype_probabilities, find_gene

Factor = Callable[[str, str], float]
"""(allele, allele), by name, the reference first -> factor."""


def mean_factor(gene: str, factor: Factor, ancestry: str) -> float:
    """The average factor of an ancestry, in Hardy-Weinberg proportions."""
    alleles = find_gene(gene).alleles
    shares = diplotype_probabilities(gene, ancestry)
    return sum(share * factor(alleles[i], alleles[j]) for (i, j), share in shares.items())


def factor_of(cohort: Cohort, gene: str, factor: Factor) -> NDArray[np.float64]:
    """Each patient's factor, `(n_patients,)`; the average of the patient's ancestry where not known.

    >>> from pmrl.typical import typical_patient
    >>> two = lambda a, b: (a == "*2") + (b == "*2")
    >>> factor_of(typical_patient({"CYP2C9": "*1/*2"}), "CYP2C9", two)
    array([1.])
    """
    alleles, codes = find_gene(gene).alleles, cohort.genotypes[gene].astype(np.int64)
    table = np.array(
        [[factor(a, b) if i <= j else np.nan for j, b in enumerate(alleles)] for i, a in enumerate(alleles)]
    )
    average = np.array([mean_factor(gene, factor, ancestry) for ancestry in ANCESTRIES])
    known = table[codes[:, 0], codes[:, 1]]
    return np.where(codes.min(axis=1) < 0, average[cohort.ancestry], known)
