"""Inputs that are nearly right: a valid one with a few edits, and now and then nothing of it."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

_SEPARATORS = '([,\n=/:" ])'
Edit = tuple[str, float, float, Any]
KINDS = ("cell", "cell", "insert", "delete", "replace", "repeat", "move", "cut")


def edited(sample: Any, edits: list[Edit]) -> Any:
    """A text or bytes after some edits; places are shares of its length."""
    for kind, first, second, token in edits:
        a, b = sorted((int(first * len(sample)), int(second * len(sample))))
        b = min(b, a + 20)
        if kind == "cell":
            cells = re.split(_SEPARATORS if isinstance(sample, str) else _SEPARATORS.encode(), sample)
            cells[int(first * len(cells))] = token
            sample = sample[:0].join(cells)
        elif kind == "insert":
            sample = sample[:a] + token + sample[a:]
        elif kind == "delete":
            sample = sample[:a] + sample[b:]
        elif kind == "replace":
            sample = sample[:a] + token + sample[a + len(token) :]
        elif kind == "repeat":
            sample = sample[:b] + sample[a:b] * 3 + sample[b:]
        elif kind == "move":
            sample = sample[:a] + sample[b:] + sample[a:b]
        else:
            sample = sample[:b]
    return sample


def mutated(samples: Any, tokens: Any, most: int = 6) -> st.SearchStrategy[Any]:
    """Samples with up to `most` edits, which put in some of the tokens."""
    share = st.floats(0, 1, exclude_max=True)
    edit = st.tuples(st.sampled_from(KINDS), share, share, st.sampled_from(tokens))
    return st.builds(edited, st.sampled_from(samples), st.lists(edit, max_size=most))


TOKENS = (
    "", " ", "\t", "\n", "\r\n", "\x00", ",", ";", "/", "*", "=", "[", "]", "{", "}", '"', "'", "\\", ".",
    "-", "+", "0", "1", "-1", "1e999", "1e12", "1e300", "-0", "9" * 400, "1_0", "nan", "inf", "None", "true",
    "\u0661", "\u017f", "\u212b", "\ufeff", "\udcff", "\U0001f48a", "*1", "*3", "unknown", "../",
    "/dev/null", "[/red]", "%s", "{0}", "a" * 300,
)  # fmt: skip
"""What has broken readers of text before."""
BYTES = (
    *(token.encode("utf-8", "surrogateescape") for token in TOKENS),
    *(b"\x00" * 8, b"\xff" * 8, b"\x7f", b"PK\x05\x06", b"PK\x01\x02", b"\x80\x04.", bytes(range(16))),
)
