"""How a training can end before its time, and what the command then says: what is kept, and how to go on."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import typer

from pmrl.errors import InputError
from pmrl.experiments.checkpoint_reading import last_whole, next_step
from pmrl.experiments.termination import exit_code
from pmrl.failure import NumericalError

FILE = "reproduction.json"


@contextlib.contextmanager
def ends_said(run: Path) -> Iterator[None]:
    """Say what is kept in the folder of a training if it ends early.

    Raises:
        NumericalError: a number was none; where that can be seen again is said.
        InputError: there was no room for a file.
        typer.Exit: it was interrupted.
    """
    try:
        with _quiet_writers():
            yield
    except NumericalError as error:
        raise NumericalError(
            f"{error}. The training stopped there, and no policy was written; to see it again: {run / FILE}; "
            f"{last_whole(run)}"
        ) from error
    except OSError as error:
        raise InputError(
            f"cannot write in {run} ({error.strerror or error}); {last_whole(run)}: make room, then "
            f"{next_step(run)}"
        ) from error
    except KeyboardInterrupt as interrupt:
        sys.stderr.write(f"pmrl: interrupted: {last_whole(run)}: {next_step(run)}\n")
        raise typer.Exit(exit_code(interrupt)) from None


@contextlib.contextmanager
def _quiet_writers() -> Iterator[None]:
    """TensorBoard writes in a thread: what fails there reaches the training with the next number it logs."""
    usual = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        writer = "tensorboard" in type(failed.thread).__module__
        if not (writer and isinstance(failed.exc_value, OSError)):
            usual(failed)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = usual
