"""A trained policy as two files that cannot run code: weights as safetensors, everything else as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import re
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
from pmrl.plain_file import read_plain
from pmrl.strict_json import parse_json

FORMAT = 1
ACTIVATIONS = ("tanh", "relu")
_CHECKSUM = "sha256"
_LARGEST_BYTES = 64 * 2**20
_LARGEST_CARD = 2**20
_LARGEST_HEADER = 2**14
_LARGEST_LAYER = 4096
_MOST_LAYERS = 33
_LONGEST_DAYS = 3650
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+()=-]{0,99}")
"""Of a policy: it is shown in tables, chosen in comma lists, and part of file names."""


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


_CARD = TypeAdapter(PolicyCard)


def write(path: Path, card: PolicyCard, weights: dict[str, NDArray[np.float32]]) -> Path:
    """Write `path`.json and `path`.safetensors, each whole or not at all; returns the JSON's path.

    Raises:
        InputError: no policy can have this name.
    """
    require_name(card.name)
    files = files_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = save({name: np.ascontiguousarray(values) for name, values in weights.items()})
    content = asdict(card)
    text = json.dumps({**content, _CHECKSUM: _digest(content, packed)}, indent=1, sort_keys=True) + "\n"
    for file, data in zip(reversed(files), (packed, text.encode()), strict=True):
        temporary = file.with_name(f"{file.name}.part")
        temporary.write_bytes(data)
        os.replace(temporary, file)
    return files[0]


def read(path: Path) -> tuple[PolicyCard, dict[str, NDArray[np.float32]]]:
    """Read and check a policy.

    Neither file may be a link: give the path of what it leads to.

    Raises:
        InputError: a file is missing, a link, damaged, too large, of another format, or does not fit.
    """
    described_in, weights = files_of(path)
    described = read_plain(described_in, _LARGEST_CARD, "a policy's .json")
    packed = read_plain(weights, _LARGEST_BYTES, "a policy's .safetensors beside its .json")
    card = _card(described_in, described, packed)
    return card, _weights(weights, packed, card)


def require_name(name: str) -> None:
    """Make sure that a policy can have this name.

    Raises:
        InputError: it is empty, too long, or holds what a table, a list or a file system would take amiss.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"policy name '{name[:100]}': give up to 100 letters, digits, blanks and . _ + ( ) = -, "
            "beginning with one of the first two"
        )


def files_of(path: Path) -> tuple[Path, Path]:
    """The JSON and the safetensors of a policy, given the path of either or without its suffix.

    >>> [file.name for file in files_of(Path("runs/mine"))]
    ['mine.json', 'mine.safetensors']
    """
    name = path.stem if path.suffix in (".json", ".safetensors") else path.name
    return path.with_name(f"{name}.json"), path.with_name(f"{name}.safetensors")


def _digest(content: dict[str, Any], packed: bytes) -> str:
    """SHA-256 over the card and the weights, so that neither can change or be exchanged unnoticed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode() + packed).hexdigest()


def _card(path: Path, described: bytes, packed: bytes) -> PolicyCard:
    try:
        raw = parse_json(described)
    except ValueError as error:
        raise InputError(f"policy card {path} is not valid JSON: {error}") from None
    names = {field.name for field in fields(PolicyCard)} | {_CHECKSUM}
    if not isinstance(raw, dict) or set(raw) != names:
        raise InputError(f"policy card {path} does not have the keys of a policy: {', '.join(sorted(names))}")
    if raw["format"] != FORMAT:
        shown = str(raw["format"])[:20]
        raise InputError(f"policy {path} has format {shown}; this version of pmrl reads {FORMAT}")
    if raw.pop(_CHECKSUM) != _digest(raw, packed):
        raise InputError(
            f"policy {path} and its weights do not fit their checksum: damaged, edited or mixed up"
        )
    try:
        card = _CARD.validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"policy card {path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    _require_possible(path, card)
    return card


def _require_possible(path: Path, card: PolicyCard) -> None:
    """What a type does not say: names, sizes and ranges."""
    sizes = card.layers
    require_name(card.name)
    if not 2 <= len(sizes) <= _MOST_LAYERS or not all(0 < n <= _LARGEST_LAYER for n in sizes):
        raise InputError(
            f"policy {path}: layers {str(sizes)[:80]} are out of bounds (1 to {_MOST_LAYERS - 1} layers of 1 "
            f"to {_LARGEST_LAYER} units)"
        )
    if {len(card.features), len(card.center), len(card.scale), len(card.logarithm)} != {sizes[0]}:
        raise InputError(f"policy {path}: features, scaling and layers differ in number")
    if not all(map(_fits_float32, (*card.center, *card.scale))) or card.activation not in ACTIVATIONS:
        raise InputError(
            f"policy {path}: scaling must be numbers and activation one of {', '.join(ACTIVATIONS)}"
        )
    if not 1 <= card.horizon_days <= _LONGEST_DAYS:
        raise InputError(f"policy {path}: horizon_days {card.horizon_days}: give 1 to {_LONGEST_DAYS}")


def _fits_float32(value: float) -> bool:
    return abs(value) <= float(np.finfo(np.float32).max)


def _require_header(path: Path, packed: bytes, card: PolicyCard) -> None:
    """The header of a safetensors file must describe just the layers of the card, as 32-bit numbers.

    Raises:
        InputError: it does not; before anything is made of what it promises.
    """
    length = int.from_bytes(packed[:8], "little")
    if len(packed) < 8 or length > min(_LARGEST_HEADER, len(packed) - 8):
        raise InputError(f"{path} is not a safetensors file: its header would have {length} bytes")
    try:
        found = parse_json(packed[8 : 8 + length])
    except ValueError as error:
        raise InputError(f"{path} is not a safetensors file: its header is not JSON: {error}") from None
    expected: dict[str, tuple[str, list[int]]] = {}
    for k, (inputs, outputs) in enumerate(pairwise(card.layers)):
        expected[f"{k}.weight"] = ("F32", [outputs, inputs])
        expected[f"{k}.bias"] = ("F32", [outputs])
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise InputError(f"{path} is not a safetensors file: its header does not describe arrays")
    described = {name: (entry.get("dtype"), entry.get("shape")) for name, entry in found.items()}
    if described != expected:
        raise InputError(
            f"policy {path}: weights {str(described)[:200]} do not fit the layers {card.layers} of its card, "
            "as 32-bit numbers"
        )


def _weights(path: Path, packed: bytes, card: PolicyCard) -> dict[str, NDArray[np.float32]]:
    _require_header(path, packed, card)
    try:
        loaded: dict[str, NDArray[np.float32]] = load(packed)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(f"{path} is not a safetensors file: {error}") from None
    if not all(np.isfinite(values).all() for values in loaded.values()):
        raise InputError(f"policy {path}: a weight is not a number; the file is damaged or training failed")
    return loaded
