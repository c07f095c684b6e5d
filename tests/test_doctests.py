"""Every module imports, and its examples give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"pmrl": "pmrl", "pmrl.envs": "envs", "pmrl.agents": "agents", "pmrl.experiments": "experiments"}


def module_files() -> dict[str, Path]:
    """Dotted name and file of every module; found by file, so that collecting imports nothing."""
    files = {}
    for room, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            # `python -m pmrl` runs on import, and the links inside pmrl/ lead to rooms listed by themselves.
            if path.name != "__main__.py" and path.resolve() == path:
                parts = [room, *path.relative_to(ROOT / folder).with_suffix("").parts]
                files[".".join(parts).removesuffix(".__init__")] = path
    return files


MODULES = module_files()
WITH_EXAMPLES = [name for name, path in MODULES.items() if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", MODULES)
def test_imports_from_this_checkout(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == MODULES[name]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0, "the examples stand where doctest does not look"
    assert result.failed == 0, capsys.readouterr().out


def test_there_are_examples() -> None:
    assert {"pmrl.parameter", "pmrl.errors"} <= set(WITH_EXAMPLES)
