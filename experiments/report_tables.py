"""The tables of the report: policies, and evidence for the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.comparison_numbers import has_gap
from pmrl.experiments.figure_style import KINDS, kind_of
from pmrl.experiments.figures_policies import ranked
from pmrl.experiments.number_format import event_decimals, number, parts

Results = Mapping[str, Any]


def policy_columns(comparison: Comparison) -> list[dict[str, str]]:
    """Headings of the table of policies: what, and its unit."""
    therapy = comparison.therapy
    days = "% of days"
    headings = [
        ("in range", f"{therapy.biomarker} {therapy.target_text}, {days}"),
        *(
            [("net of harm", "days in range less the price of harm, % of days")]
            if therapy.primary == "net"
            else []
        ),
        ("difference to best rule", "paired, % points"),
    ]
    if has_gap(comparison):
        headings.append(("gap closed", "% of what oracle O2 is better than the best rule"))
    headings += [
        ("below", f"the range, {days}"),
        ("above", f"the range, {days}"),
    ]
    headings += [
        (event.label(therapy), f"% {event.unit}" if event.unit != "of days" else days)
        for event in therapy.safety_events.values()
    ]
    headings += [("in range, Rosendaal", "from the lab results, % of time"), ("visits", "per patient")]
    return [{"what": what, "unit": unit} for what, unit in headings]


def policy_rows(comparison: Comparison, results: Results) -> list[dict[str, Any]]:
    """One row for each policy, the most time in range first; `cells` as `policy_columns`, each (mean, CI)."""
    rows, events = results["policies"], comparison.therapy.safety_events
    table = []
    for name in ranked(results):
        row = rows[name]
        difference = row["difference_to_best_rule"]
        kind = kind_of(name, row, results["best_rule"])
        cells = [parts(row["ttr"], 100.0)]
        cells += [parts(row["net"], 100.0)] if results["primary"] == "net" else []
        is_reference = kind == "best" or difference is None
        cells.append(("–", "") if is_reference else parts(difference[results["primary"]], 100.0, sign=True))
        if results["gap"]:
            closed = results["gap"][name]["closed"]
            cells.append((number(None if closed is None else 100.0 * closed, 0), ""))
        cells += [parts(row[key], 100.0) for key in ("below", "above")]
        cells += [parts(row[key], 100.0, decimals=event_decimals(one.unit)) for key, one in events.items()]
        cells += [parts(row["ttr_rosendaal"], 100.0), _without_spread(*parts(row["visits"]))]
        table.append(
            {
                "name": name,
                "name_parts": name.split("+"),
                "kind": KINDS[kind].label,
                "style": kind.replace(" ", "-"),
                "in_sample": row["in_sample"],
                "cells": cells,
            }
        )
    return table


def _without_spread(mean: str, interval: str) -> tuple[str, str]:
    """No interval where everybody has the same number."""
    return mean, "" if interval == f"{mean} to {mean}" else interval


def evidence(validation: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How well the models predict recorded doses, and the anchors, from `pmrl.experiments.validation`."""
    if validation is None:
        return None
    anchors = validation["anchors"]
    left_out = validation.get("leave_one_site_out")
    return {
        "n": f"{validation['n']:,}",
        "n_recorded": f"{validation['n_recorded']:,}",
        "rows": [
            _agreement(name, kind, found)
            for kind, key in (("model parameters", "parameters"), ("dosing equation", "algorithms"))
            for name, found in validation[key].items()
        ],
        "left_out": None
        if left_out is None
        else {**_agreement("leave one site out", "", left_out), "misses": left_out["misses"]},
        "anchors": len(anchors),
        "anchors_ok": sum(anchor["ok"] for anchor in anchors),
        "misses": [anchor for anchor in anchors if not anchor["ok"]],
    }


def _agreement(name: str, kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    within = found["within_20"]
    return {
        "name": name,
        "kind": kind,
        "in_sample": found.get("in_sample", False),
        "n": f"{found['n']:,}",
        "mae": number(found["mae_mg_week"]),
        "bias": number(found["bias_log"], 2, sign=True),
        "log_sd": number(found["log_sd"], 2),
        "r2": number(found["r2"], 2),
        "within_20": "–" if within is None else f"{number(100 * within, 0)}%",
    }
