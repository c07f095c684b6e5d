"""A nested state as JSON and plain arrays, and back: what a checkpoint is made of, without any pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pmrl.failure import NotANumberError

Arrays = dict[str, NDArray[Any]]
_ARRAY, _TENSOR, _TUPLE, _ITEMS = "$array", "$tensor", "$tuple", "$items"
_MARKS = {_ARRAY, _TENSOR, _TUPLE, _ITEMS}


def pack(tree: Any) -> tuple[Any, Arrays]:
    """A tree of dicts, lists, tuples, numbers, texts, arrays and tensors as JSON and its arrays by number.

    Raises:
        TypeError: something in it has no such form.
        NotANumberError: a number in it is none.
    """
    arrays: Arrays = {}

    def keep(mark: str, values: NDArray[Any]) -> dict[str, str]:
        if values.dtype.kind not in "biuf":
            raise TypeError(f"an array of {values.dtype} has no place in a checkpoint")
        name = f"a{len(arrays)}"
        arrays[name] = values
        return {mark: name}

    def packed(value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            if not np.isfinite(value):
                raise NotANumberError(f"{value} in the state of a training")
            return value
        if isinstance(value, torch.Tensor):
            return keep(_TENSOR, value.detach().cpu().numpy())
        if isinstance(value, np.ndarray):
            return keep(_ARRAY, value)
        if isinstance(value, np.generic):
            return packed(value.item())
        if isinstance(value, tuple):
            return {_TUPLE: [packed(one) for one in value]}
        if isinstance(value, list):
            return [packed(one) for one in value]
        if isinstance(value, Mapping):
            if all(isinstance(key, str) and key not in _MARKS for key in value):
                return {key: packed(one) for key, one in value.items()}
            return {_ITEMS: [[packed(key), packed(one)] for key, one in value.items()]}
        raise TypeError(f"a {type(value).__name__} has no place in a checkpoint")

    return packed(tree), arrays


def unpack(packed: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The tree that `pack` took apart.

    Raises:
        KeyError: an array is missing.
        ValueError: it is not what `pack` makes.
    """
    if isinstance(packed, list):
        return [unpack(one, arrays) for one in packed]
    if not isinstance(packed, dict):
        return packed
    mark = next(iter(packed)) if len(packed) == 1 else None
    if mark == _ARRAY:
        return arrays[packed[mark]]
    if mark == _TENSOR:
        return torch.from_numpy(arrays[packed[mark]].copy())
    if mark == _TUPLE:
        return tuple(unpack(one, arrays) for one in packed[mark])
    if mark == _ITEMS:
        return {unpack(key, arrays): unpack(one, arrays) for key, one in packed[mark]}
    return {key: unpack(one, arrays) for key, one in packed.items()}
