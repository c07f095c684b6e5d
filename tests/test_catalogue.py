"""From what a user writes to a policy."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve, resolve_all, zoo
from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for, oracles, planners
from pmrl.envs.registry import therapy
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.errors import InputError

THERAPY = therapy("warfarin")
HERE = __name__


class Halves:
    """A user's own policy: half of the standard dose."""

    name, kind = "halves", "rule"

    def __init__(self, drug: Therapy) -> None:
        self.dose = 0.5 * drug.standard_dose

    def start(self, visit: Visit) -> None:
        """Nothing to remember."""

    def prescribe(self, visit: Visit) -> Prescription:
        return Prescription.constant(np.full(len(visit), self.dose))


class Nothing:
    """Not a policy."""

    def __init__(self, drug: Therapy) -> None: ...


class Needy:
    """Cannot be made from a therapy alone."""

    def __init__(self, drug: Therapy, more: int) -> None: ...


def test_a_name_a_composition_and_a_class_are_policies() -> None:
    for text, name in (
        ("aurora", "aurora"),
        ("aaa", "aurora"),
        ("iwpc+aurora", "iwpc+aurora"),
        (f"{HERE}:Halves", "halves"),
    ):
        found = resolve(text, THERAPY)
        assert isinstance(found, Policy)
        assert found.name == name


def test_all_is_every_rule_every_shipped_policy_every_planner_and_every_oracle() -> None:
    def named(text: str) -> list[str]:
        return [policy.name for policy in resolve_all(text, THERAPY)]

    groups = {"rules": [*names_for(THERAPY)], "learned": [*zoo(THERAPY)], "bayes": [*planners(THERAPY)]}
    groups["oracles"] = [*oracles()]
    for group, names in groups.items():
        assert named(group) == names
    assert named("all") == [name for names in groups.values() for name in names]
    assert named("bayes,fixed") == [*planners(THERAPY), "fixed"]


def test_a_list_keeps_its_order_and_forgives_spaces() -> None:
    names = [policy.name for policy in resolve_all(" re-ly, fixed ,aurora,", THERAPY)]
    assert names == ["re-ly", "fixed", "aurora"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("auroa", "did you mean 'aurora'"),
        ("iwcp+aurora", "did you mean 'iwpc'"),
        ("", "unknown policy of warfarin"),
        ("missing.json", "No such file"),
        ("missing.safetensors", "No such file"),
        ("no_such_module:Thing", "importable module"),
        (":Thing", "importable module"),
        (f"{HERE}:Missing", "importable module"),
        (f"{HERE}:Needy", "importable module"),
        (f"{HERE}:Nothing", "is not a policy"),
    ],
)
def test_a_wrong_name_is_explained(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        resolve(text, THERAPY)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "give 'all'"), (" , ", "give 'all'"), ("fixed,aurora,fixed", "given twice")]
)
def test_a_wrong_list_is_explained(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve_all(text, THERAPY)


def test_the_same_rule_under_two_names_is_noticed() -> None:
    with pytest.raises(InputError, match="given twice"):
        resolve_all("aurora,aaa", THERAPY)
