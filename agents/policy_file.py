"""A trained policy as two files that cannot run code: weights as safetensors, everything else as JSON."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pmrl.errors import InputError

FORMAT = 1
_LARGEST_BYTES = 64 * 2**20


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
    path = path.with_suffix("")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(card), indent=1, sort_keys=True) + "\n"
    arrays = {name: np.ascontiguousarray(values) for name, values in weights.items()}
    for suffix, data in ((".safetensors", save(arrays)), (".json", text.encode())):
        temporary = path.with_name(path.name + suffix + ".part")
        temporary.write_bytes(data)
        os.replace(temporary, path.with_name(path.name + suffix))
    return path.with_name(path.name + ".json")


def read(path: Path) -> tuple[PolicyCard, dict[str, NDArray[np.float32]]]:
    """Read and check a policy.

    Raises:
        InputError: a file is missing, damaged, too large, of another format, or its shapes do not fit.
    """
    base = path.with_suffix("") if path.suffix in (".json", ".safetensors") else path
    card = _card(base.with_name(base.name + ".json"))
    weights = _weights(base.with_name(base.name + ".safetensors"))
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


def _card(path: Path) -> PolicyCard:
    try:
        raw = json.loads(_bytes(path))
    except ValueError as error:
        raise InputError(f"policy card {path} is not valid JSON: {error}") from None
    names = {field.name for field in fields(PolicyCard)}
    if not isinstance(raw, dict) or set(raw) != names:
        raise InputError(f"policy card {path} does not have the keys of a policy: {', '.join(sorted(names))}")
    if raw["format"] != FORMAT:
        raise InputError(f"policy {path} has format {raw['format']}; this version of pmrl reads {FORMAT}")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()
    }
    card = PolicyCard(**values)
    sizes = card.layers
    if not all(isinstance(n, int) and 0 < n <= 4096 for n in sizes) or math.prod(sizes[:2]) > 2**24:
        raise InputError(f"policy {path}: layers {sizes} are out of bounds (1 to 4096 units)")
    return card


def _weights(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        loaded: dict[str, NDArray[np.float32]] = load(_bytes(path))
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError(f"{path} is not a safetensors file: {error}") from None
    return loaded
