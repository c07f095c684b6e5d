"""Imagined versions of patients, and drawing them anew by their weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FARTHEST_LOG = 2.0
"""By which the ln of a state may follow: what is left of a dose long ago has a slope without end."""


@dataclass
class Particles:
    """`size` imagined versions of each patient, a patient's in a row; arrays are `(n_patients * size, ...)`.

    Attributes:
        size: for each patient.
        ids: to which random numbers belong; they stay where they are when particles are drawn anew.
        cohort: covariates and genes, drawn where they are not known.
        genome: a number for all diplotypes of a particle.
        eta: random effects, and last where a particle is in the distribution of missed doses.
        parameters, states, shares: as in `pmrl.world.World`.
    """

    size: int
    ids: Integers
    cohort: Cohort
    genome: Integers
    eta: Floats
    parameters: Floats
    states: Floats
    shares: Floats

    def slots(self, rows: Integers) -> Integers:
        """Where the particles of these patients are, `(n_rows * size,)`."""
        return (rows[:, None] * self.size + np.arange(self.size)).reshape(-1)

    def of(self, rows: Integers, chosen: Integers | None = None) -> Particles:
        """Copies of those of some patients: of all, or of `chosen` ones, `(n_rows, size)`."""
        slots = self.slots(rows)
        source = slots if chosen is None else (rows[:, None] * self.size + chosen).reshape(-1)
        return Particles(
            self.size, self.ids[slots], self.cohort.take(source), self.genome[source], self.eta[source],
            self.parameters[source], self.states[source], self.shares[source],
        )  # fmt: skip

    def choose(self, rows: Integers, chosen: Integers, more: Particles | None = None) -> None:
        """Replace the particles of some patients by copies of others of the same patient.

        Args:
            rows: patients, `(n_rows,)`.
            chosen: by which to replace theirs, `(n_rows, size)`; numbers from `size` on are of `more`.
            more: particles of these patients alone.
        """
        slots = self.slots(rows)
        own = chosen < self.size
        here = (rows[:, None] * self.size + np.where(own, chosen, 0)).reshape(-1)
        others_are = np.flatnonzero(~own)
        there = (np.arange(rows.size)[:, None] * self.size + chosen - self.size).reshape(-1)[others_are]
        for values, other in zip(self._drawn(), (more or self)._drawn(), strict=True):
            found = values.take(here, axis=0)
            if more:
                found[others_are] = other[there]
            values[slots] = found

    def _drawn(self) -> Iterator[NDArray[Any]]:
        """Everything that makes one particle differ from another."""
        yield from self.cohort.truth()
        yield from (self.genome, self.eta, self.parameters, self.states, self.shares)

    def move(self, rows: Integers, by: float, normal: Floats) -> Integers:
        """Move the random effects of some patients' particles, which are equally probable; where they are.

        Mean and covariance stay (Liu and West 2001, in Doucet et al., Sequential Monte Carlo Methods in
        Practice), among those of one genotype: where a gene is not typed, particles fall into groups, and
        what is between them is nobody. States follow as they depend on the random effects, so that how the
        two go together stays, too.

        Args:
            rows: patients, `(n_rows,)`.
            by: SD of the move, of that of each random effect.
            normal: what chance brings, standard normal, `(n_rows * size, n_effects)`.
        """
        slots = self.slots(rows)
        eta, states = (values[slots].reshape(rows.size, self.size, -1) for values in (self.eta, self.states))
        positive = (states > 0.0).all(axis=1, keepdims=True)
        values = np.concatenate([eta, np.log(np.where(positive, states, 1.0))], axis=2)
        values -= means_by_group(self.genome[slots].reshape(rows.size, self.size), values)
        off, log = np.split(values, [eta.shape[2]], axis=2)
        covariance = np.einsum("npk,npl->nkl", off, off) / self.size + 1e-9 * np.eye(eta.shape[2])
        fresh = np.einsum("nkl,npl->npk", np.linalg.cholesky(covariance), normal.reshape(eta.shape))
        step = (np.sqrt(1.0 - by**2) - 1.0) * off + by * fresh
        slope = np.linalg.solve(covariance, np.einsum("npk,nps->nks", off, log) / self.size)
        farther = np.clip(np.einsum("npk,nks->nps", step, slope), -FARTHEST_LOG, FARTHEST_LOG)
        self.states[slots] = (states * np.exp(farther)).reshape(slots.size, -1)
        self.eta[slots] = (eta + step).reshape(slots.size, -1)
        return slots


def genome_of(cohort: Cohort) -> Integers:
    """A number for all diplotypes of a patient together, `(n,)`."""
    number = np.zeros(len(cohort), dtype=np.int64)
    for codes in cohort.genotypes.values():
        for copy in codes.T:
            number = number * (int(copy.max(initial=0)) + 2) + copy + 1
    return number


def means_by_group(group: Integers, values: Floats) -> Floats:
    """The mean of each particle's patient and group; fits `values`, `(n, size, k)`."""
    means = values.mean(axis=1, keepdims=True)
    mixed = np.flatnonzero((group != group[:, :1]).any(axis=1))
    if not mixed.size:
        return np.asarray(means)
    means = np.repeat(means, values.shape[1], axis=1)
    key = np.arange(mixed.size)[:, None] * (group.max(initial=0) + 1) + group[mixed]
    _, which, number = np.unique(key, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    for k in range(values.shape[2]):
        own = np.bincount(which, values[mixed, :, k].reshape(-1)) / number
        means[mixed, :, k] = own[which].reshape(mixed.size, values.shape[1])
    return np.asarray(means)


def systematic(log_weight: Floats, number: int, start: Floats) -> Integers:
    """Systematic draws by weight: places `(n, number)` in rows `(n, any)`; `start` in [0, 1), `(n,)`."""
    total = np.cumsum(np.exp(log_weight - log_weight.max(axis=1, keepdims=True)), axis=1)
    total /= total[:, -1:]
    points = (np.arange(number) + start[:, None]) / number
    # Every patient's cumulated weights in a unit interval of their own make one ascending list of all.
    own = np.arange(len(total))[:, None]
    found = np.searchsorted((total + own).reshape(-1), (points + own).reshape(-1), side="right")
    return np.asarray(np.minimum(found.reshape(points.shape) - own * total.shape[1], total.shape[1] - 1))


def sums(weight: Floats) -> tuple[Floats, Floats]:
    """Of each patient's weights `(n, any)` and of their squares, `(n,)` each."""
    return weight.sum(axis=1), (weight**2).sum(axis=1)


def effective(total: Floats, squares: Floats) -> Floats:
    """How many equally probable particles tell as much as weights of these `sums`, `(n,)`; 0 of no weight."""
    return np.asarray(total**2 / np.maximum(squares, 1e-300))
