"""How episodes of single rows start and end, in the form that gymnasium's vector environments have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import InputError, unknown

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def restart_of(options: Mapping[str, Any], n: int, everybody: bool) -> tuple[Integers, Integers | None]:
    """Rows to restart, and the patients to put there (None where not chosen).

    Args:
        options: of `reset`: "patients" and "rows".
        n: number of rows.
        everybody: every row has to start, because the cohort is a new one.

    Raises:
        InputError: unknown option, rows or patients that do not exist, are repeated or do not match.
    """
    for name in options:
        if name not in ("patients", "rows"):
            raise unknown("reset option", name, ("patients", "rows"))
    given = np.asarray(options.get("rows", np.arange(n))).reshape(-1)
    if given.dtype == np.bool_:
        if given.size != n:
            raise InputError(f"reset rows: a mask of {given.size} rows; this environment has {n}")
        given = np.flatnonzero(given)
    rows = _whole("rows", given)
    if rows.size and (rows.max() >= n or np.unique(rows).size < rows.size):
        raise InputError(f"reset rows {rows.tolist()}: allowed are 0 to {n - 1}, each once")
    if everybody and rows.size < n:
        raise InputError("reset: with a seed, and the first time, every row starts: leave out rows")
    if "patients" not in options:
        return rows, None
    patients = _whole("patients", np.asarray(options["patients"]).reshape(-1))
    if patients.size != rows.size:
        raise InputError(f"reset: give one patient id for each of the {rows.size} rows, not {patients.size}")
    return rows, patients


def _whole(what: str, values: NDArray[Any]) -> Integers:
    if values.size and (values.dtype.kind not in "iu" or values.min() < 0):
        raise InputError(f"reset {what} {values.tolist()}: give whole numbers from 0")
    return values.astype(np.int64)


def final(observation: NDArray[np.float32], info: Mapping[str, Any], ended: Booleans) -> dict[str, Any]:
    """The end of the rows that ended: last observations as objects and last infos, each with its mask."""
    last = np.full(len(observation), None, dtype=object)
    for row in np.flatnonzero(ended):
        last[row] = observation[row].copy()
    return {
        "final_obs": last,
        "_final_obs": ended.copy(),
        "final_info": _masked(info, ended),
        "_final_info": ended.copy(),
    }


def _masked(info: Mapping[str, Any], ended: Booleans) -> dict[str, Any]:
    """Values of the rows that ended and 0 elsewhere, beside each entry its mask."""
    out: dict[str, Any] = {}
    for name, values in info.items():
        out[name] = _masked(values, ended) if isinstance(values, Mapping) else np.where(ended, values, 0)
        out[f"_{name}"] = ended.copy()
    return out
