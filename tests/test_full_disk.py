"""A disk that really is full, where the machine lets us make a small one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmrl.experiments.checkpoint_reading import FOLDER, generations

MAIN = "from pmrl.experiments.cli import main; main()"
TRAIN = (
    "train",
    "warfarin",
    "--steps",
    "60000",
    "--threads",
    "1",
    "--checkpoint-seconds",
    "0",
    "-s",
    "days=28",
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Of 30 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


def command(*arguments: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-c", MAIN, *arguments]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def fill(disk: Path) -> Path:
    """A file that takes all that is left."""
    path = disk / "fill"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


@pytest.mark.nightly
@pytest.mark.parametrize("begun", [False, True], ids=["no checkpoint yet", "checkpoints"])
def test_a_training_on_a_full_disk_stops_in_one_line_and_goes_on(begun: bool, disk: Path) -> None:
    run = disk / "run"
    process = command(*TRAIN, "--out", str(run))
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline and process.poll() is None:
        if (len(generations(run)) >= 2) if begun else (run / "training.json").exists():
            break
        time.sleep(0.005)
    filler = fill(disk)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err.count("\n")) == (2, 1), err
    assert "No space left on device" in err
    assert all(not path.name.startswith(".") for path in run.glob(f"{FOLDER}/*"))
    assert (f"make room, then go on with --resume {run}" if begun else "make room, then train anew") in err
    assert f"the checkpoint of step {int(generations(run)[0].name)} is whole" in err if begun else True
    filler.unlink()
    again = ("train", "--resume", str(run)) if begun else (*TRAIN, "--out", str(run))
    process = command(*again)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert (run / "ppo.json").exists()
