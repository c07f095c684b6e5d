"""The numbers of a comparison: from every patient's outcomes, or from moments of very many patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.envs.therapy import Therapy
from pmrl.experiments.disclosure import Contributors, publishable, recorded_in
from pmrl.experiments.genotype_groups import SMALLEST_GROUP, genotype_groups, genotype_label, largest_first
from pmrl.experiments.moments import Moments
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.treatment import Blocks, Treated, Way

Floats = NDArray[np.float64]
Outcomes = Mapping[Way, Mapping[str, Floats]]
STABLE = "stable"
"""1 for a patient who came to a stable dose, else 0."""
_DAYS = "days_to_stable"
BLOCK = 4096
"""Patients whose outcomes are summed at a time, by id: sums must not depend on chunks."""


class Estimates(Protocol):
    """Means of outcomes with 95% intervals."""

    @property
    def groups(self) -> Mapping[str, int]:
        """Genotype groups that are large enough to be shown: label -> patients, the largest first."""
        ...

    def mean(self, way: Way, name: str, group: str | None = None) -> Estimate:
        """Mean of an outcome, over everybody or a genotype group."""
        ...

    def difference(self, way: Way, name: str, reference: Way, group: str | None = None) -> Estimate:
        """Mean paired difference of an outcome to a reference, over everybody or a genotype group."""
        ...

    def median_days_to_stable(self, way: Way) -> float | None:
        """Median over those who came to a stable dose; None where nobody did."""
        ...


def with_stable(found: Mapping[str, Floats]) -> dict[str, Floats]:
    """The outcomes, and whether a stable dose was reached."""
    return {**found, STABLE: np.isfinite(found[_DAYS]).astype(np.float64)}


class PatientEstimates:
    """Estimates from every patient's outcomes, by the bootstrap.

    Args:
        outcomes: by way and name, `(n_patients,)` each.
        cohort: who the patients are.
        therapy: whose genes make groups.
        seed: of the resampling.
        contributors: who is behind the patients, where these are private; None where nothing is hidden.
        smallest_cell: groups of fewer recorded patients are then left out.
    """

    def __init__(
        self,
        outcomes: Outcomes,
        cohort: Cohort,
        therapy: Therapy,
        seed: int,
        contributors: Contributors | None = None,
        smallest_cell: int = 1,
    ) -> None:
        self._outcomes = {way: with_stable(found) for way, found in outcomes.items()}
        masks = genotype_groups(cohort, therapy)
        sizes = {label: int(mask.sum()) for label, mask in masks.items()}
        behind: dict[str, set[int]] = {}
        if contributors is not None:
            rows = contributors.rows(np.arange(len(cohort)))
            behind = {label: recorded_in(rows[mask]) for label, mask in masks.items()}
        self._masks = {
            label: masks[label] for label in publishable(sizes, SMALLEST_GROUP, behind, smallest_cell)
        }
        self._everybody = Bootstrap(len(cohort), seed)
        self._resamples = {label: Bootstrap(n, seed) for label, n in self.groups.items()}

    @cached_property
    def groups(self) -> Mapping[str, int]:
        """See `Estimates`."""
        return {label: int(mask.sum()) for label, mask in self._masks.items()}

    def mean(self, way: Way, name: str, group: str | None = None) -> Estimate:
        """See `Estimates`."""
        return self._estimate(self._outcomes[way][name], group)

    def difference(self, way: Way, name: str, reference: Way, group: str | None = None) -> Estimate:
        """See `Estimates`."""
        return self._estimate(self._outcomes[way][name] - self._outcomes[reference][name], group)

    def _estimate(self, values: Floats, group: str | None) -> Estimate:
        if group is None:
            return self._everybody.mean(values)
        return self._resamples[group].mean(values[self._masks[group]])

    def median_days_to_stable(self, way: Way) -> float | None:
        """See `Estimates`."""
        days = self._outcomes[way][_DAYS]
        days = days[np.isfinite(days)]
        return float(np.median(days)) if days.size else None


class MomentEstimates:
    """Estimates from moments: patients are added up and forgotten, so memory does not grow with them.

    Args:
        therapy: whose genes make groups.
        days: length of the episode.
        pairs: ways that are compared with each other, the reference second.
        contributors: as of `PatientEstimates`.
        smallest_cell: likewise.
    """

    def __init__(
        self,
        therapy: Therapy,
        days: int,
        pairs: Sequence[tuple[Way, Way]],
        contributors: Contributors | None = None,
        smallest_cell: int = 1,
    ) -> None:
        self.patients = 0
        self.contributors, self._smallest_cell = contributors, smallest_cell
        self._behind: dict[int, set[int]] = {}
        self._therapy, self._last_day, self._pairs = therapy, days, tuple(pairs)
        self._blocks = Blocks(BLOCK)
        self._moments: dict[Way, Moments] = {}
        self._differences: dict[tuple[Way, Way], Moments] = {}
        self._stable: dict[Way, NDArray[np.int64]] = {}
        self._group_of: dict[int, int] = {}
        self._sizes: list[int] = []

    def add(self, treated: Treated) -> None:
        """Take in the next patients."""
        for block in self._blocks.add(treated):
            self._add_block(block)

    def finish(self) -> None:
        """Take in those who do not fill a block; nobody can be added any more."""
        for block in self._blocks.rest():
            self._add_block(block)

    def _add_block(self, block: Treated) -> None:
        self.patients += len(block)
        group = self._groups(block.genotype)
        if self.contributors is not None:
            rows = self.contributors.rows(np.arange(block.first, block.first + len(block)))
            for number in np.unique(group).tolist():
                self._behind.setdefault(number, set()).update(recorded_in(rows[group == number]))
        outcomes = {way: with_stable(found) for way, found in block.outcomes.items()}
        values = {way: np.stack(list(found.values())) for way, found in outcomes.items()}
        for way, reference in self._pairs:
            pair = self._differences.setdefault((way, reference), Moments(tuple(outcomes[way])))
            pair.add(values[way] - values[reference], group)
        for way, found in outcomes.items():
            self._moments.setdefault(way, Moments(tuple(found))).add(values[way], group)
            days = found[_DAYS][np.isfinite(found[_DAYS])].astype(np.int64)
            counts = np.bincount(days, minlength=self._last_day + 1)
            self._stable[way] = self._stable.get(way, 0) + counts

    def _groups(self, genotype: NDArray[np.int64]) -> NDArray[np.int64]:
        """Genotype groups numbered in the order in which they come."""
        codes, index, counts = np.unique(genotype, return_inverse=True, return_counts=True)
        for code in codes.tolist():
            if code not in self._group_of:
                self._group_of[code] = len(self._sizes)
                self._sizes.append(0)
        numbers = np.array([self._group_of[code] for code in codes.tolist()])
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            self._sizes[number] += count
        return numbers[index.reshape(-1)]

    @property
    def groups(self) -> Mapping[str, int]:
        """See `Estimates`."""
        sizes = {label: self._sizes[number] for label, number in self._labels.items()}
        behind = {label: self._behind[number] for label, number in self._labels.items() if self._behind}
        shown = publishable(sizes, SMALLEST_GROUP, behind, self._smallest_cell)
        return largest_first({label: sizes[label] for label in shown})

    @property
    def _labels(self) -> dict[str, int]:
        return {genotype_label(code, self._therapy): number for code, number in self._group_of.items()}

    def mean(self, way: Way, name: str, group: str | None = None) -> Estimate:
        """See `Estimates`."""
        return self._moments[way].estimate(name, None if group is None else self._labels[group])

    def difference(self, way: Way, name: str, reference: Way, group: str | None = None) -> Estimate:
        """See `Estimates`; of `pairs` only.

        Raises:
            KeyError: the two were not compared.
        """
        number = None if group is None else self._labels[group]
        return self._differences[way, reference].estimate(name, number)

    def median_days_to_stable(self, way: Way) -> float | None:
        """See `Estimates`."""
        reached = np.cumsum(self._stable[way])
        if not reached[-1]:
            return None
        middle = np.searchsorted(reached, [(reached[-1] - 1) // 2 + 1, reached[-1] // 2 + 1])
        return float(middle.mean())
