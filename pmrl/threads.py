"""How many threads there may be, and sharing the rows of a batch out among them.

Kernels let go of the interpreter lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

SMALLEST_PART = 128
"""Rows below which another thread costs more than it saves: to start one takes as long as 20 visits."""


def in_parts(kernel: Callable[..., int], n: int, threads: int, arguments: tuple[Any, ...]) -> int:
    """Call `kernel(first, end, *arguments)` on consecutive parts of n rows, one part per thread.

    Returns:
        What the first part that did not return 0 returned, else 0.
    """
    parts = max(min(threads, n // SMALLEST_PART), 1)
    if parts == 1:
        return kernel(0, n, *arguments)
    edges = [n * k // parts for k in range(parts + 1)]
    others = [
        _pool(os.getpid(), parts).submit(kernel, edges[k], edges[k + 1], *arguments) for k in range(1, parts)
    ]
    try:
        first = kernel(0, edges[1], *arguments)
    finally:
        # Also after Ctrl-C: nobody may go on while threads still write into the arrays.
        wait(others)
    return next((failed for failed in (first, *(other.result() for other in others)) if failed), 0)


@cache
def _pool(process: int, size: int) -> ThreadPoolExecutor:
    """Threads of this process: a forked child inherits the pool of its parent without the threads."""
    return ThreadPoolExecutor(size - 1, thread_name_prefix=f"pmrl-{process}")


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def free_cores() -> int:
    """How many of them nothing else uses, at least 1: the cores less the load average of the last minute.

    Two torch threads on a core that something else uses wait for each other, many times slower than one.
    """
    try:
        load = os.getloadavg()[0]
    except OSError:
        load = 0.0
    return max(cores() - round(load), 1)
