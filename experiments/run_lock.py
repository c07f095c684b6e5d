"""One training at a time in a folder: a lock that goes with the process, however it ends."""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pmrl.errors import InputError

LOCK = ".lock"
_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """Nobody else trains in this folder meanwhile.

    Raises:
        InputError: somebody does, or the folder can be neither written to nor locked.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        file = (run / LOCK).open("a", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {run}: {error.strerror}; give a folder that is writable") from None
    with file:
        try:
            _take(file)
        except OSError as error:
            if error.errno in _HELD:
                raise InputError(
                    f"another training is running in {run}: wait for it, or give another folder with --out"
                ) from None
            raise InputError(
                f"cannot lock {run / LOCK} ({error.strerror}): give a folder on a disk that has locks, such "
                "as a local one"
            ) from None
        yield
