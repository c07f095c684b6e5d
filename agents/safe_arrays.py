"""Arrays in a .npz file that is read as if an enemy had written it: no pickle, no zip bomb, no promises.

What `numpy.savez` writes can be read; what else a zip may hold is refused before anything is unpacked.
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import InputError
from pmrl.plain_file import open_plain

_NAME = re.compile(r"[A-Za-z0-9_]{1,100}\.npy")
_MOST_ARRAYS = 10_000
LARGEST_BYTES = 8 * 2**30
"""Of a file: more than any replay buffer of ours."""

_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 1_000
# numpy evaluates a header as Python text; whatever is not just as numpy writes it is not looked at here.
_HEADER = re.compile(
    rb"\{'descr': '([<>|](?:b1|[iu][1248]|f[248]))', 'fortran_order': (True|False), 'shape': "
    rb"\((|\d{1,18},|\d{1,18}(?:, \d{1,18}){1,31})\), \} *\n"
)

# What zipfile and struct are known to raise for files that are not what they say.
_DAMAGE = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
    IndexError,
    struct.error,
)


def write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays of numbers, uncompressed."""
    np.savez(file, allow_pickle=False, **arrays)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Read every array of a file.

    Raises:
        InputError: it is not a file of `write`, damaged, or made to do harm.
    """
    try:
        with (
            open_plain(path, LARGEST_BYTES, "a file that pmrl wrote") as file,
            zipfile.ZipFile(file) as archive,
        ):
            size = file.seek(0, 2)
            entries = archive.infolist()
            _require_plain(path, entries, size)
            return {entry.filename[:-4]: _array(path, archive.read(entry)) for entry in entries}
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{path} is not a file of arrays, or damaged: {error}") from None


def _require_plain(path: Path, entries: list[zipfile.ZipInfo], size: int) -> None:
    """Entries are stored as they are, under plain names, each once, and no larger than the file."""
    if len(entries) > _MOST_ARRAYS:
        raise InputError(f"{path} has {len(entries)} entries: not a file of pmrl")
    if len({entry.filename for entry in entries}) < len(entries):
        raise InputError(f"{path} has an entry twice: not a file of pmrl")
    for entry in entries:
        # zipfile cuts a name off where it holds a NUL: what it was before counts.
        name = entry.orig_filename
        if not _NAME.fullmatch(name) or name != entry.filename:
            raise InputError(f"{path} has an entry '{name[:80]}': arrays have plain names")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise InputError(f"{path}: entry {name} is compressed: pmrl stores arrays as they are")
    if sum(entry.file_size for entry in entries) > size:
        raise InputError(f"{path} promises more than it holds: damaged, or made to do harm")


def _array(path: Path, data: bytes) -> NDArray[Any]:
    """The array of one entry, whose header must describe the bytes that follow it."""
    start = len(_MAGIC) + 2
    length = int.from_bytes(data[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(data[start : start + length]) if length <= _LONGEST_HEADER else None
    if not data.startswith(_MAGIC) or header is None:
        raise InputError(f"{path} has an array whose header numpy would not write: only numbers are read")
    dtype = np.dtype(header[1].decode())
    shape = tuple(int(size) for size in header[3].decode().replace(",", " ").split())
    offset = start + length
    expected, found = math.prod(shape) * dtype.itemsize, len(data) - offset
    if expected != found:
        raise InputError(f"{path}: an array of shape {shape} does not fit its {found} bytes")
    flat = np.frombuffer(data, dtype=dtype, offset=offset).copy()
    return flat.reshape(shape, order="F" if header[2] == b"True" else "C")
