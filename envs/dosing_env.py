"""One patient at a time: a batch of one, the same code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from pmrl.envs.dosing_vector import DosingVectorEnv
from pmrl.errors import InputError


class DosingEnv(gymnasium.Env[NDArray[np.float32], Any]):
    """One patient at a time: a `DosingVectorEnv` of one row, the same code. Takes the same options.

    The data sheet of each drug is the docstring of its module, such as `pmrl.envs.warfarin`.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012 - the name and form are gymnasium's

    def __init__(self, **options: Any) -> None:
        self.batch = DosingVectorEnv(1, **options)
        self.render_mode = self.batch.render_mode
        self.observation_space = self.batch.single_observation_space
        self.action_space = self.batch.single_action_space
        self.feature_names = self.batch.feature_names
        self.therapy = self.batch.therapy

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start an episode: patient 0 of a new seed, else the next patient; `options["patients"]` selects."""
        observation, info = self.batch.reset(seed=seed, options=options)
        super().reset(seed=seed)
        return observation[0], _first(info)

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Treat until the next visit.

        Raises:
            InputError: the action is outside the space, or the episode is over.
        """
        if self.batch.started and self.batch.clinic.done[0]:
            raise InputError("step after the end of the episode: call reset() first")
        observation, reward, truncated, info = self.batch.treat(np.asarray(action)[None])
        return observation[0], float(reward[0]), False, bool(truncated[0]), _first(info)

    def render(self) -> Any:
        """The course so far as an RGB array `(height, width, 3)`."""
        pictures = self.batch.render()
        return None if pictures is None else pictures[0]

    def get_state(self) -> dict[str, Any]:
        """Everything that decides the future, as copies."""
        return self.batch.get_state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of `get_state`."""
        self.batch.set_state(state)


def _first(info: Mapping[str, Any]) -> dict[str, Any]:
    """The first row of a batch's info, as plain numbers."""
    return {
        name: values[0].item() if isinstance(values, np.ndarray) else _first(values)
        for name, values in info.items()
    }
