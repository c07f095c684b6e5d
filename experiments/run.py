"""A run folder: files are written whole or not at all, and a manifest says where the numbers come from."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pmrl
from pmrl.errors import InputError

MANIFEST = "manifest.json"
PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "torch",
    "stable-baselines3",
    "gymnasium",
    "polars",
    "matplotlib",
)
"""Packages whose version can change a number or a figure."""
_SOURCE = Path(pmrl.__file__).resolve().parents[1]


def make_folder(folder: str | Path) -> Path:
    """Create a run folder, or use an existing one, after making sure that it can be written to.

    Raises:
        InputError: it is a file, or cannot be created or written to.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RecursionError) as error:  # pathlib makes folders one within the other
        raise InputError(_unwritable(folder, "folder", error)) from None


def require_writable(path: str | Path) -> Path:
    """Make sure that a file can be written, without writing it; creates its folder.

    Raises:
        InputError: it is a folder, or its folder cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            f"'{path}' is a folder; give the path of a file in it, such as '{path / 'results.json'}'"
        )
    make_folder(path.parent)
    return path


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write a file whole or not at all: whoever reads it sees the old content or the new.

    A device or a pipe is written to as it is.

    Raises:
        InputError: it cannot be written, for want of rights or of room.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        # Through a link to its target; a device or a pipe is written to, never replaced by a file.
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise InputError(_unwritable(path, "path", error)) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def write_text(path: str | Path, text: str) -> Path:
    """`write_bytes` of text as UTF-8."""
    return write_bytes(path, text.encode("utf-8"))


def write_json(path: str | Path, data: Any) -> Path:
    """Write JSON, NaN and infinity as null, keys in the order they were made in.

    Raises:
        InputError: the file cannot be written.
        TypeError: a value has no JSON form.
    """
    return write_text(path, json.dumps(plain(data), indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def plain(value: Any) -> Any:
    """`value` in JSON's types: numpy scalars and arrays, tuples, paths and dataclasses are converted."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.bool_, np.integer)):
        return value.item()
    if isinstance(value, int):
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, Path):
        return value.as_posix()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")


def manifest(
    command: str,
    seed: int | Mapping[str, int],
    folder: Path | None = None,
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What is needed to get the same numbers again.

    Args:
        command: that made the run, as typed after `pmrl`.
        seed: of the run, or seeds by what they are for.
        folder: whose files are listed with their SHA-256.
        config: resolved settings.
    """
    return {
        "command": command,
        "pmrl": pmrl.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": versions(),
        "platform": {
            "system": platform.system(),
            "machine": platform.machine(),
            "processor": processor(),
            "threads": _threads(),
        },
        "seeds": {"seed": seed} if isinstance(seed, int) else dict(seed),
        "config": plain(config or {}),
        "outputs": {} if folder is None else hashes(folder),
    }


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder by relative path; not of the manifest and TensorBoard's logs."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name != MANIFEST and not path.name.startswith((".", "events.out.tfevents")):
            with path.open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def commit() -> str | None:
    """The commit of the source tree, with "-dirty" where it was changed; None outside a git checkout."""
    if not (_SOURCE / ".git").exists():
        return None
    command = ["git", "-C", str(_SOURCE), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, check=True, text=True, timeout=10.0)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def processor() -> str:
    """The kind of CPU: results repeat bit for bit on the same kind only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _threads() -> int | None:
    # Only a run that used torch has threads to report, and importing it takes seconds.
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())


def versions() -> dict[str, str | None]:
    """Of `PACKAGES`."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _unwritable(path: Path, what: str, error: OSError | RecursionError) -> str:
    why = getattr(error, "strerror", None) or error
    return f"'{path}' cannot be written ({why}); give a {what} that is writable and has room"
