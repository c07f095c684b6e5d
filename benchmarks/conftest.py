"""After the timings, one table of rates and ratios: what the numbers mean is in docs/speed.md."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Rates of every group, and their ratio to the group's first."""
    found = [b for b in config._benchmarksession.benchmarks if not b.has_error]  # type: ignore[attr-defined]
    if not found:
        return
    terminalreporter.section("rates, and ratios to the first of each group")
    # A stable sort by where a group is met first: its members need not follow one another.
    order = list(dict.fromkeys(b.group for b in found))
    for group, members in groupby(sorted(found, key=lambda b: order.index(b.group)), key=lambda b: b.group):
        terminalreporter.write_line(group or "")
        first = None
        for one in members:
            note = {**one.extra_info}
            amount, unit = note.pop("amount"), note.pop("unit")
            rate = amount / one.stats.min
            first = first or rate
            rest = ", ".join(f"{name} {value}" for name, value in note.items())
            terminalreporter.write_line(
                f"  {one.name:54} {rate:14,.0f} {unit}/s  x {rate / first:9.2f}  {rest}"
            )
