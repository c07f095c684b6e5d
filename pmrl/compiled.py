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
from numba.core import cgutils
from numba.extending import intrinsic

from pmrl import interpreted
from pmrl.kernel_cache import njit

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
RHS_LANES = types.void(VECTOR, types.int64)
"""rhs_lanes(work, n_lanes): `rhs` of the patients in the lanes of `pmrl.lanes`."""
PREPARE = types.void(VECTOR, VECTOR)
"""prepare(p, c): the tables that `day` needs; parts that are there for the same rates already may stay."""
DAY = types.void(types.float64, VECTOR, VECTOR, VECTOR)
"""day(t, y, p, c): live from a dose at t, in the model's own time unit, to the next; y is replaced."""
BIOMARKER = types.float64(VECTOR, VECTOR)
"""biomarker(y, p): what an exact assay would measure now."""
HARM = types.float64(types.float64, VECTOR, VECTOR)
"""harm(dose, y, p): expected harmful events of a day on which `dose` mg were taken and that ended in y."""

Decorator = Callable[[Callable[..., Any]], Any]


_OPTIONS = {"nogil": True, "error_model": "numpy"}
# Without numba's runtime a function cannot allocate, and is spared counting references to every slice it
# takes: atomic operations, that are half the time of a day and that threads would wait for each other in.
_BARE = {**_OPTIONS, "_nrt": False}


def jit(*signature: Any) -> Decorator:
    """`numba.njit` with the cache on, for kernels that Python calls; compiled at once for a signature."""
    if interpreted.ON:
        return lambda function: interpreted.kernel(function, *signature)
    return njit(*signature, **_OPTIONS)


def part() -> Decorator:
    """What kernels are made of: always inlined, so that loops over it run on vector instructions.

    It cannot allocate: scratch comes in as an argument.
    """
    if interpreted.ON:
        return interpreted.part
    return njit(forceinline=True, **_BARE)


def of_model(signature: Any) -> Decorator:
    """A function of a model, of one of the signatures above, that kernels call through its address.

    It cannot allocate, and Python can call it too.
    """
    if interpreted.ON:
        return lambda function: interpreted.kernel(function, signature)
    return njit(signature, **_BARE)


def instruction(plainly: Callable[..., Any]) -> Decorator:
    """`numba.extending.intrinsic`; `plainly` is the same in Python, for when the JIT is off."""
    if interpreted.ON:
        return lambda _: plainly
    return intrinsic  # type: ignore[no-any-return]


def address(function: Any, signature: Any) -> int:
    """Where the code of a `jit` function of that signature lies in this process.

    Kernels take addresses as whole numbers: one cached kernel then serves every model, where a kernel that
    closed over a model's functions would be compiled anew in every process; and numba, which asks a
    function that is passed as an argument for its type at every call, has nothing to ask.
    """
    if interpreted.ON:
        return interpreted.number_of(function)
    compiled = function.get_compile_result(signature)
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


def function_at(signature: Any) -> Any:
    """What turns an address into a function of that signature, inside a kernel."""
    kind = types.FunctionType(signature)

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        function = cgutils.create_struct_proxy(kind)(context, builder)
        function.jit_addr = builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))
        return function._getvalue()

    @instruction(interpreted.function_of)
    def call_at(typingctx: Any, where: Any) -> Any:
        return kind(types.int64), generate

    return call_at


lanes_at, prepare_at, day_at, biomarker_at, harm_at = (
    function_at(kind) for kind in (RHS_LANES, PREPARE, DAY, BIOMARKER, HARM)
)
