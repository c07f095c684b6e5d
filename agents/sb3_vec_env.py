"""The batched environment as stable-baselines3 wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from pmrl.agents.posterior_features import PosteriorFeatures
from pmrl.agents.scaling import LIMIT, ObservationScaling
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.fault import require_numbers

TRAINING_COHORTS = 2**40
"""Added to a training seed: no patient who is trained on shares a draw with one of a study's cohort."""


class SB3VecEnv(VecEnv):
    """A `DosingVectorEnv` as a `VecEnv`, with observations scaled by `ObservationScaling`.

    The horizon is reported as terminal: the day is observed, and bootstrapping from an untrained last state
    costs 1.5-5 points of time in range. Rewards are multiplied by `reward_scale`.
    """

    def __init__(
        self,
        env: DosingVectorEnv,
        scaling: ObservationScaling,
        reward_scale: float,
        posterior: PosteriorFeatures | None = None,
    ) -> None:
        self.env, self.scaling, self.reward_scale, self.posterior = env, scaling, reward_scale, posterior
        space = spaces.Box(-LIMIT, LIMIT, (scaling.size,), dtype=np.float32)
        super().__init__(env.num_envs, space, env.single_action_space)
        self._actions: Any = None
        self._return = np.zeros(env.num_envs)
        self._length = np.zeros(env.num_envs, dtype=np.int64)
        self._quiet: list[dict[str, Any]] = [{} for _ in range(env.num_envs)]

    def reset(self) -> Any:
        """Start every row; the seed given by `seed()` counts once."""
        seed = self._seeds[0]
        self._reset_seeds()
        observation, _ = self.env.reset(seed=None if seed is None else TRAINING_COHORTS + seed)
        self._return[:] = 0.0
        self._length[:] = 0
        return self._seen(observation, np.arange(self.num_envs))

    def _seen(
        self, observation: NDArray[np.float32], fresh: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """What the network takes, with the posterior's features; `fresh` rows have new patients."""
        if self.posterior is None:
            seen = self.scaling(observation)
        else:
            visit = self.env.clinic.visit()
            if fresh is not None:
                self.posterior.start(visit, fresh)
            seen = self.scaling(np.concatenate([observation, self.posterior.of_visit(visit)], axis=1))
        require_numbers(self.env.clinic, "scaled observation", seen)
        return seen

    def step_async(self, actions: Any) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> Any:
        """One visit of every row; infos of rows that ended hold their episode and last observation.

        Raises:
            NotANumberError: an action, observation or reward is none; nothing of it goes to the agent.
            SimulationError: the equations of a patient cannot be solved.
        """
        require_numbers(self.env.clinic, "action", np.asarray(self._actions))
        observation, reward, done, _ = self.env.treat(self._actions)
        seen = self._seen(observation)
        scaled = (reward * self.reward_scale).astype(np.float32)
        require_numbers(self.env.clinic, "reward", scaled)
        self._return += reward
        self._length += 1
        infos = self._quiet
        if done.any():
            infos = self._ended(done, seen)
            observation, _ = self.env.reset(options={"rows": done})
            seen = self._seen(observation, np.flatnonzero(done))
        return seen, scaled, done, infos

    def get_state(self) -> dict[str, Any]:
        """Patients with their past, and what is believed of them, as copies."""
        return {
            "patients": self.env.get_state(),
            "returns": self._return.copy(),
            "lengths": self._length.copy(),
            "posterior": self.posterior.estimate.get_state() if self.posterior else None,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of `get_state` of an environment with the same options.

        Raises:
            InputError: the environment has other options.
            ValueError: its posterior is of others.
        """
        self.env.set_state(state["patients"])
        self._return[:], self._length[:] = state["returns"], state["lengths"]
        if self.posterior:
            self.posterior.estimate.set_state(state["posterior"], self.env.clinic.visit())
        self._reset_seeds()

    def _ended(self, done: NDArray[np.bool_], last: NDArray[np.float32]) -> list[dict[str, Any]]:
        """Infos with the episode and the last observation of the rows that ended."""
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(done):
            infos[i] = {
                "terminal_observation": last[i],
                "episode": {"r": float(self._return[i]), "l": int(self._length[i]), "t": 0.0},
            }
        self._return[done] = 0.0
        self._length[done] = 0
        return infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute for every row."""
        return [getattr(self.env, attr_name)] * len(self._rows(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the batch."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call a method of the batch once."""
        result = getattr(self.env, method_name)(*args, **kwargs)
        return [result] * len(self._rows(indices))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Nothing is wrapped."""
        return [False] * len(self._rows(indices))

    def _rows(self, indices: Any) -> Sequence[int]:
        return list(self._get_indices(indices))
