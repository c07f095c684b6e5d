"""Ctrl-C in a real process: it ends, says what was kept, and that is a valid comparison."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pmrl.experiments.termination import HANGUP

# Whoever starts the tests under nohup makes them ignore a terminal that is closed, and what they start, too.
MAIN = (
    "import signal; hangup = getattr(signal, 'SIGHUP', None); "
    "hangup and signal.signal(hangup, signal.SIG_DFL); "
    "from pmrl.experiments.cli import main; main()"
)
TESTS = Path(__file__).parent


def start(*arguments: object) -> subprocess.Popen[str]:
    """`pmrl benchmark warfarin ARGUMENTS` with the policies of this folder at hand."""
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", MAIN, "benchmark", "warfarin", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.mark.parametrize(
    ("sent", "threads", "patients"),
    [(signal.SIGINT, 2, 1_000_000), *((end, 1, 19_000) for end in (signal.SIGTERM, HANGUP) if end)],
)
def test_what_was_finished_is_kept(tmp_path: Path, sent: signal.Signals, threads: int, patients: int) -> None:
    process = start(
        "--policies", "announcing_policy:Announcing", "--patients", patients, "--days", 10, "--chunk", 64,
        "--threads", threads, "--out", tmp_path / "out", "--json", tmp_path / "numbers.json",
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "announcing" in out
    assert err.startswith("pmrl: interrupted: ")
    assert err.count("\n") == 1
    found = json.loads((tmp_path / "numbers.json").read_text())
    assert found == json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["interrupted"] is True
    assert found["patients"] >= 128
    assert found["patients"] % 64 == 0
    assert f"{found['patients']} of {patients} patients" in err
    kept = next((tmp_path / "out").rglob("*.parquet"))
    table = pl.read_parquet(kept)
    assert table.height == found["patients"] * len(found["policies"])
    ttr = table.filter(pl.col("policy") == "announcing")["ttr"].mean()
    assert found["policies"]["announcing"]["ttr"]["mean"] == pytest.approx(ttr)
    names = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert names == {"results.json", "manifest.json", kept.name}
