"""No command writes over what it reads, or one file over another; what cannot be printed is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pmrl_command import numbers, run
from private_cohort import write_cohort

MAIN = "from pmrl.experiments.cli import main; main()"
BENCHMARK = (
    "benchmark",
    "warfarin",
    "--policies",
    "fixed",
    "--patients",
    "3",
    "--days",
    "7",
    "--threads",
    "1",
)


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return write_cohort(tmp_path / "cohort.csv")


READING = {
    "benchmark": (*BENCHMARK, "--cohort"),
    "privacy-check": ("privacy-check",),
    "audit": ("audit", "warfarin", "--policies", "fixed", "--members"),
    "validate": ("validate", "warfarin", "--cohort"),
    "calibrate": ("calibrate", "warfarin", "--cohort"),
}


@pytest.mark.parametrize("command", READING)
def test_a_cohort_is_not_written_over(command: str, cohort: Path, monkeypatch: Any, capsys: Any) -> None:
    before = cohort.read_bytes()
    code, _, error = run(monkeypatch, capsys, *READING[command], cohort, "--json", cohort)
    assert (code, error.count("\n")) == (2, 1)
    assert f"--json {cohort} is another file of this command" in error
    assert cohort.read_bytes() == before


def test_a_cohort_in_the_folder_of_results_is_not_written_over(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    cohort = write_cohort(tmp_path / "visits-mine.csv")
    code, _, error = run(monkeypatch, capsys, *BENCHMARK, "--cohort", cohort, "--out", tmp_path)
    assert (code, error.count("\n")) == (2, 1)
    assert "writes over it: give another folder" in error
    assert [path.name for path in tmp_path.iterdir()] == ["visits-mine.csv"]


TRAIN = ("train", "warfarin", "--algorithm", "dqn", "--steps", 200, "--threads", 1, "-s", "days=28")


@pytest.mark.parametrize("name", ["results", "manifest", "training", "reproduction", "tuned", "results.json"])
def test_a_policy_does_not_have_the_name_of_another_file(
    name: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    code, _, error = run(monkeypatch, capsys, *TRAIN, "--name", name, "--out", tmp_path / "run")
    assert (code, error.count("\n")) == (2, 1)
    assert f"{name.removesuffix('.json')}.json is another file of a training" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["dqn.json", "dqn.safetensors", "training.json", "manifest.json"])
def test_numbers_are_not_written_over_a_policy(
    name: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    code, _, error = run(monkeypatch, capsys, *TRAIN, "--out", tmp_path, "--json", tmp_path / name)
    assert (code, error.count("\n")) == (2, 1)
    assert "another file of" in error


def test_numbers_may_be_written_where_they_are_anyway(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    target = tmp_path / "results.json"
    code, _, error = run(monkeypatch, capsys, *BENCHMARK, "--out", tmp_path, "--json", target)
    assert (code, error) == (0, "")
    assert numbers(target)["patients"] == 3


def written(target: Path, stdout: Any, **environment: str) -> tuple[int, str]:
    """A benchmark in a process of its own that prints to `stdout`; its exit code, and what it says."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", MAIN, *BENCHMARK, "--json", str(target)],
        stdout=stdout, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stderr


def test_where_nobody_reads_on_numbers_are_written(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    assert written(tmp_path / "found.json", theirs) == (0, "")
    assert numbers(tmp_path / "found.json")["patients"] == 3


def test_where_a_sign_cannot_be_shown_numbers_are_written(tmp_path: Path) -> None:
    with (tmp_path / "shown.txt").open("wb") as shown:
        assert written(tmp_path / "found.json", shown, PYTHONIOENCODING="ascii") == (0, "")
    assert numbers(tmp_path / "found.json")["patients"] == 3
    assert b"best rule, chosen on validation patients" in (tmp_path / "shown.txt").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_where_there_is_no_room_to_print_numbers_are_written(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, said = written(tmp_path / "found.json", full)
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("pmrl: error: cannot print (No space left on device)")
    assert numbers(tmp_path / "found.json")["patients"] == 3
