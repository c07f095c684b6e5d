"""Property-based fuzzing of everything that is read: never a traceback, never a silent acceptance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fuzz_samples
import fuzz_targets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutation import BYTES, TOKENS, mutated

FEW, MANY = 400, 100_000
SLOW = ("card", "weights")
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
TARGETS: dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any]]] = {
    name: (check, mutated(fuzz_samples.TEXTS[name], TOKENS) | st.text(max_size=40))
    for name, check in fuzz_targets.TEXTS.items()
} | {
    name: (check, mutated(fuzz_samples.FILES[name], BYTES) | st.binary(max_size=200))
    for name, check in fuzz_targets.FILES.items()
}  # fmt: skip


def fuzz(check: Callable[[Any], None], strategy: st.SearchStrategy[Any], examples: int) -> None:
    """Check so many examples: the same ones every time where they are few."""
    few = examples <= FEW
    chosen = settings(
        max_examples=examples, deadline=None, derandomize=few, database=None, suppress_health_check=QUIET
    )

    @chosen
    @given(strategy)
    def every(example: Any) -> None:
        check(example)

    every()


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_refused_in_one_line_or_right(target: str) -> None:
    fuzz(*TARGETS[target], FEW // 2 if target in SLOW else FEW)


@pytest.mark.nightly
@pytest.mark.parametrize("target", TARGETS)
def test_it_is_refused_in_one_line_or_right_every_time(target: str) -> None:
    fuzz(*TARGETS[target], MANY)


@pytest.mark.parametrize("target", TARGETS)
def test_valid_inputs_are_accepted(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = []
    refusal = fuzz_targets.refusal

    def watched(act: Callable[[], Any]) -> Any:
        accepted.append(refusal(act) is not None)
        return refusal(act)

    monkeypatch.setattr(fuzz_targets, "refusal", watched)
    for sample in ({**fuzz_samples.TEXTS, **fuzz_samples.FILES})[target]:
        accepted.clear()
        TARGETS[target][0](sample)
        assert any(accepted), sample
