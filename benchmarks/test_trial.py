"""Time and peak memory of a benchmark as a whole process, by the number of patients."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pmrl.agents.registry import policy
from pmrl.envs.registry import therapy

_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024.0)
sys.exit(code)
"""


def trial(patients, threads):
    """Run it as a process of a small process of its own, whose memory does not count; its peak in MB."""
    command = [sys.executable, "-m", "pmrl.experiments.cli", "benchmark", "warfarin", "--policies", "aurora"]
    command += ["--patients", str(patients), "--days", "90", "--threads", str(threads)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _PEAK, *command], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


@pytest.mark.parametrize(
    ("patients", "threads"), [(100_000, 1), (100_000, 2), (200_000, 2), (400_000, 2), (1_000_000, 2)]
)
def test_trial(benchmark, patients, threads):
    assert policy("aurora", therapy("warfarin")).kind == "rule"
    benchmark.group = "pmrl benchmark warfarin --policies aurora --days 90, as a whole"
    peak = benchmark.pedantic(trial, (patients, threads), rounds=1)
    benchmark.extra_info.update(amount=patients, unit="patients", peak=f"{peak:.0f} MB")
