"""SIGTERM and SIGHUP as Ctrl-C, told apart by the exit code."""

from __future__ import annotations

import signal
from typing import NoReturn

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after SIGINT and SIGTERM, as shells have them."""
ENDS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals by which a command is ended from elsewhere, or with the terminal that it was typed in."""


class Terminated(KeyboardInterrupt):
    """One of `ENDS` came."""


def terminate(signal_number: int, frame: object) -> NoReturn:
    """A handler of `ENDS`."""
    raise Terminated


def end_as_ctrl_c() -> None:
    """Whatever runs in processes of its own is then ended with this one, and what is finished is kept.

    A signal that is ignored stays so: that is how `nohup` lets a command live on.
    """
    for number in ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, terminate)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Of a command that was interrupted so."""
    return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED
