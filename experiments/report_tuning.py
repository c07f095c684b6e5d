"""What the report says of tuning: every policy's budget and what it came to, or why there was none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmrl.agents.policy import Kind
from pmrl.agents.tunable import TUNABLE
from pmrl.experiments.benchmark import STRAW_MEN
from pmrl.experiments.number_format import NONE, number

Row = dict[str, str]
DEFAULTS = "not tuned: its defaults"
NOT_TUNED: Mapping[Kind, str] = {
    "rule": "not tuned: as published, or as documented where nothing is",
    "model-based": DEFAULTS,
    "learned": "not tuned: settings chosen by hand on validation patients",
    "oracle": "not tuned: knows the truth",
}


def tuning_rows(results: Mapping[str, Any]) -> list[Row]:
    """One row for each policy of `pmrl.experiments.comparison_numbers.as_dict`, the tuned ones first."""
    policies = results["policies"]
    order = sorted(policies, key=lambda name: policies[name].get("tuning") is None)
    return [_row(name, policies[name]) for name in order]


def _row(name: str, policy: Mapping[str, Any]) -> Row:
    tuning = policy.get("tuning")
    if tuning is None:
        empty = dict.fromkeys(("trials", "seconds", "untuned", "tuned"), NONE)
        return {"name": name, "how": _reason(name, policy["kind"]), **empty}
    budget, used = tuning["budget"], tuning["used"]
    values = ", ".join(
        f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in tuning["values"].items()
    )
    return {
        "name": name,
        "how": f"{tuning['sampler']} on {tuning['patients']} {tuning['cohort']} patients: {values}",
        "trials": f"{used['trials']} of {budget['trials']}",
        "seconds": _seconds(used["core_seconds"], budget["core_seconds"]),
        "untuned": number(100.0 * tuning["default_score"]),
        "tuned": number(100.0 * tuning["score"]),
    }


def _seconds(used: float | None, budget: float | None) -> str:
    spent = "not measured" if used is None else f"{used:,.1f}"
    return f"{spent}, no limit" if budget is None else f"{spent} of {budget:,g}"


def _reason(name: str, kind: Kind) -> str:
    if kind == "rule" and name in TUNABLE:
        return DEFAULTS
    return "not tuned: a straw man" if name in STRAW_MEN else NOT_TUNED[kind]
