"""A trained policy as two files that cannot run code: weights as safetensors, everything else as JSON."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pmrl.errors import InputError

FORMAT = 1
ACTIVATIONS = ("tanh", "relu")
_CHECKSUM = "sha256"
_LARGEST_BYTES = 64 * 2**20
_LARGEST_LAYER = 4096


@dataclass(frozen=True)
class PolicyCard:
    """What must be known of a policy to use it, and what a reader should know of it."""

    format: int
    name: str
    algorithm: str
    environment: str
    actions: str
    features: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    logarithm: tuple[bool, ...]
    """What `pmrl.agents.scaling.ObservationScaling` does to the features."""
    horizon_days: int
    activation: str
    layers: tuple[int, ...]
    """Sizes from the observation to the output."""
    training: dict[str, Any]
    """Seed, steps, hyper-parameters, scenario, cohort, validation result."""
    intended_use: str = "Research on dosing strategies in simulated patients. Never for patient care."


def write(path: Path, card: PolicyCard, weights: dict[str, NDArray[np.float32]]) -> Path:
    """Write `path`.json and `path`.safetensors, each whole or not at all; returns the JSON's path."""
    path = _base(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = save({name: np.ascontiguousarray(values) for name, values in weights.items()})
    content = asdict(card)
    text = json.dumps({**content, _CHECKSUM: _digest(content, packed)}, indent=1, sort_keys=True) + "\n"
    for suffix, data in ((".safetensors", packed), (".json", text.encode())):
        temporary = path.with_name(path.name + suffix + ".part")
        temporary.write_bytes(data)
        os.replace(temporary, path.with_name(path.name + suffix))
    return path.with_name(path.name + ".json")


def read(path: Path) -> tuple[PolicyCard, dict[str, NDArray[np.float32]]]:
    """Read and check a policy.

    Raises:
        InputError: a file is missing, damaged, too large, of another format, or its shapes do not fit.
    """
    base = _base(path)
    described = _bytes(base.with_name(base.name + ".json"))
    packed = _bytes(base.with_name(base.name + ".safetensors"))
    card = _card(base.with_name(base.name + ".json"), described, packed)
    weights = _weights(base.with_name(base.name + ".safetensors"), packed)
    expected: dict[str, tuple[int, ...]] = {}
    for k, (inputs, outputs) in enumerate(pairwise(card.layers)):
        expected[f"{k}.weight"], expected[f"{k}.bias"] = (outputs, inputs), (outputs,)
    found = {name: values.shape for name, values in weights.items()}
    if found != expected:
        raise InputError(
            f"policy {base.name}: weights {found} do not fit the layers {card.layers} of its card"
        )
    if not all(np.isfinite(values).all() for values in weights.values()):
        raise InputError(
            f"policy {base.name}: a weight is not a number; the file is damaged or training failed"
        )
    return card, weights


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{path} is larger than {_LARGEST_BYTES // 2**20} MiB: not a policy of pmrl")
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read policy file {path}: {error.strerror}; give the path of its .json"
        ) from None


def _base(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in (".json", ".safetensors") else path


def _digest(content: dict[str, Any], packed: bytes) -> str:
    """SHA-256 over the card and the weights, so that neither can change or be exchanged unnoticed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode() + packed).hexdigest()


def _card(path: Path, described: bytes, packed: bytes) -> PolicyCard:
    try:
        raw = json.loads(described)
    except ValueError as error:
        raise InputError(f"policy card {path} is not valid JSON: {error}") from None
    names = {field.name for field in fields(PolicyCard)} | {_CHECKSUM}
    if not isinstance(raw, dict) or set(raw) != names:
        raise InputError(f"policy card {path} does not have the keys of a policy: {', '.join(sorted(names))}")
    if raw["format"] != FORMAT:
        raise InputError(f"policy {path} has format {raw['format']}; this version of pmrl reads {FORMAT}")
    if raw.pop(_CHECKSUM) != _digest(raw, packed):
        raise InputError(
            f"policy {path} and its weights do not fit their checksum: damaged, edited or mixed up"
        )
    try:
        card: PolicyCard = TypeAdapter(PolicyCard).validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"policy card {path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    sizes = card.layers
    if len(sizes) < 2 or not all(0 < n <= _LARGEST_LAYER for n in sizes):
        raise InputError(f"policy {path}: layers {sizes} are out of bounds (1 to {_LARGEST_LAYER} units)")
    if {len(card.features), len(card.center), len(card.scale), len(card.logarithm)} != {sizes[0]}:
        raise InputError(f"policy {path}: features, scaling and layers differ in number")
    if not all(map(math.isfinite, (*card.center, *card.scale))) or card.activation not in ACTIVATIONS:
        raise InputError(
            f"policy {path}: scaling must be numbers and activation one of {', '.join(ACTIVATIONS)}"
        )
    return card


def _weights(path: Path, packed: bytes) -> dict[str, NDArray[np.float32]]:
    try:
        loaded: dict[str, NDArray[np.float32]] = load(packed)
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError(f"{path} is not a safetensors file: {error}") from None
    return loaded
