"""Opening a file that somebody else may have put there: never a link, a device, a pipe or a folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from pmrl.errors import InputError


def open_plain(path: Path, largest: int, what: str) -> BinaryIO:
    """Open a file for reading; what is checked is what is read, whoever changes the path meanwhile.

    Folders on the way may be links, the file itself may not: in a folder that was unpacked from elsewhere a
    link leads to any file of this machine. A pipe is refused without waiting for whoever writes to it.

    Args:
        path: of the file.
        largest: bytes it may have.
        what: it should be, such as "a policy of pmrl".

    Raises:
        InputError: it is no plain file, cannot be read, or is too large.
    """
    try:
        # A pipe would be waited for, and a terminal could become the one that controls this process.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        if path.is_symlink():
            raise OSError(errno.ELOOP, "a link")
        descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(f"{path} is a link: give the file that it leads to, as {what}") from None
        raise InputError(f"cannot read {path}: {error.strerror}; give the path of {what}") from None
    except ValueError as error:
        raise InputError(f"{str(path)!r} is no path ({error}); give the path of {what}") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or about.st_size > largest:
        os.close(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"{path} is a folder, pipe or device, not a file: give the path of {what}")
        raise InputError(f"{path} is larger than {_size(largest)}: not {what}")
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, largest: int, what: str) -> bytes:
    """The whole content of a file; see `open_plain`.

    Raises:
        InputError: it is no plain file, cannot be read, or is too large.
    """
    with open_plain(path, largest, what) as file:
        try:
            # It may grow while it is read.
            data = file.read(largest + 1)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}; give the path of {what}") from None
    if len(data) > largest:
        raise InputError(f"{path} is larger than {_size(largest)}: not {what}")
    return data


def _size(count: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if count >= unit:
            return f"{count // unit} {name}"
    return f"{count} bytes"
