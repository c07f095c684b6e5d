"""The data sheet of each environment says what the code does."""

from __future__ import annotations

import inspect
from dataclasses import fields
from importlib import import_module

import pytest

from pmrl.envs import dosing
from pmrl.envs.action import RELATIVE_STEPS
from pmrl.envs.dosing import DosingEnv, DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.reward import TERMS
from pmrl.envs.scenario import Scenario

SECTIONS = (
    "Description", "Action Space", "Observation Space", "Rewards", "Starting State", "Episode End",
    "Arguments", "References", "Version History",
)  # fmt: skip
every_drug = pytest.mark.parametrize("drug", THERAPIES)


def sections(drug: str) -> dict[str, str]:
    sheet = inspect.getdoc(import_module(THERAPIES[drug][1])) or ""
    parts = sheet.split("\n## ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def table(text: str) -> list[list[str]]:
    """The rows of the section's table, without its head."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@every_drug
def test_the_sheet_is_complete(drug: str) -> None:
    assert tuple(sections(drug)) == SECTIONS


@every_drug
@pytest.mark.parametrize("days", [10, 90, 200])
def test_every_feature_is_in_the_table_with_its_bounds(drug: str, days: int) -> None:
    env = DosingEnv(therapy=drug, days=days)
    bounds = {"`days`": days, "`days` + 4": days + 4, "max(`days`, 28)": max(days, 28)}
    described: dict[str, tuple[float, float]] = {}
    for name, unit, low, high, _ in table(sections(drug)["Observation Space"]):
        assert unit
        pair = (float(bounds.get(low, low)), float(bounds.get(high, high)))
        if "..." in name:
            described |= {f"{name.split('_1')[0]}_{k}": pair for k in range(1, 6)}
        elif name == "<covariate>_known":
            described |= {f"{feature}_known": pair for feature in env.therapy.features}
        else:
            described[name] = pair
    space = env.observation_space
    found = {
        name: (float(low), float(high))
        for name, low, high in zip(env.feature_names, space.low, space.high, strict=True)
    }
    assert described == found
    assert f"Box of {len(found)} features" in sections(drug)["Observation Space"]


@every_drug
def test_every_reward_term_is_in_the_table(drug: str) -> None:
    rows = {name: float(weight) for name, weight, _ in table(sections(drug)["Rewards"])}
    assert rows == {name: therapy(drug).reward_weights.get(name, 0.0) for name in TERMS}


@every_drug
def test_every_action_kind_is_in_the_table(drug: str) -> None:
    rows = {name.strip('"'): space for name, space, _ in table(sections(drug)["Action Space"])}
    levels = therapy(drug).grid.levels.size
    assert rows == {
        "continuous": "Box(-1, 1, (1,))",
        "discrete": f"Discrete({levels})",
        "relative": f"Discrete({len(RELATIVE_STEPS)})",
    }
    intervals = ", ".join(map(str, therapy(drug).intervals))
    assert intervals in " ".join(sections(drug)["Action Space"].split())


@every_drug
def test_the_sheet_says_where_the_options_are(drug: str) -> None:
    assert "`pmrl.envs.dosing`" in sections(drug)["Arguments"]


def test_every_option_is_in_the_table_with_its_default() -> None:
    parameters = inspect.signature(DosingVectorEnv.__init__).parameters.values()
    own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "therapy"}
    options = own | {field.name: field.default for field in fields(Scenario)}
    sheet = inspect.getdoc(dosing) or ""
    rows = {name: default for name, default, _, _ in table(sheet.split("## Arguments")[1])}
    assert rows == {name: repr(value).replace("'", '"') for name, value in options.items()}


@every_drug
def test_the_version_is_in_the_history(drug: str) -> None:
    version = therapy(drug).version
    assert therapy(drug).id.endswith(f"-v{version}")
    assert f"- v{version}: " in sections(drug)["Version History"]
