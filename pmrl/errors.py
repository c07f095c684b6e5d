"""Errors for people: what was given, what is allowed, how to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used. Its message is one clear line; the command line exits with code 2."""


def unknown(what: str, given: str, allowed: Iterable[str], fix: str = "") -> InputError:
    """An `InputError` for a name that does not exist, with the nearest names.

    >>> str(unknown("drug", "wafarin", ["warfarin"]))
    "unknown drug 'wafarin'; did you mean 'warfarin'? Allowed: warfarin"
    """
    names = sorted(allowed)
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(given.casefold(), by_folded, n=1)
    hint = f"; did you mean '{by_folded[near[0]]}'?" if near else "."
    tail = f" {fix}" if fix else ""
    return InputError(f"unknown {what} '{given}'{hint} Allowed: {', '.join(names)}{tail}")
