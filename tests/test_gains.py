"""What learned policies gain over others: in the numbers, and drawn where the numbers say."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
from small_comparison import BEST, N, comparison, results, stand_in

from pmrl.envs.scenario import Scenario
from pmrl.envs.warfarin import THERAPY
from pmrl.experiments.benchmark import compare, opponents
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.figures_genotypes import gain_by_genotype, references
from pmrl.experiments.genotype_groups import genotype_groups

AGAINST = ("bayes", "bad-bayes")
LEARNED = ("better", "<script>")


def gained(name: str, other: str, outcome: str = "ttr") -> np.ndarray:
    """Of every patient."""
    arms = comparison().arms
    return arms[name].outcomes[outcome] - arms[other].outcomes[outcome]


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("outcome", ["ttr", "net", "inr_above_4"])
def test_learned_policies_are_compared_with_each_bayesian_one(name: str, outcome: str) -> None:
    row, masks = results()["policies"][name], genotype_groups(comparison().cohort, THERAPY)
    assert tuple(row["difference_to_model_based"]) == AGAINST
    for other in AGAINST:
        found = row["difference_to_model_based"][other][outcome]["mean"]
        assert found == pytest.approx(gained(name, other, outcome).mean())
        for group, numbers in row["by_genotype"].items():
            found = numbers["difference_to_model_based"][other][outcome]["mean"]
            assert found == pytest.approx(gained(name, other, outcome)[masks[group]].mean())
            found = numbers["difference_to_best_rule"][outcome]["mean"]
            assert found == pytest.approx(gained(name, BEST, outcome)[masks[group]].mean())


def test_others_are_compared_with_the_best_rule_alone() -> None:
    for row in results()["policies"].values():
        if row["kind"] != "learned":
            assert row["difference_to_model_based"] == {}
        assert row["difference_to_best_rule"] is not None


def test_of_an_interrupted_comparison_the_same_is_known() -> None:
    some = as_dict(replace(comparison(), interrupted=True))["policies"]["better"]
    for other in AGAINST:
        found = some["difference_to_model_based"][other]["ttr"]["mean"]
        assert found == pytest.approx(gained("better", other).mean())


def test_the_best_rule_may_be_a_bayesian_controller() -> None:
    bayes, learned = stand_in("bayes", "gage+re-ly", "model-based"), stand_in("learned", "gage-clinical")
    assert opponents([bayes, learned], "bayes") == {"bayes": ["bayes"], "learned": ["bayes"]}
    few = compare([bayes, learned], THERAPY, Scenario(cohort="test"), 40, 5, "bayes")
    found = as_dict(few)
    row = found["policies"]["learned"]
    assert row["difference_to_model_based"]["bayes"] == row["difference_to_best_rule"]
    assert found["policies"]["bayes"]["difference_to_model_based"] == {}
    assert references(found) == ["bayes"]
    # Each pair once: patients who are added up twice would seem to be twice as many.
    summed = as_dict(replace(few, interrupted=True))["policies"]["learned"]["difference_to_best_rule"]["ttr"]
    ttr = {name: few.arms[name].outcomes["ttr"] for name in ("learned", "bayes")}
    half = 1.96 * (ttr["learned"] - ttr["bayes"]).std(ddof=1) / np.sqrt(40)
    assert summed["ci"][1] - summed["mean"] == pytest.approx(half)


def test_the_strongest_bayesian_controller_is_drawn() -> None:
    assert references(results()) == [BEST, "bayes"]
    changed = copy.deepcopy(results())
    changed["policies"]["bad-bayes"]["ttr"]["mean"] = 0.99
    assert references(changed) == [BEST, "bad-bayes"]


def test_gains_are_drawn_where_they_are() -> None:
    figure = gain_by_genotype(results())
    for axes, bayesian in zip(figure.axes, (None, "bayes"), strict=True):
        drawn = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
        expected = []
        for name in LEARNED:
            row = results()["policies"][name]
            for one in (row, *row["by_genotype"].values()):
                against = one["difference_to_best_rule"]
                against = one["difference_to_model_based"][bayesian] if bayesian else against
                expected.append(100.0 * against["ttr"]["mean"])
        np.testing.assert_allclose(drawn, expected)
    assert figure.axes[0].get_yticklabels()[0].get_text() == f"everybody\n{N} patients"
