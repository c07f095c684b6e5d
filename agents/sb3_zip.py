"""The weights and spaces in a zip of stable-baselines3, of which only tensors and text are taken.

Such a zip holds pickles, and to read a pickle is to run what it says. Here no pickle is read but that of the
weights, by torch's reader of plain tensors; the spaces are taken from what is written beside them as text.
That reader has had holes before, so a file is opened for whoever says that it can be trusted.
"""

from __future__ import annotations

import io
import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pmrl.errors import InputError
from pmrl.plain_file import read_plain
from pmrl.strict_json import parse_json

_LARGEST_BYTES = 64 * 2**20
"""Of the zip, and of each entry once it is unpacked."""
_ENTRIES = {
    "data",
    "policy.pth",
    "policy.optimizer.pth",
    "actor.optimizer.pth",
    "critic.optimizer.pth",
    "pytorch_variables.pth",
    "_stable_baselines3_version",
    "system_info.txt",
}
_MOST_TENSORS = 1_000
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|-?inf|nan")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    pickle.UnpicklingError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
)


@dataclass(frozen=True)
class Space:
    """What a space is, by the text about it: "Box" or another kind, its shape, bounds and size."""

    kind: str
    shape: tuple[int, ...]
    low: frozenset[float]
    high: frozenset[float]
    n: int


@dataclass(frozen=True)
class SavedModel:
    """What a zip holds that a policy needs: spaces, activation ('' for the usual), tensors by name."""

    observations: Space
    actions: Space
    activation: str
    tensors: Mapping[str, NDArray[np.float32]]


def read_zip(path: Path, trusted: bool) -> SavedModel:
    """Read the zip of `model.save(path)`.

    Args:
        path: of the zip.
        trusted: whether whoever asks for it says that the file can be trusted.

    Raises:
        InputError: the file is not trusted, or is not such a zip.
    """
    if not trusted:
        raise InputError(
            f"{path} is of a kind that can run any code on this machine when it is read (it holds pickles): "
            "if you made it yourself, or trust whoever did, say so with --i-trust-this-file"
        )
    data = read_plain(path, _LARGEST_BYTES, "a zip of stable-baselines3")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _require_known(path, archive.infolist())
            about = parse_json(_unpacked(path, archive, "data"))
            tensors = _tensors(path, _unpacked(path, archive, "policy.pth"))
        return SavedModel(
            _space(about["observation_space"]), _space(about["action_space"]), _activation(about), tensors
        )
    except InputError:
        raise
    except _DAMAGE as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"{path} is not a zip of stable-baselines3, or damaged: {reason[0][:200]}; "
            "save it with model.save"
        ) from None


def _require_known(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.orig_filename for entry in entries]
    strange = [name for name in names if name not in _ENTRIES]
    if strange or len(set(names)) < len(names) or not {"data", "policy.pth"} <= set(names):
        found = ", ".join(map(ascii, strange[:3])) or "an entry twice, or no policy"
        raise InputError(f"{path} has {found}: not a zip of stable-baselines3")


def _unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        # Whatever the entry promises: it is unpacked no further than this.
        data = file.read(_LARGEST_BYTES + 1)
    if len(data) > _LARGEST_BYTES:
        raise InputError(f"{path}: {name} is larger than {_LARGEST_BYTES // 2**20} MiB: not a small policy")
    return data


def _tensors(path: Path, data: bytes) -> dict[str, NDArray[np.float32]]:
    """The tensors of policy.pth, itself a zip, whose entries are stored as they are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError(f"{path}: policy.pth is compressed, which torch does not do: made to do harm?")
    loaded: Any = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if not isinstance(loaded, dict) or len(loaded) > _MOST_TENSORS:
        raise InputError(f"{path}: policy.pth does not hold the weights of a policy")
    found: dict[str, NDArray[np.float32]] = {}
    for name, tensor in loaded.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise InputError(f"{path}: policy.pth does not hold tensors by name")
        # A view can promise any number of elements of a storage of one.
        if tensor.dtype != torch.float32 or tensor.is_sparse or tensor.numel() * 4 > len(data):
            raise InputError(f"{path}: '{name[:80]}' is not a tensor of 32-bit numbers that are in the file")
        found[name] = np.ascontiguousarray(tensor.detach().numpy())
    return found


def _space(about: Mapping[str, Any]) -> Space:
    kind = re.fullmatch(r"<class '[\w.]*?\.?(\w+)'>", about[":type:"])
    shape = [int(size) for size in re.findall(r"\d+", str(about.get("_shape", "")))]
    bounds = [
        frozenset(float(number) for number in _NUMBER.findall(str(about.get(name, ""))))
        for name in ("low", "high")
    ]
    return Space(kind[1] if kind else "", tuple(shape), bounds[0], bounds[1], int(about.get("n", 0)))


def _activation(about: Mapping[str, Any]) -> str:
    given = about.get("policy_kwargs", {})
    text = str(given.get("activation_fn", "")) if isinstance(given, dict) else ""
    return text.rpartition(".")[2].rstrip("'>").casefold()
