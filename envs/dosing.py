"""The generic dosing environment: a native batch, and a batch of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.envs.action import ActionMap, Kind
from pmrl.envs.clinic import Clinic
from pmrl.envs.observation import Observation
from pmrl.envs.registry import therapy as therapy_named
from pmrl.envs.reward import TERMS, score, weight_vector
from pmrl.envs.scenario import Scenario
from pmrl.envs.snapshot import restore, snapshot
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown

Floats = NDArray[np.float64]


class DosingVectorEnv(gymnasium.vector.VectorEnv[NDArray[np.float32], Any, Any]):
    """A batch of patients; one step is one visit. See the data sheet of each drug, such as `pmrl.envs.warfarin`.

    After `reset(seed=s)` row k is patient k of cohort seed s, then patient k + n, k + 2n, ... A row whose
    episode ends is reset in the same step; `infos["final_obs"]` and `infos["final_info"]` hold its end.

    Args:
        num_envs: number of rows.
        therapy: a therapy or its drug's name.
        actions: "continuous", "discrete" or "relative", see `pmrl.envs.action.ActionMap`.
        choose_interval: the action also chooses the days until the next visit.
        flatten: with `choose_interval`, one Discrete action space.
        reward_weights: weights of `pmrl.envs.reward.TERMS`; terms that are left out weigh 0.
        render_mode: "rgb_array" for a picture of the first row's course.
        scenario: a `Scenario`; single options can also be given by keyword.
        **options: options of `Scenario`.
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
        **options: Any,
    ) -> None:
        if num_envs < 1:
            raise InputError(f"num_envs {num_envs}: give at least 1")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise unknown("render_mode", render_mode, self.metadata["render_modes"])
        self.therapy = therapy_named(therapy) if isinstance(therapy, str) else therapy
        self.scenario = (scenario or Scenario()).with_options(**options)
        if choose_interval and self.scenario.visits == "schedule":
            self.scenario = self.scenario.with_options(visits="protocol")
        self.num_envs, self.render_mode = num_envs, render_mode
        self.action_map = ActionMap(self.therapy, actions, choose_interval, flatten)
        self.weights = weight_vector(reward_weights)
        self._admit_seed(0)
        self.observation = Observation(self.therapy, self.clinic.horizon)
        self.feature_names = self.observation.names
        self.single_observation_space = self.observation.space
        self.single_action_space = self.action_map.space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._terms = np.zeros((num_envs, len(TERMS)))
        self._reward, self._cost = np.zeros(num_envs), np.zeros(num_envs)
        self._seed = 0
        self._started = False

    def _admit_seed(self, seed: int) -> None:
        self.clinic = Clinic(self.therapy, self.scenario, self.num_envs, seed)
        if self.action_map.choose_interval:
            self.clinic.choose_intervals(int(self.action_map.intervals.min()))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start episodes.

        Args:
            seed: cohort seed; None goes on with the next patients of the current one.
            options: "patients": patient ids, one per row that is reset; "rows": which rows (all).

        Raises:
            InputError: unknown option, or patients and rows that do not match.
        """
        options = dict(options or {})
        for name in options:
            if name not in ("patients", "rows"):
                raise unknown("reset option", name, ("patients", "rows"))
        if seed is not None:
            if "rows" in options:
                raise InputError("reset: a seed restarts every row; give either a seed or rows")
            self._seed = int(seed)
            self._admit_seed(self._seed)
        rows = np.asarray(options.get("rows", np.arange(self.num_envs)), dtype=np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= self.num_envs):
            raise InputError(f"reset rows {rows.tolist()}: allowed are 0 to {self.num_envs - 1}")
        fresh = seed is not None or not self._started
        if "patients" in options:
            patients = np.asarray(options["patients"], dtype=np.int64).reshape(-1)
            if patients.size != rows.size or (patients < 0).any():
                raise InputError(f"reset: give one patient id (0 or more) for each of the {rows.size} rows")
        else:
            patients = rows if fresh else self.clinic.patient[rows] + self.num_envs
        self._restart(rows, patients)
        self._started = True
        return self._observe(), self._info()

    def _restart(self, rows: NDArray[np.int64], patients: NDArray[np.int64]) -> None:
        clinic = self.clinic
        everybody = rows.size == self.num_envs or not self._started
        if everybody and rows.size != self.num_envs:
            raise InputError("reset: reset every row once before resetting single rows")
        clinic.admit(patients, None if everybody else rows)
        if everybody:
            self._static = self.observation.static(clinic.known_covariates, clinic.known_genotypes)
            self._reference = clinic.dose_estimate.copy()
            self._steps = np.zeros(self.num_envs, dtype=np.int64)
        else:
            known = {name: values[rows] for name, values in clinic.known_covariates.items()}
            codes = {gene: values[rows] for gene, values in clinic.known_genotypes.items()}
            self._static[rows] = self.observation.static(known, codes)
            self._reference[rows] = clinic.dose_estimate[rows]
            self._steps[rows] = 0
        last = clinic.count[rows] - 2
        before = np.where(last >= 0, clinic.dose[rows, np.maximum(last, 0)], np.nan)
        self._reference[rows] = np.where(before > 0, before, self._reference[rows])

    def step(
        self, actions: Any
    ) -> tuple[NDArray[np.float32], Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Treat every row until its next visit; rows that reach the horizon start their next patient."""
        if not self._started:
            raise InputError("step before reset: call reset(seed=...) first")
        clinic, therapy = self.clinic, self.therapy
        doses, interval = self.action_map.decode(actions, self._reference)
        self._reference = np.where(doses > 0, doses, self._reference)
        days = clinic.treat(doses[:, None], interval)
        score(
            clinic.world.latent, clinic.start, clinic.world.day, days, therapy.target_low, therapy.target_high,
            next(iter(therapy.safety_limits.values())), therapy.target, self.weights,
            self._terms, self._reward, self._cost,
        )  # fmt: skip
        self._steps += 1
        truncated = clinic.done
        info = self._info()
        info["reward_terms"] = {name: self._terms[:, k].copy() for k, name in enumerate(TERMS)}
        info["cost"] = self._cost.copy()
        info["dose"] = doses
        reward = self._reward.copy()
        observation = self._observe()
        if truncated.any():
            rows = np.flatnonzero(truncated)
            info["final_obs"] = _objects(observation, truncated)
            info["_final_obs"] = truncated.copy()
            info["final_info"] = {
                name: values.copy() if isinstance(values, np.ndarray) else dict(values)
                for name, values in info.items()
                if name in ("day", "patient", "latent", "cost", "dose", "reward_terms")
            }
            info["_final_info"] = truncated.copy()
            self._restart(rows, clinic.patient[rows] + self.num_envs)
            observation = self._observe()
            info |= self._info()
        return observation, reward, np.zeros(self.num_envs, dtype=np.bool_), truncated, info

    def _observe(self) -> NDArray[np.float32]:
        return self.observation.of_visit(self.clinic.visit(), self._static, self.clinic.dose_estimate)

    def _info(self) -> dict[str, Any]:
        """For people and oracles: the day, the patient, and the true biomarker."""
        clinic = self.clinic
        row = np.arange(self.num_envs)
        return {
            "day": clinic.world.day.copy(),
            "patient": clinic.patient.copy(),
            "latent": clinic.world.latent[row, clinic.world.day - clinic.start],
        }

    @property
    def cohort(self) -> Cohort:
        """The true patients in the rows: for analysis and oracles, never for prescribers."""
        block, index = self.clinic.source.get(self.clinic.patient)
        return block.cohort.take(index)

    def get_state(self) -> dict[str, Any]:
        """Everything that decides the future, as copies."""
        return snapshot(self)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of `get_state` of an environment with the same options."""
        restore(self, state)

    def render(self) -> tuple[Any, ...] | None:
        """The course of the first row as an RGB array `(height, width, 3)`, in a tuple."""
        if self.render_mode is None:
            return None
        from pmrl.envs.render import picture

        return (picture(self.clinic, 0),)


def _objects(values: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """The rows of the mask in an object array, None elsewhere, as gymnasium's vector environments do."""
    out = np.full(len(values), None, dtype=object)
    for i in np.flatnonzero(mask):
        out[i] = values[i].copy()
    return out


class DosingEnv(gymnasium.Env[NDArray[np.float32], Any]):
    """One patient at a time: a `DosingVectorEnv` of one row, the same code. Takes the same options."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        self.batch = DosingVectorEnv(1, **options)
        self.render_mode = options.get("render_mode")
        self.observation_space = self.batch.single_observation_space
        self.action_space = self.batch.single_action_space
        self.feature_names = self.batch.feature_names
        self.therapy = self.batch.therapy

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start an episode: patient 0 of a new seed, else the next patient; `options["patients"]` selects."""
        super().reset(seed=seed)
        observation, info = self.batch.reset(seed=seed, options=options)
        return observation[0], _first(info)

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Treat until the next visit."""
        batch = self.batch
        observation, reward, _, truncated, info = batch.step(np.asarray(action)[None])
        done = bool(truncated[0])
        if done:
            final = info["final_info"]
            return info["final_obs"][0], float(reward[0]), False, True, _first(final)
        return observation[0], float(reward[0]), False, done, _first(info)

    def render(self) -> Any:
        """The course so far as an RGB array."""
        pictures = self.batch.render()
        return None if pictures is None else pictures[0]

    def get_state(self) -> dict[str, Any]:
        """Everything that decides the future, as copies."""
        return self.batch.get_state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of `get_state`."""
        self.batch.set_state(state)


def _first(info: Mapping[str, Any]) -> dict[str, Any]:
    """The first row of a batch's info."""
    return {
        name: _first(values) if isinstance(values, Mapping) else values[0].item()
        for name, values in info.items()
        if not name.startswith("_") and name != "final_info" and name != "final_obs"
    }
