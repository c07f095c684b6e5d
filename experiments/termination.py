"""SIGTERM and SIGHUP as Ctrl-C, told apart by the exit code."""

from __future__ import annotations

import signal
from typing import NoReturn

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after SIGINT and SIGTERM, as shells have them."""
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""That the terminal was closed; None where there is no such signal."""


class Terminated(KeyboardInterrupt):
    """One of `heard_ends` came."""


def terminate(signal_number: int, frame: object) -> NoReturn:
    """A handler of `heard_ends`."""
    raise Terminated


def heard_ends() -> list[signal.Signals]:
    """Signals by which a command is ended from elsewhere; not SIGHUP where `nohup` lets it live on."""
    if HANGUP is None or signal.getsignal(HANGUP) is signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, HANGUP]


def end_as_ctrl_c() -> None:
    """Whatever runs in processes of its own is then ended with this one, and what is finished is kept."""
    for number in heard_ends():
        signal.signal(number, terminate)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Of a command that was interrupted so."""
    return TERMINATED if isinstance(interrupt, Terminated) else INTERRUPTED
