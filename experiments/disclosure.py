"""What a study may disclose of real patients: which groups are shown, under which ids, and whose courses.

Patients of a file, or of a `Cohort` that was handed over, are taken for real. The shipped patients are
public, and drawn patients are nobody, so nothing is hidden of them.

Virtual patients are resampled: twenty of a rare genotype may all be one person. What is counted here are
the people of the file behind a group.

References: Sweeney, Int J Uncertain Fuzz 2002;10:557 (k-anonymity); Hundepool et al., Statistical Disclosure
Control, Wiley 2012 (minimum frequency, secondary suppression).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort, drawn_rows
from pmrl.envs.scenario import NAMED_COHORTS, Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.genetics import UNKNOWN
from pmrl.parameter import Parameter

SMALLEST_CELL = Parameter(
    5.0,
    "patients",
    "of the order that statistical disclosure control uses: 3 to 10 (Hundepool 2012), 11 (US CMS); recalled",
    "assumption",
)
"""Groups of fewer recorded patients are not published."""


@dataclass(frozen=True)
class Disclosure:
    """What the owner of real patients lets a study disclose.

    Attributes:
        show_patients: draw courses of single patients with their genotype, and write visits.
        keep_ids: give results by patient the ids of the cohort, from which the row of the file follows.
        smallest_cell: groups of fewer recorded patients are left out of tables and figures.
        secret: of this study, by which ids are shuffled; never written.
    """

    show_patients: bool = False
    keep_ids: bool = False
    smallest_cell: int = int(SMALLEST_CELL.value)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False, compare=False)

    def __post_init__(self) -> None:
        require_smallest_cell(self.smallest_cell)

    def ids(self, scenario: Scenario, first: int, n: int) -> NDArray[np.int64]:
        """The ids under which patients `first` to `first + n - 1` appear in results, `(n,)`.

        Those of the cohort, but of private patients the same numbers in an order of this study's own.
        """
        if self.keep_ids or not is_private(scenario):
            return np.arange(first, first + n, dtype=np.int64)
        key = hashlib.blake2b(f"{first} {n}".encode(), key=self.secret, digest_size=16).digest()
        shuffle = np.random.Generator(np.random.Philox(key=int.from_bytes(key)))
        return np.asarray(first + shuffle.permutation(n), dtype=np.int64)


def require_smallest_cell(patients: int) -> int:
    """A number of patients below which a group is not published.

    Raises:
        InputError: it is below 1.
    """
    if patients < 1:
        raise InputError(f"smallest cell of {patients} patients: give at least 1")
    return patients


def is_private(scenario: Scenario) -> bool:
    """Whether the patients may be real and not public: of a file, or handed over as a `Cohort`."""
    return not (isinstance(scenario.cohort, str) and scenario.cohort in NAMED_COHORTS)


class Contributors:
    """Which recorded patient is behind each patient of a private cohort.

    Args:
        therapy: whose genes make groups.
        scenario: whose patients.
        seed: cohort seed.

    Raises:
        InputError: the cohort cannot be read.
    """

    def __init__(self, therapy: Therapy, scenario: Scenario, seed: int) -> None:
        source = scenario.cohort
        self._resampled, self._seed = not isinstance(source, Cohort), seed
        if isinstance(source, Cohort):
            known = source.known_genotypes
        else:
            recorded = therapy.population.recorded(source)
            assert recorded is not None  # noqa: S101 - only private cohorts are asked for
            known = recorded.genotypes
        genes = [gene for gene in dict.fromkeys(gene for gene, _ in therapy.genes) if gene in known]
        typed = {gene: (known[gene] != UNKNOWN).all(axis=1) for gene in genes}
        self._typed = np.ones(len(next(iter(known.values()))), dtype=np.bool_)
        for one in typed.values():
            # A gene that nobody was tested for is drawn for all, and discloses nothing.
            if one.any():
                self._typed &= one

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of the recorded patient, `(n_patients,)`; -1 where a part of the genotype is drawn."""
        size = self._typed.size
        rows = drawn_rows(size, ids, self._seed) if self._resampled else ids % size
        return np.where(self._typed[rows], rows, -1)


def recorded_in(rows: NDArray[np.int64]) -> set[int]:
    """The recorded patients among rows of `Contributors.rows`."""
    return set(np.unique(rows[rows >= 0]).tolist())


def large_enough(sizes: Mapping[str, int], smallest_cell: int) -> list[str]:
    """`publishable` of groups of recorded patients, each there once.

    >>> large_enough({"a": 40, "b": 30, "c": 4}, 5)
    ['a']
    """
    behind, start = {}, 0
    for name, n in sizes.items():
        behind[name] = set(range(start, start + n))
        start += n
    return publishable(sizes, 1, behind, smallest_cell)


def publishable(
    sizes: Mapping[str, int], smallest_group: int, behind: Mapping[str, Set[int]], smallest_cell: int
) -> list[str]:
    """Disjoint groups that may be shown, in the order of `sizes`.

    A single small group that is left out would follow from the others and the total: the next smallest is
    left out with it, until `smallest_cell` recorded patients are (secondary suppression).

    Args:
        sizes: patients of each group.
        smallest_group: groups of fewer patients are left out.
        behind: recorded patients of each group; without any, none is left out for their number.
        smallest_cell: groups of fewer of these are left out.

    >>> publishable({"a": 40, "b": 30, "c": 20}, 1, {"a": {1, 2, 3}, "b": {4, 5}, "c": {6}}, 2)
    ['a']
    """
    shown = [name for name, n in sizes.items() if n >= smallest_group]
    if not behind:
        return shown
    shown = [name for name in shown if len(behind[name]) >= smallest_cell]

    def left_out() -> int:
        return len({row for name in sizes if name not in shown for row in behind[name]})

    while shown and 0 < left_out() < smallest_cell:
        shown.remove(min(shown, key=lambda name: (len(behind[name]), sizes[name], name)))
    return shown
