"""Of a report of coverage, lines and branches of each of the four rooms: `coverage_of_rooms.py REPORT LEAST`.

Fails where one is below `LEAST` percent. coverage's own `fail_under` is of everything, lines and branches
together, so that a well tested room makes up for another.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOMS = ("pmrl", "envs", "agents", "experiments")
COUNTS = {"lines": ("covered_lines", "num_statements"), "branches": ("covered_branches", "num_branches")}


def shares(report: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Percent covered by (room, "lines" or "branches"), of a report of `coverage json`.

    Raises:
        ValueError: nothing was measured in a room.
    """
    found = {}
    for room in ROOMS:
        files = [file["summary"] for name, file in report["files"].items() if Path(name).parts[0] == room]
        for what, (covered, all_of_them) in COUNTS.items():
            count = sum(summary[all_of_them] for summary in files)
            if count == 0:
                raise ValueError(f"no {what} of {room} were measured")
            found[room, what] = 100.0 * sum(summary[covered] for summary in files) / count
    return found


def below(found: Mapping[tuple[str, str], float], least: float) -> Iterable[str]:
    """What is not covered enough, in words."""
    return [
        f"{room}: {share:.1f}% of {what}, less than {least:g}%"
        for (room, what), share in found.items()
        if share < least
    ]


def main(path: str, least: str) -> int:
    """Print all shares; 1 where one is too small, else 0."""
    found = shares(json.loads(Path(path).read_text(encoding="utf-8")))
    for room in ROOMS:
        print(f"{room:12s} {found[room, 'lines']:5.1f}% of lines {found[room, 'branches']:5.1f}% of branches")  # noqa: T201
    failures = below(found, float(least))
    for failure in failures:
        print(failure, file=sys.stderr)  # noqa: T201
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
