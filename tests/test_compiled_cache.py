"""Compiled kernels are kept between processes, wherever they can be, until a source changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numba
import pytest

import pmrl.compiled
import pmrl.world
from pmrl.compiled import _cache_folder, source_hash

STATS = """
import numba, {module}
stats = {module}.{kernel}.stats
print(numba.config.CACHE_DIR, sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
QUICK = STATS.format(module="pmrl.randomness", kernel="philox")
SLOW = STATS.format(module="pmrl.world", kernel="live")


def run(code: str, **environment: str) -> list[str]:
    """Words printed by a new process that keeps its kernels where the environment says."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "pmrl" / f"kernels-{source_hash()}"
    assert run(QUICK, XDG_CACHE_HOME=str(tmp_path)) == [str(folder), "0", "1"]
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}
    assert any("randomness.philox" in path.name for path in kept)
    assert run(QUICK, XDG_CACHE_HOME=str(tmp_path)) == [str(folder), "1", "0"]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")} == kept


def test_another_process_need_not_compile_what_takes_a_minute() -> None:
    folder = Path(numba.config.CACHE_DIR)  # this process has filled it when it imported pmrl.world
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("world.live*.nb?")}
    assert kept
    assert pmrl.world.live.stats.cache_path in {str(path.parent) for path in kept}
    assert run(SLOW, NUMBA_CACHE_DIR=str(folder)) == [str(folder), "1", "0"]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("world.live*.nb?")} == kept


def test_the_user_may_choose_another_folder(tmp_path: Path) -> None:
    code = "import numba, pmrl.compiled; print(numba.config.CACHE_DIR)"
    (tmp_path / "home").mkdir()
    chosen = run(code, XDG_CACHE_HOME=str(tmp_path / "home"), NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert chosen == [str(tmp_path / "mine")]
    assert list((tmp_path / "home").iterdir()) == []


def test_a_home_that_cannot_be_written_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file where a folder should be stops also a superuser, whom permissions do not.
    (tmp_path / "home").write_text("not a folder")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = _cache_folder()
    assert folder.is_dir()
    assert folder.parent == tmp_path / "temporary"
    assert folder.name.endswith(source_hash())


def test_a_home_that_is_read_only_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError("read-only")

    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert _cache_folder().parent == tmp_path / "temporary"


def test_without_a_cache_home_it_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert _cache_folder() == tmp_path / ".cache" / "pmrl" / f"kernels-{source_hash()}"


SOURCES = ("compiled.py", "world.py", "models/warfarin_hamberg_2010.py", "envs/clinic.py")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of some sources, which the hash is taken of instead."""
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(Path(pmrl.compiled.__file__).parent / name, tmp_path / name)
    monkeypatch.setattr(pmrl.compiled, "_SOURCES", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SOURCES)
def test_a_changed_source_has_another_folder(
    sources: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(sources / "cache"))
    before, folder = source_hash(), _cache_folder()
    assert source_hash() == before
    original = (sources / name).read_bytes()
    (sources / name).write_bytes(original + b"\n")
    assert source_hash() != before
    assert _cache_folder() != folder
    (sources / name).write_bytes(original)
    assert source_hash() == before


def test_an_added_a_renamed_and_a_removed_source_count(sources: Path) -> None:
    hashes = [source_hash()]
    (sources / "models" / "warfarin_new_2030.py").write_text("NEW = 1\n")
    hashes.append(source_hash())
    (sources / "models" / "warfarin_new_2030.py").rename(sources / "models" / "warfarin_newer_2030.py")
    hashes.append(source_hash())
    (sources / "world.py").unlink()
    hashes.append(source_hash())
    assert len(set(hashes)) == len(hashes)
