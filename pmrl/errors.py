"""Errors for people: what was given, what is allowed, how to fix it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_LONGEST = 3000
"""Characters of a message: what was given may be a whole file."""
_LONGEST_NAME = 200
"""Characters of which the nearest name is sought: that takes long for a long one."""


class InputError(ValueError):
    r"""Input that cannot be used. Its message is one clear line; the command line exits with code 2.

    Whatever the input holds, the line is one, printable and not endless: what would move a terminal's cursor
    is shown as its escape, and the middle of a very long one is left out.

    >>> str(InputError("unknown drug 'war\x1b[2Jfarin':\n give another"))
    "unknown drug 'war\\x1b[2Jfarin': give another"
    """

    def __init__(self, message: str) -> None:
        line = re.sub(r"\s*[\n\r]\s*", " ", message).strip()
        if len(line) > _LONGEST:
            line = f"{line[: _LONGEST - 500]} ... {line[-450:]}"
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


def unknown(what: str, given: str, allowed: Iterable[str], fix: str = "") -> InputError:
    """An `InputError` for a name that does not exist, with the nearest names.

    >>> str(unknown("drug", "wafarin", ["warfarin"]))
    "unknown drug 'wafarin'; did you mean 'warfarin'? Allowed: warfarin"
    """
    names = sorted(allowed)
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(given[:_LONGEST_NAME].casefold(), by_folded, n=1)
    hint = f"; did you mean '{by_folded[near[0]]}'?" if near else "."
    tail = f" {fix}" if fix else ""
    return InputError(f"unknown {what} '{given}'{hint} Allowed: {', '.join(names)}{tail}")
