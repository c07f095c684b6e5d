"""What `make coverage` fails at: a room of which too few lines or branches are covered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from coverage_of_rooms import ROOMS, below, main, shares


def of(lines: int, branches: int) -> dict[str, Any]:
    """A file's part of a report, with ten lines and four branches."""
    return {
        "summary": {
            "covered_lines": lines, "num_statements": 10, "covered_branches": branches, "num_branches": 4
        }
    }  # fmt: skip


def report(**changed: dict[str, Any]) -> dict[str, Any]:
    """Everything is covered but the changed files."""
    return {"files": {f"{room}/one.py": changed.get(room, of(10, 4)) for room in ROOMS}}


def test_shares_are_over_all_files_of_a_room() -> None:
    found = report(envs=of(7, 2))
    found["files"]["envs/more/two.py"] = of(10, 4)
    found["files"]["pmrl/models/two.py"] = of(0, 0)
    assert shares(found)["envs", "lines"] == 85.0
    assert shares(found)["envs", "branches"] == 75.0
    assert shares(found)["pmrl", "lines"] == 50.0
    assert shares(found)["agents", "lines"] == 100.0


def test_lines_do_not_make_up_for_branches_nor_a_room_for_another() -> None:
    found = shares(report(agents=of(10, 3), experiments=of(8, 4)))
    assert list(below(found, 90.0)) == [
        "agents: 75.0% of branches, less than 90%",
        "experiments: 80.0% of lines, less than 90%",
    ]
    assert not list(below(found, 75.0))


def test_a_room_without_files_is_no_success() -> None:
    found = report()
    del found["files"]["agents/one.py"]
    with pytest.raises(ValueError, match="no lines of agents"):
        shares(found)


@pytest.mark.parametrize(("lines", "code"), [(10, 0), (8, 1)])
def test_the_exit_code_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: int, code: int
) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report(envs=of(lines, 4))))
    assert main(str(tmp_path / "report.json"), "90") == code
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == list(ROOMS)
    assert ("envs: 80.0% of lines" in err) == bool(code)
