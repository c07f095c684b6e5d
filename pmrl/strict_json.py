"""JSON that means one thing to every reader: no doubled keys, no NaN, and no deeper than anybody writes."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 50
"""Levels of lists and objects within each other."""
_LONGEST_NUMBER = 400
"""Digits: Python would take seconds to minutes for a few million of them."""


def parse_json(data: bytes | str) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is not JSON as the standard has it, in UTF-8; with one line that says why.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_real,
        )
    except RecursionError:
        raise ValueError(f"lists and objects are nested more than {DEEPEST} deep") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    _require_shallow(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {doubled[:80]!r} is there twice")
    return found


def _constant(text: str) -> float:
    raise ValueError(f"{text}, where all that counts must be numbers")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _real(text: str) -> float:
    value = float(text) if len(text) <= _LONGEST_NUMBER else float("inf")
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"a number beyond all bounds, {text[:20]}")
    return value


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(f"lists and objects are nested more than {DEEPEST} deep")
