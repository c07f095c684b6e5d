"""Compiled kernels on disk, safe for any number of processes that fill one folder at the same time.

Numba numbers the files of a function's signatures and notes the numbers in an index. Two processes that
both read the index before either has written it give one number to two signatures; who asks for the one is
then handed the machine code of the other, for as long as the folder lives. Here each signature has an index
of its own, under a name that follows from what it is of: whoever writes a file would write the same into it.
So there is nothing to lock. Reading and writing stay numba's, which puts every file in place at once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.extending import is_jitted


class KernelFiles:
    """In the place of the index of a function: an index for each of its signatures.

    Args:
        index: numba's, made from a folder, what a function's files begin with, and a mark of the source.
        folder: where the files lie; it need not exist for reading.
        function: what the files of this function, and of no other, begin with.
        source: another one for whatever changes the function.
    """

    def __init__(
        self, index: Callable[[str, str, Any], Any], folder: str, function: str, source: Any
    ) -> None:
        self._index, self._folder, self._function, self._source = index, folder, function, source

    def load(self, key: Any) -> Any:
        """What was saved under the key and from the same source, or None."""
        try:
            return self._index_of(key).load(key)
        except Exception:  # a damaged file may raise anything
            return None

    def save(self, key: Any, data: Any) -> None:
        """Keep the data, unless the folder cannot be written: then the next process compiles again."""
        index = self._index_of(key)
        with contextlib.suppress(OSError):
            index.flush()  # numba would read an index that is there, and it may be damaged
            index.save(key, data)

    def flush(self) -> None:
        """Forget every signature."""
        for path in Path(self._folder).glob(f"{self._function}.*.nb?"):
            path.unlink(missing_ok=True)

    def _index_of(self, key: Any) -> Any:
        # Keys that differ print differently: numba's names of machine code rely on that too.
        held = repr((numba.__version__, self._source, key))
        name = hashlib.sha256(held.encode()).hexdigest()[:32]
        return self._index(self._folder, f"{self._function}.{name}", self._source)


def njit(*signatures: Any, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` with the cache of this module; compiled at once for the signatures, if there are any."""

    def compiled(function: Callable[..., Any]) -> Any:
        kernel = numba.njit(cache=True, **options)(function)
        if not is_jitted(kernel):  # NUMBA_DISABLE_JIT leaves functions as they are
            return kernel
        if not _took_own_files(kernel):
            kernel = numba.njit(**options)(function)
        for signature in signatures:
            kernel.compile(signature)
        if signatures:
            kernel.disable_compile()
        return kernel

    return compiled


def _took_own_files(kernel: Any) -> bool:
    """Give a kernel that has yet compiled nothing `KernelFiles`; False where numba is not as we know it."""
    try:
        cache = kernel._cache
        index, impl = type(cache._cache_file), cache._impl
        source = impl.locator.get_source_stamp()
        files = KernelFiles(index, cache.cache_path, impl.filename_base, source)
        known = _interface(index) == _INTERFACE
    except (AttributeError, TypeError):
        known = False
    if known:
        cache._cache_file = files
    else:
        _warn_that_nothing_is_kept()
    return known


_INTERFACE = [
    ["cache_path", "filename_base", "source_stamp"],
    ["self", "key"],
    ["self", "key", "data"],
    ["self"],
]


def _interface(index: Any) -> list[list[str]]:
    """What numba's index is made from, and what load, save and flush take."""
    return [list(inspect.signature(each).parameters) for each in (index, index.load, index.save, index.flush)]


@functools.cache  # once is enough
def _warn_that_nothing_is_kept() -> None:
    warnings.warn(
        f"pmrl does not know how numba {numba.__version__} keeps compiled functions, so that each process "
        "compiles them anew, for a minute or more: install the version of numba that constraints.txt has",
        RuntimeWarning,
        stacklevel=2,
    )
