"""What every command does with its results: checks the targets first, writes them whole or not at all."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pmrl.experiments.figure_style import save
from pmrl.experiments.run import MANIFEST, make_folder, manifest, require_writable, write_json
from pmrl.experiments.targets import RESULTS, require_apart
from pmrl.failure import NumericalError

COMMAND = "command"
"""What a reproduction file is of where it is of a whole command."""


class Output:
    """Where one command's numbers, figures and manifest go.

    Args:
        command: its name.
        folder: for everything, or None; created if missing.
        json_file: for the numbers, or None.
        seed: for the manifest.
        others: files of the command that must not be written over; see `targets.require_apart`.

    Raises:
        InputError: a target cannot be written, or is needed; before anything is computed.
    """

    def __init__(
        self,
        command: str,
        folder: Path | None,
        json_file: Path | None,
        seed: int,
        others: Iterable[str | Path | None] = (),
    ) -> None:
        self.command, self.json_file, self.seed = command, json_file, seed
        require_apart(json_file, folder, [Path(one) for one in others if one is not None])
        if json_file is not None:
            require_writable(json_file)
        self.folder = None if folder is None else make_folder(folder)

    def save_figure(self, name: str, figure: Figure) -> Path:
        """Write a figure as PNG into the folder."""
        assert self.folder is not None  # noqa: S101 - callers ask first
        return save(figure, self.folder / f"{name}.png")

    def finish(self, results: dict[str, Any]) -> None:
        """Write the numbers, and the manifest beside them where there is a folder."""
        self.write_numbers(results)
        self.write_manifest()

    def write_numbers(self, results: dict[str, Any]) -> None:
        """Write the numbers as JSON, where they were asked for."""
        if self.json_file is not None:
            write_json(self.json_file, results)
        if self.folder is not None:
            write_json(self.folder / RESULTS, results)

    def write_manifest(self) -> None:
        """Write the manifest of everything that is in the folder, if there is one."""
        if self.folder is not None:
            write_json(self.folder / MANIFEST, manifest(self.command_line, self.seed, self.folder))

    @contextmanager
    def keeping_faults(self) -> Iterator[None]:
        """Write what happened to the patient in whom a number was none, or what was typed, to see it again.

        It goes into the folder, or where there is none into the working folder.

        Raises:
            NumericalError: the same, which now says where.
        """
        try:
            yield
        except NumericalError as error:
            # Outside a clinic there is no patient to be treated again: what was typed happens again.
            error.record = error.record or {"what": COMMAND, "command": f"pmrl {self.command_line}"}
            from pmrl.experiments import reproduction
            from pmrl.experiments.training_end import FILE

            path = reproduction.write((self.folder or Path()) / FILE, error)
            raise NumericalError(f"{error}. Nothing else was written; to see it again: {path}") from error

    @property
    def command_line(self) -> str:
        """What was typed after `pmrl`."""
        return shlex.join(sys.argv[1:]) or self.command


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Progress bars with elapsed and remaining time, gone when done; silent where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        yield bars


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[float], None]]:
    """One bar; yields a function that takes the share done, 0 to 1."""
    with progress_bars() as bars:
        task = bars.add_task(what, total=1.0)
        yield lambda share: bars.update(task, completed=share)
