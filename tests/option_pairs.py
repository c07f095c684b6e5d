"""A small set of option combinations in which every pair of option values occurs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

VALUES: Mapping[str, tuple[Any, ...]] = {
    "actions": ("continuous", "discrete", "relative"),
    "choose_interval": (False, True),
    "flatten": (False, True),
    "start": ("induction", "established"),
    "genotype": ("known", "unknown"),
    "interaction": (None, "amiodarone", "antibiotic"),
    # Gymnasium refuses episodes of one step: none is that short, even where a visit is missed.
    "days": (None, 15, 30),
    "cohort": ("sampled", "train", "validation"),
    "surgery": (False, True),
    "vitamin_k": (0.0, 0.3),
    "lab_delay_days": (0, 2),
    "missed_visits": (0.0, 0.3),
    "adherence": ("in-range", "full", 0.7),
    "reward_weights": (None, {"in_range": 1.0, "visit": -0.2, "squared_log_deviation": -1.0}),
}


def allowed(options: Mapping[str, Any]) -> bool:
    """Whether the environment takes this combination."""
    return not (options.get("flatten") and options.get("actions") == "continuous")


def _pairs(options: Mapping[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(a, repr(options[a]), b, repr(options[b])) for a, b in combinations(sorted(options), 2)}


def _every_pair() -> Iterator[dict[str, Any]]:
    for a, b in combinations(sorted(VALUES), 2):
        for x, y in product(VALUES[a], VALUES[b]):
            if allowed({a: x, b: y}):
                yield {a: x, b: y}


def covering() -> list[dict[str, Any]]:
    """Combinations that together hold every allowed pair; greedy, the same every time."""
    missing = {next(iter(_pairs(pair))): pair for pair in _every_pair()}
    found = []
    while missing:
        options = dict(next(iter(missing.values())))
        for name, values in VALUES.items():
            if name not in options:
                candidates = [options | {name: value} for value in values]
                options = max(
                    (candidate for candidate in candidates if allowed(candidate)),
                    key=lambda candidate: sum(pair in missing for pair in _pairs(candidate)),
                )
        for pair in _pairs(options):
            missing.pop(pair, None)
        found.append({name: options[name] for name in VALUES})
    return found


def label(options: Mapping[str, Any]) -> str:
    """What differs from the first value of each option."""
    changed = [f"{name}={value}" for name, value in options.items() if value != VALUES[name][0]]
    return ",".join(changed) or "defaults"
