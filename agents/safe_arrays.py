"""Arrays in a .npz file that is read as if an enemy had written it: no pickle, no zip bomb, no promises.

What `numpy.savez` writes can be read; what else a zip may hold is refused before anything is unpacked.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pmrl.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9_]{1,100}\.npy")
_MOST_ARRAYS = 10_000
_LONGEST_HEADER = 10_000
LARGEST_BYTES = 8 * 2**30
"""Of a file: more than any replay buffer of ours."""


def write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays of numbers, uncompressed."""
    np.savez(file, allow_pickle=False, **arrays)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Read every array of a file.

    Raises:
        InputError: it is not a file of `write`, damaged, or made to do harm.
    """
    try:
        if path.is_symlink() or not path.is_file():
            raise InputError(f"{path} is a link or no file: give a file that pmrl wrote")
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError(f"{path} is larger than {LARGEST_BYTES // 2**30} GiB: not a file of pmrl")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _require_plain(path, entries, size)
            return {entry.filename[:-4]: _array(path, archive.read(entry)) for entry in entries}
    except InputError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is not a file of arrays, or damaged: {error}") from None


def _require_plain(path: Path, entries: list[zipfile.ZipInfo], size: int) -> None:
    """Entries are stored as they are, under plain names, each once, and no larger than the file."""
    if len(entries) > _MOST_ARRAYS:
        raise InputError(f"{path} has {len(entries)} entries: not a file of pmrl")
    if len({entry.filename for entry in entries}) < len(entries):
        raise InputError(f"{path} has an entry twice: not a file of pmrl")
    for entry in entries:
        if not _NAME.fullmatch(entry.filename):
            raise InputError(f"{path} has an entry '{entry.filename[:80]}': arrays have plain names")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise InputError(f"{path}: entry {entry.filename} is compressed: pmrl stores arrays as they are")
    if sum(entry.file_size for entry in entries) > size:
        raise InputError(f"{path} promises more than it holds: damaged, or made to do harm")


def _array(path: Path, data: bytes) -> NDArray[Any]:
    """The array of one entry, whose header must describe the bytes that follow it."""
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
    elif version == (2, 0):
        shape, fortran, dtype = npy.read_array_header_2_0(file, max_header_size=_LONGEST_HEADER)
    else:
        raise InputError(f"{path} has an array of format {version}: not a file of pmrl")
    if dtype.hasobject or dtype.kind not in "biuf":
        raise InputError(f"{path} has an array of {dtype}: only numbers are read, never objects")
    expected, found = math.prod(shape) * dtype.itemsize, len(data) - file.tell()
    if min(shape, default=0) < 0 or expected != found:
        raise InputError(f"{path}: an array of shape {shape} does not fit its {found} bytes")
    flat = np.frombuffer(data, dtype=dtype, offset=file.tell()).copy()
    return flat.reshape(shape, order="F" if fortran else "C")
