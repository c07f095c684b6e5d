"""The whole state of a training between two rollouts: taken, and put back, so that it goes on bit for bit.

Between rollouts, because stable-baselines3 then keeps nothing in local variables. With the weights go the
optimizer's moments, counters that schedules are reckoned from, the last observation, every random number
generator, the patients with their past, what is believed of them, the running mean and SD of observations,
and the replay buffer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from pmrl.agents.number_checks import require_finite
from pmrl.errors import InputError

State = dict[str, Any]
_COUNTERS = ("num_timesteps", "_episode_num", "_n_updates")
_OF_DQN = ("_n_calls", "exploration_rate")
_LAST = ("_last_obs", "_last_episode_starts", "_last_original_obs")
_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
_RUNNING = ("mean", "var", "count")


def take(model: BaseAlgorithm) -> State:
    """Everything that decides how the training goes on; arrays may be the model's own: write them at once.

    Raises:
        NotANumberError: something in it is none.
    """
    env: Any = model.get_env()
    state: State = {
        "policy": dict(model.policy.state_dict()),
        "optimizer": model.policy.optimizer.state_dict(),
        "counters": {name: getattr(model, name) for name in _counters(model)},
        "last": {name: getattr(model, name) for name in _LAST},
        "episodes": list(model.ep_info_buffer or ()),
        "random": {
            "torch": torch.get_rng_state(),
            "numpy": _numpy_state(),
            "python": random.getstate(),
            "actions": model.action_space.np_random.bit_generator.state,
        },
        "env": env.unwrapped.get_state(),
    }
    if isinstance(env, VecNormalize):
        state["normalisation"] = {
            "running": {name: getattr(env.obs_rms, name) for name in _RUNNING},
            "old_obs": env.old_obs,
            "old_reward": env.old_reward,
            "returns": env.returns,
        }
    if isinstance(model, DQN):
        buffer: Any = model.replay_buffer
        end = buffer.buffer_size if buffer.full else buffer.pos
        state["replay"] = {name: getattr(buffer, name)[:end] for name in _BUFFER}
        state["replay"] |= {"pos": buffer.pos, "full": buffer.full}
    require_finite(state)
    return state


def put_back(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    """Give an untrained model of the same settings a state that `take` took.

    Raises:
        InputError: the state is of other settings.
    """
    try:
        _put_back(model, state)
    except InputError:
        raise
    except (
        KeyError, ValueError, TypeError, RuntimeError, AttributeError, IndexError, OverflowError
    ) as error:  # fmt: skip
        first = str(error).split("\n")[0]
        raise InputError(f"the checkpoint does not fit this training: {first}") from None


def _put_back(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    env: Any = model.get_env()
    for name, given, shape in _shapes(model, state):
        if given is not None and np.shape(given) != shape:
            raise ValueError(f"{name} has shape {np.shape(given)}, here it is {shape}")
    model.policy.load_state_dict(state["policy"])
    model.policy.optimizer.load_state_dict(state["optimizer"])
    for name in _counters(model):
        setattr(model, name, state["counters"][name])
    for name in _LAST:
        setattr(model, name, state["last"][name])
    if model.ep_info_buffer is not None:
        model.ep_info_buffer.extend(state["episodes"])
    env.unwrapped.set_state(state["env"])
    if isinstance(env, VecNormalize):
        kept = state["normalisation"]
        for name in _RUNNING:
            setattr(env.obs_rms, name, kept["running"][name])
        env.old_obs, env.old_reward, env.returns = kept["old_obs"], kept["old_reward"], kept["returns"]
    if isinstance(model, DQN):
        buffer: Any = model.replay_buffer
        kept = state["replay"]
        for name in _BUFFER:
            values, room = kept[name], getattr(buffer, name)
            if values.dtype != room.dtype or values.shape[1:] != room.shape[1:]:
                raise ValueError(f"replay buffer: {name} has shape {values.shape} and type {values.dtype}")
            room[: len(values)] = values
        buffer.pos, buffer.full = int(kept["pos"]), bool(kept["full"])
    # Last: what was done above may have drawn.
    generators = state["random"]
    torch.set_rng_state(generators["torch"])
    np.random.set_state(generators["numpy"])  # noqa: NPY002 - stable-baselines3 draws from it
    random.setstate(generators["python"])
    model.action_space.np_random.bit_generator.state = generators["actions"]


def _shapes(model: BaseAlgorithm, state: Mapping[str, Any]) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    """Name, what is given and its shape here, of what nobody else looks at before it is used."""
    env: Any = model.get_env()
    for group in model.policy.optimizer.param_groups:
        for k, weight in enumerate(group["params"]):
            for name, moment in state["optimizer"]["state"].get(k, {}).items():
                yield f"optimizer: {name} {k}", moment, () if name == "step" else tuple(weight.shape)
    rows, seen = (env.num_envs,), (env.num_envs, *env.observation_space.shape)
    for name in _LAST:
        yield name, state["last"][name], rows if name == "_last_episode_starts" else seen
    yield "returns", state["env"]["returns"], rows
    yield "lengths", state["env"]["lengths"], rows
    if isinstance(env, VecNormalize):
        for name in _RUNNING:
            yield (
                f"running {name}",
                state["normalisation"]["running"][name],
                np.shape(getattr(env.obs_rms, name)),
            )
        kept = state["normalisation"]
        for name, shape in (("old_obs", seen), ("old_reward", rows), ("returns", rows)):
            yield name, kept[name], shape
    if isinstance(model, DQN):
        buffer: Any = model.replay_buffer
        held = buffer.buffer_size if state["replay"]["full"] else int(state["replay"]["pos"])
        if not 0 <= int(state["replay"]["pos"]) <= buffer.buffer_size:
            raise ValueError(f"replay buffer: place {state['replay']['pos']} is not in it")
        for name in _BUFFER:
            yield f"replay buffer: {name}", state["replay"][name], (held, *getattr(buffer, name).shape[1:])


def _counters(model: BaseAlgorithm) -> tuple[str, ...]:
    return (*_COUNTERS, *_OF_DQN) if isinstance(model, DQN) else _COUNTERS


def _numpy_state() -> tuple[Any, ...]:
    found = np.random.get_state(legacy=True)  # noqa: NPY002 - stable-baselines3 draws from it
    return tuple(found)
