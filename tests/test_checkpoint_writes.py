"""A full or read-only disk and a kill in the middle of a write leave the last good state, and say so."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_checkpoints import ABOUT, as_text, state, two_generations

from pmrl.errors import InputError
from pmrl.experiments.checkpoint_reading import newest
from pmrl.experiments.checkpoints import Keeper, tidy, write
from pmrl.experiments.run_lock import LOCK, locked

CALLS = ("os.fsync", "os.open", "pathlib.Path.open", "pathlib.Path.mkdir", "pathlib.Path.rename")


class Kill(BaseException):
    """As good as a kill: nothing tidies up after it."""


def failing(monkeypatch: pytest.MonkeyPatch, where: str, at: int, error: BaseException) -> list[int]:
    """Let call number `at` of a function fail; returns how many there were."""
    module, _, name = where.rpartition(".")
    owner: Any = os if module == "os" else Path
    right, calls = getattr(owner, name), [0]

    def call(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == at:
            raise error
        return right(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return calls


def names(run: Path) -> set[str]:
    return {path.name for path in (run / "checkpoints").iterdir()}


def require_steps(run: Path, *allowed: int) -> int:
    found = newest(run, ABOUT)
    assert found is not None
    assert not found.refused
    assert found.steps in allowed
    assert as_text(found.state) == as_text(state(found.steps))
    return found.steps


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("where", CALLS)
def test_whatever_call_fails_the_last_state_stays(tmp_path: Path, where: str, number: int) -> None:
    for at in range(1, 12):
        run = tmp_path / str(at)
        two_generations(run)
        said = ""
        with pytest.MonkeyPatch.context() as patch:
            calls = failing(patch, where, at, OSError(number, os.strerror(number)))
            try:
                write(run, 300, state(300), ABOUT)
            except InputError as error:
                said = str(error)
        # The last flush, and removing what is no longer kept, may fail: the new one is there.
        require_steps(run, 200 if said else 300)
        if said:
            assert said.startswith("no checkpoint of step 300 could be written")
            assert os.strerror(number) in said
            assert "the checkpoint of step 200 is whole: make room, then go on with --resume" in said
            assert names(run) == {"000000000100", "000000000200"}
        if calls[0] < at:
            break
    else:
        pytest.fail("more calls than expected")


@pytest.mark.parametrize("where", CALLS)
def test_whenever_it_is_killed_a_state_stays(tmp_path: Path, where: str) -> None:
    for same in (False, True):
        steps = 200 if same else 300
        for at in range(1, 12):
            run = tmp_path / f"{at}{same}"
            two_generations(run)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("pmrl.experiments.checkpoints.tidy", lambda run: None)
                calls = failing(patch, where, at, Kill())
                with pytest.raises(Kill) if calls[0] >= at else _either():
                    write(run, steps, state(steps), ABOUT)
            keeper = Keeper(run, ABOUT, 0.0)
            assert keeper.found is not None
            assert keeper.found.steps in {200, steps}
            assert not keeper.found.refused
            assert not any(name.startswith(".") for name in names(run))
            if calls[0] < at:
                break


class _either:  # noqa: N801 - reads as a context
    """A kill, or none."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, *rest: object) -> bool:
        return kind is Kill


def test_ctrl_c_in_a_write_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_generations(tmp_path)
    failing(monkeypatch, "os.fsync", 2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, 300, state(300), ABOUT)
    assert names(tmp_path) == {"000000000100", "000000000200"}


@pytest.mark.parametrize("room", [0, 100, 2_000, 30_000])
def test_a_file_that_cannot_grow(tmp_path: Path, room: int) -> None:
    two_generations(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = {**state(300), "replay": np.zeros(10_000)}
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        with pytest.raises(InputError, match=r"File too large.*the checkpoint of step 200 is whole"):
            write(tmp_path, 300, large, ABOUT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == {"000000000100", "000000000200"}
    require_steps(tmp_path, 200)


def test_without_any_checkpoint_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "os.fsync", 1, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(InputError, match=r"No space left on device.*there is no checkpoint yet"):
        write(tmp_path, 300, state(300), ABOUT)
    assert names(tmp_path) == set()


def test_what_a_killed_run_left_is_removed_at_the_start(tmp_path: Path) -> None:
    last = two_generations(tmp_path)
    for name in (".unfinished-000000000300", ".removed-000000000050", ".replaced-000000000200"):
        (last.parent / name).mkdir()
        (last.parent / name / "arrays.npz").write_bytes(b"half")
    tidy(tmp_path)
    assert names(tmp_path) == {"000000000100", "000000000200"}
    last.rename(last.with_name(".replaced-000000000200"))
    assert require_steps(tmp_path, 100)
    tidy(tmp_path)
    require_steps(tmp_path, 200)


def test_nothing_that_is_not_a_number_is_packed(tmp_path: Path) -> None:
    two_generations(tmp_path)
    with pytest.raises(FloatingPointError, match="nan in the state"):
        write(tmp_path, 300, {**state(300), "rate": float("nan")}, ABOUT)
    assert names(tmp_path) == {"000000000100", "000000000200"}


HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: S603
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=r"another training is running in .*--out"), locked(tmp_path):
            pytest.fail("locked twice")
        holder.kill()
        holder.wait()
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()


def test_disks_without_locks_and_folders_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", without)
        with (
            pytest.raises(InputError, match=r"cannot lock .*No locks available.*a local one"),
            locked(tmp_path),
        ):
            pytest.fail("locked without a lock")
    shutil.rmtree(tmp_path)
    tmp_path.write_text("a file")
    with pytest.raises(InputError, match=r"cannot write to .*give a folder"), locked(tmp_path):
        pytest.fail("locked a file")
