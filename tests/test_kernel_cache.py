"""Any number of processes may fill a cold cache of kernels together, and may be killed while they do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import pytest
from numba.core.caching import IndexDataCacheFile, NullCache

from pmrl import kernel_cache
from pmrl.kernel_cache import KernelFiles

SOURCE = """
import {module}

@{module}.njit({options})
def double(x):
    return x + x
"""
"""A function whose code for one type of argument, when handed another type, returns another number."""

OURS, NUMBAS = ("pmrl.kernel_cache", ""), ("numba", "cache=True")
ARGUMENTS = ("3", "(0.5 + 2j)", "1.25")
DOUBLED = ["6", "(1+4j)", "2.5"]

CALL = """
import os, pathlib, signal, sys, time
at_rename, me, everybody, argument = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), eval(sys.argv[4])
meeting, rename, renames = pathlib.Path.cwd() / "meeting", os.replace, 0

def wait_for(*names):
    late = time.monotonic() + 100
    while not all((meeting / name).exists() for name in names):
        assert time.monotonic() < late, names
        time.sleep(0.005)

def together(source, target):
    # Everybody is about to put a file in its place. One does it after the other, next time in reverse order.
    global renames
    order = list(range(everybody))[:: 1 if renames % 2 == 0 else -1]
    (meeting / f"{renames} {me} here").touch()
    wait_for(*(f"{renames} {other} here" for other in order))
    wait_for(*(f"{renames} {other} done" for other in order[: order.index(me)]))
    rename(source, target)
    (meeting / f"{renames} {me} done").touch()
    renames += 1

def killed(source, target):
    # Before the file gets its place, of as many as `me` says that get theirs.
    global renames
    if renames == me:
        os._exit(9) if os.name == "nt" else os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target)
    renames += 1

def refused(*_):
    raise PermissionError("a read-only disk")

os.replace = {"rename": rename, "together": together, "killed": killed, "refused": refused}[at_rename]
import double
print(double.double(argument), double.double(argument), sum(double.double.stats.cache_hits.values()))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return with_kernel(tmp_path, *OURS)


def with_kernel(folder: Path, module: str, options: str) -> Path:
    """The folder, now with the kernel that processes in it can import."""
    (folder / "double.py").write_text(SOURCE.format(module=module, options=options))
    (folder / "meeting").mkdir()
    return folder


def begin(folder: Path, argument: str, *how: object) -> subprocess.Popen[str]:
    """A process that doubles the argument, twice, with a cache that starts cold."""
    how = how or ("rename", 0, 1)
    return subprocess.Popen(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", CALL, *map(str, how), argument],
        cwd=folder,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")},
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[str, int]:
    """What it printed both times, and how many kernels it found in the cache."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    first, second, hits = out.split()
    assert first == second
    return first, int(hits)


def all_at_once(folder: Path) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What processes that fill the cold cache together find, and later ones, one after the other."""
    n = len(ARGUMENTS)
    together = [begin(folder, argument, "together", i, n) for i, argument in enumerate(ARGUMENTS)]
    return [end(process) for process in together], [end(begin(folder, argument)) for argument in ARGUMENTS]


@pytest.mark.slow
def test_processes_that_fill_the_cache_together_never_mix_up_signatures(folder: Path) -> None:
    together, later = all_at_once(folder)
    assert together == [(doubled, 0) for doubled in DOUBLED]
    assert later == [(doubled, 1) for doubled in DOUBLED]


@pytest.mark.slow
def test_numba_alone_would_mix_them_up(tmp_path: Path) -> None:
    """That the test above can fail; should this one, numba has mended its cache and ours can go."""
    together, later = all_at_once(with_kernel(tmp_path, *NUMBAS))
    assert together == [(doubled, 0) for doubled in DOUBLED]
    assert [found for found, _ in later] == ["6", "(1+4j)", "2"]


@pytest.mark.slow
@pytest.mark.parametrize("files_before", [0, 1, 2])
def test_a_process_killed_while_it_writes_leaves_nothing_wrong(folder: Path, files_before: int) -> None:
    killed = begin(folder, "3", "killed", files_before, 1)
    assert killed.communicate(timeout=120)[0] == ""
    assert killed.returncode in (-9, 9)
    assert [end(begin(folder, "3")) for _ in range(2)] == [("6", 0), ("6", 1)]


@pytest.mark.slow
def test_where_nothing_can_be_written_kernels_work_all_the_same(folder: Path) -> None:
    assert [end(begin(folder, "3", "refused", 0, 1)) for _ in range(2)] == [("6", 0), ("6", 0)]
    assert not [path for path in (folder / "cache").rglob("*") if path.is_file()]


def files_in(folder: Path, function: str = "kernel", source: str = "source") -> KernelFiles:
    return KernelFiles(IndexDataCacheFile, str(folder), function, source)


def test_what_is_saved_is_loaded_under_its_own_key_only(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    files.save(("float64",), "of floats")
    files.save(("int64",), "of integers")
    files.save(("float64",), "of floats, again")
    assert files.load(("float64",)) == "of floats, again"
    assert files.load(("int64",)) == "of integers"
    assert files.load(("bool",)) is None


def test_no_file_is_of_two_keys_or_sources(tmp_path: Path) -> None:
    written: set[Path] = set()
    for source in ("source", "changed source"):
        for key in ("float64", "int64"):
            files = files_in(tmp_path, source=source)
            assert files.load(key) is None
            files.save(key, f"{key} of {source}")
            assert len(set(tmp_path.iterdir()) - written) == 2
            written = set(tmp_path.iterdir())
    assert files_in(tmp_path).load("float64") == "float64 of source"


def test_a_file_under_the_name_of_another_key_is_not_taken(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    files.save("float64", "of floats")
    (theirs,) = tmp_path.glob("*.nbi")
    files.save("int64", "of integers")
    (other,) = set(tmp_path.glob("*.nbi")) - {theirs}
    os.replace(theirs, other)
    assert files.load("int64") is None


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("harm", [lambda b: b[:-1], lambda b: b[:10], lambda b: b"", lambda b: b"x" + b[1:]])
def test_a_damaged_file_is_not_taken(tmp_path: Path, kind: str, harm: Callable[[bytes], bytes]) -> None:
    files = files_in(tmp_path)
    files.save("key", "data")
    (path,) = tmp_path.glob(f"*.{kind}")
    path.write_bytes(harm(path.read_bytes()))
    assert files.load("key") is None
    files.save("key", "data")
    assert files.load("key") == "data"


def test_a_flush_forgets_this_function_and_no_other(tmp_path: Path) -> None:
    files, other = files_in(tmp_path), files_in(tmp_path, "kernels")
    for each in (files, other):
        each.save("key", "data")
    files.flush()
    assert files.load("key") is None
    assert other.load("key") == "data"


def test_a_folder_that_is_none_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files = files_in(tmp_path / "file")
    files.save("key", "data")
    assert files.load("key") is None


def triple(x: float) -> float:
    return 3 * x


def test_a_numba_that_keeps_its_files_otherwise_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexDataCacheFile, "load", lambda self, key, more: None)
    kernel_cache._warn_that_nothing_is_kept.cache_clear()
    with pytest.warns(RuntimeWarning, match="install the version of numba that constraints.txt has"):
        kernel = kernel_cache.njit()(triple)
    assert isinstance(kernel._cache, NullCache)
    assert kernel(2.0) == 6.0
    assert kernel_cache.njit()(triple)(2.0) == 6.0  # and warned once


def test_a_kernel_with_signatures_compiles_no_other() -> None:
    kernel = kernel_cache.njit(numba.float64(numba.float64))(triple)
    assert [str(s.return_type) for s in kernel.nopython_signatures] == ["float64"]
    with pytest.raises(TypeError, match="No matching definition"):
        kernel("a")
