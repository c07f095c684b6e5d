"""Damaged, foreign and half-written checkpoints are refused with the reason, and the one before is used."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_checkpoints import ABOUT, as_text, state, two_generations

from pmrl.errors import InputError
from pmrl.experiments import checkpoint_reading
from pmrl.experiments.checkpoint_reading import ARRAYS, FORMAT, MANIFEST, STATE, generations, newest, signed
from pmrl.experiments.checkpoints import write

FILES = (ARRAYS, STATE, MANIFEST)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}")


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    elsewhere = path.parent.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "cut": _cut, "empty": _empty, "longer": _longer, "zeros": _zeros, "missing": Path.unlink,
    "folder": _folder, "link": _link, "pipe": _pipe,
}  # fmt: skip
each_damage = pytest.mark.parametrize("how", DAMAGE)
each_file = pytest.mark.parametrize("name", FILES)


@each_damage
@each_file
def test_the_generation_before_a_damaged_one_is_used(tmp_path: Path, name: str, how: str) -> None:
    last = two_generations(tmp_path)
    DAMAGE[how](last / name)
    found = newest(tmp_path, ABOUT)
    assert found is not None
    assert found.steps == 100
    assert as_text(found.state) == as_text(state(100))
    assert len(found.refused) == 1
    assert name in found.refused[0]
    assert found.refused[0].startswith("000000000200: ")
    DAMAGE[how](tmp_path / "checkpoints" / "000000000100" / FILES[(FILES.index(name) + 1) % 3]) if (
        how != "link"
    ) else shutil.rmtree(tmp_path / "checkpoints" / "000000000100")
    with pytest.raises(InputError, match=r"no checkpoint in .* can be used: 000000000200: .*Train anew"):
        newest(tmp_path, ABOUT)


@each_file
def test_no_flipped_byte_changes_the_state(tmp_path: Path, name: str) -> None:
    last = two_generations(tmp_path)
    path, chance = last / name, np.random.default_rng(4)
    whole, right, before = path.read_bytes(), as_text(state(200)), as_text(state(100))
    noticed = 0
    for place in range(len(whole)):
        flip = int(chance.choice([1, 2, 4, 32, 128, 255, chance.integers(1, 256)]))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
        found = newest(tmp_path, ABOUT)
        assert found is not None
        # Harmless, such as another kind of space in the manifest, or the one before with a reason.
        assert as_text(found.state) == (before if found.refused else right), (place, flip)
        noticed += bool(found.refused)
    assert noticed == len(whole) or name == MANIFEST
    assert noticed > 0.75 * len(whole)


@pytest.mark.parametrize("name", ABOUT)
def test_another_training_is_refused_and_named(tmp_path: Path, name: str) -> None:
    two_generations(tmp_path)
    with pytest.raises(InputError, match=f"was trained with {name} .*go on with what it was, or train anew"):
        newest(tmp_path, {**ABOUT, name: "other"})
    with pytest.raises(InputError, match=f"was trained with {name} .*this run has None"):
        newest(tmp_path, {key: value for key, value in ABOUT.items() if key != name})
    with pytest.raises(InputError, match="was trained with cohort None, this run has 'test'"):
        newest(tmp_path, {**ABOUT, "cohort": "test"})


def _rewrite(folder: Path, **changes: Any) -> None:
    """As an enemy would, with the right hash."""
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["sha256"]
    (folder / MANIFEST).write_text(json.dumps(signed({**manifest, **changes})))


def test_another_format_is_refused_and_named(tmp_path: Path) -> None:
    _rewrite(two_generations(tmp_path), format=FORMAT + 1)
    with pytest.raises(InputError, match=f"has format {FORMAT + 1}; this version of pmrl reads {FORMAT}"):
        newest(tmp_path, ABOUT)


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 201}, {"files": {}}, {"files": None}, {"files": {ARRAYS: 1, STATE: 2}}, {"more": 1},
        {"about": None}, {"about": []}, {"files": {"../arrays.npz": {}, STATE: {}}},
    ],
)  # fmt: skip
def test_manifests_that_nobody_wrote_are_passed_over(tmp_path: Path, changes: dict[str, Any]) -> None:
    _rewrite(two_generations(tmp_path), **changes)
    found = newest(tmp_path, ABOUT)
    assert found is not None
    assert (found.steps, len(found.refused)) == (100, 1)


@pytest.mark.parametrize(
    "text",
    [
        '{"$array": "a9"}', '{"$array": ["a0"]}', '{"$array": {}}', '{"$tensor": null}', '{"$items": 3}',
        '{"$items": [[1]]}', '{"$items": [[[1], 2]]}', '{"$tuple": 1}', "[" * 100_000, '"\\ud800', "NaN",
    ],
)  # fmt: skip
def test_states_that_nobody_packed_are_passed_over(tmp_path: Path, text: str) -> None:
    last = two_generations(tmp_path)
    (last / STATE).write_text(text)
    _rewrite(last, files={name: checkpoint_reading.described(last / name) for name in (ARRAYS, STATE)})
    found = newest(tmp_path, ABOUT)
    assert found is not None
    assert (found.steps, len(found.refused)) == (100, 1)


def test_only_folders_of_generations_are_looked_at(tmp_path: Path) -> None:
    assert generations(tmp_path) == []
    assert newest(tmp_path, ABOUT) is None
    last = two_generations(tmp_path)
    folder = last.parent
    for name in ("²", "5", "0000000000300", ".unfinished-000000000300", "notes"):
        (folder / name).mkdir()
    (folder / "000000000300").write_text("a file")
    (folder / "000000000400").symlink_to(last)
    assert [path.name for path in generations(tmp_path)] == ["000000000200", "000000000100"]


def test_two_generations_are_kept(tmp_path: Path) -> None:
    two_generations(tmp_path)
    for steps in (300, 400):
        write(tmp_path, steps, state(steps), ABOUT)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir() if path.name != "000000000400"] == [
        "000000000300"
    ]
