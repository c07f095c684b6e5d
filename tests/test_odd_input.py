"""What is nearly a number, a path or a choice: one line and exit code 2, or what was meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pmrl_command import numbers, run
from private_cohort import write_cohort

from pmrl.experiments.config import scenario_of

BENCHMARK = ("benchmark", "warfarin", "--policies", "fixed", "--patients", 3)
SIMULATE = ("simulate", "warfarin", "--days", 5)
LONG = "a" * 300
REFUSED = {
    "cohort too long": (*BENCHMARK, "--cohort", f"{LONG}.csv"),
    "config too long": ("benchmark", "--config", f"{LONG}.toml"),
    "audited cohort too long": ("audit", "warfarin", "--policies", "fixed", "--cohort", LONG),
    "checked cohort too long": ("privacy-check", f"{LONG}.csv"),
    "validated cohort too long": ("validate", "warfarin", "--cohort", f"{LONG}.csv"),
    "run too long": ("train", "--resume", LONG),
    "numbers too long": (*SIMULATE, "--json", f"{LONG}.json"),
    "folder too deep": (*SIMULATE, "--out", "a/" * 2000),
    "empty folder": (*SIMULATE, "--out", ""),
    "empty folder, in one word": (*SIMULATE, "--out="),
    "empty name": ("train", "warfarin", "--name", ""),
    "no threads": ("train", "warfarin", "--steps", 10, "--threads", 0, "--out", "run"),
    "oracle audited": ("audit", "warfarin", "--policies", "fixed,o2", "--patients", 20),
    "race that is none": (*SIMULATE, "--covariate", "race=99"),
    "half a race": (*SIMULATE, "--covariate", "race=0.5"),
    "half a woman": (*SIMULATE, "--covariate", "female=0.5"),
    "five times amiodarone": (*SIMULATE, "--covariate", "amiodarone=5"),
    "half a diuretic": ("simulate", "allopurinol", "--days", 5, "--covariate", "diuretic=0.5"),
    "digits of another script": (*SIMULATE, "--covariate", "age=٨٦"),
    "blank diplotype": (*SIMULATE, "--genotype", "CYP2C9=\n"),
    "days with underscore": (*BENCHMARK, "-s", "days=1_4"),
    "days of another script": (*BENCHMARK, "-s", "days=１４"),
    "share of another script": (*BENCHMARK, "-s", "adherence=٠.٥"),
    "endless assay error": (*BENCHMARK, "-s", "assay_error=1e300"),
    "patients, the second time": (*BENCHMARK, "--patients", "1e3"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_line(case: str, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, error = run(monkeypatch, capsys, *REFUSED[case])
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("pmrl: error: ")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_of_an_option_given_twice_the_last_is_blamed(monkeypatch: Any, capsys: Any) -> None:
    _, _, error = run(monkeypatch, capsys, *REFUSED["patients, the second time"])
    assert "given: '1e3'" in error


@pytest.mark.parametrize("number", ["patients", "seed", "threads"])
def test_a_number_of_thousands_of_digits_is_no_number(
    number: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(f"{number} = {'9' * 5000}\n")
    code, _, error = run(monkeypatch, capsys, "benchmark", "--config", study)
    assert (code, error.count("\n")) == (2, 1)


def test_true_is_no_share() -> None:
    with pytest.raises(ValueError, match="adherence is true: it is not a matter of yes or no"):
        scenario_of({"adherence": True}, cohort="test")


def test_what_is_typed_changes_the_study_of_the_file_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    cohort, study = write_cohort(tmp_path / "cohort.csv"), tmp_path / "study.toml"
    study.write_text(
        'policies = "fixed"\npatients = 3\n[scenario]\nadherence = 0.5\nmissed_visits = 0.5\n'
        f'cohort = "{cohort.as_posix()}"\n'
    )
    found = {}
    for name, options in (("file", ()), ("typed", ("-s", "days=14")), ("other", ("-s", "adherence=0.9"))):
        target = tmp_path / f"{name}.json"
        code, _, error = run(monkeypatch, capsys, "benchmark", "--config", study, *options, "--json", target)
        assert (code, error) == (0, "")
        found[name] = numbers(target)
        assert found[name]["privacy"]["ids"] == "of this study only"
    assert [found[name]["days"] for name in found] == [90, 14, 90]
    ttr = [found[name]["policies"]["fixed"]["ttr"]["mean"] for name in ("file", "other")]
    assert ttr[0] != ttr[1]


@pytest.mark.parametrize("name", ["cohort.csv", "cohort.CSV", "cohort.txt"])
def test_a_cohort_that_was_changed_is_another_training(
    name: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    cohort, out = write_cohort(tmp_path / name), tmp_path / "run"
    arguments = ("train", "warfarin", "--algorithm", "dqn", "--steps", 200, "--threads", 1, "-s", "days=28")
    stop = (
        "import sys, os\nfrom pmrl.experiments import checkpoints\nkeep = checkpoints.Keeper.keep\n"
        "def once(self, *what):\n    keep(self, *what)\n    os._exit(9)\n"
        "checkpoints.Keeper.keep = once\nfrom pmrl.experiments.cli import main\nmain()\n"
    )
    options = ("-s", f"cohort={cohort}", "--checkpoint-seconds", 0, "--out", out)
    call = [sys.executable, "-c", stop, *map(str, (*arguments, *options))]
    assert subprocess.run(call, check=False).returncode == 9  # noqa: S603
    text = cohort.read_text()
    cohort.write_text(text.replace(",White,", ",Black,"))
    code, _, error = run(monkeypatch, capsys, "train", "--resume", out)
    assert (code, error.count("\n")) == (2, 1)
    assert "cohort file" in error
    cohort.unlink()
    code, _, error = run(monkeypatch, capsys, "train", "--resume", out)
    assert (code, error.count("\n")) == (2, 1)
    assert "No such file" in error
    cohort.write_text(text)
    code, out_text, error = run(monkeypatch, capsys, "train", "--resume", out)
    assert (code, error) == (0, "")
    assert "going on from visit" in out_text
