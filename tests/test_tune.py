"""`pmrl tune`: budgets, the default first, what is written when, what is stored with results, bad input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pmrl_command import numbers, run

from pmrl.agents import tuned
from pmrl.agents.registry import policy
from pmrl.agents.search_space import defaults
from pmrl.agents.training_settings import settings_for
from pmrl.agents.tunable import TUNABLE
from pmrl.agents.tunable_training import TRAINED, changes_of, trial_steps
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments import commands_tune, tune, tuning_file
from pmrl.experiments.benchmark import VALIDATION_SEED, compare
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.report_tuning import tuning_rows
from pmrl.experiments.rollout import outcomes, treat
from pmrl.experiments.tune import Budget, Search

WARFARIN = therapy("warfarin")
N = 16


def search(trials: int = 3, core_seconds: float = 600.0, steps: int | None = None, seed: int = 0) -> Search:
    return Search(WARFARIN, Budget(core_seconds, trials), N, seed, steps)


def score_of(name: str, values: dict[str, Any]) -> float:
    clinic = Clinic(WARFARIN, Scenario(cohort="validation"), N, VALIDATION_SEED)
    return float(
        outcomes(treat(TUNABLE[name].make(WARFARIN, values), clinic, np.arange(N)), WARFARIN)["ttr"].mean()
    )


@pytest.mark.parametrize("name", ["pid", "curate", "map"])
def test_the_first_trial_is_the_default_and_the_best_is_kept(name: str) -> None:
    found = tune.tune(name, search(trials=4 if name != "map" else 2))
    space = TUNABLE[name].space(WARFARIN)
    assert found["trials"][0][:-2] == list(defaults(space).values())
    scores = [trial[-2] for trial in found["trials"]]
    assert found["default_score"] == scores[0]
    assert found["score"] == max(scores) == pytest.approx(score_of(name, found["values"]), abs=1e-6)
    assert len({tuple(trial[:-2]) for trial in found["trials"]}) == len(scores)
    for trial in found["trials"]:
        assert all(value in dimension for value, dimension in zip(trial, space, strict=False))


def test_the_same_seed_tries_the_same() -> None:
    def tried(seed: int) -> list[list[float]]:
        return [trial[:-1] for trial in tune.tune("pid", search(12, seed=seed))["trials"]]

    assert tried(0) == tried(0)
    assert tried(0) != tried(1)


def test_budgets_are_kept_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tune.tune("pid", search(trials=5))
    assert found["budget"] == {"core_seconds": 600.0, "trials": 5}
    assert found["used"]["trials"] == 5
    assert 0.0 <= found["used"]["core_seconds"] < 60.0
    clock = iter(np.arange(0.0, 1000.0, 3.0))
    monkeypatch.setattr(tune.time, "process_time", lambda: next(clock))
    found = tune.tune("pid", search(trials=50, core_seconds=10.0))
    # Three seconds each: the fourth crosses ten, is finished and counts.
    assert found["used"] == {"core_seconds": 12.0, "trials": 4}
    assert [trial[-1] for trial in found["trials"]] == [3.0] * 4


def test_the_record_is_told_after_every_trial() -> None:
    told: list[dict[str, Any]] = []
    found = tune.tune("pid", search(trials=3), told.append)
    assert [record["used"]["trials"] for record in told] == [1, 2, 3]
    assert told[-1] == found
    assert len(told[0]["trials"]) == 1


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_algorithms_are_trained_from_scratch(algorithm: str) -> None:
    found = tune.tune(algorithm, search(trials=1, steps=64))
    space = TRAINED[algorithm]()
    assert found["values"] == defaults(space)
    assert found["training"] == {"steps": 64, "seed": 0, "threads": 1}
    assert 0.0 <= found["score"] <= 1.0
    settings = settings_for(algorithm)
    assert changes_of(algorithm, defaults(space))["options"] == settings.options
    assert all(dimension.default in dimension for dimension in space)
    assert 0 < trial_steps(algorithm) < settings.steps


def test_training_that_ends_in_no_number_is_a_failed_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    space, calls = TUNABLE["pid"].space(WARFARIN), []

    def wild(values: dict[str, Any]) -> float:
        calls.append(values)
        if len(calls) == 2:
            raise FloatingPointError
        return 0.5

    monkeypatch.setattr(tune, "_objective", lambda name, search: (space, wild))
    found = tune.tune("pid", search(trials=3))
    assert [trial[-2] for trial in found["trials"]] == [0.5, None, 0.5]
    assert found["values"] == defaults(space)


@pytest.mark.parametrize("drug", THERAPIES)
def test_what_can_be_tuned_suits_the_drug(drug: str) -> None:
    names = tune.tunable_names(therapy(drug))
    assert {"pid", "curate", "map", "mpc", "ppo", "dqn"} <= set(names)
    assert ("mpc-log" in names) is (therapy(drug).primary == "ttr")


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = tmp_path / "shipped" / "warfarin.json"
    for module in (tuned, tuning_file, commands_tune):
        monkeypatch.setattr(module, "tuned_file", lambda drug: shipped)
    out, given = tmp_path / "out", ("--trials=2", f"--patients={N}", "--json", tmp_path / "found.json")
    code, printed, error = run(
        monkeypatch, capsys, "tune", "warfarin", "--policies=pid,curate", "--out", out, "--install", *given
    )
    assert (code, error) == (0, "")
    assert all(word in printed for word in ("pid", "curate", "kp", "ridge", "2 trials or 600 core-seconds"))
    found = numbers(out / "tuned.json")
    assert found == numbers(tmp_path / "found.json")["policies"] == numbers(out / "results.json")["policies"]
    assert numbers(out / "manifest.json")["seeds"]
    assert found["pid"]["budget"] == found["curate"]["budget"]
    assert shipped.read_text(encoding="utf-8") == (out / "tuned.json").read_text(encoding="utf-8")
    assert tuned.tuning_of(policy("curate", WARFARIN)) == tuned.shown(found["curate"])


def test_ctrl_c_keeps_what_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str, given: Search, on_trial: Any) -> None:
        def stop(record: dict[str, Any]) -> None:
            on_trial(record)
            if name == "curate":
                raise KeyboardInterrupt

        tune.tune(name, given, stop)

    monkeypatch.setattr(commands_tune, "tune", interrupted)
    code, printed, error = run(
        monkeypatch, capsys, "tune", "warfarin", "--policies=pid,curate", "--trials=2", f"--patients={N}",
        "--out", tmp_path, "--install",
    )  # fmt: skip
    assert code == 130
    assert "tuned.json" in error
    found = numbers(tmp_path / "tuned.json")
    assert [found[name]["used"]["trials"] for name in ("pid", "curate")] == [2, 1]
    assert numbers(tmp_path / "results.json")["interrupted"]
    assert "curate" in printed


BAD = {
    "policy": (("--policies", "pidd"), ("pidd", "did you mean 'pid'")),
    "policy that is published": (("--policies", "aurora"), ("aurora", "to tune")),
    "policy twice": (("--policies", "pid,pid"), ("once",)),
    "none": (("--policies", ","), ("comma list",)),
    "trials": (("--trials", "0"), ("trials 0", "at least 1")),
    "steps": (("--steps", "0"), ("steps 0",)),
    "patients": (("--patients", "1"), ("patients 1", "2 to")),
    "core-seconds": (("--core-seconds", "0"), ("core-seconds 0",)),
    "endless": (("--core-seconds", "inf"), ("core-seconds inf",)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given, words = BAD[case]
    code, _, error = run(monkeypatch, capsys, "tune", "warfarin", *given, "--out", tmp_path / "out")
    assert code == 2
    assert error.count("\n") == 1
    assert all(word in error for word in words), error
    assert not (tmp_path / "out").exists()


def test_a_blind_planner_is_not_tuned_where_harm_has_a_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = run(
        monkeypatch, capsys, "tune", "allopurinol", "--policies", "mpc-log", "--out", tmp_path
    )
    assert code == 2
    assert "did you mean 'mpc'" in error


def test_without_optuna_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, error = run(monkeypatch, capsys, "tune", "warfarin", "--policies=pid", "--out", tmp_path / "out")
    assert code == 2
    assert "pip install 'pmrl[tune]'" in error
    assert error.count("\n") == 1


def test_training_takes_the_tuned_values_and_records_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tune.tune("dqn", search(trials=1, steps=64))
    record["values"] = {**record["values"], "gamma": 0.7, "learning_rate": 0.002, "actions": "discrete"}
    path = tmp_path / "warfarin.json"
    path.write_text(tuning_file.as_text({"dqn": record}), encoding="utf-8")
    monkeypatch.setattr(tuned, "tuned_file", lambda drug: path)

    def trained(*given: str) -> dict[str, Any]:
        code, _, error = run(
            monkeypatch, capsys, "train", "warfarin", "--algorithm=dqn", "--steps=64", "--threads=1", *given,
            "-s", "days=14", "--out", tmp_path / "run",
        )  # fmt: skip
        assert code == 0, error
        card: dict[str, Any] = json.loads((tmp_path / "run" / "dqn.json").read_text(encoding="utf-8"))
        return card

    card = trained("--tuned")
    training = card["training"]
    assert (card["actions"], training["learning_rate"], training["options"]["gamma"]) == (
        "discrete",
        0.002,
        0.7,
    )
    assert training["tuning"] == tuned.shown(record)
    overridden = trained("--tuned", "--actions=relative")
    assert overridden["actions"] == "relative"
    assert overridden["training"]["tuning"]["changed"] == {"actions": "relative"}
    plain = trained()["training"]
    assert plain["options"]["gamma"] == settings_for("dqn").options["gamma"]
    assert "tuning" not in plain


def test_a_benchmark_stores_how_policies_were_tuned() -> None:
    names = ("random", "aurora", "pid", "curate", "map")
    results = as_dict(compare([policy(name, WARFARIN) for name in names], WARFARIN, Scenario(), N, 5))
    tuning = {name: row["tuning"] for name, row in results["policies"].items()}
    assert tuning["pid"] == tuned.shown(tuned.records("warfarin")["pid"])
    assert tuning["aurora"] is None
    json.dumps(results["policies"]["pid"]["tuning"])
    rows = {row["name"]: row for row in tuning_rows(results)}
    assert next(iter(rows)) in tuned.records("warfarin")
    assert "as published" in rows["aurora"]["how"]
    assert "straw man" in rows["random"]["how"]
    assert rows["pid"]["trials"].endswith(f"of {tuning['pid']['budget']['trials']}")
    assert "kp" in rows["pid"]["how"]
    assert "limit" in rows["pid"]["seconds"] or " of " in rows["pid"]["seconds"]
