"""Checkpoints on disk: written aside, flushed, renamed; hashed, two generations kept; read with suspicion.

A generation is a folder `checkpoints/000000123456`, named by the steps done, of `state.json`, `arrays.npz`
and `manifest.json`. The manifest holds the SHA-256 and size of the others and what the training was: a hash
shows damage, not forgery, so files are read as if an enemy had written them all the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmrl.agents import safe_arrays
from pmrl.agents.state_tree import pack, unpack
from pmrl.errors import InputError

FOLDER, MANIFEST, STATE, ARRAYS, LOCK = "checkpoints", "manifest.json", "state.json", "arrays.npz", ".lock"
FORMAT = 1
KEPT = 2
"""Generations: if the newest is damaged, there is one before it."""
_LARGEST_TEXT = 64 * 2**20
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Found:
    """The newest generation that can be trusted: steps done, the state, and why newer ones cannot."""

    steps: int
    state: Any
    refused: tuple[str, ...]


class Keeper:
    """Keeps the checkpoints of one training, the first after `every_seconds`.

    Args:
        run: the training's folder.
        about: what the training is, which a resumed one must be, too.
        every_seconds: between checkpoints.

    Raises:
        InputError: there are checkpoints, and none of them can be used.
    """

    def __init__(self, run: Path, about: Mapping[str, Any], every_seconds: float) -> None:
        self.run, self.about, self.every_seconds = run, about, every_seconds
        self.found = newest(run, about)
        self._last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether the last one is old enough."""
        return time.monotonic() - self._last >= self.every_seconds

    def keep(self, steps: int, state: Any) -> None:
        """Write one; see `write`."""
        write(self.run, steps, state, self.about)
        self._last = time.monotonic()


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """Nobody else trains in this folder meanwhile; the lock goes with the process, however it ends.

    Raises:
        InputError: somebody does.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        file = (run / LOCK).open("a")
    except OSError as error:
        raise InputError(f"cannot write to {run}: {error.strerror}; give a folder that is writable") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"another training is running in {run}: wait for it, or give another folder with --out"
            ) from None
        yield


def write(run: Path, steps: int, state: Any, about: Mapping[str, Any]) -> Path:
    """Write a generation whole or not at all, and remove those that are no longer kept.

    Args:
        run: the training's folder.
        steps: done so far.
        state: of nested dicts, lists, numbers, arrays and tensors.
        about: what the training is, which a resumed one must be, too.

    Raises:
        InputError: there is no room, or no right to write; older generations are then as they were.
    """
    folder = run / FOLDER
    unfinished = folder / f"{_UNFINISHED}{steps:012d}"
    final = folder / f"{steps:012d}"
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        tree, arrays = pack(state)
        with (unfinished / ARRAYS).open("wb") as file:
            safe_arrays.write(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        _write_text(unfinished / STATE, json.dumps(tree, allow_nan=False))
        files = {name: _described(unfinished / name) for name in (ARRAYS, STATE)}
        manifest = {"format": FORMAT, "steps": steps, "about": dict(about), "files": files}
        _write_text(unfinished / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False))
        _sync(unfinished)
        if final.exists():
            shutil.rmtree(final)
        unfinished.rename(final)
        _sync(folder)
        for old in generations(run)[KEPT:]:
            shutil.rmtree(old)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        last = next(iter(generations(run)), None)
        kept = f"the checkpoint of step {int(last.name)} is whole" if last else "there is no checkpoint yet"
        raise InputError(
            f"no checkpoint of step {steps} could be written in {folder} ({error.strerror}); {kept}: make "
            f"room, then go on with --resume {run}"
        ) from None
    return final


def generations(run: Path) -> list[Path]:
    """Folders of finished generations, the newest first."""
    folder = run / FOLDER
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.name.isdigit() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def newest(run: Path, about: Mapping[str, Any]) -> Found | None:
    """The newest generation that is whole; None where there is none at all.

    Raises:
        InputError: none of those that are there can be used, with the reason for each; or the newest is of
            another training.
    """
    refused: list[str] = []
    for folder in generations(run):
        try:
            return Found(int(folder.name), _read(folder, about), tuple(refused))
        except DamagedError as error:
            refused.append(str(error))
    if refused:
        raise InputError(
            f"no checkpoint in {run} can be used: {'; '.join(refused)}. Train anew in another folder"
        )
    return None


class DamagedError(InputError):
    """A generation that is not as it was written."""


def _read(folder: Path, about: Mapping[str, Any]) -> Any:
    """The state of one generation.

    Raises:
        DamagedError: it is truncated, changed, or no checkpoint.
        InputError: it is of another version, drug or configuration.
    """
    manifest = _json(folder / MANIFEST)
    if not isinstance(manifest, dict) or set(manifest) != {"format", "steps", "about", "files"}:
        raise DamagedError(f"{folder.name}: {MANIFEST} is not one of a checkpoint")
    if manifest["format"] != FORMAT:
        raise InputError(
            f"checkpoint {folder} has format {manifest['format']}; this version of pmrl reads {FORMAT}: "
            "resume with the version that wrote it"
        )
    require_alike(folder, manifest["about"], about)
    files = manifest["files"]
    if manifest["steps"] != int(folder.name) or not isinstance(files, dict) or set(files) != {ARRAYS, STATE}:
        raise DamagedError(f"{folder.name}: {MANIFEST} does not describe this checkpoint")
    for name, described in files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise DamagedError(f"{folder.name}: {name} is missing")
        if _described(path) != described:
            raise DamagedError(f"{folder.name}: {name} is not what was written (SHA-256 or size differ)")
    try:
        return unpack(_json(folder / STATE), safe_arrays.read(folder / ARRAYS))
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DamagedError(f"{folder.name}: {STATE} and {ARRAYS} do not belong together: {error}") from None


def require_alike(folder: Path, written: Any, now: Mapping[str, Any]) -> None:
    """A training goes on bit for bit only as what it was.

    Raises:
        InputError: it was another, with the first difference.
    """
    if not isinstance(written, dict):
        raise DamagedError(f"{folder.name}: {MANIFEST} does not say what was trained")
    for name in [*now, *(set(written) - set(now))]:
        if written.get(name) != now.get(name):
            raise InputError(
                f"checkpoint {folder} was trained with {name} {written.get(name)!r}, this run has "
                f"{now.get(name)!r}: go on with what it was, or train anew in another folder"
            )


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _json(path: Path) -> Any:
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST_TEXT:
            raise DamagedError(
                f"{path.parent.name}: {path.name} is a link, or too large for one of a checkpoint"
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DamagedError(f"{path.parent.name}: {path.name} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise DamagedError(f"{path.parent.name}: {path.name} is not JSON: cut off or changed") from None


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
