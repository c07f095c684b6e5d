"""How easily recorded patients are recognised: k-anonymity of genotype, decade of age and sex.

A cohort is k-anonymous in these when every patient shares all three with at least k - 1 others. It says who
can be singled out by what an acquaintance may know. It is no differential privacy: it bounds nothing about
who knows more, about cells whose patients are all alike, or about what several tables tell together.

Reference: Sweeney, k-anonymity: a model for protecting privacy, Int J Uncertain Fuzz 2002;10:557.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.disclosure import large_enough, require_smallest_cell
from pmrl.genetics import GENES, UNKNOWN
from pmrl.population import Recorded

OLDEST_DECADE = 90
"""Ages from here on are one group, as in the shipped patients."""
NOT_RECORDED = "unknown"
_SMALLEST_SHOWN = 10
Cell = tuple[str, str, str]
"""Genotype, decade of age, sex."""


def read_recorded(path: str | Path, therapy: Therapy) -> Recorded:
    """The patients of a file with the therapy's columns.

    Raises:
        InputError: the file cannot be used, or its patients are not recorded ones.
    """
    found = therapy.population.recorded(path)
    if found is None:
        raise InputError(f"the patients of '{path}' are drawn, nobody's: give the path of a CSV")
    return found


def genotypes(recorded: Recorded, genes: Sequence[str]) -> list[str]:
    """Each patient's known diplotypes of these genes, such as "CYP2C9 *1/*2, VKORC1 unknown"."""
    labels = [[f"{gene} {label}" for label in GENES[gene].labels(recorded.genotypes[gene])] for gene in genes]
    return [", ".join(parts) for parts in zip(*labels, strict=True)]


def decades(age: NDArray[np.float64]) -> list[str]:
    """Decade of each age (years), such as "60-69"; "90+"; "unknown" where not recorded."""
    found = []
    for years in age:
        first = OLDEST_DECADE if years >= OLDEST_DECADE else int(years // 10) * 10 if years == years else None
        text = NOT_RECORDED if first is None else f"{first}-{first + 9}"
        found.append(f"{OLDEST_DECADE}+" if first == OLDEST_DECADE else text)
    return found


def typed_genes(recorded: Recorded) -> list[str]:
    """The genes that at least one patient was tested for."""
    return [gene for gene, codes in recorded.genotypes.items() if (codes != UNKNOWN).any()]


def cells(recorded: Recorded) -> dict[Cell, int]:
    """Patients by known genotype, decade of age and sex, the smallest cell first; not recorded is a value."""
    n = len(recorded)
    nothing = np.full(n, np.nan)
    sexes = {0.0: "male", 1.0: "female"}
    sex = [sexes.get(float(one), NOT_RECORDED) for one in recorded.covariates.get("female", nothing)]
    genes = typed_genes(recorded)
    genotype = genotypes(recorded, genes) if genes else [NOT_RECORDED] * n
    age = decades(recorded.covariates.get("age", nothing))
    counts = Counter(zip(genotype, age, sex, strict=True))
    return dict(sorted(counts.items(), key=lambda item: (item[1], item[0])))


def left_out(sizes: Mapping[str, int], threshold: int) -> dict[str, int | str]:
    """How many groups a table has, and how many groups and patients are left out of it when published."""
    shown = large_enough(sizes, threshold)
    hidden = [n for name, n in sizes.items() if name not in shown]
    return {"groups": len(sizes), "left_out": len(hidden), "patients_left_out": size(sum(hidden), threshold)}


def check(recorded: Recorded, therapy: Therapy, threshold: int) -> dict[str, Any]:
    """The privacy check of a cohort, ready for JSON; cells below the threshold have no exact number.

    Args:
        recorded: the patients.
        therapy: whose genes make the published groups.
        threshold: cells of fewer patients count as small.

    Returns:
        `patients`; `genes` that were typed; `cells`; `k`, the size of the smallest; `threshold`;
        `small_cells` and the `patients_in_small_cells` with their `share_in_small_cells`; `smallest`, the
        smallest cells; `published_tables`: name -> groups, and groups and patients left out.

    Raises:
        InputError: a threshold below 1.
    """
    require_smallest_cell(threshold)
    counts = cells(recorded)
    small = [n for n in counts.values() if n < threshold]
    in_small = sum(small)
    genes = [gene for gene in dict.fromkeys(gene for gene, _ in therapy.genes) if gene in recorded.genotypes]
    by_genotype = Counter(genotypes(recorded, genes))
    return {
        "drug": therapy.drug,
        "patients": len(recorded),
        "genes": typed_genes(recorded),
        "cells": len(counts),
        "k": min(counts.values()),
        "threshold": threshold,
        "small_cells": len(small),
        "patients_in_small_cells": size(in_small, threshold),
        "share_in_small_cells": None if 0 < in_small < threshold else in_small / len(recorded),
        "smallest": [
            {"genotype": cell[0], "decade": cell[1], "sex": cell[2], "patients": size(n, threshold)}
            for cell, n in list(counts.items())[:_SMALLEST_SHOWN]
        ],
        "published_tables": {
            "by genotype": left_out(by_genotype, threshold),
            "by genotype, decade and sex": left_out(
                {", ".join(cell): n for cell, n in counts.items()}, threshold
            ),
        },
    }


def size(n: int, threshold: int) -> int | str:
    """A number of patients, or "< 5" where it is below the threshold; none is none."""
    return f"< {threshold}" if 0 < n < threshold else n
