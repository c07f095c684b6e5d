"""Gradients and states of a training are numbers, or it stops before a weight is changed or a file made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from pmrl.envs.fault import heading
from pmrl.failure import NotANumberError

_PATIENTS = ("world.parameters", "world.states")
"""Of an environment's state; in its records NaN stands for what was not measured."""


def guard_gradients(model: BaseAlgorithm) -> None:
    """Look at the gradients before every step of the optimizer.

    stable-baselines3 takes whatever there is: one NaN makes every weight NaN, and DQN goes on to the end.
    """
    optimizer = model.policy.optimizer

    def check(*_: Any) -> None:
        gradients = [
            w.grad for group in optimizer.param_groups for w in group["params"] if w.grad is not None
        ]
        with np.errstate(all="ignore"):
            # Several times as fast as to look at each, which only a sum of squares that is no number needs.
            squares = sum(float(flat.dot(flat)) for flat in (g.numpy().reshape(-1) for g in gradients))
        if not np.isfinite(squares) and not all(bool(torch.isfinite(g).all()) for g in gradients):
            raise _poisoned(model)

    optimizer.register_step_pre_hook(check)


def _poisoned(model: BaseAlgorithm) -> NotANumberError:
    env: Any = model.get_env()
    clinic = env.unwrapped.env.clinic
    names = [
        name
        for name, weight in model.policy.named_parameters()
        if weight.grad is not None and not torch.isfinite(weight.grad).all()
    ]
    ids, days, updates = clinic.patient, clinic.world.day, int(getattr(model, "_n_updates", 0))
    error = NotANumberError(
        f"gradient of {names[0] if names else 'the loss'} is not a number after {model.num_timesteps} visits "
        f"and {updates} updates, with patients {ids.min()} to {ids.max()} of cohort seed {clinic.seed} on "
        f"days {days.min()} to {days.max()}; weights are as they were before it"
    )
    error.record = heading(error, clinic, "gradient") | {
        "gradients": names,
        "visits_done": int(model.num_timesteps),
        "updates": updates,
        "patients": ids.tolist(),
        "days": days.tolist(),
    }
    return error


def require_finite(state: Mapping[str, Any]) -> None:
    """Nothing where a training's state can be kept.

    Args:
        state: of `pmrl.agents.checkpoint.take`.

    Raises:
        NotANumberError: a weight, moment, observation, reward or patient in it is none.
    """
    patients = state["env"]["patients"]
    kept = {name: value for name, value in state.items() if name not in ("env", "random")}
    for name, values in _leaves({**kept, "patients": {name: patients[name] for name in _PATIENTS}}, ""):
        if not np.isfinite(values).all():
            raise NotANumberError(f"{name} in the state of the training is not a number; it was not kept")


def _leaves(tree: Any, name: str) -> list[tuple[str, Any]]:
    """Arrays and numbers of a tree with their names."""
    if isinstance(tree, Mapping):
        return [leaf for key, value in tree.items() for leaf in _leaves(value, f"{name} {key}".strip())]
    if isinstance(tree, torch.Tensor):
        return [(name, tree.detach().numpy())]
    if isinstance(tree, (float, np.floating, np.ndarray)) and np.asarray(tree).dtype.kind == "f":
        return [(name, np.asarray(tree))]
    return []
