"""What is printed for whoever looks on: never worth a file that was asked for."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from rich.console import Console

from pmrl.errors import InputError

NARROWEST = 140
console = Console()
if not console.is_terminal:
    # A file or a pipe has no width: do not fold tables at 80 columns.
    console.width = max(console.width, NARROWEST)
_failed: list[OSError] = []


def say(*what: Any, **how: Any) -> None:
    """Print as `rich.console.Console.print` does; where that fails, the command goes on."""
    try:
        console.print(*what, **how)
        console.file.flush()
    except SystemExit:  # nobody reads on, and rich has seen to it that nobody is written to
        pass
    except OSError as error:
        _failed.append(error)
        with contextlib.suppress(OSError, ValueError):  # what is left over would fail once more at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())


def require_printed() -> None:
    """Nothing, where all could be printed since the last time.

    Raises:
        InputError: it could not, but whoever closed a pipe has seen enough.
    """
    if _failed:
        why = _failed[0].strerror
        _failed.clear()
        raise InputError(f"cannot print ({why}); files that were asked for with --out and --json are written")
