"""Key findings: each sentence follows from the numbers, and losses are said."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from small_comparison import BEST, results

from pmrl.experiments.findings import Finding, findings

EVENTS = {"inr_above_4": "days with INR > 4", "inr_above_5": "days with INR > 5"}


def about(what: str, changed: Any, measure: str = "time in range") -> list[Finding]:
    """The findings of that kind on the policy "better"."""
    begin = f"{what}: in {measure}, better is "
    return [found for found in findings(changed, EVENTS) if found.text.startswith(begin)]


def test_a_policy_that_loses_is_said_to_lose() -> None:
    found = {entry.text: entry.verdict for entry in findings(results(), EVENTS)}
    lost = next(text for text in found if text.startswith("<script> kept"))
    assert "loses" in lost
    assert found[lost] == "worse"
    assert "points less than the best rule" in lost
    inferior = next(text for text in found if "Days with INR > 4: <script>" in text)
    assert found[inferior] == "worse"
    won = next(text for text in found if text.startswith("better kept"))
    assert "loses" not in won


@pytest.mark.parametrize(
    ("mean", "low", "high", "verdict", "words"),
    [
        (0.05, 0.03, 0.07, "better", "5.0 points more"),
        (0.01, -0.01, 0.03, "unclear", "no difference from the best rule could be shown"),
        (-0.05, -0.07, -0.03, "worse", "loses"),
        (float("nan"), float("nan"), float("nan"), "unclear", "could not be compared"),
    ],
)
def test_the_sentence_follows_the_interval(mean, low, high, verdict, words) -> None:
    changed = copy.deepcopy(results())
    changed["policies"]["better"]["difference_to_best_rule"]["ttr"] = {"mean": mean, "ci": [low, high]}
    found = next(f for f in findings(changed, EVENTS) if f.text.startswith("better ") and words in f.text)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("bayes", "bad", "verdict", "words"),
    [
        (
            (0.01, 0.03),
            (0.3, 0.5),
            "better",
            "ahead of bayes, +2.0 points (+1.0 to +3.0) and bad-bayes, +40.0",
        ),
        ((-0.03, -0.01), (0.3, 0.5), "worse", "behind bayes, -2.0 points (-3.0 to -1.0); ahead of bad-bayes"),
        (
            (-0.01, 0.01),
            (0.3, 0.5),
            "unclear",
            "ahead of bad-bayes, +40.0 points (+30.0 to +50.0); not shown to",
        ),
        ((-0.01, 0.01), (-0.5, -0.3), "worse", "not shown to differ from bayes, 0.0 points (-1.0 to +1.0)"),
    ],
)
def test_where_a_policy_stands_among_bayesian_controllers(bayes, bad, verdict, words) -> None:
    changed = copy.deepcopy(results())
    for name, (low, high) in (("bayes", bayes), ("bad-bayes", bad)):
        estimate = {"mean": (low + high) / 2, "ci": [low, high]}
        changed["policies"]["better"]["difference_to_model_based"][name]["ttr"] = estimate
    found = about("Bayesian controllers", changed)[0]
    assert found.verdict == verdict
    assert words in found.text


def test_without_bayesian_controllers_nothing_is_said_of_them() -> None:
    changed = copy.deepcopy(results())
    changed["policies"]["better"]["difference_to_model_based"] = {}
    assert not about("Bayesian controllers", changed)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (-0.10, -0.05, "worse", "groups, with an interval below 0 in 1 (0.1 would be so by chance)."),
        (-0.10, 0.05, "unclear", "groups, with an interval below 0 in 0."),
    ],
)
def test_a_genotype_group_that_does_worse_is_named(low, high, verdict, words) -> None:
    changed = copy.deepcopy(results())
    groups = changed["policies"]["better"]["by_genotype"]
    for group, row in groups.items():
        worst = group == next(iter(groups))
        interval = [low, high] if worst else [0.01, 0.03]
        row["difference_to_best_rule"]["ttr"] = {"mean": sum(interval) / 2, "ci": interval}
    found = about("By genotype", changed)[0]
    assert found.verdict == verdict
    assert f"behind the best rule in 1 of {len(groups)} {words}" in found.text
    assert f"least in {next(iter(groups))} (" in found.text


@pytest.mark.parametrize(
    ("groups", "below", "verdict"), [(12, 1, "unclear"), (12, 2, "worse"), (1, 1, "worse")]
)
def test_of_many_groups_some_are_worse_by_chance(groups: int, below: int, verdict: str) -> None:
    changed = copy.deepcopy(results())
    row = changed["policies"]["better"]
    one = next(iter(row["by_genotype"].values()))
    row["by_genotype"] = {f"group {k}": copy.deepcopy(one) for k in range(groups)}
    for k, group in enumerate(row["by_genotype"].values()):
        interval = [-0.03, -0.01] if k < below else [0.01, 0.03]
        group["difference_to_best_rule"]["ttr"] = {"mean": sum(interval) / 2, "ci": interval}
    found = about("By genotype", changed)[0]
    assert found.verdict == verdict


def test_where_harm_has_a_price_findings_are_net_of_it() -> None:
    changed = copy.deepcopy(results())
    changed["primary"] = "net"
    for group in changed["policies"]["better"]["by_genotype"].values():
        group["difference_to_best_rule"]["net"] = {"mean": -0.02, "ci": [-0.03, -0.01]}
    net = "time in range less the price of harm"
    assert about("By genotype", changed, net)[0].verdict == "worse"
    assert about("Bayesian controllers", changed, net)
    assert not about("By genotype", changed) + about("Bayesian controllers", changed)


def test_without_a_best_rule_bayesian_controllers_are_compared_all_the_same() -> None:
    changed = copy.deepcopy(results())
    changed["best_rule"] = None
    said = [f.text for f in findings(changed, EVENTS)]
    assert [text.split(": ")[0] for text in said] == ["Bayesian controllers"] * 2


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (-0.004, -0.001, "better", "safer"),
        (-0.001, 0.0029, "better", "not inferior"),
        (-0.001, 0.0031, "unclear", "not shown"),
        (0.004, 0.006, "worse", "is inferior"),
    ],
)
def test_safety_is_judged_by_the_margin(low, high, verdict, words) -> None:
    changed = copy.deepcopy(results())
    difference = {"mean": (low + high) / 2, "ci": [low, high]}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = difference
    found = next(f for f in findings(changed, EVENTS) if "INR > 4: better" in f.text)
    assert (found.verdict, words in found.text) == (verdict, True)


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(1e-4, 2e-4, "worse"), (-2e-4, -1e-4, "better"), (-1e-4, 1e-4, "unclear")]
)
def test_harm_by_patient_has_no_margin(low, high, verdict) -> None:
    changed = copy.deepcopy(results())
    difference = {"mean": (low + high) / 2, "ci": [low, high]}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = difference
    found = next(
        f
        for f in findings(changed, {"inr_above_4": "patients with myopathy"})
        if "myopathy: better" in f.text
    )
    assert found.verdict == verdict
    assert "margin" not in found.text


def test_a_comparison_that_straw_men_survive_is_suspect() -> None:
    assert any("tells good from bad" in f.text for f in findings(results(), EVENTS))
    changed = copy.deepcopy(results())
    changed["policies"]["maximum"]["ttr"]["mean"] = changed["policies"][BEST]["ttr"]["mean"] - 0.1
    suspect = next(f for f in findings(changed, EVENTS) if "suspect" in f.text)
    assert suspect.verdict == "worse"
    assert "maximum dosing" in suspect.text


def test_without_a_learned_policy_the_page_says_so() -> None:
    changed = copy.deepcopy(results())
    for name in ("better", "<script>"):
        del changed["policies"][name]
    assert [f.text for f in findings(changed, EVENTS)][-1].startswith("No learned policy")


def test_what_was_not_measured_is_not_said() -> None:
    changed = copy.deepcopy(results())
    for name in ("random", "minimum", "maximum"):
        del changed["policies"][name]
    changed["policies"]["better"]["by_genotype"] = {}
    nothing = {"mean": float("nan"), "ci": [float("nan")] * 2}
    changed["policies"]["better"]["difference_to_best_rule"]["inr_above_4"] = nothing
    found = findings(changed, EVENTS)
    assert not any("straw men" in f.text or "suspect" in f.text for f in found)
    assert not any(f.text.startswith("By genotype: in time in range, better") for f in found)
    unclear = next(f for f in found if "INR > 4: better" in f.text)
    assert unclear.verdict == "unclear"
    # Without events no safety is judged, and without the best rule nothing is held against it.
    assert not any("INR > 4" in f.text for f in findings(changed, {}))
    del changed["policies"][BEST]
    for name in ("better", "<script>"):
        changed["policies"][name]["difference_to_model_based"] = {}
    assert findings(changed, EVENTS) == []
