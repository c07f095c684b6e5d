"""Every published result that a model names holds, but for the misses that it admits."""

from __future__ import annotations

import pytest

from pmrl.models.registry import MODELS, model
from pmrl.parameter import Anchor

ANCHORS = [(name, anchor) for name in MODELS for anchor in model(name).anchors]


@pytest.mark.parametrize(
    ("name", "anchor"), ANCHORS, ids=[f"{name}: {anchor.what}" for name, anchor in ANCHORS]
)
def test_an_anchor_holds_or_is_a_known_miss(name: str, anchor: Anchor) -> None:
    got, holds = anchor.check()
    seen = f"{anchor.what}: {got:.5g}, expected {anchor.expected:g} within {anchor.tolerance:g}"
    assert holds == (not anchor.miss), f"{seen}; known miss: {anchor.miss or 'no'}"


def test_every_model_has_anchors_with_sources() -> None:
    for name in MODELS:
        assert sum(other == name and not anchor.miss for other, anchor in ANCHORS) >= 2, name
    for name, anchor in ANCHORS:
        assert anchor.source.strip(), f"{name}: {anchor.what}"
        assert anchor.tolerance > 0
        # An anchor that any response would pass is none.
        assert anchor.tolerance <= abs(anchor.expected), f"{name}: {anchor.what}"
