"""Checkpoints read with suspicion: the newest generation that is whole, and why newer ones are not.

A hash shows damage, not forgery, so files are read as if an enemy had written them all the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmrl.agents import safe_arrays
from pmrl.agents.state_tree import unpack
from pmrl.errors import InputError
from pmrl.plain_file import read_plain
from pmrl.strict_json import parse_json

FOLDER, MANIFEST, STATE, ARRAYS = "checkpoints", "manifest.json", "state.json", "arrays.npz"
FORMAT = 2
_LARGEST_TEXT = 64 * 2**20
_GENERATION = re.compile(r"[0-9]{12}")
_KEYS = {"format", "steps", "about", "files", "sha256"}


@dataclass(frozen=True)
class Found:
    """The newest generation that can be trusted: steps done, the state, and why newer ones cannot."""

    steps: int
    state: Any
    refused: tuple[str, ...]


class DamagedError(InputError):
    """A generation that is not as it was written."""


def generations(run: Path) -> list[Path]:
    """Folders of finished generations, the newest first."""
    folder = run / FOLDER
    if not folder.is_dir():
        return []
    found = [
        path
        for path in folder.iterdir()
        if _GENERATION.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    ]
    return sorted(found, key=lambda path: path.name, reverse=True)


def last_whole(run: Path) -> str:
    """What there is to go on from, for a message."""
    last = next(iter(generations(run)), None)
    return f"the checkpoint of step {int(last.name)} is whole" if last else "there is no checkpoint yet"


def next_step(run: Path) -> str:
    """What to do, for a message."""
    return f"go on with --resume {run}" if generations(run) else "train anew"


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


def signed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with the SHA-256 of itself, so that damage does not pass for another training."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return {**manifest, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def described(path: Path) -> dict[str, Any]:
    """SHA-256 and size of a file."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _read(folder: Path, about: Mapping[str, Any]) -> Any:
    """The state of one generation.

    Raises:
        DamagedError: it is truncated, changed, or no checkpoint.
        InputError: it is of another version, drug or configuration.
    """
    manifest = _manifest(folder)
    require_alike(folder, manifest["about"], about)
    files = manifest["files"]
    if manifest["steps"] != int(folder.name) or not isinstance(files, dict) or set(files) != {ARRAYS, STATE}:
        raise DamagedError(f"{folder.name}: {MANIFEST} does not describe this checkpoint")
    for name, written in files.items():
        if _described(folder / name) != written:
            raise DamagedError(f"{folder.name}: {name} is not what was written (SHA-256 or size differ)")
    try:
        return unpack(_json(folder / STATE), safe_arrays.read(folder / ARRAYS))
    except DamagedError:
        raise
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise DamagedError(f"{folder.name}: {STATE} and {ARRAYS} do not belong together: {error}") from None


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of one generation, as it was written.

    Raises:
        DamagedError: it was changed, or is none.
        InputError: it is of another version.
    """
    manifest = _json(folder / MANIFEST)
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise DamagedError(f"{folder.name}: {MANIFEST} is not one of a checkpoint")
    own = {name: value for name, value in manifest.items() if name != "sha256"}
    try:
        is_whole = signed(own) == manifest
    except (ValueError, RecursionError):
        is_whole = False
    if not is_whole:
        raise DamagedError(f"{folder.name}: {MANIFEST} is not what was written (its SHA-256 differs)")
    if manifest["format"] != FORMAT:
        raise InputError(
            f"checkpoint {folder} has format {manifest['format']}; this version of pmrl reads {FORMAT}: "
            "resume with the version that wrote it"
        )
    if set(manifest) != _KEYS:
        raise DamagedError(f"{folder.name}: {MANIFEST} is not one of a checkpoint")
    return manifest


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
    if path.is_symlink() or not path.is_file():
        raise DamagedError(f"{path.parent.name}: {path.name} is missing, or no plain file")
    try:
        return described(path)
    except OSError as error:
        raise DamagedError(f"{path.parent.name}: {path.name} cannot be read ({error.strerror})") from None


def _json(path: Path) -> Any:
    try:
        return parse_json(read_plain(path, _LARGEST_TEXT, "a file of a checkpoint"))
    except InputError as error:
        raise DamagedError(f"{path.parent.name}: {error}") from None
    except ValueError as error:
        raise DamagedError(
            f"{path.parent.name}: {path.name} is not JSON, cut off or changed: {error}"
        ) from None
