"""The patients of a drug who are drawn, not recorded; or resampled from a table, with what it lacks drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort, drawn_rows, patient_ids
from pmrl.cohort_reading import Number, read_columns
from pmrl.cohort_sampling import ancestry_shares, diplotype_shares, draw_genotypes, draw_index
from pmrl.errors import unknown
from pmrl.genetics import UNKNOWN, find_gene
from pmrl.parameter import Parameter
from pmrl.population import PARTS, Covariate, Floats, Genotypes, Known, Recorded
from pmrl.randomness import Stream, uniforms

_FIRST_DRAW = 1000
"""Of the stream COVARIATE; those before are of `pmrl.cohort_sampling`."""


def read_patients(path: str | Path, covariates: Sequence[Covariate], genes: Sequence[str]) -> dict[str, Any]:
    """Recorded patients from a file with a column for every covariate and every gene, in its unit.

    It is a CSV with one line per patient, or a NONMEM-form table (`pmrl.nonmem_table`).

    Raises:
        InputError: the file cannot be used; says where and why.
    """
    columns: dict[str, tuple[Callable[[str], Any], type]] = {
        **{one.name: (Number(one.low, one.high, one.unit), np.float64) for one in covariates},
        **{gene: (find_gene(gene).parse, np.int8) for gene in genes},
    }
    return read_columns(path, columns, tuple(columns))


@dataclass(frozen=True)
class DrawnPopulation:
    """The patients of a drug who are drawn, not recorded.

    Attributes:
        name: in words, for reports.
        covariates: in the order in which they are drawn: append, never reorder.
        ancestry: share of each ancestry.
        genes: that matter for the drug.
        tested: those of them that the clinic types.
    """

    name: str
    covariates: tuple[Covariate, ...]
    ancestry: Mapping[str, Parameter]
    genes: tuple[str, ...]
    tested: tuple[str, ...]

    def maker(
        self, source: str | Path, seed: int, ancestry: Mapping[str, float] | str | None
    ) -> Callable[[int, int], Cohort]:
        """See `Population`."""
        if source not in PARTS:
            table = read_patients(source, self.covariates, self.genes)
            return lambda first, n: self._resample(table, n, seed, first)
        return lambda first, n: self.cohort(n, seed, first, str(source), ancestry)

    def recorded(self, source: str | Path) -> Recorded | None:
        """See `Population`."""
        if source in PARTS:
            return None
        table = read_patients(source, self.covariates, self.genes)
        covariates = {covariate.name: table[covariate.name] for covariate in self.covariates}
        return Recorded(covariates, {gene: table[gene] for gene in self.genes})

    def _resample(self, table: Mapping[str, Any], n: int, seed: int, first: int) -> Cohort:
        """Patients each of whom is a recorded one, with what is not recorded drawn and hidden."""
        ids = patient_ids(n, seed, first)
        size = len(next(iter(table.values())))
        rows = drawn_rows(size, ids, seed)
        recorded = {name: values[rows] for name, values in table.items()}
        known = {covariate.name: recorded[covariate.name] for covariate in self.covariates}
        drawn = self.cohort(n, seed, first, known=known)
        typed = {gene: recorded[gene] for gene in self.genes}
        return replace(
            drawn,
            genotypes={
                gene: np.where(codes < 0, drawn.genotypes[gene], codes) for gene, codes in typed.items()
            },
            known_covariates=known,
            known_genotypes=typed,
        )

    def cohort(
        self,
        n: int,
        seed: int,
        first: int = 0,
        part: str = "sampled",
        ancestry: Mapping[str, float] | str | None = None,
        known: Known | None = None,
    ) -> Cohort:
        """Patients `first` to `first + n - 1` of a part of the population.

        Args:
            n: number of patients.
            seed: cohort seed.
            first: id of the first, within the part.
            part: one of `PARTS`, which share no patients.
            ancestry: one ancestry or shares that sum to 1, in place of the population's.
            known: values that are given, `(n,)` each, NaN where they are drawn.

        Raises:
            InputError: unknown part or ancestry, shares that do not sum to 1, or a bad number.
        """
        if part not in PARTS:
            raise unknown("part of the population", part, PARTS)
        return self._drawn(seed, patient_ids(n, seed, first) + PARTS[part], ancestry, known or {})

    def imagine(self, seed: int, ids: NDArray[np.int64], covariates: Known, genotypes: Genotypes) -> Cohort:
        """See `Population`."""
        drawn = self._drawn(seed, ids, None, covariates, genotypes)
        true = {
            gene: np.where(genotypes[gene] < 0, codes, genotypes[gene]) if gene in genotypes else codes
            for gene, codes in drawn.genotypes.items()
        }
        return replace(drawn, genotypes=true)

    def _drawn(
        self,
        seed: int,
        ids: NDArray[np.int64],
        ancestry: Mapping[str, float] | str | None,
        known: Known,
        typed: Genotypes | None = None,
    ) -> Cohort:
        """Patients with all but `known` covariates drawn, of an ancestry that `typed` genes suggest."""
        wish = {name: float(share) for name, share in self.ancestry.items()} if ancestry is None else ancestry
        shares = np.tile(ancestry_shares(wish), (ids.size, 1))
        likely = np.array(shares)
        for gene, codes in (typed or {}).items():
            likely *= diplotype_shares(gene, codes)
        # A diplotype of no ancestry says nothing of it.
        shares = np.where(likely.sum(axis=1, keepdims=True) > 0.0, likely, shares)
        drawn = draw_index(shares, uniforms(seed, ids, Stream.ANCESTRY)[:, 0]).astype(np.int8)
        covariates = self._covariates(seed, ids, known)
        genotypes = draw_genotypes(seed, ids, drawn, self.genes)
        seen = {
            gene: codes.copy() if gene in self.tested else np.full_like(codes, UNKNOWN)
            for gene, codes in genotypes.items()
        }
        recorded = {name: values.copy() for name, values in covariates.items()}
        return Cohort(seed, ids, drawn, covariates, genotypes, recorded, seen)

    def _covariates(self, seed: int, ids: NDArray[np.int64], known: Known) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for number, covariate in enumerate(self.covariates):
            uniform = uniforms(seed, ids, Stream.COVARIATE, day=_FIRST_DRAW + number)[:, 0]
            if covariate.draw is None:
                raise TypeError(f"{self.name}: it is not said how {covariate.name} is drawn")
            values = covariate.draw(uniform, found)
            given = known.get(covariate.name, np.full(ids.size, np.nan))
            found[covariate.name] = np.where(np.isnan(given), values, given)
        return found
