"""Training with stable-baselines3 over the batched environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from torch import nn

from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.policy_file import FORMAT, PolicyCard
from pmrl.agents.posterior_features import PosteriorFeatures, scaling_with_posterior
from pmrl.agents.sb3_vec_env import SB3VecEnv
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown

Weights = dict[str, NDArray[np.float32]]
REWARD_SCALE = 0.1
"""Rewards are days; networks learn better near 1."""


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


SETTINGS: Mapping[str, TrainingSettings] = {
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
"""The settings that `pmrl train` starts from."""

_CLASSES: Mapping[str, type[BaseAlgorithm]] = {"ppo": PPO, "dqn": DQN}


def settings_for(algorithm: str) -> TrainingSettings:
    """The settings of that algorithm.

    Raises:
        InputError: there is no such algorithm.
    """
    if algorithm not in SETTINGS:
        raise unknown("algorithm", algorithm, SETTINGS)
    return SETTINGS[algorithm]


@dataclass
class Trainee:
    """An algorithm in training, and the way to look at its policy."""

    model: BaseAlgorithm
    therapy: Therapy
    card: PolicyCard

    def policy(self) -> LearnedPolicy:
        """The greedy policy as it is now."""
        return LearnedPolicy(self.card, export_weights(self.model), self.therapy)


def export_weights(model: BaseAlgorithm) -> Weights:
    """The layers from observation to output, as "k.weight" and "k.bias".

    Raises:
        FloatingPointError: a weight is not a number.
    """
    policy: Any = model.policy
    if isinstance(model, PPO):
        layers = [*policy.mlp_extractor.policy_net, policy.action_net]
    else:
        layers = list(policy.q_net.q_net)
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    weights: Weights = {}
    for k, layer in enumerate(linear):
        weights[f"{k}.weight"] = layer.weight.detach().numpy().copy()
        weights[f"{k}.bias"] = layer.bias.detach().numpy().copy()
    if not all(np.isfinite(values).all() for values in weights.values()):
        raise FloatingPointError("training produced a weight that is not a number; nothing was saved")
    return weights


def make_trainee(
    settings: TrainingSettings, therapy: Therapy, scenario: Scenario, seed: int, threads: int, name: str
) -> Trainee:
    """An untrained agent in its environment.

    Args:
        settings: of the algorithm.
        therapy: what is treated.
        scenario: training patients and what happens to them.
        seed: of patients, exploration and initial weights.
        threads: of torch and of the environment.
        name: under which the policy's results are reported.

    Raises:
        InputError: `threads` or `steps` out of range.
    """
    if not 1 <= threads <= 64:
        raise InputError(f"threads {threads}: give 1 to 64")
    if settings.steps < 1:
        raise InputError(f"steps {settings.steps}: give at least 1")
    if settings.algorithm == "dqn" and settings.actions == "continuous":
        raise InputError("dqn needs actions with levels: give discrete or relative, or train ppo")
    torch.set_num_threads(threads)
    env = DosingVectorEnv(
        settings.num_envs,
        therapy=therapy,
        actions=settings.actions,  # type: ignore[arg-type]
        scenario=scenario,
        reward_weights=settings.reward_weights,
        threads=threads,
    )
    posterior = PosteriorFeatures(therapy) if settings.posterior else None
    added = posterior.names if posterior else ()
    scaling = scaling_with_posterior(therapy, env.feature_names, added)
    batch = SB3VecEnv(env, scaling, REWARD_SCALE, posterior)
    activation = {"ppo": nn.Tanh, "dqn": nn.ReLU}[settings.algorithm]
    model = _CLASSES[settings.algorithm](
        "MlpPolicy",
        batch,
        learning_rate=_linear(settings.learning_rate),
        policy_kwargs={"net_arch": list(settings.layers), "activation_fn": activation},
        seed=seed,
        device="cpu",
        **settings.options,
    )
    outputs = env.action_map.levels.size if settings.actions != "continuous" else 1
    card = PolicyCard(
        format=FORMAT,
        name=name,
        algorithm=settings.algorithm,
        environment=therapy.id,
        actions=settings.actions,
        features=(*env.feature_names, *added),
        center=tuple(scaling.center.tolist()),
        scale=tuple(scaling.scale.tolist()),
        logarithm=tuple(scaling.logarithm.tolist()),
        horizon_days=env.clinic.horizon,
        activation={"ppo": "tanh", "dqn": "relu"}[settings.algorithm],
        layers=(scaling.size, *settings.layers, outputs),
        training={"seed": seed, "threads": threads, **asdict(settings)},
    )
    return Trainee(model, therapy, card)


def _linear(start: float) -> Callable[[float], float]:
    """A learning rate that falls from `start` to a hundredth of it."""
    return lambda remaining: start * (0.01 + 0.99 * remaining)


def train(
    trainee: Trainee, on_progress: Callable[[int], None], every: int, logger: Logger | None = None
) -> None:
    """Train to the end of the settings' steps.

    Args:
        trainee: from `make_trainee`.
        on_progress: called with the steps done, about every `every` steps and at the end.
        every: how often, in steps.
        logger: of stable-baselines3, for TensorBoard.
    """
    if logger is not None:
        trainee.model.set_logger(logger)
    trainee.model.learn(int(trainee.card.training["steps"]), callback=_Progress(on_progress, every))


class _Progress(BaseCallback):
    """Calls back between rollouts, where the policy is not being changed."""

    def __init__(self, on_progress: Callable[[int], None], every: int) -> None:
        super().__init__()
        self._call, self._every, self._next = on_progress, every, every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self._next:
            self._next += self._every
            self._call(self.num_timesteps)

    def _on_training_end(self) -> None:
        self._call(self.num_timesteps)
