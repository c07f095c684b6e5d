"""SIGTERM as Ctrl-C, told apart by the exit code."""

from __future__ import annotations

from typing import NoReturn

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after SIGINT and SIGTERM, as shells have them."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def terminate(signal_number: int, frame: object) -> NoReturn:
    """A handler of SIGTERM."""
    raise Terminated


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Of a command that was interrupted so."""
    return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED
