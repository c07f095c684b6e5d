"""One described patient: covariates and diplotypes as given, everything else at its reference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pmrl.cohort import RACES, Cohort
from pmrl.cohort_sampling import RECORDED_GENES
from pmrl.covariates import FLAGS
from pmrl.errors import InputError, unknown
from pmrl.genetics import ANCESTRIES, GENES
from pmrl.parameter import Parameter
from pmrl.population import Population

REFERENCE: Mapping[str, Parameter] = MappingProxyType(
    {
        "age": Parameter(71.0, "years", "reference age of both Hamberg models", "published"),
        "weight_kg": Parameter(80.0, "kg", "median of Hamberg 2007's patients", "published"),
        "height_cm": Parameter(170.0, "cm", "rounded IWPC median 168 cm", "assumption"),
        "female": Parameter(0.0, "", "reference sex", "assumption"),
        "race": Parameter(
            float(RACES.index("White")), "index", "Hamberg's patients were White", "assumption"
        ),
        "amiodarone": Parameter(0.0, "", "no interacting drug", "assumption"),
        "enzyme_inducer": Parameter(0.0, "", "no interacting drug", "assumption"),
        "smoker": Parameter(0.0, "", "reference", "assumption"),
    }
)
YES_OR_NO = "0/1"
"""Unit of a covariate that a patient has or has not."""
RANGES: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "age": (18.0, 100.0, "years"),
        "weight_kg": (30.0, 200.0, "kg"),
        "height_cm": (130.0, 210.0, "cm"),
        "race": (0.0, len(RACES) - 1.0, f"(the place in {', '.join(RACES)})"),
        **dict.fromkeys(("female", *FLAGS), (0.0, 1.0, YES_OR_NO)),
    }
)


def _reference(
    population: Population | None,
) -> tuple[dict[str, float], Mapping[str, tuple[float, float, str]]]:
    """Typical value, and range with unit, of every covariate."""
    if population is None:
        return {name: float(number) for name, number in REFERENCE.items()}, RANGES
    return (
        {one.name: float(one.typical) for one in population.covariates},
        {one.name: (one.low, one.high, one.unit) for one in population.covariates},
    )


def typical_patient(
    genotype: Mapping[str, str] | None = None,
    ancestry: str = "European",
    seed: int = 0,
    population: Population | None = None,
    **covariates: float,
) -> Cohort:
    """A cohort of one described patient.

    Args:
        genotype: gene -> diplotype, such as {"CYP2C9": "*1/*3", "VKORC1": "G/A"}; a gene that is left out
            is unknown, and counts as the average of the ancestry.
        ancestry: one of `pmrl.genetics.ANCESTRIES`.
        seed: cohort seed of the random effects.
        population: whose covariates and genes count; that of warfarin, with `REFERENCE`, where None.
        **covariates: as in `REFERENCE` or the population, in its units.

    Raises:
        InputError: unknown gene, allele or covariate; age, weight or height out of range.
    """
    if ancestry not in ANCESTRIES:
        raise unknown("ancestry", ancestry, ANCESTRIES)
    genes = RECORDED_GENES if population is None else population.genes
    for name in genotype or {}:
        if name not in genes:
            raise unknown("gene", name, genes)
    values, ranges = _reference(population)
    for name, value in covariates.items():
        if name not in values:
            raise unknown("covariate", name, values)
        low, high, unit = ranges.get(name, (-np.inf, np.inf, ""))
        if not low <= value <= high:
            raise InputError(f"{name} {value:g} is out of range: give {low:g} to {high:g} {unit}")
        if (unit == YES_OR_NO or name == "race") and value % 1.0:
            raise InputError(f"{name} {value:g}: give a whole number from {low:g} to {high:g}")
        values[name] = float(value)
    codes = {
        name: np.array([GENES[name].parse((genotype or {}).get(name, "unknown"))], dtype=np.int8)
        for name in genes
    }
    columns = {name: np.array([value]) for name, value in values.items()}
    return Cohort(
        seed=seed,
        ids=np.zeros(1, dtype=np.int64),
        ancestry=np.array([ANCESTRIES.index(ancestry)], dtype=np.int8),
        covariates=columns,
        genotypes=codes,
        known_covariates=columns,
        known_genotypes=codes,
    )
