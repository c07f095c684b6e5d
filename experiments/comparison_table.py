"""A comparison as one table, for the terminal; the report and the JSON hold the rest of the numbers."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from pmrl.experiments.number_format import event_decimals


def comparison_table(results: dict[str, Any]) -> Table:
    """The comparison as one table, the best first, by time in range or, where harm has a price, net of it."""
    title = f"{results['drug']}, {results['patients']} patients, {results['days']} days: % of days (95% CI)"
    table = Table(title=title)
    events: dict[str, dict[str, str]] = results["safety_events"]
    primary, rows, gap = results["primary"], results["policies"], results["gap"]
    net = primary == "net"
    visits = {f"{row['visits']['mean']:.0f}" for row in rows.values()}
    headings = (
        *(("in range", "net of harm") if net else ("in range",)),
        *(_heading(event) for event in events.values()),
        "to best rule",
        *(("gap",) if gap else ()),
        *(("visits",) if len(visits) > 1 else ()),
        "s",
    )
    table.add_column("policy", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, row in sorted(rows.items(), key=lambda item: -item[1][primary]["mean"]):
        difference, best = row["difference_to_best_rule"], name == results["best_rule"]
        table.add_row(
            f"{name}{' *' if row['in_sample'] else ''}{' †' if best else ''}",
            *((_mean(row["ttr"]),) if net else ()),
            _percent(row[primary]),
            *(_percent(row[key], event_decimals(event["unit"])) for key, event in events.items()),
            "" if difference is None or best else _percent(difference[primary], sign=True),
            *((_share(gap[name]),) if gap else ()),
            *((f"{row['visits']['mean']:.0f}",) if len(visits) > 1 else ()),
            f"{row['seconds']:.0f}",
            style="bold" if best else None,
        )
    table.caption = (
        "† best rule, chosen on validation patients. * derived on the cohort of these patients. "
        "s: seconds of one core."
        + (" gap: share of what oracle O2 is better than the best rule." if gap else "")
    )
    return table


def _heading(event: dict[str, str]) -> str:
    """Of a safety event; all else is in % of days."""
    return event["name"] if event["unit"] == "of days" else f"{event['name']}\n(% {event['unit']})"


def _share(gap: dict[str, float | None]) -> str:
    """Of the gap from the best rule to O2 that is closed, in percent."""
    return "" if gap["closed"] is None else f"{100 * gap['closed']:.0f}%"


def _mean(estimate: dict[str, Any], decimals: int = 1) -> str:
    return f"{100 * estimate['mean']:.{decimals}f}"


def _percent(estimate: dict[str, Any], decimals: int = 1, sign: bool = False) -> str:
    low, high = (f"{100 * value:.{decimals}f}" for value in estimate["ci"])
    return f"{100 * estimate['mean']:{'+' if sign else ''}.{decimals}f} ({low}, {high})"
