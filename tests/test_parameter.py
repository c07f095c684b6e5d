"""A number needs a source and a known status; an anchor compares within its tolerance."""

from __future__ import annotations

import dataclasses
import math
from typing import get_args

import pytest

from pmrl.parameter import Anchor, Parameter, Status


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_is_accepted(status: Status) -> None:
    parameter = Parameter(0.314, "L/h", "Hamberg 2007, table 2", status)
    assert float(parameter) == parameter.value == 0.314


@pytest.mark.parametrize("status", ["", "guess", "Published"])
def test_unknown_status_is_refused_and_the_allowed_ones_are_named(status: str) -> None:
    with pytest.raises(ValueError, match="assumption") as refusal:
        Parameter(1.0, "L", "somewhere", status)  # type: ignore[arg-type]
    assert repr(status) in str(refusal.value)


@pytest.mark.parametrize("source", ["", "  \n"])
def test_a_source_is_required(source: str) -> None:
    with pytest.raises(ValueError, match="source"):
        Parameter(1.0, "L", source, "published")


def test_neither_source_nor_status_has_a_default() -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(Parameter)}
    assert set(defaults.values()) == {dataclasses.MISSING}


def test_a_parameter_cannot_be_changed() -> None:
    parameter = Parameter(1.0, "L", "somewhere", "assumption")
    with pytest.raises(dataclasses.FrozenInstanceError):
        parameter.value = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("got", "holds"),
    [(2.5, True), (2.625, True), (2.375, True), (2.626, False), (2.374, False), (math.nan, False)],
)
def test_an_anchor_holds_within_its_tolerance_inclusive(got: float, holds: bool) -> None:
    anchor = Anchor("INR on day 5", 2.5, 0.125, "somewhere", lambda: got)
    value, ok = anchor.check()
    assert ok is holds
    assert value == got or (math.isnan(value) and math.isnan(got))
