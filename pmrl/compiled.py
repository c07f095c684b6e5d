"""Numba compilation with a per-user cache that a changed source file always invalidates.

Numba's own cache keys a function on its own file only, so a kernel that calls a function of another
module would keep that module's old constants. Here the cache folder is named by a hash of every source
file of this folder, and lies under the user's cache home or, where that cannot be written, under the
temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import types

_SOURCES = Path(__file__).resolve().parent


def source_hash() -> str:
    """SHA-256 (first 16 hex digits) over the sources that compiled kernels may depend on."""
    digest = hashlib.sha256(numba.__version__.encode())
    folders = (_SOURCES, _SOURCES / "models", _SOURCES / "envs")
    for path in sorted(file for folder in folders for file in folder.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(home) / "pmrl" / f"kernels-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary_folder()


def _temporary_folder() -> Path:
    """A cache under the temporary folder that only this user can write: numba unpickles what it finds."""
    if not hasattr(os, "getuid"):
        return Path(tempfile.mkdtemp(prefix="pmrl-kernels-"))
    folder = Path(tempfile.gettempdir()) / f"pmrl-kernels-{os.getuid()}-{source_hash()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        return Path(tempfile.mkdtemp(prefix="pmrl-kernels-"))
    return folder


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_cache_folder())

VECTOR = types.float64[::1]
MATRIX = types.float64[:, ::1]
INTEGERS = types.int64[::1]

RHS = types.void(types.float64, VECTOR, VECTOR, VECTOR)
"""rhs(t, y, p, dydt): the model's equations, in the model's own time unit."""
PREPARE = types.void(VECTOR, VECTOR)
"""prepare(p, c): everything about a day that depends on the parameters only."""
DAY = types.void(VECTOR, VECTOR, types.float64)
"""day(y, c, dose): take `dose` now, live 24 h; y is replaced."""
BIOMARKER = types.float64(VECTOR, VECTOR)
"""biomarker(y, c): what an exact assay would measure now."""

Decorator = Callable[[Callable[..., Any]], Any]


def jit(*signature: Any) -> Decorator:
    """`numba.njit` with the cache on; compiled at once where a signature is given."""
    return numba.njit(*signature, cache=True, nogil=True, error_model="numpy")  # type: ignore[no-any-return]


class FunctionPointer:
    """A compiled function that a kernel takes as an argument.

    Numba asks an argument for its type at every call, which takes microseconds for a `cfunc`; here the
    answer is ready.
    """

    def __init__(self, signature: Any, compiled: Any) -> None:
        self._numba_type_ = types.FunctionType(signature)
        self._compiled = compiled

    def __wrapper_address__(self) -> int:
        """Where numba finds the compiled code; the name is numba's protocol."""
        return int(self._compiled.address)

    def signature(self) -> Any:
        """The signature, as numba's protocol asks for it."""
        return self._numba_type_.signature


def function_pointer(signature: Any) -> Callable[[Callable[..., Any]], FunctionPointer]:
    """Compile to a pointer that a kernel takes as an argument.

    One cached kernel then serves every model; a kernel that closed over a model's functions would be
    compiled anew in every process.
    """
    compile_it = numba.cfunc(signature, cache=True, nopython=True, error_model="numpy")
    return lambda function: FunctionPointer(signature, compile_it(function))
