"""The lines of a CSV file with their numbers, and one clear line where it is not one."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from pmrl.errors import InputError

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""How a number is written. Python takes more for one, such as 7_1, and digits of other scripts."""
Line = tuple[int, list[str]]
"""Its number in the file, and its cells."""

_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_lines(path: Path, per_line: str = "one line per patient") -> list[Line]:
    """Header and rows with their line numbers, empty lines left out, cells without blanks around them.

    Args:
        path: a comma-separated UTF-8 file with a header line.
        per_line: what the rows are, for the message where there are none.

    Raises:
        InputError: the file cannot be read, or has no rows.
    """
    _require_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            stripped = ((reader.line_num, list(map(str.strip, line))) for line in reader)
            lines = [(number, line) for number, line in stripped if any(line)]
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, _neighbours(path), n=1)
        hint = f"; did you mean '{path.parent / near[0]}'?" if near else "; check the path"
        raise InputError(f"no such file: '{path}'{hint}") from None
    except UnicodeDecodeError:
        raise InputError(f"'{path}' is not UTF-8 text; save it as a comma-separated UTF-8 CSV") from None
    except csv.Error as error:
        raise InputError(f"'{path}' is not a CSV ({error}); save it as a comma-separated UTF-8 CSV") from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror}); give a readable CSV file") from None
    if not lines:
        raise InputError(f"'{path}' is empty; it needs a header line and {per_line}")
    if len(lines) == 1:
        what = per_line.rpartition(" ")[2] + "s"
        raise InputError(f"'{path}' has a header but no {what}; add {per_line}")
    return lines


def read_header(path: Path) -> list[str]:
    """The names in the first line that is not empty; none where the file cannot be read."""
    try:
        _require_file(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            stripped = (list(map(str.strip, line)) for line in csv.reader(file))
            return next((line for line in stripped if any(line)), [])
    except (OSError, ValueError, csv.Error):
        return []


def check_names(path: Path, header: Sequence[str]) -> None:
    """Raise an `InputError` where another delimiter separates the names, or one is there twice."""
    for delimiter, name in _OTHER_DELIMITERS.items():
        if any(cell.count(delimiter) > 1 for cell in header):
            raise InputError(
                f"'{path}' is separated by {name}; save it with commas, and decimals with points"
            )
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise InputError(f"'{path}' has the column '{doubled[0]}' more than once; keep one")


def check_width(path: Path, number: int, line: Sequence[str], header: Sequence[str]) -> None:
    """Raise an `InputError` unless a line has a cell for every column."""
    if len(line) == len(header):
        return
    more = "write decimals with points, and quote cells that hold commas"
    fewer = "leave the cells of unrecorded values empty, but keep their commas"
    fix = more if len(line) > len(header) else fewer
    raise InputError(f"'{path}' line {number}: {len(line)} cells where the header has {len(header)}; {fix}")


def _require_file(path: Path) -> None:
    """A pipe would be waited for, and is read twice; a device may have no end."""
    if "\0" in str(path) or (path.exists() and not path.is_file()):
        raise InputError(f"'{path}' cannot be read (it is not a file); give a readable CSV file")


def _neighbours(path: Path) -> list[str]:
    return [other.name for other in path.parent.glob("*.csv")] if path.parent.is_dir() else []
