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

from pmrl.agents.assumptions import Assumptions, usual_agreeing
from pmrl.agents.imagined_world import SEED, live, prescribed, quick
from pmrl.agents.likelihood import UNLIKELY, log_likelihood
from pmrl.agents.particles import Particles, effective, genome_of, sums, systematic
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
_FINE = np.linspace(-8.0, 8.0, 4097)
"""Random effects between which shares of missed doses are interpolated, to 1e-5."""


class _Seeds:
    """Of a round of particles: of their lives and moves, of draws from the past, and when they are merged."""

    def __init__(self, number: int) -> None:
        self.live, self.move, self.draw, self.merge = (SEED + 4 * number + k for k in range(4))


_FIRST = _Seeds(0)


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
        self._enough = self.size * (assumptions.agreeing or usual_agreeing(self.model))
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
        at = np.clip((eta - _FINE[0]) / (_FINE[1] - _FINE[0]), 0.0, _FINE.size - 1.001)
        before = at.astype(np.int64)
        low, high = (self._shares_at_fine.take(before + k, axis=0) for k in (0, 1))
        return np.asarray(low + (at - before)[:, None] * (high - low))

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
            found = self._likelihood(latent, lab)
            self.weight = self.weight + found
            self._seen += behind
            agreeing = np.exp(self.weight) * (found > UNLIKELY)
            self._renew(self._look_further(agreeing, before, past.daily_dose, drawn, lab))
            self._day = drawn
            if visit.lab_delay_days:
                self._live(self.particles, everybody, past.daily_dose, day)
                self._day = day

    def _live(
        self,
        particles: Particles,
        rows: Integers,
        daily_dose: Floats,
        until: Integers,
        seeds: _Seeds = _FIRST,
    ) -> Floats:
        """Let the particles of these patients live to the day `until`; their biomarkers, `(n_rows, size)`."""
        today = self._day[rows]
        days = until[rows] - today
        doses = prescribed(daily_dose[rows], today - self._start, days)
        latent = np.empty((rows.size, self.size))
        for some in self._portions(np.arange(rows.size)):
            of = np.repeat(some, self.size)
            part = slice(some[0] * self.size, some[0] * self.size + of.size)
            world = live(
                self.model, seeds.live, particles.ids[part], particles.parameters[part],
                particles.states[part], particles.shares[part], self.variability.occasion_sd,
                today[of], doses[of], days[of],
            )  # fmt: skip
            latent[some] = world.latent[np.arange(of.size), world.day - world.start].reshape(some.size, -1)
        return latent

    def _likelihood(self, latent: Floats, lab: Floats) -> Floats:
        """Log-likelihood of the labs `(n,)` by each particle's biomarker `(n, size)`."""
        return log_likelihood(self.therapy, latent, lab, self.variability)

    def _look_further(
        self,
        agreeing: Floats,
        before: tuple[Floats, Floats],
        daily_dose: Floats,
        until: Integers,
        lab: Floats,
    ) -> Integers:
        """Try more particles for patients of whom few agree with the lab; who that is.

        Args:
            agreeing: weights of those that do, `(n, size)`.
            before: states, and log-weights, of the visit before.
            daily_dose: prescribed, of `pmrl.envs.visit.History`.
            until: the day of the lab, `(n,)`.
            lab: what was found, `(n,)`.
        """
        few = effective(*sums(agreeing)) < self._enough
        poor = np.flatnonzero(few & np.isfinite(lab))
        for rows in self._portions(poor):
            past = self.particles.of(rows)
            past.states = before[0][self.particles.slots(rows)]
            self._try_more(rows, agreeing[rows], past, before[1][rows], daily_dose, until, lab)
        return poor

    def _portions(self, rows: Integers) -> list[Integers]:
        """As many patients as there is room for at a time."""
        some = max(_TOGETHER // self.size, 1)
        return [rows[first : first + some] for first in range(0, rows.size, some)]

    def _try_more(
        self,
        rows: Integers,
        agreeing: Floats,
        past: Particles,
        weight: Floats,
        daily_dose: Floats,
        until: Integers,
        lab: Floats,
    ) -> None:
        """Draw particles from the `past` of these patients by its log-weights, and merge them with theirs."""
        total, squares = sums(agreeing)
        for number in range(1, self.assumptions.rounds):
            left = np.flatnonzero(effective(total, squares) < self._enough)
            if not left.size:
                return
            here, seeds = rows[left], _Seeds(number)
            more = past.of(left, systematic(weight[left], self.size, self._start_of_draws(seeds.draw, here)))
            self._move(more, np.arange(left.size), here, seeds)
            found = self._likelihood(self._live(more, here, daily_dose, until, seeds), lab[here])
            fresh = found - np.log(self.size)
            both = np.concatenate([self.weight[here], fresh], axis=1)
            chosen = systematic(both, self.size, self._start_of_draws(seeds.merge, here))
            self.particles.choose(here, chosen, more)
            self.weight[here] = np.log(np.exp(both).sum(axis=1, keepdims=True) / self.size)
            more_total, more_squares = sums(np.exp(fresh) * (found > UNLIKELY))
            total[left] += more_total
            squares[left] += more_squares

    def _renew(self, merged: Integers) -> None:
        """Draw particles anew and move them, where few carry the weight or they were merged."""
        self.weight = self.weight - np.log(np.exp(self.weight).sum(axis=1, keepdims=True))
        poor = effective(*sums(np.exp(self.weight))) < self.assumptions.renewed * self.size
        poor[merged] = True
        for rows in self._portions(np.flatnonzero(poor)):
            start = self._start_of_draws(_FIRST.merge, rows)
            self.particles.choose(rows, systematic(self.weight[rows], self.size, start))
            self._move(self.particles, rows, rows, _FIRST)
            self.weight[rows] = -np.log(self.size)

    def _move(self, particles: Particles, rows: Integers, patients: Integers, seeds: _Seeds) -> None:
        """Move the particles `rows`, which are those of `patients`; parameters stay where they are known."""
        # A draw of its own for every particle and visit.
        number = particles.ids[particles.slots(rows)] * _VISITS + np.repeat(self._seen[patients], self.size)
        normal = normals(seeds.move, number, Stream.PARAMETER, particles.eta.shape[1])
        slots = particles.move(rows, self.assumptions.moved, normal)
        eta, everybody = particles.eta[slots], slots.size == particles.ids.size
        if self.known is None:
            cohort = particles.cohort if everybody else particles.cohort.take(slots)
            particles.parameters[slots] = self._individual(cohort, eta)
        particles.shares[slots] = self._shares(eta[:, -1])

    def draw(self, number: int) -> Integers:
        """Systematic draws by weight: particles `(n_patients, number)` of each patient."""
        everybody = np.arange(self.patients.size)
        return systematic(self.weight, number, self._start_of_draws(_FIRST.draw, everybody))

    def _start_of_draws(self, seed: int, rows: Integers) -> Floats:
        """Uniform numbers of patients and how often they were seen, `(n_rows,)`."""
        start = np.empty(rows.size)
        for seen in np.unique(self._seen[rows]):
            on = self._seen[rows] == seen
            start[on] = uniforms(seed, self.patients[rows[on]], Stream.POLICY, day=int(seen))[:, 0]
        return start
