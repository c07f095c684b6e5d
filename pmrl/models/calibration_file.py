"""Parameter sets that this project fitted: numbers in a data file, written by `pmrl calibrate`."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any, TypeVar

from pmrl.parameter import Parameter

N = TypeVar("N")


def read_calibration(name: str) -> dict[str, Any]:
    """The shipped calibration file: `source`, `fitted` (name -> value) and how well it fits."""
    text = files("pmrl").joinpath("data", name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def calibrated(published: N, file_name: str) -> N:
    """`published` with the fitted numbers of the file, each `derived` with the file's source."""
    record = read_calibration(file_name)
    units = {field.name: getattr(published, field.name).unit for field in fields(published)}  # type: ignore[arg-type]
    fitted = {
        name: Parameter(value, units[name], record["source"], "derived")
        for name, value in record["fitted"].items()
    }
    return replace(published, **fitted)  # type: ignore[type-var]
