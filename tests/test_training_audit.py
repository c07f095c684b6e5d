"""A policy trained on somebody's patients says what it gives away of them; others have nothing to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pmrl_command import numbers, run
from private_cohort import write_cohort

from pmrl.agents.registry import policy
from pmrl.cohort import Cohort
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.inversion import attack
from pmrl.experiments.suspects import suspects
from pmrl.experiments.training_audit import said, training_audit
from pmrl.strict_json import parse_json

WARFARIN = therapy("warfarin")


@pytest.mark.parametrize("kind", [str, Path])
def test_it_is_the_attack_on_the_training_patients(kind: Any, tmp_path: Path) -> None:
    source = kind(write_cohort(tmp_path / "cohort.csv"))
    rule = policy("gage", WARFARIN)
    audit = training_audit(rule, WARFARIN, Scenario(cohort=source), 1)
    assert audit is not None
    found, _ = attack(rule, suspects(WARFARIN, source, 1, 1000), 1)
    assert audit["patients"] == 19
    assert {gene: row["gain"] for gene, row in audit["guessed"].items()} == {
        gene: row["gain"] for gene, row in found.items()
    }
    everything = found["all genes"]
    assert everything["accuracy"]["mean"] > everything["accuracy_without"]["mean"]
    assert f"{100 * everything['accuracy']['mean']:.0f}% of 19 training patients" in said(audit)


@pytest.mark.parametrize("cohort", ["train", "sampled"])
def test_nothing_is_said_of_public_or_drawn_patients(cohort: str) -> None:
    assert training_audit(policy("gage", WARFARIN), WARFARIN, Scenario(cohort=cohort), 1) is None


def test_nothing_is_said_where_there_is_no_file_or_there_are_too_few(tmp_path: Path) -> None:
    rule, path = policy("gage", WARFARIN), write_cohort(tmp_path / "cohort.csv")
    header, *rows = path.read_text().splitlines()
    for name, kept in (("few", rows[:4]), ("untyped", [row.rsplit(",", 2)[0] + ",," for row in rows])):
        (tmp_path / name).with_suffix(".csv").write_text("\n".join([header, *kept]) + "\n")
        scenario = Scenario(cohort=tmp_path / f"{name}.csv")
        assert training_audit(rule, WARFARIN, scenario, 1) is None
    handed_over = Scenario(cohort=Cohort.sample(20, 1))
    assert training_audit(rule, WARFARIN, handed_over, 1) is None


def test_a_training_says_it_and_keeps_it_with_the_policy(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    path, out = write_cohort(tmp_path / "cohort.csv"), tmp_path / "run"
    code, printed, error = run(
        monkeypatch, capsys, "train", "warfarin", "--algorithm", "dqn", "--steps", 600, "--threads", 1,
        "-s", f"cohort={path}", "-s", "days=28", "--out", out, "--json", tmp_path / "found.json",
    )  # fmt: skip
    assert (code, error) == (0, "")
    assert "of 19 training patients" in " ".join(printed.split())
    card = parse_json((out / "dqn.json").read_bytes())
    assert card["training"]["audit"]["patients"] == 19
    assert set(card["training"]["audit"]["guessed"]) == {"all genes", "CYP2C9", "VKORC1"}
    assert numbers(tmp_path / "found.json")["card"]["audit"] == card["training"]["audit"]
    assert card["training"]["cohort"] == "given"
    assert str(path) not in (out / "dqn.json").read_text()


def test_a_training_says_so_where_too_few_are_typed(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *(row.rsplit(",", 2)[0] + ",," for row in rows)]) + "\n")
    code, printed, error = run(
        monkeypatch, capsys, "train", "warfarin", "--algorithm", "dqn", "--steps", 200, "--threads", 1,
        "-s", f"cohort={path}", "-s", "days=28", "--out", tmp_path / "run",
    )  # fmt: skip
    assert (code, error) == (0, "")
    assert "was not audited: too few of them are typed" in printed
    assert "audit" not in parse_json((tmp_path / "run" / "dqn.json").read_bytes())["training"]
