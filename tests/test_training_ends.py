"""Ctrl-C, SIGTERM, a second run, a full disk and a fault during `pmrl train`: one line, and a whole state."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pmrl_command import run
from test_resume import ABOUT, trained

from pmrl.envs.clinic import Clinic
from pmrl.errors import InputError
from pmrl.experiments import checkpoints, commands_train
from pmrl.experiments.checkpoint_reading import FOLDER, generations, newest
from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.reproduction import replay
from pmrl.experiments.training_end import ends_said
from pmrl.failure import SimulationError

# Whoever starts the tests in the background makes them ignore Ctrl-C, and what they start, too.
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from pmrl.experiments.cli import main; main()"
)


def begin(out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", MAIN, "train", "warfarin", "--steps", "200000", "--threads", "1",
         "--checkpoint-seconds", "0", "--out", str(out), "-s", "days=28"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_signals_in_a_real_process(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    ends = ((signal.SIGINT, 130), (signal.SIGTERM, 143))
    processes = [begin(tmp_path / sent.name) for sent, _ in ends]
    for (sent, code), process in zip(ends, processes, strict=True):
        out = tmp_path / sent.name
        deadline = time.monotonic() + 90.0
        while not generations(out) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if sent is signal.SIGTERM:
            found = run(monkeypatch, capsys, "train", "warfarin", "--steps", 64, "--out", out)
            assert (found[0], found[2].count("\n")) == (2, 1)
            assert "another training is running in" in found[2]
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
        last = int(generations(out)[0].name)
        assert process.returncode == code
        assert err.strip().splitlines() == [
            f"pmrl: interrupted: the checkpoint of step {last} is whole: go on with --resume {out}"
        ]
        assert all(not path.name.startswith(".") for path in (out / FOLDER).iterdir())
        about = json.loads((generations(out)[0] / "manifest.json").read_text())["about"]
        found_state = newest(out, about)
        assert found_state is not None
        assert (found_state.steps, found_state.refused) == (last, ())
        assert {path.name for path in out.iterdir()} == {".lock", FOLDER, "tensorboard", "training.json"}


def begun(monkeypatch: Any, capsys: Any, out: Path, *more: object) -> tuple[int, str, str]:
    """A training in this process that a fault ends after a few rollouts."""
    arguments = ("train", "warfarin", "--algorithm", "dqn", "--steps", 2000, "--threads", 1)
    found = run(monkeypatch, capsys, *arguments, "--checkpoint-seconds", 0, "--out", out, *more)
    return found[0], found[1], found[2]


@pytest.mark.parametrize("chosen_folder", [True, False], ids=["folder", "no folder"])
def test_a_fault_in_a_benchmark_can_be_seen_again(
    chosen_folder: bool, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    right, patient = Clinic.treat, 7

    def treat(self: Clinic, *arguments: Any) -> Any:
        self.world.states[(self.world.day >= 14) & (self.patient == patient)] = np.nan
        return right(self, *arguments)

    monkeypatch.chdir(tmp_path)
    folder = ("--out", "runs") if chosen_folder else ()
    with monkeypatch.context() as patch:
        patch.setattr(Clinic, "treat", treat)
        command = ("benchmark", "phenytoin", "--policies", "fixed,cpic+steps", "--patients", 10, *folder)
        code, _, err = run(patch, capsys, *command)
    path = Path("runs" if chosen_folder else "") / "reproduction.json"
    assert (code, err.count("\n")) == (3, 1)
    assert str(path) in err.partition("to see it again: ")[2]
    record = json.loads(path.read_text())
    assert (record["drug"], record["patient"], record["what"]) == ("phenytoin", patient, "equations")
    assert record["day"] >= 14
    assert replay(path).error is None, "nothing is wrong with the equations: it was done to the patient"


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (("simulate", "phenytoin"), "pmrl.solve.course"),
        (("validate", "phenytoin"), "pmrl.experiments.validation.anchors"),
        (("validate", "warfarin"), "pmrl.experiments.validation.validate"),
        (("calibrate", "warfarin"), "pmrl.experiments.calibration.calibrate"),
    ],
)
def test_a_fault_outside_a_clinic_says_what_to_run_again(
    command: tuple[str, ...], place: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise SimulationError("row 0: a day takes more steps than are allowed", 0)

    monkeypatch.setattr(place, fail)
    code, _, err = run(monkeypatch, capsys, *command, "--out", tmp_path)
    path = tmp_path / "reproduction.json"
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith("pmrl: error: row 0: a day takes more steps than are allowed. ")
    assert str(path) in err
    assert not (tmp_path / "results.json").exists()
    with pytest.raises(InputError, match=rf"outside a clinic; .* told: pmrl {' '.join(command)} --out"):
        replay(path)


def test_only_the_writer_of_tensorboard_is_quiet(tmp_path: Path, monkeypatch: Any) -> None:
    from tensorboard.summary.writer.event_file_writer import _AsyncWriterThread

    heard: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: heard.append(failed.exc_type))

    def fail(thread: threading.Thread, error: Exception) -> list[Any]:
        def run() -> None:
            raise error

        monkeypatch.setattr(thread, "run", run)
        with ends_said(tmp_path):
            thread.start()
            thread.join()
        return heard

    full = OSError(errno.ENOSPC, "No space left on device")
    assert fail(_AsyncWriterThread(None, None, 1.0), full) == []
    assert fail(threading.Thread(), full) == [OSError]
    assert fail(_AsyncWriterThread(None, None, 1.0), ZeroDivisionError()) == [OSError, ZeroDivisionError]


def test_a_fault_is_one_line_and_exit_code_3(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    right = Clinic.treat

    def treat(self: Clinic, doses: Any, interval: Any = None, assessment: Any = None) -> Any:
        days = right(self, doses, interval, *([] if assessment is None else [assessment]))
        if assessment is not None:
            assessment[3][0, (self.world.day >= 14) & (self.patient == 7)] = np.nan
        return days

    with monkeypatch.context() as patch:
        patch.setattr(Clinic, "treat", treat)
        code, _, err = begun(patch, capsys, tmp_path)
    last = int(generations(tmp_path)[0].name)
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith("pmrl: error: reward is nan for patient 7 of cohort seed ")
    assert f"no policy was written; to see it again: {tmp_path / 'reproduction.json'}" in err
    assert f"the checkpoint of step {last} is whole" in err
    assert not list(tmp_path.glob("dqn*"))
    # Refused as anything else than it was: on another processor, with other threads or packages.
    for name, value in (("processor", lambda: "another"), ("versions", lambda: {"torch": "0"})):
        with monkeypatch.context() as patch:
            patch.setattr(commands_train, name, value)
            code, _, err = run(patch, capsys, "train", "--resume", tmp_path)
        assert (code, err.count("\n")) == (2, 1)
        assert "go on with what it was, or train anew in another folder" in err
    record = json.loads((tmp_path / "training.json").read_text())
    for name, value in (("threads", 2), ("seed", 9), ("steps", 3000), ("drug", "phenytoin")):
        (tmp_path / "training.json").write_text(json.dumps({**record, name: value}))
        code, _, err = run(monkeypatch, capsys, "train", "--resume", tmp_path)
        assert code == 2
        assert f"was trained with {'environment' if name == 'drug' else name}" in err
    (tmp_path / "training.json").write_text(json.dumps(record))
    code, out, err = run(monkeypatch, capsys, "train", "--resume", tmp_path)
    assert (code, err) == (0, "")
    assert f"going on from visit {last:,}" in out
    names = {path.name for path in tmp_path.iterdir()}
    assert {"dqn.json", "dqn.safetensors"} <= names
    assert not {FOLDER, "reproduction.json"} & names


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    written = checkpoints._fill
    calls = [0]

    def fill(*arguments: Any) -> None:
        calls[0] += 1
        if calls[0] == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(*arguments)

    monkeypatch.setattr(checkpoints, "_fill", fill)
    code, _, err = begun(monkeypatch, capsys, tmp_path)
    last = int(generations(tmp_path)[0].name)
    assert (code, err.count("\n")) == (2, 1)
    assert "No space left on device" in err
    assert f"the checkpoint of step {last} is whole: make room, then go on with --resume {tmp_path}" in err


PLACES = {
    "moment": ("model", "optimizer", "state", 0, "exp_avg"),
    "weight": ("model", "policy", "q_net.q_net.0.bias"),
    "observation": ("model", "last", "_last_obs"), "starts": ("model", "last", "_last_episode_starts"),
    "returns": ("model", "env", "returns"), "patients": ("model", "env", "patients", "world.states"),
    "replay": ("model", "replay", "rewards"), "generator": ("model", "random", "torch"),
    "numpy": ("model", "random", "numpy"), "position": ("model", "replay", "pos"), "curve": ("curve",),
    "next": ("next",), "counters": ("model", "counters"), "best": ("best",), "seconds": ("seconds",),
}  # fmt: skip


def test_states_of_other_shapes_are_refused(tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818 - not an error
        pass

    class Once(Keeper):
        def keep(self, steps: int, state: Any) -> None:
            if steps > 300:
                super().keep(steps, state)
                raise Stop

    with pytest.raises(Stop):
        trained("dqn", keeper=Once(tmp_path, ABOUT, 0.0))
    for what, place in PLACES.items():
        wrongs: tuple[Any, ...] = (np.zeros((3, 1, 2)), "text", {"a": 1}, [1, "b"])
        for wrong in wrongs:
            keeper = Keeper(tmp_path, ABOUT, 3600.0)
            assert keeper.found is not None
            tree = keeper.found.state
            for name in place[:-1]:
                tree = tree[name]
            assert place[-1] in tree, what
            tree[place[-1]] = wrong
            with pytest.raises(InputError, match=r"the checkpoint|the state's|posterior"):
                trained("dqn", keeper=keeper)
