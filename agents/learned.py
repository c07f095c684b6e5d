"""A trained network as a prescriber."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pmrl.agents import policy_file
from pmrl.agents.policy import Kind
from pmrl.agents.policy_file import PolicyCard
from pmrl.agents.posterior_features import PosteriorFeatures, has_posterior
from pmrl.agents.scaling import ObservationScaling
from pmrl.envs.action import ActionMap
from pmrl.envs.observation import Observation
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.errors import InputError

BLOCK = 1024
"""Networks are evaluated in blocks of so many patients: outputs of a BLAS differ between batch sizes."""

_ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}


def network(
    layers: tuple[int, ...], activation: str, weights: dict[str, NDArray[np.float32]]
) -> nn.Sequential:
    """A multilayer perceptron with these weights, in inference mode."""
    modules: list[nn.Module] = []
    for k, (inputs, outputs) in enumerate(pairwise(layers)):
        # To look at a policy in training draws nothing: initial weights would.
        linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights[f"{k}.weight"]))
            linear.bias.copy_(torch.from_numpy(weights[f"{k}.bias"]))
        modules += [linear, _ACTIVATIONS[activation]()]
    return nn.Sequential(*modules[:-1]).eval()


class LearnedPolicy:
    """Acts greedily: the most probable action (PPO) or the one of largest value (DQN).

    Whom a guideline forbids the drug (`Therapy.contraindicated`) gets none, in training as well: where a
    mistake is rare and dear, an agent learns that little is better than much, and never tries none.

    Args:
        card: what the policy is.
        weights: "k.weight" and "k.bias" of each layer.
        therapy: the therapy it is used for.

    Raises:
        InputError: the policy belongs to another environment or version, or its features are others.
    """

    kind: Kind = "learned"

    def __init__(self, card: PolicyCard, weights: dict[str, NDArray[np.float32]], therapy: Therapy) -> None:
        if card.environment != therapy.id:
            raise InputError(
                f"policy '{card.name}' was trained for {card.environment}, not for {therapy.id}: train "
                "one for it"
            )
        self.card, self.weights, self.therapy = card, weights, therapy
        self.name = card.name
        # The dose estimate is among its features.
        self.in_sample = therapy.estimate_in_sample
        self._observation = Observation(therapy, card.horizon_days)
        self._posterior = PosteriorFeatures(therapy) if has_posterior(card.features) else None
        added = self._posterior.names if self._posterior else ()
        if (*self._observation.names, *added) != card.features:
            raise InputError(
                f"policy '{card.name}' was trained on other features than {therapy.id} has: retrain it"
            )
        self._scaling = ObservationScaling(
            np.array(card.center, dtype=np.float32),
            np.array(card.scale, dtype=np.float32),
            np.array(card.logarithm, dtype=np.bool_),
        )
        self._actions = ActionMap(therapy, card.actions, choose_interval=False, flatten=False)  # type: ignore[arg-type]
        outputs = 1 if self._actions.kind == "continuous" else self._actions.levels.size
        if card.layers[-1] != outputs:
            raise InputError(
                f"policy '{card.name}' has {card.layers[-1]} outputs, {therapy.id} has {outputs}: retrain it"
            )
        self._network = network(card.layers, card.activation, weights)

    @classmethod
    def load(cls, path: str | Path, therapy: Therapy) -> LearnedPolicy:
        """Read a policy from its .json or .safetensors path."""
        return cls(*policy_file.read(Path(path)), therapy)

    def save(self, path: str | Path) -> Path:
        """Write the policy's two files; returns the path of the JSON."""
        return policy_file.write(Path(path), self.card, self.weights)

    def start(self, visit: Visit) -> None:
        """Look at the patients' covariates and genotypes, which do not change."""
        self._static = self._observation.static(visit.covariates, visit.genotypes)
        self._estimate = self.therapy.dose_estimate(visit.covariates, visit.genotypes)
        self._forbidden = self.therapy.forbidden(visit.covariates, visit.genotypes)
        before = visit.previous("dose")
        self._reference = np.where(before > 0, before, self._estimate)
        if self._posterior:
            self._posterior.start(visit)

    def prescribe(self, visit: Visit) -> Prescription:
        """The network's dose until the next visit."""
        seen = self._observation.of_visit(visit, self._static, self._estimate)
        if self._posterior:
            seen = np.concatenate([seen, self._posterior.of_visit(visit)], axis=1)
        seen = self._scaling(seen)
        doses, _ = self._actions.decode(self._act(seen), self._reference)
        doses = np.where(self._forbidden, 0.0, doses)
        self._reference = np.where(doses > 0, doses, self._reference)
        return Prescription.constant(doses)

    def _act(self, seen: NDArray[np.float32]) -> NDArray[np.float64] | NDArray[np.int64]:
        out = np.concatenate([self.outputs(seen[at : at + BLOCK]) for at in range(0, len(seen), BLOCK)])
        if self._actions.kind == "continuous":
            return np.asarray(np.clip(out, -1.0, 1.0))
        return np.asarray(out.argmax(axis=1), dtype=np.int64)

    def outputs(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """Network outputs for at most `BLOCK` scaled observations, padded to a full block."""
        block = np.zeros((BLOCK, seen.shape[1]), dtype=np.float32)
        block[: len(seen)] = seen
        with torch.no_grad():
            return np.asarray(self._network(torch.from_numpy(block))[: len(seen)].double().numpy())
