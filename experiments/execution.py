"""How a cohort is treated: threads, chunks, a way to stop. None of it changes a number."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from pmrl.experiments.termination import heard_ends
from pmrl.threads import cores

Job = TypeVar("Job")
Result = TypeVar("Result")

SMALLEST_CHUNK, LARGEST_CHUNK = 512, 4096
"""Below, every visit's Python costs more than its patients; above, nothing is gained."""
_PATIENT_DAYS = 6_000_000
"""Patient-days of a chunk over all policies: many policies and long episodes come in smaller chunks, so that
memory stays the same and little is lost where a comparison is interrupted."""
_AHEAD = 2
"""Chunks that may be begun, or wait, beyond one for each thread while an earlier one is unfinished."""


class Stopped(Exception):  # noqa: N818 - not an error
    """Treatment was stopped on request."""


@dataclass(frozen=True)
class Execution:
    """How a cohort is treated.

    Attributes:
        threads: how many chunks at a time.
        chunk: patients of a chunk; chosen by `chunk_size` where None.
        stop: when set, treatment ends before the next visit.
        on_treated: called with the number of patients whom one policy has treated, from any thread.
    """

    threads: int = field(default_factory=cores)
    chunk: int | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    on_treated: Callable[[int], None] = lambda patients: None

    def chunk_size(self, n: int, days: int) -> int:
        """Patients of a chunk for `n` patients, each treated for `days`: every thread gets one."""
        if self.chunk is not None:
            return self.chunk
        wanted = min(-(-n // self.threads), LARGEST_CHUNK, _PATIENT_DAYS // days)
        return max(-(-wanted // SMALLEST_CHUNK), 1) * SMALLEST_CHUNK


def in_order(work: Callable[[Job], Result], jobs: Iterable[Job], execution: Execution) -> Iterator[Result]:
    """Results of `work` in the order of the jobs, whatever order threads finish them in.

    Only a few jobs are begun ahead of the one whose result is due. Where the caller ends early or a job
    raises, the others are stopped.
    """
    if execution.threads == 1:
        yield from map(work, jobs)
        return
    waiting: deque[Future[Result]] = deque()
    left = iter(jobs)
    with ThreadPoolExecutor(execution.threads, "patients") as pool:
        try:
            for job in islice(left, execution.threads + _AHEAD):
                waiting.append(pool.submit(work, job))
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(work, job) for job in islice(left, 1))
                yield result
        except BaseException:
            execution.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that SIGINT (Ctrl-C) and `termination.heard_ends` set; a second one interrupts at once.

    What is being added up is so never left half done. Outside of the main thread signals are left alone.
    """
    stop = threading.Event()

    def handle(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, *heard_ends())}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
