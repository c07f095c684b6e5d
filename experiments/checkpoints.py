"""Checkpoints on disk: written aside, flushed, renamed; hashed, two generations kept.

A generation is a folder `checkpoints/000000123456`, named by the steps done, of `state.json`, `arrays.npz`
and `manifest.json`. The manifest holds the SHA-256 and size of the others and of itself, and what the
training was. Names with a dot are of generations that are being written, replaced or removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pmrl.agents import safe_arrays
from pmrl.agents.state_tree import pack
from pmrl.errors import InputError
from pmrl.experiments.checkpoint_reading import (
    ARRAYS,
    FOLDER,
    FORMAT,
    MANIFEST,
    STATE,
    Found,
    described,
    generations,
    last_whole,
    newest,
    next_step,
    signed,
)

KEPT = 2
"""Generations: if the newest is damaged, there is one before it."""
_UNFINISHED, _REPLACED, _REMOVED = ".unfinished-", ".replaced-", ".removed-"


class Keeper:
    """Keeps the checkpoints of one training, the first after `every_seconds`.

    Only for whoever holds the folder's `pmrl.experiments.run_lock`: what a killed training left half is
    tidied up.

    Args:
        run: the training's folder.
        about: what the training is, which a resumed one must be, too.
        every_seconds: between checkpoints.

    Raises:
        InputError: there are checkpoints, and none of them can be used.
    """

    def __init__(self, run: Path, about: Mapping[str, Any], every_seconds: float) -> None:
        self.run, self.about, self.every_seconds = run, about, every_seconds
        tidy(run)
        self.found: Found | None = newest(run, about)
        self._last = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether the last one is old enough."""
        return time.monotonic() - self._last >= self.every_seconds

    def keep(self, steps: int, state: Any) -> None:
        """Write one; see `write`."""
        write(self.run, steps, state, self.about)
        self._last = time.monotonic()


def tidy(run: Path) -> None:
    """Remove what a killed training left half, and put back what it was about to replace."""
    folder = run / FOLDER
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(_REPLACED):
            final = folder / path.name.removeprefix(_REPLACED)
            with contextlib.suppress(OSError):
                if not final.exists():
                    path.rename(final)
        if path.name.startswith((_UNFINISHED, _REPLACED, _REMOVED)):
            shutil.rmtree(path, ignore_errors=True)


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
        tidy(run)
        unfinished.mkdir(parents=True)
        _fill(unfinished, steps, state, about)
        _put_in_place(unfinished, final)
    except OSError as error:
        tidy(run)
        raise InputError(
            f"no checkpoint of step {steps} could be written in {folder} ({error.strerror or error}); "
            f"{last_whole(run)}: make room, then {next_step(run)}"
        ) from None
    except BaseException:
        # Also Ctrl-C: nothing half stays.
        tidy(run)
        raise
    if _is_on_disk(folder):
        for old in generations(run)[KEPT:]:
            _remove(old)
    return final


def _fill(unfinished: Path, steps: int, state: Any, about: Mapping[str, Any]) -> None:
    """Write the three files of a generation and flush them to the disk."""
    tree, arrays = pack(state)
    with (unfinished / ARRAYS).open("wb") as file:
        safe_arrays.write(file, arrays)
        file.flush()
        os.fsync(file.fileno())
    _write_text(unfinished / STATE, json.dumps(tree, allow_nan=False))
    files = {name: described(unfinished / name) for name in (ARRAYS, STATE)}
    manifest = signed({"format": FORMAT, "steps": steps, "about": dict(about), "files": files})
    _write_text(unfinished / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False))
    _sync(unfinished)


def _put_in_place(unfinished: Path, final: Path) -> None:
    """Give a generation its name; one of the same steps is put back by `tidy` if that is cut short."""
    replaced = final.with_name(f"{_REPLACED}{final.name}")
    if final.exists():
        final.rename(replaced)
    unfinished.rename(final)
    shutil.rmtree(replaced, ignore_errors=True)


def _remove(generation: Path) -> None:
    """Remove a generation; if that is cut short, what is left does not look like one."""
    removed = generation.with_name(f"{_REMOVED}{generation.name}")
    try:
        generation.rename(removed)
    except OSError:
        return
    shutil.rmtree(removed, ignore_errors=True)


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    # Windows flushes no folders.
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_on_disk(folder: Path) -> bool:
    """Whether the folder could be flushed; older generations stay until it can."""
    try:
        _sync(folder)
    except OSError:
        return False
    return True
