"""A zip of stable-baselines3 becomes a policy that gives the same doses, or is refused with a reason."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pmrl_command import run
from stable_baselines3.common.save_util import load_from_zip_file
from test_learned_policy import SHORT, THERAPY, trained

from pmrl.agents.sb3_import import import_policy
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.rollout import rollout

CASES = [("ppo", "continuous"), ("ppo", "discrete"), ("dqn", "relative")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """Trainees and their zips, by algorithm and actions."""
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for case in CASES:
        trainee = trained(*case)
        path = folder / f"{'-'.join(case)}.zip"
        trainee.model.save(path)
        found[case] = (trainee, path)
    return found


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_an_imported_policy_gives_the_same_doses(models: Any, case: tuple[str, str], tmp_path: Path) -> None:
    trainee, path = models[case]
    imported = import_policy(path, THERAPY, "imported", trusted=True)
    again = type(imported).load(imported.save(tmp_path / "imported"), THERAPY)
    courses = [rollout(p, THERAPY, Scenario(**SHORT), 12, 3) for p in (trainee.policy(), imported, again)]
    for course in courses[1:]:
        np.testing.assert_array_equal(course.prescribed, courses[0].prescribed)
    assert courses[0].prescribed.std() > 0
    card = trainee.card
    for name in ("actions", "algorithm", "activation", "layers", "features", "center", "scale", "logarithm"):
        assert getattr(imported.card, name) == getattr(card, name)


def rewritten(path: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A zip with other entries."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    change(entries)
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target


def about(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        data = json.loads(entries["data"])
        for name, values in changes.items():
            data[name] = {**data[name], **values}
        entries["data"] = json.dumps(data).encode()

    return change


def tensors(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[dict[str, bytes]], None]:
    def changed(entries: dict[str, bytes]) -> None:
        state = torch.load(io.BytesIO(entries["policy.pth"]), weights_only=True)
        change(state)
        file = io.BytesIO()
        torch.save(state, file)
        entries["policy.pth"] = file.getvalue()

    return changed


def as_entry(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda entries: entries.update({name: data})


def compressed(entries: dict[str, bytes]) -> None:
    """The weights as another zip of the same entries."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(entries["policy.pth"])) as plain,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for entry in plain.infolist():
            small.writestr(entry.filename, plain.read(entry))
    entries["policy.pth"] = file.getvalue()


class Harm:
    """What a pickle can do."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


FIRST = "mlp_extractor.policy_net.0.weight"
REFUSED: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "physical units": (about(observation_space={"high": "[400. 30.]"}), "other bounds"),
    "another shape": (about(observation_space={"_shape": "[4]"}), "Box of 36 features"),
    "a dictionary": (about(observation_space={":type:": "<class 'gymnasium.spaces.dict.Dict'>"}), "Dict"),
    "another action space": (about(action_space={"n": "7"}), "Discrete actions and 31 outputs"),
    "actions from 1": (about(action_space={"n": "x"}), "damaged"),
    "another activation": (about(policy_kwargs={"activation_fn": "<class 'x.GELU'>"}), "tanh, relu"),
    "another network": (tensors(lambda s: s.update({"lstm.weight": torch.zeros(2)})), "lstm.weight"),
    "no network": (tensors(lambda s: s.clear()), "no network of PPO or DQN"),
    "a layer too few": (tensors(lambda s: s.pop(FIRST)), "layer 0"),
    "layers that do not fit": (tensors(lambda s: s.update({FIRST: torch.zeros(9, 36)})), "layer 0"),
    "not a number": (tensors(lambda s: s[FIRST].fill_(float("nan"))), "not a number"),
    "another type": (tensors(lambda s: s.update({FIRST: s[FIRST].double()})), "32-bit numbers"),
    "a view that promises": (
        tensors(lambda s: s.update({FIRST: torch.zeros(1).expand(10**9)})),
        "in the file",
    ),
    "names that are none": (tensors(lambda s: s.update({7: torch.zeros(2)})), "tensors by name"),
    "too many tensors": (
        tensors(lambda s: s.update({f"x{k}": torch.zeros(1) for k in range(2000)})),
        "does not hold the weights of a policy",
    ),
    "compressed weights": (compressed, "policy.pth is compressed"),
    "a stranger": (as_entry("../../evil.py", b"x"), "'../../evil.py'"),
    "no policy": (lambda entries: entries.pop("policy.pth") and None, "no policy"),
    "data that is not JSON": (as_entry("data", b"{"), "damaged"),
    "nested data": (as_entry("data", b"[" * 100_000), "damaged"),
    "data of a list": (as_entry("data", b"[]"), "damaged"),
    "weights that are no zip": (as_entry("policy.pth", b"\x80\x02."), "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_models_are_refused_with_a_reason(models: Any, tmp_path: Path, case: str) -> None:
    change, message = REFUSED[case]
    path = rewritten(models["ppo", "discrete"][1], tmp_path / "other.zip", change)
    with pytest.raises(InputError, match=message) as caught:
        import_policy(path, THERAPY, "imported", trusted=True)
    assert "\n" not in str(caught.value)


def test_another_drug_is_refused(models: Any) -> None:
    with pytest.raises(InputError, match="pmrl/Tacrolimus"):
        import_policy(models["ppo", "discrete"][1], therapy("tacrolimus"), "imported", trusted=True)


def test_no_pickle_of_the_zip_is_run(models: Any, tmp_path: Path) -> None:
    """Neither those of the spaces, which stable-baselines3 would run, nor one in place of the weights."""
    import base64

    mark = tmp_path / "mark"
    harmful = base64.b64encode(pickle.dumps(Harm(mark))).decode()
    path = models["ppo", "discrete"][1]
    spaces = rewritten(path, tmp_path / "a.zip", about(observation_space={":serialized:": harmful}))
    import_policy(spaces, THERAPY, "imported", trusted=True)
    file = io.BytesIO()
    torch.save({"weight": Harm(mark)}, file)
    weights = rewritten(path, tmp_path / "b.zip", as_entry("policy.pth", file.getvalue()))
    with pytest.raises(InputError, match="damaged"):
        import_policy(weights, THERAPY, "imported", trusted=True)
    assert not mark.exists()
    load_from_zip_file(spaces)
    assert mark.exists(), "this file does no harm: the test shows nothing"


def test_bombs_links_and_other_files_are_refused(models: Any, tmp_path: Path) -> None:
    path = models["ppo", "discrete"][1]
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("policy.pth", b"")
        archive.writestr("data", bytes(65 * 2**20))
    (tmp_path / "link.zip").symlink_to(path)
    (tmp_path / "cut.zip").write_bytes(path.read_bytes()[:-100])
    shutil.copy(path, tmp_path / "twice.zip")
    with (
        zipfile.ZipFile(tmp_path / "twice.zip", "a") as archive,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        archive.writestr("data", b"{}")
    for name, message in (
        ("bomb.zip", "larger than 64 MiB"), ("link.zip", "is a link"), ("cut.zip", "not a zip of"),
        ("twice.zip", "twice"), ("none.zip", "No such file"), ("", "folder"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            import_policy(tmp_path / name, THERAPY, "imported", trusted=True)


def test_the_command(models: Any, monkeypatch: Any, capsys: Any, tmp_path: Path) -> None:
    path, out = models["ppo", "discrete"][1], tmp_path / "out"
    arguments = ("import-sb3", path, "warfarin", "--out", out)
    code, shown, error = run(monkeypatch, capsys, *arguments)
    assert (code, shown, error.count("\n")) == (2, "", 1)
    assert "can run any code" in error
    assert "--i-trust-this-file" in error
    assert not out.exists()
    code, shown, error = run(monkeypatch, capsys, *arguments, "--i-trust-this-file", "--name", "../x")
    assert (code, out.exists()) == (2, False)
    code, shown, error = run(monkeypatch, capsys, *arguments, "--i-trust-this-file", "--name", "mine")
    assert (code, error) == (0, "")
    assert {file.name for file in out.iterdir()} == {
        "mine.json", "mine.safetensors", "results.json", "manifest.json"
    }  # fmt: skip
