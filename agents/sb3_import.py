"""A model that stable-baselines3 trained and saved on our environment, as one of our policies.

What can be taken over: PPO and DQN with the plain `MlpPolicy` (tanh or ReLU), on the observations of one
therapy as `pmrl.agents.scaling` scales them (`SB3VecEnv`), with or without posterior features. Observations
that were normalised on top (`VecNormalize`) cannot: their statistics are not in the zip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.policy_file import ACTIVATIONS, FORMAT, PolicyCard
from pmrl.agents.posterior_features import PosteriorFeatures, scaling_with_posterior
from pmrl.agents.sb3_zip import SavedModel, Space, read_zip
from pmrl.agents.scaling import LIMIT
from pmrl.envs.action import KINDS, ActionMap
from pmrl.envs.observation import Observation
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Architecture:
    """Names of the layers from observation to output, and of what plays no part in a greedy action."""

    hidden: str
    last: str
    other: str
    activation: str


_ARCHITECTURES: Mapping[str, _Architecture] = {
    "ppo": _Architecture(
        r"mlp_extractor\.policy_net\.(\d{1,3})\.(weight|bias)",
        r"action_net\.(weight|bias)",
        r"mlp_extractor\.value_net\.\d{1,3}\.(weight|bias)|value_net\.(weight|bias)|log_std",
        "tanh",
    ),
    "dqn": _Architecture(
        r"q_net\.q_net\.(\d{1,3})\.(weight|bias)",
        r"(?!)",
        r"q_net_target\.q_net\.\d{1,3}\.(weight|bias)",
        "relu",
    ),
}


def import_policy(path: Path, therapy: Therapy, name: str, trusted: bool) -> LearnedPolicy:
    """The greedy policy of a saved model.

    Args:
        path: of the zip that `model.save` wrote.
        therapy: on whose environment it was trained.
        name: of the policy.
        trusted: whether the file is said to be trustworthy; see `pmrl.agents.sb3_zip`.

    Raises:
        InputError: the file is not trusted, is no such model, or was trained on something else.
    """
    saved = read_zip(path, trusted)
    algorithm, weights = _weights(path, saved.tensors)
    layers = (weights["0.weight"].shape[1], *(w.shape[0] for n, w in weights.items() if n.endswith("weight")))
    names = Observation(therapy, therapy.horizon_days).names
    posterior = PosteriorFeatures(therapy).names
    _require_observations(path, therapy, saved.observations, layers[0], (len(names), len(names + posterior)))
    added = posterior if layers[0] > len(names) else ()
    scaling = scaling_with_posterior(therapy, names, added)
    card = PolicyCard(
        format=FORMAT,
        name=name,
        algorithm=algorithm,
        environment=therapy.id,
        actions=_actions(path, therapy, saved.actions, layers[-1]),
        features=(*names, *added),
        center=tuple(scaling.center.tolist()),
        scale=tuple(scaling.scale.tolist()),
        logarithm=tuple(scaling.logarithm.tolist()),
        horizon_days=therapy.horizon_days,
        activation=_activation(path, saved, algorithm),
        layers=layers,
        training={"imported_from": "a zip of stable-baselines3"},
    )
    return LearnedPolicy(card, weights, therapy)


def _weights(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> tuple[str, Weights]:
    """Algorithm and layers of a plain multilayer perceptron.

    Raises:
        InputError: the tensors are those of something else.
    """
    for algorithm, known in _ARCHITECTURES.items():
        hidden = {name: found for name in tensors if (found := re.fullmatch(known.hidden, name))}
        last = [name for name in tensors if re.fullmatch(known.last, name)]
        if not hidden:
            continue
        strange = [name for name in tensors if name not in hidden and name not in last]
        strange = [name for name in strange if not re.fullmatch(known.other, name)]
        if strange:
            raise InputError(
                f"{path} has '{strange[0][:80]}', which a plain MlpPolicy of {algorithm} has not: no other "
                "network can be imported"
            )
        order = sorted({int(found[1]) for found in hidden.values()})
        stem = next(iter(hidden)).rsplit(".", 2)[0]
        stems = [f"{stem}.{k}" for k in order] + (["action_net"] if last else [])
        return algorithm, _layers(
            path, [(tensors.get(f"{s}.weight"), tensors.get(f"{s}.bias")) for s in stems]
        )
    raise InputError(f"{path} holds no network of PPO or DQN with MlpPolicy: no other can be imported")


def _layers(
    path: Path, pairs: list[tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]]
) -> Weights:
    weights: Weights = {}
    inputs: int | None = None
    for k, (weight, bias) in enumerate(pairs):
        if (
            weight is None
            or bias is None
            or weight.ndim != 2
            or bias.shape != weight.shape[:1]
            or inputs not in (None, weight.shape[1])
        ):
            raise InputError(f"{path}: layer {k} of the network is missing, or does not fit its neighbours")
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise InputError(f"{path}: a weight of layer {k} is not a number: the training failed")
        weights[f"{k}.weight"], weights[f"{k}.bias"] = weight, bias
        inputs = weight.shape[0]
    return weights


def _require_observations(
    path: Path, therapy: Therapy, space: Space, inputs: int, allowed: tuple[int, int]
) -> None:
    if space.kind != "Box" or space.shape != (inputs,) or inputs not in allowed:
        raise InputError(
            f"{path} was trained on {space.kind or 'unknown'} observations of shape {space.shape}: "
            f"{therapy.id} has a Box of {allowed[0]} features, or {allowed[1]} with the posterior's"
        )
    if space.low != {-LIMIT} or space.high != {LIMIT}:
        raise InputError(
            f"{path} was trained on observations in other bounds than -{LIMIT:g} to {LIMIT:g}: train it on "
            "observations as pmrl.agents.scaling scales them"
        )


def _actions(path: Path, therapy: Therapy, space: Space, outputs: int) -> str:
    """Which of our action kinds a space is."""
    if space.kind == "Box" and space.shape == (1,) and space.low == {-1.0} and space.high == {1.0}:
        if outputs == 1:
            return "continuous"
    elif space.kind == "Discrete" and space.n == outputs:
        sizes = {
            kind: ActionMap(therapy, kind, choose_interval=False, flatten=False).levels.size  # type: ignore[arg-type]
            for kind in KINDS[1:]
        }
        kinds = [kind for kind, size in sizes.items() if size == outputs]
        if len(kinds) == 1:
            return kinds[0]
    raise InputError(
        f"{path} was trained with {space.kind or 'unknown'} actions and {outputs} outputs, which are none of "
        f"{therapy.id}: its kinds are {', '.join(KINDS)}"
    )


def _activation(path: Path, saved: SavedModel, algorithm: str) -> str:
    found = saved.activation or _ARCHITECTURES[algorithm].activation
    if found not in ACTIVATIONS:
        raise InputError(f"{path} has the activation '{found[:40]}': allowed: {', '.join(ACTIVATIONS)}")
    return found
