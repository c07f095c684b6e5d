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
from stable_baselines3.common.vec_env import VecEnv, VecNormalize
from torch import nn

from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.number_checks import guard_gradients
from pmrl.agents.policy_file import FORMAT, PolicyCard
from pmrl.agents.posterior_features import PosteriorFeatures, scaling_with_posterior
from pmrl.agents.sb3_vec_env import SB3VecEnv
from pmrl.agents.training_settings import TrainingSettings, require_threads
from pmrl.envs.action import KINDS
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown
from pmrl.failure import NotANumberError

Weights = dict[str, NDArray[np.float32]]
REWARD_SCALE = 0.1
"""Rewards are days; networks learn better near 1."""


_CLASSES: Mapping[str, type[BaseAlgorithm]] = {"ppo": PPO, "dqn": DQN}


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
        NotANumberError: a weight is none.
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
    env = model.get_env()
    if isinstance(env, VecNormalize):
        weights |= _normalised_first(weights["0.weight"], weights["0.bias"], env)
    if not all(np.isfinite(values).all() for values in weights.values()):
        raise NotANumberError("training produced a weight that is not a number; nothing was saved")
    return weights


def _normalised_first(weight: NDArray[np.float32], bias: NDArray[np.float32], env: VecNormalize) -> Weights:
    """The first layer on observations as they are, in place of normalised ones."""
    running: Any = env.obs_rms
    scale = 1.0 / np.sqrt(running.var + env.epsilon)
    folded = weight.astype(np.float64) * scale
    moved = bias - folded @ running.mean
    return {"0.weight": folded.astype(np.float32), "0.bias": moved.astype(np.float32)}


def require_actions(settings: TrainingSettings) -> None:
    """Nothing where the algorithm can choose such actions.

    Raises:
        InputError: it cannot, or there are none of that name.
    """
    if settings.actions not in KINDS:
        raise unknown("actions", settings.actions, KINDS)
    if settings.algorithm == "dqn" and settings.actions == "continuous":
        raise InputError("dqn needs actions with levels: give discrete or relative, or train ppo")


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
    require_threads(threads)
    if settings.steps < 1:
        raise InputError(f"steps {settings.steps}: give at least 1")
    require_actions(settings)
    torch.set_num_threads(threads)
    env = DosingVectorEnv(
        settings.num_envs,
        therapy=therapy,
        actions=settings.actions,  # type: ignore[arg-type]
        scenario=scenario,
        reward_weights=settings.reward_weights,
        threads=threads,
        shield=True,
    )
    posterior = PosteriorFeatures(therapy) if settings.posterior else None
    added = posterior.names if posterior else ()
    scaling = scaling_with_posterior(therapy, env.feature_names, added)
    batch: VecEnv = SB3VecEnv(env, scaling, REWARD_SCALE, posterior)
    if settings.normalise:
        # Without clipping, so that it is a part of the first layer of what is exported.
        batch = VecNormalize(batch, norm_reward=False, clip_obs=np.inf)
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
    guard_gradients(model)
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


def train(trainee: Trainee, rollouts: Rollouts, logger: Logger | None = None) -> None:
    """Train to the end of the settings' steps, from where the trainee is.

    Args:
        trainee: from `make_trainee`, perhaps with a state of `pmrl.agents.checkpoint` put back.
        rollouts: called between rollouts.
        logger: of stable-baselines3, for TensorBoard.
    """
    model = trainee.model
    if logger is not None:
        model.set_logger(logger)
    fresh = model._last_obs is None
    # Schedules are reckoned from the total, to which stable-baselines3 adds what is done.
    steps = int(trainee.card.training["steps"]) - model.num_timesteps
    model.learn(steps, callback=rollouts, reset_num_timesteps=fresh)


class Rollouts(BaseCallback):
    """Calls back between rollouts, where the policy is not being changed.

    Args:
        on_progress: called with the steps done, about every `every` steps and at the end.
        every: how often, in steps.
        between: called with the steps done before every rollout, after `on_progress`.

    Attributes:
        next: steps from which `on_progress` is called again.
    """

    def __init__(
        self,
        on_progress: Callable[[int], None],
        every: int,
        between: Callable[[int], None] = lambda steps: None,
    ) -> None:
        super().__init__()
        self._call, self._every, self._between, self.next = on_progress, every, between, every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self.next:
            self.next += self._every
            self._call(self.num_timesteps)
        self._between(self.num_timesteps)

    def _on_training_end(self) -> None:
        self._call(self.num_timesteps)
