"""The clinic: sees a batch of patients at visits, dispenses what is prescribed and lets time go by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.envs import fault
from pmrl.envs.admission import LEAD_IN_DAYS, LEAD_IN_VISITS, admit
from pmrl.envs.patients import PatientSource, blocks_for
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.transition import arrive, transition
from pmrl.envs.visit import History, Prescription, Visit
from pmrl.errors import InputError
from pmrl.failure import SimulationError
from pmrl.threads import in_parts
from pmrl.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
UNASSESSED: tuple[Any, ...] = (
    np.zeros((5, 0)),
    np.zeros(0),
    *(np.zeros((0, 0)) for _ in range(3)),
    *(np.zeros(0) for _ in range(3)),
    np.zeros((0, 0), dtype=np.float32),
)
"""Nothing is rewarded and nothing observed."""


def shown(values: NDArray[Any]) -> NDArray[Any]:
    """The same array, to be read only."""
    view = values.view()
    view.flags.writeable = False
    return view


class Clinic:
    """A batch of patients under treatment. Rows are independent and may be on different days.

    Args:
        therapy: the drug's decision problem.
        scenario: which patients, and what happens to them.
        n: number of rows.
        seed: cohort seed.
        shortest_interval: days between visits for which there is room; 1 where policies choose them.
        threads: among which the rows are shared out; results do not depend on it.
        source: where the patients come from, which clinics of one scenario, seed and horizon may share.

    Attributes:
        at, lab, dose, interval: the record of visits, `(n, max_visits)`, as in `pmrl.envs.visit.History`.
        prescribed: mg for each day from day `start` on, `(n, n_days)`.
        count: visits so far, `(n,)`.
        next_interval: days until the next planned visit, `(n,)`.
        patient: patient ids, `(n,)`.
    """

    def __init__(
        self,
        therapy: Therapy,
        scenario: Scenario,
        n: int,
        seed: int,
        shortest_interval: int | None = None,
        threads: int = 1,
        source: PatientSource | None = None,
    ) -> None:
        scenario = scenario.completed(therapy.variability)
        self.therapy, self.scenario, self.n, self.seed, self.threads = therapy, scenario, n, seed, threads
        self.horizon = scenario.days or therapy.horizon_days
        self.start = -LEAD_IN_DAYS if scenario.start == "established" else 0
        self.source = source or PatientSource(therapy, scenario, seed, self.horizon, *blocks_for(n))
        self.model = self.source.model
        self._following = therapy.schedule.table(self.horizon)
        error = scenario.variability
        assay = np.array([error.assay_sd, error.assay_error, *therapy.biomarker_range])
        self._rules = (self._following, self.horizon, scenario.lab_delay_days, assay)
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
            occasion_sd=scenario.variability.occasion_sd,
            clearance_by=np.ones((n if scenario.interaction is not None else 1, self.horizon)),
            sensitivity_by=np.ones((n if scenario.vitamin_k > 0.0 else 1, self.horizon)),
            held=np.zeros((n if scenario.surgery else 1, self.horizon), dtype=np.bool_),
            start=self.start,
            latent=np.full((n, span + 1), np.nan),
            taken=np.full((n, span), np.nan),
            harm=np.full((n, span if m.harm is not None else 0), np.nan),
        )

    def admit(self, ids: Integers, rows: Integers | None = None) -> None:
        """Put patients `ids` into `rows` (all rows where None), each at the start of an episode."""
        admit(self, ids, np.arange(self.n) if rows is None else rows)

    def arrive(self, came: Integers) -> None:
        """Today's visit of the rows where `came` > 0: sample the lab and plan the next visit."""
        self._require_columns()
        arrive(came, *self._record(), *self._rules, *self.world.arrays())

    def treat(
        self, doses: Floats, interval_days: Integers | None = None, assessment: tuple[Any, ...] = UNASSESSED
    ) -> Integers:
        """Dispense and live until the next visit.

        Args:
            doses: mg for each coming day, `(n, any)`; the last goes on. Already dispensed (on the grid).
            interval_days: days to the next visit; the schedule's where None.
            assessment: what an environment wants filled in the same call, as in
                `pmrl.envs.transition.ASSESSMENT`.

        Returns:
            Days lived by each row, `(n,)`; 0 where the episode was over.

        Raises:
            InputError: doses or intervals of another shape, or intervals that are not whole days.
            SimulationError: the equations of a patient could not be solved; the rows are then in between
                visits: admit their patients anew.
        """
        planned = self.next_interval if interval_days is None else self._planned(interval_days)
        return self._until_next(doses, planned, self.scenario.missed_visits, assessment)

    def _planned(self, interval_days: Integers) -> Integers:
        """Wished intervals within the horizon, at least a day."""
        wished = np.asarray(interval_days)
        if wished.shape != (self.n,) or not np.issubdtype(wished.dtype, np.integer):
            raise InputError(
                f"intervals of shape {wished.shape} and type {wished.dtype}: give whole days, ({self.n},)"
            )
        return np.ascontiguousarray(np.clip(wished, 1, self.horizon), dtype=np.int64)

    def accompany(self, doses: Floats, days: Integers) -> None:
        """Dispense and live `days` days, `(n,)`, to a visit that is not missed; rows with 0 days stay."""
        self._until_next(doses, days, 0.0, UNASSESSED)

    def _until_next(
        self, doses: Floats, planned: Integers, missed: float, assessment: tuple[Any, ...]
    ) -> Integers:
        days = np.zeros(self.n, dtype=np.int64)
        self.world.require_room(doses, days)
        self._require_columns()
        arguments = (
            planned, doses, missed, days, *self._record(), *self._rules, *assessment, *self.world.arrays()
        )  # fmt: skip
        failed = in_parts(transition, self.n, self.threads, arguments)
        try:
            self.world.require_success(failed)
        except SimulationError as error:
            raise fault.recorded(error, self, error.row, "equations") from None
        return days

    def _require_columns(self) -> None:
        """Raise unless there is a column left for another visit of every row."""
        if self.n and not 0 <= self.count.min() <= self.count.max() < self.at.shape[1]:
            raise InputError(
                f"no room for another visit: {self.at.shape[1]} are kept; see `shortest_interval`"
            )

    def _record(self) -> tuple[Any, ...]:
        return (
            self.count, self.at, self.lab, self.dose, self.interval, self.prescribed, self.next_interval
        )  # fmt: skip

    def dispense(self, prescription: Prescription) -> Floats:
        """What the pharmacy gives: rounded to the grid, mg for each coming day, `(n, n_days)`."""
        return np.ascontiguousarray(self.therapy.dispense(prescription.doses[:, :, 0]))

    def visit(self) -> Visit:
        """What a prescriber may see now."""
        return Visit(
            therapy=self.therapy,
            # Copies, and views that cannot be written to: no policy changes what is on record.
            ids=self.patient.copy(),
            day=self.world.day.copy(),
            interval_days=self.next_interval.copy(),
            covariates={name: shown(values) for name, values in self.known_covariates.items()},
            genotypes={gene: shown(codes) for gene, codes in self.known_genotypes.items()},
            history=History(
                *(
                    shown(values)
                    for values in (self.at, self.lab, self.dose, self.interval, self.count, self.prescribed)
                )
            ),
            established=self.start < 0,
            lab_delay_days=self.scenario.lab_delay_days,
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
    def harm(self) -> Floats:
        """Expected harmful events of days 1 to horizon, `(n, horizon)`, NaN in the future.

        No columns where the model knows none.
        """
        return self.world.harm[:, -self.start :]

    @property
    def latent_now(self) -> Floats:
        """True biomarker today, `(n,)`."""
        return self.world.latent[np.arange(self.n), self.world.day - self.start]
