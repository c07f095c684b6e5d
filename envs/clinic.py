"""The clinic: admits patients, sees them at visits, dispenses what is prescribed and lets time go by."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from pmrl.compiled import INTEGERS, MATRIX, jit
from pmrl.disturbance import Disturbances
from pmrl.envs.patients import PatientSource
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import History, Prescription, Visit
from pmrl.randomness import Stream, normal, uniform_pair
from pmrl.world import World

Floats = NDArray[np.float64]
LEAD_IN_DAYS = 56
LEAD_IN_VISITS = (-28, -14)
_ASSAY, _VISIT = int(Stream.ASSAY), int(Stream.VISIT)
_LATEST = 4000


@jit(
    types.void(
        types.int64, INTEGERS, INTEGERS, types.int64, MATRIX, types.int64, types.float64,
        types.float64, types.float64, INTEGERS, MATRIX, MATRIX,
    )
)  # fmt: skip
def sample_lab(seed, ids, day, start, latent, delay, assay_sd, low, high, count, at, lab):  # type: ignore[no-untyped-def]
    """Append a visit today with a lab of blood drawn `delay` days ago, within the lab's limits."""
    for i in range(ids.size):
        drawn = max(day[i] - delay - start, 0)
        value = latent[i, drawn] * np.exp(assay_sd * normal(seed, ids[i], day[i], _ASSAY))
        at[i, count[i]] = np.float64(day[i])
        lab[i, count[i]] = min(max(value, low), high)
        count[i] += 1


@jit(types.void(types.int64, INTEGERS, INTEGERS, INTEGERS, types.float64, types.int64, INTEGERS))
def scheduled_interval(seed, ids, day, following, missed, horizon, out):  # type: ignore[no-untyped-def]
    """Days until the next scheduled visit that takes place, at most until the horizon."""
    for i in range(ids.size):
        after = following[min(day[i], horizon)]
        while after < horizon and uniform_pair(seed, ids[i], after, _VISIT)[0] < missed:
            after = following[after]
        out[i] = max(min(after, horizon) - day[i], 0)


class Clinic:
    """A batch of patients under treatment. Rows are independent and may be on different days.

    Args:
        therapy: the drug's decision problem.
        scenario: which patients, and what happens to them.
        n: number of rows.
        seed: cohort seed.
    """

    def __init__(self, therapy: Therapy, scenario: Scenario, n: int, seed: int) -> None:
        self.therapy, self.scenario, self.n, self.seed = therapy, scenario, n, seed
        self.horizon = scenario.days or therapy.horizon_days
        self.start = -LEAD_IN_DAYS if scenario.start == "established" else 0
        self.source = PatientSource(therapy, scenario, seed, self.horizon)
        self.model = self.source.model
        self._following = therapy.schedule.table(self.horizon)
        self._shortest = 1 if scenario.visits == "protocol" else self._shortest_interval()
        self._allocate()

    def _shortest_interval(self) -> int:
        gaps = self._following - np.arange(self._following.size)
        return int(min(gaps[np.unique(np.append(0, self._following[:-1]).clip(0, self.horizon))].min(), 7))

    def choose_intervals(self, shortest: int) -> None:
        """Make room for visits as close as `shortest` days."""
        self._shortest = min(self._shortest, shortest)
        self._allocate()

    def _allocate(self) -> None:
        n, span = self.n, self.horizon - self.start
        visits = self.horizon // self._shortest + 4 + len(LEAD_IN_VISITS)
        m = self.model
        self.world = World(
            model=m,
            seed=self.seed,
            ids=np.zeros(n, dtype=np.int64),
            parameters=np.ones((n, len(m.parameters))),
            states=np.zeros((n, len(m.states))),
            day=np.zeros(n, dtype=np.int64),
            shares=np.zeros((n, 2)),
            occasion_sd=self.scenario.occasion_sd,
            clearance_by=np.ones((1, 1)),
            sensitivity_by=np.ones((1, 1)),
            held=np.zeros((1, 1), dtype=np.bool_),
            start=self.start,
            latent=np.full((n, span + 1), np.nan),
            taken=np.full((n, span), np.nan),
        )
        self.count = np.zeros(n, dtype=np.int64)
        self.at, self.lab, self.dose, self.interval = (np.full((n, visits), np.nan) for _ in range(4))
        self.prescribed = np.full((n, span), np.nan)
        self.dose_estimate = np.zeros(n)
        self.next_interval = np.zeros(n, dtype=np.int64)
        self.patient = np.zeros(n, dtype=np.int64)
        self.known_covariates: dict[str, Floats] = {}
        self.known_genotypes: dict[str, NDArray[np.int8]] = {}

    def admit(self, ids: NDArray[np.int64], rows: NDArray[np.int64] | None = None) -> None:
        """Put patients `ids` into `rows` (all rows where None), each at the start of an episode."""
        everybody = rows is None
        rows = np.arange(self.n) if rows is None else rows
        block, index = self.source.get(ids)
        world = self.world
        self.patient[rows] = ids
        world.ids[rows] = block.cohort.ids[index]
        world.seed = int(block.cohort.seed)
        world.parameters[rows] = block.parameters[index]
        world.states[rows] = block.states[index]
        world.shares[rows] = block.shares[index]
        world.day[rows] = self.start
        self._disturb(block.events, index, rows)
        self.count[rows] = 0
        for history in (self.at, self.lab, self.dose, self.interval, self.prescribed, world.latent, world.taken):
            history[rows] = np.nan
        self.dose_estimate[rows] = block.dose_estimate[index]
        if everybody or not self.known_covariates:
            self.known_covariates = {k: v[index].copy() for k, v in block.known_covariates.items()}
            self.known_genotypes = {k: v[index].copy() for k, v in block.known_genotypes.items()}
        else:
            for name, values in block.known_covariates.items():
                self.known_covariates[name][rows] = values[index]
            for name, codes in block.known_genotypes.items():
                self.known_genotypes[name][rows] = codes[index]
        part = self._rows(rows)
        part.latent[:, 0] = self._biomarker(part)
        if self.start < 0:
            self._lead_in(part, block.stable_dose[index], rows)
        self._write_back(part, rows)
        self._arrive(rows)

    def _biomarker(self, world: World) -> Floats:
        from pmrl.solve import course

        return course(self.model, world.parameters, np.zeros((len(world.ids), 0)), world.states)[0][:, 0]

    def _disturb(self, events: Disturbances, index: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        for name, values in (
            ("clearance_by", events.clearance),
            ("sensitivity_by", events.sensitivity),
            ("held", events.held),
        ):
            if len(values) == 1:
                setattr(self.world, name, values)
                continue
            mine = getattr(self.world, name)
            if mine.shape != (self.n, values.shape[1]):
                mine = np.zeros((self.n, values.shape[1]), dtype=values.dtype)
                setattr(self.world, name, mine)
            mine[rows] = values[index]

    def _rows(self, rows: NDArray[np.int64]) -> World:
        """A world of some rows, as copies."""
        w = self.world
        pick = {
            name: np.ascontiguousarray(getattr(w, name)[rows])
            for name in ("ids", "parameters", "states", "day", "shares", "latent", "taken")
        }
        by = {
            name: values if len(values := getattr(w, name)) == 1 else np.ascontiguousarray(values[rows])
            for name in ("clearance_by", "sensitivity_by", "held")
        }
        return World(model=w.model, seed=w.seed, occasion_sd=w.occasion_sd, start=w.start, **pick, **by)

    def _write_back(self, part: World, rows: NDArray[np.int64]) -> None:
        for name in ("states", "day", "latent", "taken"):
            getattr(self.world, name)[rows] = getattr(part, name)

    def _lead_in(self, part: World, dose: Floats, rows: NDArray[np.int64]) -> None:
        """Live before day 0 on the stable dose, with the visits of an established patient."""
        n = rows.size
        stops = (*LEAD_IN_VISITS, 0)
        for day, following in zip((self.start, *LEAD_IN_VISITS), stops, strict=True):
            if day > self.start:
                self._sample(part, rows)
                self.dose[rows, self.count[rows] - 1] = dose
                self.interval[rows, self.count[rows] - 1] = following - day
            self.prescribed[rows, day - self.start : following - self.start] = dose[:, None]
            part.live(np.ascontiguousarray(dose[:, None]), np.full(n, following - day, dtype=np.int64))

    def _sample(self, part: World, rows: NDArray[np.int64]) -> None:
        low, high = self.therapy.biomarker_range
        count, at, lab = self.count[rows], self.at[rows], self.lab[rows]
        sample_lab(
            part.seed, part.ids, part.day, self.start, part.latent, self.scenario.lab_delay_days,
            self.scenario.assay_sd, low, high, count, at, lab,
        )  # fmt: skip
        self.count[rows], self.at[rows], self.lab[rows] = count, at, lab

    def _arrive(self, rows: NDArray[np.int64] | None = None) -> None:
        """Today's visit: sample the lab and look up the schedule."""
        world, scenario = self.world, self.scenario
        if rows is None:
            low, high = self.therapy.biomarker_range
            sample_lab(
                world.seed, world.ids, world.day, self.start, world.latent, scenario.lab_delay_days,
                scenario.assay_sd, low, high, self.count, self.at, self.lab,
            )  # fmt: skip
        else:
            self._sample(self._rows(rows), rows)
        scheduled_interval(
            world.seed, world.ids, world.day, self._following, scenario.missed_visits, self.horizon,
            self.next_interval,
        )  # fmt: skip

    def treat(self, doses: Floats, interval_days: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Dispense and live until the next visit.

        Args:
            doses: mg for each coming day, `(n, any)`; the last goes on. Already dispensed (on the grid).
            interval_days: days to the next visit; the schedule's where None.

        Returns:
            Days lived by each row, `(n,)`; 0 where the episode was over.
        """
        world = self.world
        left = self.horizon - world.day
        days = self.next_interval if interval_days is None else np.maximum(interval_days, 1)
        days = np.minimum(days, left)
        last = self.count - 1
        row = np.arange(self.n)
        column = np.arange(doses.shape[1])
        weight = np.clip(days[:, None] - column, 0, 1).astype(np.float64)
        weight[:, -1] = np.maximum(days - column[-1], 0)
        with np.errstate(invalid="ignore"):
            self.dose[row, last] = (doses * weight).sum(axis=1) / days
        self.interval[row, last] = days
        self._write_prescribed(doses, days)
        world.live(doses, days)
        self._arrive()
        return days

    def _write_prescribed(self, doses: Floats, days: NDArray[np.int64]) -> None:
        _prescribe(self.prescribed, self.world.day, days, doses, self.start)

    def dispense(self, prescription: Prescription) -> Floats:
        """What the pharmacy gives: rounded to the grid, mg for each coming day, `(n, n_days)`."""
        return np.ascontiguousarray(self.therapy.dispense(prescription.doses[:, :, 0]))

    def visit(self) -> Visit:
        """What a prescriber may see now."""
        return Visit(
            therapy=self.therapy,
            ids=self.patient,
            seed=self.seed,
            day=self.world.day,
            interval_days=self.next_interval,
            covariates=self.known_covariates,
            genotypes=self.known_genotypes,
            history=History(self.at, self.lab, self.dose, self.interval, self.count, self.prescribed),
            established=self.start < 0,
        )

    @property
    def done(self) -> NDArray[np.bool_]:
        """Rows whose episode is over, `(n,)`."""
        return np.asarray(self.world.day >= self.horizon)

    @property
    def latent(self) -> Floats:
        """True biomarker on days 0 to horizon, `(n, horizon + 1)`; NaN in the future."""
        return self.world.latent[:, -self.start :]


@jit(types.void(MATRIX, INTEGERS, INTEGERS, MATRIX, types.int64))
def _prescribe(prescribed, day, days, doses, start):  # type: ignore[no-untyped-def]
    """Write the doses of the coming days into the record."""
    last = doses.shape[1] - 1
    for i in range(day.size):
        for k in range(days[i]):
            prescribed[i, day[i] + k - start] = doses[i, min(k, last)]
