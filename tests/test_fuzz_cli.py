"""Command lines that are nearly right: exit code 0 or 2, one clear line, never a traceback."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import strategies as st
from mutation import TOKENS, mutated
from test_fuzz import FEW, MANY, fuzz

from pmrl.experiments.cli import main

WORDS = tuple(token for token in TOKENS if "\x00" not in token)
VALUES: dict[str, tuple[str, ...]] = {
    "--model": ("hamberg-2010", "ohara-2014"),
    "--parameters": ("published",),
    "--age": ("60", "140", "nan", "1e400"),
    "--weight": ("80", "-1", "inf"),
    "--covariate": ("age=50", "race=1", "smoker=nan", "=", "height_cm=1e9"),
    "--ancestry": ("European", "African"),
    "--genotype": ("CYP2C9=*1/*3", "VKORC1=G/A", "CYP2C9=unknown"),
    "--dose": ("5", "0", "-1", "nan", "1e300"),
    "--seed": ("1", "-1", "99999999999999999999"),
    "--format": ("table", "nonmem"),
    "-s": ("adherence=0.9", "days=30", "cohort=test", "cohort=no.csv", "interaction=amiodarone"),
    "--policies": ("fixed,aurora", "all", "no.json", "os:system", "no.module:Class", "fixed+aurora"),
    "--cohort": ("test", "sampled", "no.csv", ".", "/dev/null"),
    "--days": ("5", "0", "-3", "1e3", "99999999999999999999"),
    "--algorithm": ("ppo", "dqn", "sac"),
    "--actions": ("discrete", "relative"),
    "--name": ("mine", "../mine", "a" * 300),
    "--config": ("no.toml", "."),
    "--card": ("warfarin", "wafarin"),
}
COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "simulate": (
        ("simulate", "warfarin", "--days=3", "--patients=1"),
        ("--model", "--parameters", "--age", "--weight", "--covariate", "--ancestry", "--genotype", "--dose",
         "--seed", "--format"),
    ),
    "benchmark": (
        ("benchmark", "warfarin", "--patients=1"),
        ("--policies", "--days", "--cohort", "-s", "--seed", "--format", "--config"),
    ),
    "train": (
        ("train", "warfarin", "--steps=0"),
        ("--algorithm", "--actions", "--name", "-s", "--seed", "--resume"),
    ),
    "tune": (("tune", "warfarin", "--patients=0"), ("--policies", "--seed")),
    "import-sb3": (("import-sb3", "no.zip", "warfarin"), ("--name",)),
    "drugs": (("drugs",), ("--card", "--seed")),
}  # fmt: skip
"""What is cheap, or would be wrong in any case, with options that are edited."""


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with a few options, and at times another word in any place."""
    begin, options = COMMANDS[draw(st.sampled_from(sorted(COMMANDS)))]
    words = list(begin)
    for option in draw(st.lists(st.sampled_from(options), max_size=4)):
        usual = VALUES.get(option, ("x",))
        words += [option, draw(st.sampled_from(usual) | mutated(usual, WORDS, most=2))]
    for word in draw(st.lists(st.sampled_from(WORDS) | st.text("abc-=*/.0\u00e9\n", max_size=8), max_size=1)):
        words.insert(draw(st.integers(0, len(words))), word)
    # Nothing that would take minutes: what is wrong here stays wrong.
    return [*words, begin[-1]] if "=" in begin[-1] else words


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list(tmp_path.rglob("*.json"))


def check(words: list[str]) -> None:
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=how) for how in ("strict", "backslashreplace")
    )
    with (
        mock.patch.object(sys, "argv", ["pmrl", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stopped,
    ):
        main()
    err.flush()
    said = err.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    if stopped.value.code == 0:
        assert said == ""
        return
    assert stopped.value.code == 2
    assert said.startswith("pmrl: error: ")
    assert said.endswith("\n")
    assert said[:-1].isprintable(), said


def test_a_command_line_works_or_is_refused_in_one_line() -> None:
    fuzz(check, command_lines(), FEW // 4)


@pytest.mark.nightly
def test_a_command_line_works_or_is_refused_in_one_line_every_time() -> None:
    fuzz(check, command_lines(), MANY)
