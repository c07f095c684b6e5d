"""`reproduction.json` replays; what is none, not whole or of another version is refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pmrl.cohort import Cohort
from pmrl.envs import fault
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.fault import GIVEN, options_of
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments import train
from pmrl.experiments.reproduction import FILE, read, replay, write
from pmrl.failure import NotANumberError, SimulationError

PATIENT = 5


def record_of(scenario: Scenario, what: str = "equations", drug: str = "warfarin") -> NotANumberError:
    """An error that a patient is said to have had after the first two visits."""
    env = DosingVectorEnv(8, therapy=drug, actions="discrete", scenario=scenario)
    env.reset(seed=3)
    for _ in range(2):
        env.step(np.full(8, 9))
    error = NotANumberError("a state is nan", PATIENT)
    return fault.recorded(error, env.clinic, PATIENT, what)


def written(path: Path, **changed: Any) -> Path:
    """A file of a patient of an ordinary scenario, with some entries changed; removed where None."""
    file = write(path / FILE, record_of(Scenario(days=28)))
    record = {**json.loads(file.read_text()), **changed}
    file.write_text(json.dumps({name: value for name, value in record.items() if value is not None}))
    return file


def test_an_ordinary_patient_has_no_fault_and_is_where_it_was(tmp_path: Path) -> None:
    file = written(tmp_path)
    record, again = read(file), replay(file)
    assert again.error is None
    assert again.env is not None
    clinic = again.env.clinic
    assert (clinic.patient[0], clinic.world.day[0]) == (PATIENT, record["day"])
    found = dict(zip(clinic.model.states, clinic.world.states[0].tolist(), strict=True))
    assert found == record["states"]


def test_parameters_that_were_others_are_taken_from_the_file(tmp_path: Path) -> None:
    parameters = json.loads(written(tmp_path).read_text())["parameters"]
    file = written(tmp_path, parameters={**parameters, "base": 1.5})
    again = replay(file)
    assert again.error is None
    assert again.env is not None
    column = again.env.clinic.model.column("base")
    assert again.env.clinic.world.parameters[0, column] == 1.5
    file = written(tmp_path, parameters={**parameters, "base": "inf"})
    assert str(replay(file).error).startswith(f"parameter base is inf for patient {PATIENT} of cohort seed 3")


NOT_ONE = {
    "not JSON": ("{", "is not a reproduction.json: "),
    "not an object": ("[1]", "is not a reproduction.json of format 1"),
    "another format": ('{"format": 99}', "is not a reproduction.json of format 1"),
    "two of a name": ('{"format": 1, "format": 1}', "is not a reproduction.json: "),
}


@pytest.mark.parametrize("case", NOT_ONE)
def test_what_is_none_is_refused(tmp_path: Path, case: str) -> None:
    text, message = NOT_ONE[case]
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError) as refused:
        read(tmp_path / FILE)
    assert str(refused.value).startswith(f"{tmp_path / FILE} {message}")
    with pytest.raises(InputError, match="cannot read"):
        read(tmp_path / "elsewhere.json")


NOT_WHOLE: dict[str, dict[str, Any]] = {
    "no visits": {"visits": None},
    "visits of another form": {"visits": [3]},
    "a dose that is a text": {"visits": [{"day": 0, "days": 7, "doses": ["much"]}]},
    "an unknown parameter": {"parameters": {"clearence": 1.0}},
    "a parameter that is a text": {"parameters": {"cl": "fast"}},
    "an unknown option": {"scenario": {"dais": 28}},
    "no training": {"what": "gradient"},
    "a drug that is none": {"drug": 7},
}


@pytest.mark.parametrize("case", NOT_WHOLE)
def test_what_is_not_whole_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    file = written(tmp_path, **NOT_WHOLE[case])
    with pytest.raises(InputError) as refused:
        replay(file)
    assert "\n" not in str(refused.value)


def test_another_version_of_the_environment_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, environment_version="v0", pmrl="0.0.7")
    with pytest.raises(InputError, match=r"happened in version v0 of pmrl/Warfarin-v1.*with pmrl 0\.0\.7"):
        replay(file)


def test_what_was_made_in_python_must_be_given(tmp_path: Path) -> None:
    scenario = Scenario(days=28, cohort=Cohort.sample(9, seed=2))
    file = write(tmp_path / FILE, record_of(scenario))
    assert read(file)["scenario"]["cohort"] == GIVEN
    # Of a table of somebody's own only what is not a number is told.
    assert read(file)["parameters"] == {}
    with pytest.raises(InputError, match="the scenario's cohort was made in Python"):
        replay(file)
    assert replay(file, scenario).error is None


def test_options_are_in_types_of_json() -> None:
    shares = {"European": 0.25, "African": 0.75}
    found = options_of(Scenario(cohort=Path("clinic") / "patients.csv"))
    assert found["cohort"] == "clinic/patients.csv"
    drawn = options_of(Scenario(cohort="sampled", ancestry=shares))
    assert drawn["ancestry"] == shares
    assert json.loads(json.dumps([found, drawn])) == [found, drawn]


@pytest.mark.parametrize("fails", [True, False])
def test_a_training_is_begun_again_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    asked = {
        "algorithm": "ppo", "therapy": therapy("phenytoin"), "scenario": Scenario(days=28), "seed": 4,
        "threads": 1, "steps": 64, "layers": (16, 16),
    }  # fmt: skip
    file = write(tmp_path / FILE, record_of(Scenario(), "gradient"), asked)
    begun: list[dict[str, Any]] = []

    def run_training(**given: Any) -> Any:
        begun.append(given)
        if fails:
            raise SimulationError("again")
        return SimpleNamespace()

    monkeypatch.setattr(train, "run_training", run_training)
    again = replay(file)
    assert begun == [asked]
    assert again.env is None
    assert (str(again.error) if fails else again.error) == ("again" if fails else None)
