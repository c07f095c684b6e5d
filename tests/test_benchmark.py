"""The benchmark tells good prescribers from bad ones, and says so in the form that was promised."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve_all
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments import rollout as rollout_module
from pmrl.experiments.benchmark import Comparison, choose_best_rule, compare
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.genotype_groups import SMALLEST_GROUP, genotype_groups
from pmrl.experiments.rollout import outcomes, rollout

THERAPY = therapy("warfarin")
TEST = Scenario(cohort="test")
ARMS = ("pgpga", "pgaa", "caa", "aaa", "fixed")
N = 600


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    policies = resolve_all("random,maximum,pgpga,pgaa,caa,aaa,fixed", THERAPY)
    best, scores = choose_best_rule(policies, THERAPY, TEST, 200, seed=1_000)
    return compare(policies, THERAPY, TEST, N, 1, best, scores)


def ttr(comparison: Comparison, name: str) -> float:
    name = "aurora" if name == "aaa" else name
    return float(comparison.arms[name].outcomes["ttr"].mean())


def test_the_published_arms_keep_their_order(comparison: Comparison) -> None:
    found = [ttr(comparison, name) for name in ARMS]
    assert found[:4] == sorted(found[:4], reverse=True)
    assert found[3] > found[4] + 0.02


@pytest.mark.parametrize("arm", ["aaa", "caa"])
def test_standard_care_is_where_trials_found_it(comparison: Comparison, arm: str) -> None:
    assert 0.55 <= ttr(comparison, arm) <= 0.70


def test_straw_men_lose(comparison: Comparison) -> None:
    assert comparison.best_rule is not None
    best = ttr(comparison, comparison.best_rule)
    assert ttr(comparison, "random") <= best - 0.25
    assert ttr(comparison, "maximum") <= best - 0.25
    assert ttr(comparison, "random") < ttr(comparison, "fixed")


def test_the_best_rule_is_chosen_on_other_patients(comparison: Comparison) -> None:
    assert comparison.best_rule == max(comparison.validation, key=lambda name: comparison.validation[name])
    assert not {"random", "maximum", "minimum"} & set(comparison.validation)
    again = choose_best_rule(resolve_all("fixed", THERAPY), THERAPY, TEST, 50, seed=9)[1]
    validation = TEST.with_options(cohort="validation")
    expected = outcomes(rollout(resolve_all("fixed", THERAPY)[0], THERAPY, validation, 50, 9), THERAPY)
    assert again == {"fixed": float(expected["ttr"].mean())}


def test_the_json_has_what_was_promised(comparison: Comparison) -> None:
    found = json.loads(json.dumps(as_dict(comparison), allow_nan=False))
    assert set(found["policies"]) == set(comparison.arms)
    for name, row in found["policies"].items():
        for key in ("ttr", "below", "above", "inr_above_4", "inr_above_5"):
            low, high = row[key]["ci"]
            assert 0.0 <= low <= row[key]["mean"] <= high <= 1.0
        assert row["ttr"]["mean"] + row["below"]["mean"] + row["above"]["mean"] == pytest.approx(1.0)
        assert row["ttr"]["mean"] == pytest.approx(ttr(comparison, name))
        difference = row["difference_to_best_rule"]["ttr"]
        assert difference["mean"] == pytest.approx(
            ttr(comparison, name) - ttr(comparison, found["best_rule"])
        )
        assert row["difference_to_model_based"] == {}  # of learned policies, where Bayesian ones took part
        for label, group in row["by_genotype"].items():
            reference = found["policies"][found["best_rule"]]["by_genotype"]
            gained = group["difference_to_best_rule"]["ttr"]["mean"]
            assert gained == pytest.approx(group["ttr"]["mean"] - reference[label]["ttr"]["mean"])
    assert found["policies"][found["best_rule"]]["difference_to_best_rule"]["ttr"]["ci"] == [0.0, 0.0]
    assert (found["patients"], found["seed"], found["days"]) == (N, 1, 90)


def test_shares_are_of_days_1_to_the_horizon(comparison: Comparison) -> None:
    latent = comparison.course("fixed", range(20)).latent
    assert latent.shape == (20, 91)
    by_hand = [sum(2.0 <= value <= 3.0 for value in row[1:]) / 90 for row in latent]
    np.testing.assert_allclose(comparison.arms["fixed"].outcomes["ttr"][:20], by_hand)


def test_patients_who_are_treated_again_live_the_same_life(comparison: Comparison) -> None:
    rows = [3, 599, 41]
    for name in ("random", "pgpga"):
        again = outcomes(comparison.course(name, rows), THERAPY)
        for key, values in comparison.arms[name].outcomes.items():
            np.testing.assert_array_equal(again[key], values[rows])


def test_everybody_is_in_one_genotype_group(comparison: Comparison) -> None:
    groups = genotype_groups(comparison.cohort, THERAPY)
    assert np.array(list(groups.values())).sum(axis=0).tolist() == [1] * N
    sizes = [int(mask.sum()) for mask in groups.values()]
    assert sizes == sorted(sizes, reverse=True)
    shown = as_dict(comparison)["policies"]["fixed"]["by_genotype"]
    assert {name: row["n"] for name, row in shown.items()} == {
        name: int(mask.sum()) for name, mask in groups.items() if mask.sum() >= SMALLEST_GROUP
    }


@pytest.mark.parametrize("chunk", [1, 7, 50])
@pytest.mark.parametrize("visits", ["schedule", "protocol"])
def test_results_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int, visits: str) -> None:
    scenario = TEST.with_options(visits=visits, days=40)
    for policy in resolve_all("random,pgpga,intermountain", THERAPY):
        whole = outcomes(rollout(policy, THERAPY, scenario, 50, 2), THERAPY)
        with monkeypatch.context() as patch:
            patch.setattr(rollout_module, "CHUNK", chunk)
            parts = outcomes(rollout(policy, THERAPY, scenario, 50, 2), THERAPY)
        for name, values in whole.items():
            np.testing.assert_array_equal(values, parts[name], err_msg=f"{policy.name}: {name}")


def test_the_first_patients_do_not_depend_on_the_others(comparison: Comparison) -> None:
    few = compare(resolve_all("pgpga", THERAPY), THERAPY, TEST, 10, 1)
    for key, values in few.arms["pgpga"].outcomes.items():
        np.testing.assert_array_equal(values, comparison.arms["pgpga"].outcomes[key][:10])
    assert few.best_rule is None
    assert as_dict(few)["policies"]["pgpga"]["difference_to_best_rule"] is None


@pytest.mark.parametrize(("names", "n", "message"), [("fixed", 1, "at least 2"), ("", 5, "at least one")])
def test_an_empty_comparison_is_explained(names: str, n: int, message: str) -> None:
    policies = resolve_all(names, THERAPY) if names else []
    with pytest.raises(InputError, match=message):
        compare(policies, THERAPY, TEST, n, 1)
