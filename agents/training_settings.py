"""How the algorithms are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pmrl.errors import InputError, unknown

MOST_THREADS = 64


def require_threads(threads: int) -> None:
    """Raise an `InputError` unless so many threads can be had."""
    if not 1 <= threads <= MOST_THREADS:
        raise InputError(f"threads {threads}: give 1 to {MOST_THREADS}")


@dataclass(frozen=True)
class TrainingSettings:
    """How one algorithm is trained; every number was chosen on validation patients.

    Attributes:
        algorithm: "ppo" or "dqn".
        steps: visits, over all environments.
        num_envs: patients treated at a time.
        actions: action kind of the environment.
        layers: hidden units of each layer.
        reward_weights: weights of the reward terms; None for the environment's.
        learning_rate: at the start; it falls linearly to a hundredth.
        options: everything else that the stable-baselines3 class takes.
        posterior: whether `pmrl.agents.posterior_features` are seen beside the labs.
        normalise: whether observations are brought to running mean 0 and SD 1 on top of their fixed scaling.
    """

    algorithm: str
    steps: int
    num_envs: int
    actions: str
    layers: tuple[int, ...]
    learning_rate: float
    options: Mapping[str, Any]
    reward_weights: Mapping[str, float] | None = None
    posterior: bool = False
    normalise: bool = False


_ON_LABS: Mapping[str, TrainingSettings] = {
    "ppo": TrainingSettings(
        algorithm="ppo",
        steps=2_500_000,
        num_envs=1024,
        actions="discrete",
        layers=(128, 128),
        learning_rate=2e-3,
        options={
            "n_steps": 16,
            "batch_size": 2048,
            "n_epochs": 6,
            "gamma": 0.8,
            "gae_lambda": 0.9,
            "ent_coef": 0.003,
        },
    ),
    "dqn": TrainingSettings(
        algorithm="dqn",
        steps=1_300_000,
        num_envs=64,
        actions="relative",
        layers=(128, 128),
        learning_rate=1e-3,
        options={
            "buffer_size": 300_000,
            "learning_starts": 5_000,
            "batch_size": 512,
            "train_freq": 1,
            "gradient_steps": 1,
            "gamma": 0.8,
            "target_update_interval": 1_000,
            "exploration_fraction": 0.3,
            "exploration_final_eps": 0.02,
        },
    ),
}
SETTINGS: Mapping[str, TrainingSettings] = {
    **_ON_LABS,
    **{f"{name}-posterior": replace(settings, posterior=True) for name, settings in _ON_LABS.items()},
}
"""The settings that `pmrl train` starts from; "-posterior" sees what the labs say of the patient, too."""


def settings_for(algorithm: str) -> TrainingSettings:
    """The settings of that algorithm.

    Raises:
        InputError: there is no such algorithm.
    """
    if algorithm not in SETTINGS:
        raise unknown("algorithm", algorithm, SETTINGS)
    return SETTINGS[algorithm]
