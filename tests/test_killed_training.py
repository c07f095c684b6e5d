"""kill -9 at any moment, also in the middle of a write, and the weights are those of a training in one go."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_resume import trained

from pmrl.agents import policy_file
from pmrl.experiments.checkpoint_reading import FOLDER, generations

SCRIPT = Path(__file__).with_name("killed_training.py")


def begin(algorithm: str, run: Path, slow: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SCRIPT), algorithm, str(run), str(slow)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=SCRIPT.parent)  # noqa: S603


def kill_until_done(algorithm: str, run: Path, kills: int, seed: int) -> dict[str, int]:
    """Start the training again and again, each killed at random after it began to write, then let it end."""
    chance, counted = np.random.default_rng(seed), {"kills": 0, "in a write": 0}
    while counted["kills"] < kills:
        process = begin(algorithm, run, 0.004)
        # So that each gets somewhere: wait for a checkpoint of its own, then for some time more.
        before = generations(run)[:1]
        while process.poll() is None and generations(run)[:1] == before:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.15))
        if process.poll() is not None:
            process.communicate()
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        counted["kills"] += 1
        counted["in a write"] += any(path.name.startswith(".") for path in (run / FOLDER).iterdir())
    process = begin(algorithm, run, 0.0)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    return counted


def require_weights_of_one_go(algorithm: str, run: Path) -> None:
    _, found = policy_file.read(run / "finished.json")
    for name, values in trained(algorithm).policy.weights.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_two_kills_change_nothing(algorithm: str, tmp_path: Path) -> None:
    counted = kill_until_done(algorithm, tmp_path, 2, seed=1)
    assert counted["kills"] == 2
    require_weights_of_one_go(algorithm, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "ppo-posterior", "dqn-posterior"])
def test_many_kills_change_nothing(algorithm: str, tmp_path: Path) -> None:
    total = in_write = attempt = 0
    while total < 20:
        run = tmp_path / str(attempt)
        counted = kill_until_done(algorithm, run, 8, seed=attempt)
        require_weights_of_one_go(algorithm, run)
        total, in_write = total + counted["kills"], in_write + counted["in a write"]
        attempt += 1
    assert in_write >= 3
