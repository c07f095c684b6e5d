"""Time and peak memory of a benchmark as a whole process, by the number of patients."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pmrl.agents.registry import policy
from pmrl.envs.registry import therapy


def trial(patients, threads):
    """Run it as its own process; the peak of its memory in MB."""
    command = [sys.executable, "-m", "pmrl.experiments.cli", "benchmark", "warfarin", "--policies", "aurora"]
    command += ["--patients", str(patients), "--days", "90", "--threads", str(threads)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1024.0


@pytest.mark.parametrize(
    ("patients", "threads"), [(50_000, 1), (50_000, 2), (100_000, 2), (200_000, 2), (400_000, 2)]
)
def test_trial(benchmark, patients, threads):
    assert policy("aurora", therapy("warfarin")).kind == "rule"
    benchmark.group = "pmrl benchmark warfarin --policies aurora --days 90, as a whole"
    peak = benchmark.pedantic(trial, (patients, threads), rounds=1)
    benchmark.extra_info.update(amount=patients, unit="patients", seconds=f"{benchmark.stats.stats.min:.1f}")
    benchmark.extra_info["peak"] = f"{peak:.0f} MB"
