"""Every published result that a model names holds."""

from __future__ import annotations

import pytest

from pmrl.models.registry import MODELS, model
from pmrl.parameter import Anchor

ANCHORS = [(name, anchor) for name in MODELS for anchor in model(name).anchors]


@pytest.mark.parametrize(
    ("name", "anchor"), ANCHORS, ids=[f"{name}: {anchor.what}" for name, anchor in ANCHORS]
)
def test_anchor_holds(name: str, anchor: Anchor) -> None:
    got, holds = anchor.check()
    assert holds, f"{anchor.what}: {got:.5g}, expected {anchor.expected:g} within {anchor.tolerance:g}"


def test_every_model_has_anchors_with_sources() -> None:
    assert {name for name, _ in ANCHORS} == set(MODELS)
    for name, anchor in ANCHORS:
        assert anchor.source.strip(), f"{name}: {anchor.what}"
        assert anchor.tolerance > 0
        # An anchor that any response would pass is none.
        assert anchor.tolerance <= abs(anchor.expected), f"{name}: {anchor.what}"
