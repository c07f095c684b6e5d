"""What a prescriber may believe of its patients: particles weighed by the labs.

Each patient has particles: virtual patients who share what is known of the patient and differ in the random
effects, in genes and covariates that are not known, in which doses they take and in their occasions. They
live what was prescribed, in a world of the same equations (`pmrl.world`) with random numbers of their own,
so that nothing of the true patient is in them but the history. At a visit each is weighed by how probable it
makes the lab result. Where few of them carry the weight, as after a lab that only missed doses explain, more
are drawn from those of the visit before and live with other luck, until enough agree with the lab or too many
have been tried. Then all are drawn anew from the weighed ones, and moved (`Particles.move`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.imagined_world import SEED, live, prescribed, quick
from pmrl.agents.particles import Particles, effective, systematic
from pmrl.cohort import Cohort
from pmrl.envs.admission import LEAD_IN_DAYS
from pmrl.envs.patients import therapy_model
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Visit
from pmrl.randomness import Stream, normals, uniforms
from pmrl.variability import Variability

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_VISITS = 4096
"""More than any patient has."""
_TOGETHER = 2**17
"""Particles whose days are kept in memory at a time."""
_ROUND = 4
"""Seeds that a round of particles has to itself: for lives, moves, draws, and draws when they are merged."""
UNLIKELY = -15.0
"""Log-likelihood below which nothing is believed impossible: models are wrong and labs get mixed up."""
_FINE = np.linspace(-8.0, 8.0, 4097)
"""Random effects between which shares of missed doses are interpolated, to 1e-5."""


class Belief:
    """Particles of a batch of patients.

    Args:
        therapy: the drug's decision problem.
        assumptions: what is taken for granted.
        known: true individual parameters `(n_patients, n_parameters)`, for oracles.
        variability: within a patient and of the assay; the therapy's where None.

    Attributes:
        particles: of all patients.
        weight: their log-weights `(n_patients, size)`.
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
        self.model = quick(therapy_model(therapy, assumptions.model))
        self.numbers = self.model.numbers(assumptions.parameters)
        self.size = assumptions.particles
        self._shares_at_fine = assumptions.adherence.shares_at(ndtr(_FINE))
        self.patients: Integers = np.empty(0, dtype=np.int64)

    def start(self, visit: Visit) -> None:
        """Believe what is known at the first visit; labs are taken in by `update`."""
        n, size = len(visit), self.size
        self.patients = visit.ids
        of = np.repeat(np.arange(n), size)
        ids = (visit.ids[:, None] * size + np.arange(size)).reshape(-1)
        cohort: Cohort = self.therapy.population.imagine(
            SEED,
            ids,
            {name: values[of] for name, values in visit.covariates.items()},
            {gene: codes[of] for gene, codes in visit.genotypes.items()},
        )
        eta = normals(SEED, ids, Stream.PARAMETER, len(self.model.random_effects) + 1)
        parameters = self._individual(cohort, eta)
        if self.known is not None:
            parameters = np.ascontiguousarray(self.known[of])
        self.particles = Particles(
            size, ids, cohort, genome_of(cohort), eta, parameters, self.model.initial(parameters),
            self._shares(eta[:, -1]),
        )  # fmt: skip
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
        past, everybody = visit.history, np.arange(len(visit))
        while (self._seen < past.count).any():
            behind = self._seen < past.count
            at = np.where(behind, self._seen, 0)
            day = np.where(behind, past.day[everybody, at], self._day).astype(np.int64)
            drawn = np.clip(day - visit.lab_delay_days, self._day, day)
            lab = np.where(behind, past.lab[everybody, at], np.nan)
            before = self.particles.states.copy(), self.weight
            latent = self._live(self.particles, everybody, past.daily_dose, drawn)
            self.weight = self.weight + self._likelihood(latent, lab)
            self._seen += behind
            self._renew(self._look_further(before, past.daily_dose, drawn, lab))
            self._day = drawn
            if visit.lab_delay_days:
                self._live(self.particles, everybody, past.daily_dose, day)
                self._day = day

    def _live(
        self, particles: Particles, rows: Integers, daily_dose: Floats, until: Integers, seed: int = SEED
    ) -> Floats:
        """Let the particles of these patients live to the day `until`; their biomarkers, `(n_rows, size)`."""
        today = self._day[rows]
        days = until[rows] - today
        doses = prescribed(daily_dose[rows], today - self._start, days)
        latent, some = np.empty(rows.size * self.size), max(_TOGETHER // self.size, 1)
        for first in range(0, rows.size, some):
            of = np.repeat(np.arange(first, min(first + some, rows.size)), self.size)
            part = slice(first * self.size, first * self.size + of.size)
            world = live(
                self.model, seed, particles.ids[part], particles.parameters[part], particles.states[part],
                particles.shares[part], self.variability.occasion_sd, today[of], doses[of], days[of],
            )  # fmt: skip
            latent[part] = world.latent[np.arange(of.size), world.day - world.start]
        return latent.reshape(rows.size, self.size)

    def _likelihood(self, latent: Floats, lab: Floats) -> Floats:
        """Log-likelihood of the labs `(n,)` by each particle's biomarker `(n, size)`."""
        return log_likelihood(self.therapy, latent, lab, self.variability)

    def _look_further(
        self, before: tuple[Floats, Floats], daily_dose: Floats, until: Integers, lab: Floats
    ) -> Integers:
        """Try more particles for patients of whom few agree; who that is. `before`: states and weights."""
        poor = np.flatnonzero(effective(self.weight) < self._enough)
        some = max(_TOGETHER // self.size, 1)
        for first in range(0, poor.size, some):
            rows = poor[first : first + some]
            past = self.particles.of(rows)
            past.states = before[0][self.particles.slots(rows)]
            self._try_more(rows, past, before[1][rows], daily_dose, until, lab)
        return poor

    @property
    def _enough(self) -> float:
        return self.assumptions.agreeing * self.size

    def _try_more(
        self,
        rows: Integers,
        past: Particles,
        weight: Floats,
        daily_dose: Floats,
        until: Integers,
        lab: Floats,
    ) -> None:
        """Draw particles from the `past` of these patients by its log-weights, and merge them with theirs."""
        found = np.exp(self.weight[rows])
        total, squares = found.sum(axis=1), (found**2).sum(axis=1)
        for number in range(1, self.assumptions.rounds):
            left = np.flatnonzero(total**2 / squares < self._enough)
            if not left.size:
                return
            here, seed = rows[left], SEED + _ROUND * number
            more, everybody = past.of(left), np.arange(left.size)
            more.choose(everybody, systematic(weight[left], self.size, self._start_of_draws(seed + 2, here)))
            self._move(more, everybody, here, seed + 1)
            latent = self._live(more, here, daily_dose, until, seed)
            fresh = self._likelihood(latent, lab[here]) - np.log(self.size)
            both = np.concatenate([self.weight[here], fresh], axis=1)
            chosen = systematic(both, self.size, self._start_of_draws(seed + 3, here))
            self.particles.choose(here, chosen, more)
            self.weight[here] = np.log(np.exp(both).sum(axis=1, keepdims=True) / self.size)
            total[left] += np.exp(fresh).sum(axis=1)
            squares[left] += np.exp(2.0 * fresh).sum(axis=1)

    def _renew(self, merged: Integers) -> None:
        """Draw particles anew and move them where few carry the weight or they were merged."""
        self.weight = self.weight - np.log(np.exp(self.weight).sum(axis=1, keepdims=True))
        poor = effective(self.weight) < self.assumptions.renewed * self.size
        poor[merged] = True
        rows = np.flatnonzero(poor)
        if rows.size:
            start = self._start_of_draws(SEED + 2, rows)
            self.particles.choose(rows, systematic(self.weight[rows], self.size, start))
            self._move(self.particles, rows, rows, SEED + 1)
            self.weight[rows] = -np.log(self.size)

    def _move(self, particles: Particles, rows: Integers, patients: Integers, seed: int) -> None:
        """Move the particles `rows`, which are those of `patients`; nobody whose parameters are known."""
        if self.known is not None:
            return
        # A draw of its own for every particle and visit.
        number = particles.ids[particles.slots(rows)] * _VISITS + np.repeat(self._seen[patients], self.size)
        normal = normals(seed, number, Stream.PARAMETER, particles.eta.shape[1])
        slots = particles.move(rows, self.assumptions.moved, normal)
        eta = particles.eta[slots]
        particles.parameters[slots] = self._individual(particles.cohort.take(slots), eta)
        particles.shares[slots] = self._shares(eta[:, -1])

    def draw(self, number: int) -> Integers:
        """Systematic draws by weight: particles `(n_patients, number)` of each patient."""
        everybody = np.arange(self.patients.size)
        return systematic(self.weight, number, self._start_of_draws(SEED, everybody))

    def _start_of_draws(self, seed: int, rows: Integers) -> Floats:
        """Uniform numbers of patients and days, `(n_rows,)`."""
        start = np.empty(rows.size)
        for day in np.unique(self._day[rows]):
            on = self._day[rows] == day
            ids = self.patients[rows[on]]
            start[on] = uniforms(seed, ids, Stream.POLICY, day=int(day) + LEAD_IN_DAYS)[:, 0]
        return start


def genome_of(cohort: Cohort) -> Integers:
    """A number for all diplotypes of a patient together, `(n,)`."""
    number = np.zeros(len(cohort), dtype=np.int64)
    for codes in cohort.genotypes.values():
        for copy in codes.T:
            number = number * (int(copy.max(initial=0)) + 2) + copy + 1
    return number


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
