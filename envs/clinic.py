"""The clinic: sees a batch of patients at visits, dispenses what is prescribed and lets time go by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pmrl.envs import attendance
from pmrl.envs.admission import LEAD_IN_DAYS, LEAD_IN_VISITS, admit
from pmrl.envs.patients import PatientSource
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import History, Prescription, Visit
from pmrl.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Clinic:
    """A batch of patients under treatment. Rows are independent and may be on different days.

    Args:
        therapy: the drug's decision problem.
        scenario: which patients, and what happens to them.
        n: number of rows.
        seed: cohort seed.
        shortest_interval: days between visits for which there is room; 1 where policies choose them.

    Attributes:
        at, lab, dose, interval: the record of visits, `(n, max_visits)`, as in `pmrl.envs.visit.History`.
        prescribed: mg for each day from day `start` on, `(n, n_days)`.
        count: visits so far, `(n,)`.
        next_interval: days until the next planned visit, `(n,)`.
        patient: patient ids, `(n,)`.
    """

    def __init__(
        self, therapy: Therapy, scenario: Scenario, n: int, seed: int, shortest_interval: int | None = None
    ) -> None:
        self.therapy, self.scenario, self.n, self.seed = therapy, scenario, n, seed
        self.horizon = scenario.days or therapy.horizon_days
        self.start = -LEAD_IN_DAYS if scenario.start == "established" else 0
        self.source = PatientSource(therapy, scenario, seed, self.horizon)
        self.model = self.source.model
        self._following = therapy.schedule.table(self.horizon)
        if shortest_interval is None:
            shortest_interval = 1 if scenario.visits == "protocol" else self._shortest_scheduled()
        visits = self.horizon // shortest_interval + 4 + len(LEAD_IN_VISITS)
        self.world = self._empty_world()
        self.count = np.zeros(n, dtype=np.int64)
        self.at, self.lab, self.dose, self.interval = (np.full((n, visits), np.nan) for _ in range(4))
        self.prescribed = np.full((n, self.horizon - self.start), np.nan)
        self.dose_estimate = np.zeros(n)
        self.next_interval = np.zeros(n, dtype=np.int64)
        self.patient = np.zeros(n, dtype=np.int64)
        self.known_covariates: dict[str, Floats] = {}
        self.known_genotypes: dict[str, NDArray[np.int8]] = {}
        self._days = np.zeros(n, dtype=np.int64)

    def _shortest_scheduled(self) -> int:
        gaps = self._following - np.arange(self._following.size)
        visits = np.unique(np.append(0, self._following[:-1]).clip(0, self.horizon))
        return int(min(gaps[visits].min(), 7))

    def _empty_world(self) -> World:
        n, span, scenario, m = self.n, self.horizon - self.start, self.scenario, self.model
        return World(
            model=m,
            seed=self.seed,
            ids=np.zeros(n, dtype=np.int64),
            parameters=np.ones((n, len(m.parameters))),
            states=np.zeros((n, len(m.states))),
            day=np.zeros(n, dtype=np.int64),
            shares=np.zeros((n, 2)),
            occasion_sd=scenario.occasion_sd,
            clearance_by=np.ones((n if scenario.interaction is not None else 1, self.horizon)),
            sensitivity_by=np.ones((n if scenario.vitamin_k > 0.0 else 1, self.horizon)),
            held=np.zeros((n if scenario.surgery else 1, self.horizon), dtype=np.bool_),
            start=self.start,
            latent=np.full((n, span + 1), np.nan),
            taken=np.full((n, span), np.nan),
        )

    def admit(self, ids: Integers, rows: Integers | None = None) -> None:
        """Put patients `ids` into `rows` (all rows where None), each at the start of an episode."""
        admit(self, ids, np.arange(self.n) if rows is None else rows)

    def arrive(self, came: Integers) -> None:
        """Today's visit of the rows where `came` > 0: sample the lab and plan the next visit."""
        world, scenario = self.world, self.scenario
        low, high = self.therapy.biomarker_range
        attendance.sample_lab(
            world.seed, world.ids, came, world.day, self.start, world.latent, scenario.lab_delay_days,
            scenario.assay_sd, low, high, self.count, self.at, self.lab,
        )  # fmt: skip
        attendance.plan_next(world.day, self._following, self.horizon, self.next_interval)

    def write_down(self, doses: Floats, days: Integers) -> None:
        """Record `doses` (mg for each coming day) of the visit today, for the `days` until the next."""
        attendance.write_down(
            self.world.day, days, doses, self.start, self.count, self.dose, self.interval, self.prescribed
        )

    def treat(self, doses: Floats, interval_days: Integers | None = None) -> Integers:
        """Dispense and live until the next visit.

        Args:
            doses: mg for each coming day, `(n, any)`; the last goes on. Already dispensed (on the grid).
            interval_days: days to the next visit; the schedule's where None.

        Returns:
            Days lived by each row, `(n,)`; 0 where the episode was over.
        """
        world = self.world
        planned = self.next_interval if interval_days is None else np.maximum(interval_days, 1)
        attendance.attended(
            world.seed, world.ids, world.day, planned, self._following, self.scenario.missed_visits,
            self.horizon, self._days,
        )  # fmt: skip
        self.write_down(doses, self._days)
        world.live(doses, self._days)
        self.arrive(self._days)
        return self._days.copy()

    def dispense(self, prescription: Prescription) -> Floats:
        """What the pharmacy gives: rounded to the grid, mg for each coming day, `(n, n_days)`."""
        return np.ascontiguousarray(self.therapy.dispense(prescription.doses[:, :, 0]))

    def visit(self) -> Visit:
        """What a prescriber may see now."""
        return Visit(
            therapy=self.therapy,
            # Copies: a policy that writes into what it is shown must not move the patients' clock.
            ids=self.patient.copy(),
            day=self.world.day.copy(),
            interval_days=self.next_interval.copy(),
            covariates=self.known_covariates,
            genotypes=self.known_genotypes,
            history=History(self.at, self.lab, self.dose, self.interval, self.count, self.prescribed),
            established=self.start < 0,
        )

    @property
    def last_dose(self) -> Floats:
        """Mean daily dose prescribed at the visit before this one, mg, `(n,)`; NaN if there was none."""
        return self.visit().previous("dose")

    @property
    def done(self) -> NDArray[np.bool_]:
        """Rows whose episode is over, `(n,)`."""
        return np.asarray(self.world.day >= self.horizon)

    @property
    def latent(self) -> Floats:
        """True biomarker on days 0 to horizon, `(n, horizon + 1)`; NaN in the future."""
        return self.world.latent[:, -self.start :]

    @property
    def latent_now(self) -> Floats:
        """True biomarker today, `(n,)`."""
        return self.world.latent[np.arange(self.n), self.world.day - self.start]
