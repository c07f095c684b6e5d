"""Where a command writes: never over a file that it reads, nor one of its own files over another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pmrl.errors import InputError
from pmrl.experiments.run import MANIFEST

RESULTS = "results.json"
WRITTEN = (
    RESULTS, MANIFEST, "report.html", "patients.parquet", "courses.csv", "visits-*.csv", "tuned.json",
    "training.json", "reproduction.json",
)  # fmt: skip
"""Files that commands write into a folder, beside policies and what lies in folders of its own."""


def is_written(name: str) -> bool:
    """Whether a command may write a file of that name into a folder."""
    return any(Path(name).match(pattern) for pattern in WRITTEN)


def require_apart(json_file: Path | None, folder: Path | None, others: Sequence[Path]) -> None:
    """Raise an `InputError` where a file would be written over that is still needed.

    Args:
        json_file: for the numbers, or None.
        folder: for everything, or None.
        others: files that the command reads, and policies that it writes; names that are no files, such as
            those of shipped policies and cohorts, do not matter.
    """
    needed = {path.resolve(): path for path in others}
    target = None if json_file is None else json_file.resolve()
    if target in needed:
        raise InputError(f"--json {json_file} is another file of this command: give another name")
    if folder is None:
        return
    inside = folder.resolve()
    for path, given in needed.items():
        if path.parent == inside and path.is_file() and is_written(path.name):
            raise InputError(f"'{given}' is read, and --out {folder} writes over it: give another folder")
    if target is not None and target.parent == inside and target.name != RESULTS and is_written(target.name):
        raise InputError(
            f"--json {json_file}: {target.name} is another file of the folder: give another name"
        )
