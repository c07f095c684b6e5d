"""Tuned values that ship: they belong to their environment, come out again, and are what policies use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmrl.agents import tuned
from pmrl.agents.registry import names_for, planners, policy
from pmrl.agents.search_space import Choice, Number, defaults
from pmrl.agents.tunable import TUNABLE, Tunes
from pmrl.agents.tunable_training import TRAINED
from pmrl.agents.tuned import note, record_of, records, shown, tuned_file, tuning_of
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.benchmark import VALIDATION_SEED
from pmrl.experiments.rollout import outcomes, treat
from pmrl.experiments.tune import tunable_names
from pmrl.experiments.tuning_file import as_text

every_drug = pytest.mark.parametrize("drug", THERAPIES)
SHIPPED = [(drug, name) for drug in THERAPIES for name in records(drug)]
each_record = pytest.mark.parametrize(("drug", "name"), SHIPPED)
QUICK = ("pid", "curate")
"""Policies whose score is computed again in a moment; the others' first trials are looked at only."""
BAYES = ("map", "target-attainment", "mpc", "mpc-log")


def made(drug: str, name: str) -> Tunes:
    found = policy(name, therapy(drug))
    assert hasattr(found, "tuning")
    return found


@each_record
def test_a_record_says_how_it_was_found(drug: str, name: str) -> None:
    one, record = therapy(drug), records(drug)[name]
    assert (record["environment"], record["environment_version"]) == (one.id, one.version), "tune it again"
    assert (record["cohort"], record["cohort_seed"]) == ("validation", VALIDATION_SEED)
    assert record["outcome"] == one.primary
    # What is no longer searched stays in the trials.
    names = [column for column in record["columns"] if column != "moved" or name not in TUNABLE]
    assert names == [*record["values"], "score", "core_seconds"]
    trials = record["trials"]
    assert record["used"]["trials"] == len(trials) <= record["budget"]["trials"]
    scores = [-np.inf if trial[-2] is None else trial[-2] for trial in trials]
    best = trials[int(np.argmax(scores))]
    assert record["values"].items() <= dict(zip(record["columns"], best, strict=True)).items()
    assert best[-2] == record["score"] >= record["default_score"] == scores[0]


@every_drug
def test_everything_that_can_be_tuned_was_with_one_budget(drug: str) -> None:
    found = records(drug)
    assert set(found) == set(tunable_names(therapy(drug)))
    for what in ("budget", "sampler", "patients", "cohort_seed"):
        assert len({json.dumps(record[what]) for record in found.values()}) == 1, what
    assert len({json.dumps(record["training"]) for record in found.values() if "training" in record}) == 1
    for record in found.values():
        spent = record["used"]["core_seconds"] >= record["budget"]["core_seconds"]
        assert spent or record["used"]["trials"] == record["budget"]["trials"]


@pytest.mark.parametrize(("drug", "name"), [pair for pair in SHIPPED if pair[1] in QUICK])
def test_the_score_comes_out_again(drug: str, name: str) -> None:
    one, record = therapy(drug), records(drug)[name]
    n = record["patients"]
    clinic = Clinic(one, Scenario(cohort="validation"), n, VALIDATION_SEED)
    found = outcomes(treat(made(drug, name), clinic, np.arange(n)), one)[one.primary].mean()
    # As many decimals as the record has.
    decimals = len(str(record["score"]).partition(".")[2])
    assert found == pytest.approx(record["score"], abs=0.51 * 10.0 ** -max(decimals, 4))


@each_record
def test_values_are_within_the_space(drug: str, name: str) -> None:
    record = records(drug)[name]
    space = TUNABLE[name].space(therapy(drug)) if name in TUNABLE else TRAINED[name]()
    assert [dimension.name for dimension in space] == list(record["values"])
    for dimension in space:
        assert record["values"][dimension.name] in dimension
    first = dict(zip(record["columns"], record["trials"][0], strict=True))
    assert {name: first[name] for name in record["values"]} == dict(defaults(space))


@each_record
def test_the_file_is_as_the_command_writes_it(drug: str, name: str) -> None:
    text = tuned_file(drug).read_text(encoding="utf-8")
    assert as_text(json.loads(text)) == text
    assert name in json.loads(text)


@every_drug
def test_a_policy_uses_and_tells_its_record(drug: str) -> None:
    record = records(drug)["pid"]
    found = made(drug, "pid")
    assert tuning_of(found) == shown(record)
    assert note(record) in found.summary
    assert "trials" not in shown(record)
    assert [float(getattr(found.gains, gain)) for gain in record["values"]] == [*record["values"].values()]


@every_drug
@pytest.mark.parametrize("name", TUNABLE)
def test_spaces_contain_their_defaults_and_every_number_has_a_reason(drug: str, name: str) -> None:
    one = therapy(drug)
    if name not in (*names_for(one), *planners(one)):
        pytest.skip("does not suit the drug")
    for dimension in TUNABLE[name].space(one):
        assert dimension.default in dimension
        assert "no such value" not in dimension
        if isinstance(dimension, Choice):
            assert dimension.reason
        else:
            assert float(dimension.low) < float(dimension.high)
            assert dimension.low.source.startswith("ours")
            assert 2.0 * float(dimension.high) not in dimension


@pytest.mark.parametrize("name", TUNABLE)
def test_values_change_what_a_policy_says_it_does_or_is(name: str) -> None:
    one, tunable = therapy("warfarin"), TUNABLE[name]
    space = tunable.space(one)
    usual = tunable.make(one, defaults(space))
    assert usual.name == name
    assert usual.tuning is None
    wild = {d.name: float(d.high) if isinstance(d, Number) else d.options[-1] for d in space}
    n = 6 if name in QUICK else 2
    clinic = Clinic(one, Scenario(cohort="validation", days=42), n, 3)
    doses = [treat(made, clinic, np.arange(n)).prescribed.copy() for made in (usual, tunable.make(one, wild))]
    assert (doses[0] != doses[1]).any()


def with_record(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """Warfarin's `map` with a record in a file of its own."""
    one, space = therapy("warfarin"), TUNABLE["map"].space(therapy("warfarin"))
    record: dict[str, Any] = {
        **json.loads(tuned_file("warfarin").read_text(encoding="utf-8"))["pid"],
        "values": {**defaults(space), "tail": 11},
        **changes,
    }
    path = folder / "warfarin.json"
    path.write_text(as_text({"map": record}), encoding="utf-8")
    monkeypatch.setattr(tuned, "tuned_file", lambda drug: path)
    assert one.drug == "warfarin"
    return record


def test_a_planner_uses_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = with_record(tmp_path, monkeypatch)
    found = made("warfarin", "map")
    assert found.planner.tail == 11
    assert found.tuning == shown(record)
    assert "tail 11" in found.summary
    assert made("warfarin", "pid").tuning is None


@pytest.mark.parametrize("changes", [{"environment_version": 99}, {"environment": "pmrl/Other-v1"}])
def test_what_was_tuned_elsewhere_is_not_used(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_record(tmp_path, monkeypatch, **changes)
    assert record_of(therapy("warfarin"), "map") is None
    found = made("warfarin", "map")
    assert found.tuning is None
    assert "tuned" not in found.summary
    newer = replace(therapy("warfarin"), version=98)
    assert record_of(newer, "map") is None


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_file_is_explained(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "warfarin.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(tuned, "tuned_file", lambda drug: path)
    with pytest.raises(InputError, match="tune again"):
        records("warfarin")


def test_a_drug_that_was_never_tuned_has_no_record() -> None:
    assert records("aspirin") == {}
    assert record_of(replace(therapy("warfarin"), drug="aspirin"), "pid") is None
    assert tuning_of(policy("fixed", therapy("warfarin"))) is None
