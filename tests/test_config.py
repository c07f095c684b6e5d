"""Study files and KEY=VALUE options: every mistake is explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.config import StudyConfig, parse_options, read_config, scenario_of


def written(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_default_study(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "")) == StudyConfig()


def test_everything_can_be_said(tmp_path: Path) -> None:
    text = """
    drug = "warfarin"
    policies = "fixed,aurora"
    patients = 20
    seed = 3
    threads = 2
    chunk = 64
    [scenario]
    cohort = "sampled"
    adherence = 0.9
    days = 30
    surgery = true
    interaction = "amiodarone"
    """
    scenario = Scenario(cohort="sampled", adherence=0.9, days=30, surgery=True, interaction="amiodarone")
    expected = StudyConfig("warfarin", "fixed,aurora", 20, 3, scenario, threads=2, chunk=64)
    assert read_config(written(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patient = 3", "did you mean 'patients'"),
        ("patients = '3'", "give a int"),
        ("seed = true", "give a int"),
        ("seed = -1", "give 0 to 4294967295"),
        ("seed = 4294967296", "give 0 to 4294967295"),
        ("policies = ['fixed']", "give a str"),
        ("scenario = 3", "must be a table"),
        ("[scenario]\nadherance = 0.9", "did you mean 'adherence'"),
        ("[scenario]\ndays = 30.5", "whole number"),
        ("[scenario]\ndays = true", "not a matter of yes or no"),
        ("[scenario]\nmissed_visits = [0.1]", "give a number"),
        ("[scenario]\nsurgery = 1", "True or False"),
        ("[scenario]\nmodel = 7", "give a name"),
        ("[scenario]\ncohort = 7", "give a name"),
        ("[scenario]\ngenotype = 7", "Allowed: known, unknown"),
        ("[scenario]\nadherence = [0.5]", "0 to 1"),
        ("patients = ", "not valid TOML"),
        ("policies = " + "[" * 100_000, "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_config(written(tmp_path, text))
    if "TOML" not in message:
        assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_config(tmp_path / "missing.toml")
    (tmp_path / "study.toml").write_bytes(b"drug = '\xff'")
    with pytest.raises(InputError, match="not valid TOML"):
        read_config(tmp_path / "study.toml")


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        ("adherence=0.8", "adherence", 0.8),
        ("adherence=full", "adherence", "full"),
        ("days=30", "days", 30),
        ("days=none", "days", None),
        ("interaction=", "interaction", None),
        ("surgery=yes", "surgery", True),
        ("surgery=False", "surgery", False),
        ("vitamin_k=0.2", "vitamin_k", 0.2),
        ("lab_delay_days = 2", "lab_delay_days", 2),
        ("start=established", "start", "established"),
        ("cohort=test", "cohort", "test"),
    ],
)
def test_text_becomes_the_type_of_the_option(pair: str, name: str, value: Any) -> None:
    found = getattr(scenario_of(parse_options([pair]), cohort="sampled"), name)
    assert found == value
    assert type(found) is type(value)


def test_the_cohort_is_the_callers_where_none_is_given() -> None:
    assert scenario_of({}, cohort="validation") == Scenario(cohort="validation")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("adherence", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("adherance=0.8", "did you mean 'adherence'"),
        ("days=30.5", "give a number"),
        ("days=soon", "give a number"),
        ("occasion_sd=0,2", "give a number"),
        ("surgery=maybe", "true or false"),
        ("adherence=most", "0 to 1"),
        ("missed_visits=nan", "give a number"),
        ("missed_visits=1e999", "0 to 0.9"),
        ("start=established!", "did you mean 'established'"),
    ],
)
def test_a_mistake_in_an_option_is_explained(pair: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        scenario_of(parse_options([pair]), cohort="test")


def test_an_option_given_twice_is_explained() -> None:
    for second in ("days=40", "days =40"):
        with pytest.raises(InputError, match="write each once"):
            parse_options(["days=30", second])


CONFIGS = sorted((Path(__file__).resolve().parents[1] / "experiments" / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_studies_can_be_read(path: Path) -> None:
    assert read_config(path).scenario.cohort == "test"


def test_the_shipped_default_study_is_the_default() -> None:
    default = next(path for path in CONFIGS if path.stem == "warfarin")
    assert read_config(default) == StudyConfig()
