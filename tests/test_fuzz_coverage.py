"""Coverage-guided fuzzing, every night where atheris is installed; see `fuzz/coverage_guided.py`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz_targets import FILES, TEXTS

DRIVER = Path(__file__).resolve().parent / "fuzz" / "coverage_guided.py"


@pytest.mark.nightly
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("target", [*TEXTS, *FILES])
def test_no_new_path_ends_in_a_traceback(target: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(DRIVER), target], cwd=tmp_path, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr[-3000:]
