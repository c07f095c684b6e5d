"""What an agent sees of a visit: a named, bounded vector in physical units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from gymnasium import spaces
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import INTEGERS, MATRIX, VECTOR, jit, part
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.genetics import allele_count
from pmrl.population import covariate_of

Floats = NDArray[np.float64]
PAST_VISITS = 5
_DYNAMIC = 4
_LONGEST_BEFORE = 28
"""Days between the visits that a patient on established therapy brings along, at most."""
OBSERVATIONS = types.float32[:, ::1]
SHOWN, SHOWN_INTEGERS = (
    types.Array(types.float64, 2, "C", readonly=True),
    types.Array(types.int64, 1, "C", True),
)
"""What a clinic shows, to be read only; arrays that can be written to are taken too."""


@part()
def observe(  # type: ignore[no-untyped-def]
    i, today, next_interval, count, lab, dose, gap, static, estimate, low, high, out
):
    """Fill row i of the observations: time, dose estimate, the latest visits, then the patient."""
    row = out[i]
    row[0], row[1], row[2], row[3] = today, next_interval, count, estimate
    for back in range(PAST_VISITS):
        j = count - 1 - back
        at = _DYNAMIC + 3 * back
        row[at] = lab[i, j] if j >= 0 else 0.0
        row[at + 1] = dose[i, j - 1] if j >= 1 else 0.0
        row[at + 2] = gap[i, j - 1] if j >= 1 else 0.0
    first = _DYNAMIC + 3 * PAST_VISITS
    for k in range(static.shape[1]):
        row[first + k] = static[i, k]
    for k in range(row.size):
        row[k] = min(max(row[k], np.float32(low[k])), np.float32(high[k]))


@jit(
    types.void(
        INTEGERS, INTEGERS, SHOWN_INTEGERS, SHOWN, SHOWN, SHOWN, MATRIX, VECTOR, VECTOR, VECTOR, OBSERVATIONS
    )
)
def observe_all(day, interval, count, lab, dose, gap, static, estimate, low, high, out):  # type: ignore[no-untyped-def]
    """`observe` of every patient."""
    for i in range(day.size):
        observe(i, day[i], interval[i], count[i], lab, dose, gap, static, estimate[i], low, high, out)


class Observation:
    """The observation of one therapy: names, bounds and the part that never changes in an episode."""

    def __init__(self, therapy: Therapy, horizon: int) -> None:
        self.therapy, self.horizon = therapy, horizon
        grid, (_, lab_high) = therapy.grid, therapy.biomarker_range
        rows: list[tuple[str, float, float]] = [
            ("day", 0.0, float(horizon)),
            ("next_interval", 0.0, float(horizon)),
            ("visits", 0.0, float(horizon + 4)),
            ("dose_estimate", grid.minimum, 2.0 * grid.maximum),
        ]
        for back in range(1, PAST_VISITS + 1):
            rows += [
                (f"lab_{back}", 0.0, lab_high),
                (f"dose_{back}", grid.minimum, grid.maximum),
                (f"interval_{back}", 0.0, float(max(horizon, _LONGEST_BEFORE))),
            ]
        for name in therapy.features:
            covariate = covariate_of(therapy.population, name)
            rows += [(name, covariate.low, covariate.high), (f"{name}_known", 0.0, 1.0)]
        for gene in dict.fromkeys(gene for gene, _ in therapy.genes):
            rows.append((f"{gene}_known", 0.0, 1.0))
        rows += [(f"{gene} {allele}", 0.0, 2.0) for gene, allele in therapy.genes]
        self._usual = {
            name: float(covariate_of(therapy.population, name).typical) for name in therapy.features
        }
        self.names = tuple(name for name, _, _ in rows)
        self.low = np.array([low for _, low, _ in rows])
        self.high = np.array([high for _, _, high in rows])
        self.space = spaces.Box(self.low.astype(np.float32), self.high.astype(np.float32), dtype=np.float32)

    @property
    def static_size(self) -> int:
        """Number of features that never change in an episode."""
        return len(self.names) - _DYNAMIC - 3 * PAST_VISITS

    def of_visit(self, visit: Visit, static: Floats, estimate: Floats) -> NDArray[np.float32]:
        """The observation of a visit, `(n, n_features)`.

        Args:
            visit: what the clinic shows.
            static: `static` of its patients, `(n, n_static)`.
            estimate: the therapy's dose estimate, `(n,)`.
        """
        out = np.empty((len(visit), len(self.names)), dtype=np.float32)
        past = visit.history
        observe_all(
            visit.day, visit.interval_days, past.count, past.lab, past.dose, past.interval,
            static, estimate, self.low, self.high, out,
        )  # fmt: skip
        return out

    def static(self, covariates: Mapping[str, Floats], genotypes: Mapping[str, NDArray[np.int8]]) -> Floats:
        """Covariates and alleles of the patients, each with whether it is known, `(n, n_static)`."""
        columns: list[Floats] = []
        for name in self.therapy.features:
            known, usual = np.isfinite(covariates[name]), self._usual[name]
            columns += [np.where(known, covariates[name], usual), known.astype(np.float64)]
        for gene in dict.fromkeys(gene for gene, _ in self.therapy.genes):
            columns.append((genotypes[gene][:, 0] >= 0).astype(np.float64))
        for gene, allele in self.therapy.genes:
            columns.append(np.nan_to_num(allele_count(genotypes[gene], gene, allele)))
        return np.ascontiguousarray(np.stack(columns, axis=1))
