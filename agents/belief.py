"""What a prescriber may believe of its patients: particles weighed by the labs.

Each patient has particles: virtual patients who share what is known of the patient and differ in the random
effects, in genes and covariates that are not known, in which doses they take and in their occasions. They
live what was prescribed, in a world of the same equations (`pmrl.world`) with random numbers of their own,
so that nothing of the true patient is in them but the history. At a visit each is weighed by how probable it
makes the lab result. Where few of them carry the weight, all are drawn anew from the weighed ones, and their
random effects, and how often they miss doses, are moved in a way that keeps mean and covariance (Liu and West
2001, in Doucet et al., Sequential Monte Carlo Methods in Practice), among those of one genotype: where a gene
is not typed, particles fall into groups, and what is between them is nobody.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pmrl.agents.assumptions import Assumptions, usual_particles
from pmrl.agents.imagined_world import SEED, live, prescribed, quick
from pmrl.cohort import Cohort
from pmrl.envs.admission import LEAD_IN_DAYS
from pmrl.envs.patients import therapy_model
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, normals, uniforms
from pmrl.variability import Variability

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_VISITS = 4096
"""More than any patient has."""
_TOGETHER = 2**17
"""Particles whose days are kept in memory at a time."""
NEAR = Parameter(
    0.4,
    "SD of a move, at most",
    "ours: where the biomarker trails behind the drug, a particle moved by more no longer fits its own past; "
    "0.8 for 0.4 cost mercaptopurine's mpc 3.0 points (SE 1.5, 64 patients)",
    "assumption",
)
UNLIKELY = -15.0
"""Log-likelihood below which nothing is believed impossible: models are wrong and labs get mixed up."""
_FINE = np.linspace(-8.0, 8.0, 4097)
"""Random effects between which shares of missed doses are interpolated, to 1e-5."""


class Belief:
    """Particles of a batch of patients; arrays are `(n_patients * particles, ...)`, a patient's in a row.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted.
        known: true individual parameters `(n_patients, n_parameters)`, for oracles.
        variability: within a patient and of the assay; the therapy's where None.

    Attributes:
        parameters, states, shares: of the particles, as in `pmrl.world.World`.
        weight: log-weights `(n_patients, particles)`.
    """

    def __init__(
        self,
        therapy: Therapy,
        assumptions: Assumptions,
        known: Floats | None = None,
        variability: Variability | None = None,
    ) -> None:
        self.therapy, self.assumptions, self.known = therapy, assumptions, known
        self.variability = variability or therapy.variability
        model = therapy_model(therapy, assumptions.model)
        self.model = quick(model)
        self.numbers = self.model.numbers(assumptions.parameters)
        far = model.day is not None or model.balance.level
        self.moved = assumptions.moved if far else min(assumptions.moved, float(NEAR))
        self.size = assumptions.particles or usual_particles(self.model)
        self._shares_at_fine = assumptions.adherence.shares_at(ndtr(_FINE))
        self.patients: Integers = np.empty(0, dtype=np.int64)

    def start(self, visit: Visit) -> None:
        """Believe what is known at the first visit; labs are taken in by `update`."""
        n, size = len(visit), self.size
        self.patients = visit.ids
        of = np.repeat(np.arange(n), size)
        self.ids = (visit.ids[:, None] * size + np.arange(size)).reshape(-1)
        self.cohort: Cohort = self.therapy.population.imagine(
            SEED,
            self.ids,
            {name: values[of] for name, values in visit.covariates.items()},
            {gene: codes[of] for gene, codes in visit.genotypes.items()},
        )
        self.genome = genome_of(self.cohort)
        # The last is not the model's: it is where a patient is in the distribution of missed doses.
        self.eta = normals(SEED, self.ids, Stream.PARAMETER, len(self.model.random_effects) + 1)
        self.parameters = self._individual(self.cohort, self.eta)
        if self.known is not None:
            self.parameters = np.ascontiguousarray(self.known[of])
        self.states = self.model.initial(self.parameters)
        self.shares = self._shares(self.eta[:, -1])
        self.weight = np.full((n, size), -np.log(size))
        self._start = -LEAD_IN_DAYS if visit.established else 0
        self._day = np.full(n, self._start, dtype=np.int64)
        self._seen = np.zeros(n, dtype=np.int64)

    def _individual(self, cohort: Cohort, eta: Floats) -> Floats:
        return np.ascontiguousarray(self.model.individual(self.numbers, cohort, eta[:, :-1]))

    def _shares(self, eta: Floats) -> Floats:
        """Of days missed and doubled, `(n, 2)`."""
        return np.stack([np.interp(eta, _FINE, share) for share in self._shares_at_fine.T], axis=1)

    def update(self, visit: Visit) -> None:
        """Live to the visits since the last update, and weigh by what was seen there."""
        past = visit.history
        while (self._seen < past.count).any():
            behind = self._seen < past.count
            at = np.where(behind, self._seen, 0)
            rows = np.arange(len(visit))
            day = np.where(behind, past.day[rows, at], self._day).astype(np.int64)
            drawn = np.clip(day - visit.lab_delay_days, self._day, day)
            latent = self._live(past.daily_dose, drawn)
            lab = np.where(behind, past.lab[rows, at], np.nan)
            self.weight += self._likelihood(latent.reshape(self.weight.shape), lab)
            self._seen += behind
            self._renew()
            if visit.lab_delay_days:
                self._live(past.daily_dose, day)

    def _live(self, daily_dose: Floats, until: Integers) -> Floats:
        """Let every particle live to the day `until`, `(n,)`; the biomarker then."""
        days = until - self._day
        doses = prescribed(daily_dose, self._day - self._start, days)
        latent, some = np.empty(days.size * self.size), max(_TOGETHER // self.size, 1)
        for first in range(0, days.size, some):
            of = np.repeat(np.arange(first, min(first + some, days.size)), self.size)
            rows = slice(first * self.size, first * self.size + of.size)
            world = live(
                self.model, SEED, self.ids[rows], self.parameters[rows], self.states[rows], self.shares[rows],
                self.variability.occasion_sd, self._day[of], doses[of], days[of],
            )  # fmt: skip
            latent[rows] = world.latent[np.arange(of.size), world.day - world.start]
        self._day = until
        return latent

    def _likelihood(self, latent: Floats, lab: Floats) -> Floats:
        """Log-likelihood of the labs `(n,)` by each particle's biomarker `(n, particles)`."""
        return log_likelihood(self.therapy, latent, lab, self.variability)

    def _renew(self) -> None:
        """Normalise the weights; draw particles anew for patients in whom few carry the weight."""
        weight = np.exp(self.weight - self.weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        self.weight = np.log(np.maximum(weight, 1e-300))
        poor = np.flatnonzero(1.0 / (weight**2).sum(axis=1) < self.assumptions.renewed * self.size)
        if not poor.size:
            return
        chosen = self.draw(self.size, poor)
        slots = (poor[:, None] * self.size + np.arange(self.size)).reshape(-1)
        source = (poor[:, None] * self.size + chosen).reshape(-1)
        self.states[slots], self.shares[slots] = self.states[source], self.shares[source]
        if self.known is None:
            self._move(poor, weight[poor], slots, source)
        self.weight[poor] = -np.log(self.size)

    def _move(self, poor: Integers, weight: Floats, slots: Integers, source: Integers) -> None:
        """Random effects of the slots: those of their source, shrunk to its group's mean and moved."""
        kept = np.sqrt(1.0 - self.moved**2)
        eta = self.eta.reshape(-1, self.size, self.eta.shape[1])[poor]
        mean = means_by_group(self.genome.reshape(-1, self.size)[poor], weight, eta)
        off = eta - mean
        covariance = np.einsum("np,npk,npl->nkl", weight, off, off)
        root = np.linalg.cholesky(covariance + 1e-9 * np.eye(eta.shape[2]))
        # A draw of its own for every particle and visit.
        number = self.ids[slots] * _VISITS + np.repeat(self._seen[poor], self.size)
        fresh = normals(SEED + 1, number, Stream.PARAMETER, eta.shape[2]).reshape(eta.shape)
        chosen = (source.reshape(weight.shape) % self.size)[:, :, None]
        old, mean = (np.take_along_axis(values, chosen, axis=1) for values in (eta, mean))
        moved = mean + kept * (old - mean) + self.moved * np.einsum("nkl,npl->npk", root, fresh)
        self.eta[slots] = moved.reshape(-1, eta.shape[2])
        self._take_over(slots, source)
        self.parameters[slots] = self._individual(self.cohort.take(slots), self.eta[slots])
        self.shares[slots] = self._shares(self.eta[slots, -1])

    def _take_over(self, slots: Integers, source: Integers) -> None:
        """What is drawn and not moved: unknown covariates, genes and ancestry."""
        cohort = self.cohort
        cohort.ancestry[slots], self.genome[slots] = cohort.ancestry[source], self.genome[source]
        drawn: list[NDArray[Any]] = [*cohort.covariates.values(), *cohort.genotypes.values()]
        for values in drawn:
            values[slots] = values[source]

    def draw(self, number: int, rows: Integers | None = None) -> Integers:
        """Systematic draws by weight: particles `(n_rows, number)` of each patient of `rows` (everybody)."""
        rows = np.arange(self.patients.size) if rows is None else rows
        weight = np.exp(self.weight[rows])
        total = np.cumsum(weight, axis=1)
        total /= total[:, -1:]
        start = np.empty(rows.size)
        for day in np.unique(self._day[rows]):
            on = self._day[rows] == day
            ids = self.patients[rows[on]]
            start[on] = uniforms(SEED, ids, Stream.POLICY, day=int(day) + LEAD_IN_DAYS)[:, 0]
        points = (np.arange(number) + start[:, None]) / number
        # Every patient's cumulated weights in a unit interval of their own make one ascending list of all.
        own = np.arange(rows.size)[:, None]
        found = np.searchsorted((total + own).reshape(-1), (points + own).reshape(-1), side="right")
        return np.asarray(np.minimum(found.reshape(points.shape) - own * self.size, self.size - 1))


def genome_of(cohort: Cohort) -> Integers:
    """A number for all diplotypes of a patient together, `(n,)`."""
    number = np.zeros(len(cohort), dtype=np.int64)
    for codes in cohort.genotypes.values():
        for copy in codes.T:
            number = number * (int(copy.max(initial=0)) + 2) + copy + 1
    return number


def means_by_group(group: Integers, weight: Floats, values: Floats) -> Floats:
    """The weighted mean of each particle's patient and group, `(n, particles, k)`."""
    means = np.repeat(np.einsum("np,npk->nk", weight, values)[:, None], values.shape[1], axis=1)
    mixed = np.flatnonzero((group != group[:, :1]).any(axis=1))
    key = np.arange(mixed.size)[:, None] * (group.max(initial=0) + 1) + group[mixed]
    _, which = np.unique(key, return_inverse=True)
    which, share = which.reshape(-1), weight[mixed].reshape(-1) + 1e-300
    total = np.bincount(which, share)
    for k in range(values.shape[2]):
        own = np.bincount(which, share * values[mixed, :, k].reshape(-1)) / total
        means[mixed, :, k] = own[which].reshape(mixed.size, values.shape[1])
    return np.asarray(means)


def log_likelihood(
    therapy: Therapy, latent: Floats, lab: Floats, variability: Variability | None = None
) -> Floats:
    """Of labs `(n,)` by true biomarkers `(n, any)`, up to a constant; 0 where there is no lab.

    Log-normal, or normal where the assay has an error on top; never below `UNLIKELY`.
    """
    error, seen = variability or therapy.variability, np.isfinite(lab)
    y = np.where(seen, lab, 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if error.assay_error > 0.0:
            sd = np.hypot(error.assay_sd * latent, error.assay_error)
            found = -0.5 * ((y - latent) / sd) ** 2 - np.log(sd / error.assay_error)
        else:
            found = -0.5 * (np.log(y / latent) / error.assay_sd) ** 2
    # Without drug in the body a level of 0 says nothing.
    nothing = (y <= therapy.biomarker_range[0]) & (latent <= therapy.biomarker_range[0])
    found = np.where(nothing, 0.0, np.nan_to_num(found, nan=UNLIKELY, neginf=UNLIKELY))
    return np.where(seen[:, None], np.maximum(found, UNLIKELY), 0.0)
