"""The generic dosing environment: a native batch of patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.envs import snapshot
from pmrl.envs.action import ActionMap, Kind
from pmrl.envs.clinic import Clinic
from pmrl.envs.fault import require_numbers
from pmrl.envs.observation import Observation
from pmrl.envs.registry import therapy as therapy_named
from pmrl.envs.restart import final, restart_of
from pmrl.envs.reward import TERMS, weight_vector
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
_OWN_OPTIONS = (
    "actions",
    "choose_interval",
    "flatten",
    "reward_weights",
    "render_mode",
    "scenario",
    "shield",
    "threads",
)


class DosingVectorEnv(gymnasium.vector.VectorEnv[NDArray[np.float32], Any, Any]):
    """A batch of patients; one step is one visit. Each drug has a data sheet, such as `pmrl.envs.warfarin`.

    After `reset(seed=s)` row k is patient k of cohort seed s, then patient k + n, k + 2n, ... A row whose
    episode ends is reset in the same step; `infos["final_obs"]` and `infos["final_info"]` hold its end.

    Args:
        num_envs: number of rows.
        therapy: a therapy or its drug's name.
        actions: "continuous", "discrete" or "relative", see `pmrl.envs.action.ActionMap`.
        choose_interval: the action also chooses the days until the next visit.
        flatten: with `choose_interval`, one Discrete action space.
        reward_weights: weights of `pmrl.envs.reward.TERMS`, the therapy's where None; terms left out weigh 0.
        render_mode: "rgb_array" for a picture of the first row's course.
        scenario: a `Scenario`; single options can also be given by keyword.
        threads: among which large batches are shared out; results do not depend on it.
        shield: give no drug to whom a guideline forbids it (`Therapy.contraindicated`), whatever the action.
        **options: options of `Scenario`.

    Raises:
        InputError: an unknown option or a value out of range.
    """

    metadata = {  # noqa: RUF012 - the name and the form are gymnasium's
        "render_modes": ["rgb_array"],
        "render_fps": 2,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        therapy: str | Therapy,
        actions: Kind = "continuous",
        choose_interval: bool = False,
        flatten: bool = False,
        reward_weights: Mapping[str, float] | None = None,
        render_mode: str | None = None,
        scenario: Scenario | None = None,
        threads: int = 1,
        shield: bool = False,
        **options: Any,
    ) -> None:
        for name, value in (("num_envs", num_envs), ("threads", threads)):
            if value < 1 or value != int(value):
                raise InputError(f"{name} {value}: give at least 1")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown("render_mode", render_mode, self.metadata["render_modes"])
        allowed = (*_OWN_OPTIONS, *(field.name for field in fields(Scenario)))
        for name in options:
            if name not in allowed:
                raise unknown("option", name, allowed)
        self.therapy = therapy_named(therapy) if isinstance(therapy, str) else therapy
        self.scenario = (scenario or Scenario()).with_options(**options)
        self.num_envs, self.render_mode, self.threads = num_envs, render_mode, threads
        self.shield, self._forbidden = shield, np.zeros(num_envs, dtype=np.bool_)
        self.action_map = ActionMap(self.therapy, actions, choose_interval, flatten)
        self.weights = weight_vector(
            self.therapy.reward_weights if reward_weights is None else reward_weights
        )
        self.clinic = self._clinic(0)
        self.observation = Observation(self.therapy, self.clinic.horizon)
        self.feature_names = self.observation.names
        self.single_observation_space = self.observation.space
        self.single_action_space = self.action_map.space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.started = False
        self._static = np.zeros((num_envs, self.observation.static_size))
        self._reference = np.zeros(num_envs)
        self._limits = self.therapy.limits(self.clinic.horizon)

    def _clinic(self, seed: int) -> Clinic:
        shortest = int(self.action_map.intervals.min()) if self.action_map.choose_interval else None
        return Clinic(self.therapy, self.scenario, self.num_envs, seed, shortest, self.threads)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start episodes.

        Args:
            seed: cohort seed; None goes on with the next patients of the current one (at first of seed 0).
            options: "patients": patient ids, one per row that is reset; "rows": which rows (all), as
                numbers or as a boolean mask.

        Raises:
            InputError: unknown option, or patients and rows that do not match; nothing is then reset.
        """
        fresh = seed is not None or not self.started
        rows, patients = restart_of(options or {}, self.num_envs, fresh)
        if seed is not None:
            self.clinic = self._clinic(int(seed))
        if patients is None:
            patients = rows if fresh else self.clinic.patient[rows] + self.num_envs
        self._admit(rows, patients)
        self.started = True
        return self._observe(), self._info()

    def _admit(self, rows: Integers, patients: Integers) -> None:
        if not rows.size:
            return
        clinic = self.clinic
        clinic.admit(patients, rows)
        known = {name: values[rows] for name, values in clinic.known_covariates.items()}
        codes = {gene: values[rows] for gene, values in clinic.known_genotypes.items()}
        self._static[rows] = self.observation.static(known, codes)
        if self.shield:
            self._forbidden[rows] = self.therapy.forbidden(known, codes)
        before = clinic.last_dose[rows]
        self._reference[rows] = np.where(before > 0, before, clinic.dose_estimate[rows])

    def treat(self, actions: Any) -> tuple[NDArray[np.float32], Floats, Booleans, dict[str, Any]]:
        """`step` without autoreset: observation, reward, truncated and info; ended rows stay as they are."""
        if not self.started:
            raise InputError("step before reset: call reset(seed=...) first")
        doses, interval = self.action_map.decode(actions, self._reference)
        doses = np.where(self._forbidden, 0.0, doses)
        self._reference = np.where(doses > 0, doses, self._reference)
        return self.give(doses[:, None], interval)

    def give(
        self, doses: Floats, interval_days: Integers | None = None
    ) -> tuple[NDArray[np.float32], Floats, Booleans, dict[str, Any]]:
        """`treat` with doses on the grid, mg for each coming day `(n, any)`, in place of actions.

        Raises:
            NotANumberError: a reward or an observation is none.
            SimulationError: the equations of a patient cannot be solved.
        """
        clinic, n = self.clinic, self.num_envs
        terms, reward_and_cost = np.empty((len(TERMS), n)), np.empty((2, n))
        observation = np.empty((n, len(self.feature_names)), dtype=np.float32)
        seen = self.observation
        assessment = (
            self._limits, self.weights, terms, reward_and_cost,
            self._static, clinic.dose_estimate, seen.low, seen.high, observation,
        )  # fmt: skip
        clinic.treat(doses, interval_days, assessment)
        require_numbers(clinic, "reward", reward_and_cost[0])
        require_numbers(clinic, "observation", observation, self.feature_names)
        info = self._info()
        info["cost"], info["dose"] = reward_and_cost[1], doses[:, 0]
        info["reward_terms"] = dict(zip(TERMS, terms, strict=True))
        return observation, reward_and_cost[0], clinic.done, info

    def step(self, actions: Any) -> tuple[NDArray[np.float32], Floats, Booleans, Booleans, dict[str, Any]]:
        """Treat every row until its next visit; rows that reach the horizon start their next patient.

        Raises:
            InputError: an action outside the space, or no reset before.
        """
        observation, reward, truncated, info = self.treat(actions)
        if truncated.any():
            info |= final(observation, info, truncated)
            rows = np.flatnonzero(truncated)
            self._admit(rows, self.clinic.patient[rows] + self.num_envs)
            observation = self._observe()
            info |= self._info()
        return observation, reward, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def _observe(self) -> NDArray[np.float32]:
        return self.observation.of_visit(self.clinic.visit(), self._static, self.clinic.dose_estimate)

    def _info(self) -> dict[str, Any]:
        """For people and oracles: the day, the patient, and the true biomarker."""
        clinic = self.clinic
        return {"day": clinic.world.day.copy(), "patient": clinic.patient.copy(), "latent": clinic.latent_now}

    @property
    def cohort(self) -> Cohort:
        """The true patients in the rows: for analysis and oracles, never for prescribers."""
        block, index = self.clinic.source.get(self.clinic.patient)
        return block.cohort.take(index)

    def get_state(self) -> dict[str, Any]:
        """Everything that decides the future, as copies.

        Raises:
            InputError: there has been no reset.
        """
        if not self.started:
            raise InputError("get_state before reset: call reset(seed=...) first")
        return {
            "static": self._static.copy(),
            "reference": self._reference.copy(),
            "forbidden": self._forbidden.copy(),
            **snapshot.take(self.clinic),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of `get_state` of an environment with the same options.

        Raises:
            InputError: the environment has other options; it is then unchanged.
        """
        snapshot.check(self.clinic, state)
        own = (("static", self._static), ("reference", self._reference), ("forbidden", self._forbidden))
        for name, here in own:
            snapshot.require_alike(name, state.get(name), here)
        seed = int(state["seed"])
        clinic = self.clinic if seed == self.clinic.seed else self._clinic(seed)
        snapshot.put_back(clinic, state)
        self.clinic, self.started = clinic, True
        self._static, self._reference = np.array(state["static"]), np.array(state["reference"])
        self._forbidden = np.array(state["forbidden"])

    def render(self) -> tuple[Any, ...] | None:
        """The course of the first row as an RGB array `(height, width, 3)`, in a tuple."""
        if self.render_mode is None:
            return None
        from pmrl.envs.render import picture

        return (picture(self.clinic, 0),)
