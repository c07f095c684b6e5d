"""`pmrl train` on what cannot be trained or gone on with: one line, exit code 2, nothing lost."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from pmrl_command import run

from pmrl.experiments import run_lock
from pmrl.experiments.checkpoint_reading import FOLDER

RECORD: dict[str, Any] = {
    "drug": "warfarin", "algorithm": "ppo", "steps": 64, "name": None, "actions": None, "normalise": False,
    "threads": 1, "tuned": False, "seed": 1, "scenario": [], "checkpoint_seconds": 60.0,
}  # fmt: skip


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """(arguments) -> the line that `pmrl train` ends with."""

    def line(*arguments: object) -> str:
        code, out, err = run(monkeypatch, capsys, "train", *arguments)
        assert (code, err.count("\n")) == (2, 1)
        assert "Traceback" not in out + err
        return str(err)

    return line


BAD_OPTIONS = {
    "steps": (("--steps", 0), "steps 0: give at least 1"),
    "seconds": (("--checkpoint-seconds=-1",), "--checkpoint-seconds"),
    "seconds that are no number": (("--checkpoint-seconds", "nan"), "given: 'nan'"),
    "a name of two lines": (("--name", "a\nb"), "name 'a b': give up to 100 letters"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_cannot_be_used_are_refused_before_anything_is_written(
    refused: Any, tmp_path: Path, case: str
) -> None:
    arguments, message = BAD_OPTIONS[case]
    assert message in refused("warfarin", *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_tuned_settings_that_do_not_ship_are_said(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmrl.experiments.commands_train.record_of", lambda *_: None)
    line = refused("warfarin", "--tuned", "--out", tmp_path / "out")
    assert "no tuned settings of ppo ship for warfarin" in line
    assert "pmrl tune warfarin --policies ppo --install" in line


def test_a_drug_or_a_training_to_go_on_with_is_needed(refused: Any, tmp_path: Path) -> None:
    assert "give a drug, such as warfarin, or --resume" in refused()
    line = refused("warfarin", "--steps", 64, "--resume", tmp_path)
    assert "leave out steps, drug, or train anew" in line


def test_a_training_that_is_not_finished_is_not_written_over(refused: Any, tmp_path: Path) -> None:
    kept = tmp_path / FOLDER / f"{128:012d}"
    kept.mkdir(parents=True)
    (kept / "manifest.json").write_text("{}")
    line = refused("warfarin", "--steps", 64, "--out", tmp_path)
    assert f"{tmp_path} holds a training that is not finished: go on with it by --resume {tmp_path}" in line
    assert (kept / "manifest.json").read_text() == "{}"
    assert not (tmp_path / "training.json").exists()


NO_RECORD = {
    "not JSON": ("{", "is not the record of a training: "),
    "missing": (None, "cannot read"),
    "an entry of another type": ({**RECORD, "steps": "many"}, "is not the record of a training: steps: "),
    "an entry too few": (
        {name: value for name, value in RECORD.items() if name != "seed"},
        "is not the record of a training: seed: ",
    ),
    "another drug": ({**RECORD, "drug": "wafarin"}, "did you mean 'warfarin'"),
    "another algorithm": ({**RECORD, "algorithm": "pp0"}, "did you mean 'ppo'"),
    "no step": ({**RECORD, "steps": 0}, "steps 0"),
    "no seconds": ({**RECORD, "checkpoint_seconds": -1.0}, "checkpoint-seconds -1.0: give 0 or more"),
    "a name that is a path": ({**RECORD, "name": "../evil"}, "../evil"),
}


@pytest.mark.parametrize("case", NO_RECORD)
def test_a_record_that_is_none_is_refused(refused: Any, tmp_path: Path, case: str) -> None:
    record, message = NO_RECORD[case]
    if record is not None:
        text = record if isinstance(record, str) else json.dumps(record)
        (tmp_path / "training.json").write_text(text)
    assert message in refused("--resume", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"training.json", ".lock"}


def test_nothing_to_go_on_with_is_said(refused: Any, tmp_path: Path) -> None:
    assert "there is no folder" in refused("--resume", tmp_path / "nowhere")
    (tmp_path / "training.json").write_text(json.dumps(RECORD))
    assert "has no checkpoint yet: train anew; nothing to resume" in refused("--resume", tmp_path)
    (tmp_path / "ppo.json").write_text("{}")
    assert "is finished; nothing to resume" in refused("--resume", tmp_path)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EAGAIN, "another training is running in"),
        (errno.ENOLCK, "cannot lock"),
    ],
)
def test_a_folder_that_cannot_be_locked_is_said(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    def take(file: Any) -> None:
        raise OSError(number, "no locks here")

    monkeypatch.setattr(run_lock, "_take", take)
    assert message in refused("warfarin", "--steps", 64, "--out", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}


def test_a_folder_that_is_a_file_is_said(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot write to" in refused("warfarin", "--steps", 64, "--out", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"
