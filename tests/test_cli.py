"""The commands: what they print, write and promise."""

import numpy as np
import pytest
from pmrl_command import numbers, run

from pmrl.experiments.cli import app

COMMANDS = (
    "demo", "drugs", "simulate", "train", "tune", "benchmark", "validate", "calibrate", "privacy-check",
    "audit", "import-sb3",
)  # fmt: skip


def test_every_command_is_tested_here():
    names = {command.callback.__name__.replace("_", "-") for command in app.registered_commands}
    assert names == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_common_options(monkeypatch, capsys, command):
    code, out, _ = run(monkeypatch, capsys, command, "--help")
    assert code == 0
    for option in ("--seed", "--out", "--json"):
        assert option in out


def test_simulate_writes_the_published_course(monkeypatch, capsys, tmp_path):
    target = tmp_path / "course.json"
    code, _, err = run(
        monkeypatch, capsys, "simulate", "warfarin", "--model", "hamberg-2010", "--parameters", "published",
        "--typical", "--age", 71, "--genotype", "CYP2C9=*1/*1", "--genotype", "VKORC1=G/G", "--dose", 5,
        "--days", 60, "--json", target,
    )  # fmt: skip
    assert code == 0, err
    found = numbers(target)
    assert found["day"] == list(range(1, 61))
    by_day = dict(zip(found["day"], found["biomarker"], strict=True))
    for day, expected in {1: 1.097, 3: 1.401, 7: 1.763, 14: 1.930, 30: 1.943, 60: 1.943}.items():
        assert by_day[day] == pytest.approx(expected, abs=0.005)


def test_simulate_many_patients_spread_around_the_typical_one(monkeypatch, capsys, tmp_path):
    target = tmp_path / "many.json"
    code, _, err = run(
        monkeypatch, capsys, "simulate", "warfarin", "--genotype", "VKORC1=A/G", "--patients", 200,
        "--days", 20, "--json", target, "--out", tmp_path / "folder",
    )  # fmt: skip
    assert code == 0, err
    courses = np.array(numbers(target)["biomarker"])
    assert courses.shape == (200, 20)
    assert courses[:, -1].std() > 0.1
    assert (tmp_path / "folder" / "course.png").exists()


def test_drugs_lists_and_shows_every_number(monkeypatch, capsys, tmp_path):
    code, out, _ = run(monkeypatch, capsys, "drugs", "--json", tmp_path / "drugs.json")
    assert code == 0
    assert "pmrl/Warfarin-v1" in out
    code, _, _ = run(monkeypatch, capsys, "drugs", "--card", "warfarin", "--json", tmp_path / "card.json")
    assert code == 0
    rows = numbers(tmp_path / "card.json")["numbers"]
    assert len(rows) > 100
    assert all(row["source"] and row["status"] for row in rows)


def test_benchmark_is_paired_and_reproducible(monkeypatch, capsys, tmp_path):
    results = []
    for name in ("a", "b"):
        code, out, err = run(
            monkeypatch, capsys, "benchmark", "warfarin", "--policies", "fixed,aurora", "--patients", 80,
            "--days", 30, "--json", tmp_path / name,
        )  # fmt: skip
        assert code == 0, err
        assert "Research use only" in out
        results.append(numbers(tmp_path / name))
    first, second = ({k: v["ttr"] for k, v in found["policies"].items()} for found in results)
    assert first == second
    assert {"fixed", "aurora", results[0]["best_rule"]} == set(first)
    for row in results[0]["policies"].values():
        for key in ("ttr", "below", "above", "inr_above_4", "inr_above_5"):
            low, high = row[key]["ci"]
            assert low <= row[key]["mean"] <= high
        assert row["ttr"]["mean"] + row["below"]["mean"] + row["above"]["mean"] == pytest.approx(1.0)
    assert results[0]["policies"][results[0]["best_rule"]]["difference_to_best_rule"]["ttr"]["mean"] == 0.0


def test_train_writes_a_policy_that_can_be_benchmarked(monkeypatch, capsys, tmp_path):
    folder = tmp_path / "run"
    code, _, err = run(
        monkeypatch, capsys, "train", "warfarin", "--algorithm", "dqn", "--steps", 640, "--name", "mine",
        "--out", folder, "--json", tmp_path / "train.json",
    )  # fmt: skip
    assert code == 0, err
    assert len(numbers(tmp_path / "train.json")["curve"]) >= 1
    assert list(folder.glob("tensorboard/**/events.*"))
    assert not list(folder.rglob("*.pkl"))
    assert not list(folder.rglob("*.zip"))
    code, _, err = run(
        monkeypatch, capsys, "benchmark", "warfarin", "--policies", folder / "mine.json", "--patients", 20,
        "--days", 14, "--json", tmp_path / "bench.json",
    )  # fmt: skip
    assert code == 0, err
    assert numbers(tmp_path / "bench.json")["policies"]["mine"]["kind"] == "learned"
