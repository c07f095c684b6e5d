"""Every rule keeps the policy contract, whatever the clinic knows and whenever patients come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_clinic import THERAPY, N, course, labs, people, permuted

from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for, policy
from pmrl.agents.warfarin import ARMS
from pmrl.errors import InputError

COMPOSITIONS = ("gage+lenzini+aurora", "iwpc-modified+intermountain", "fda-table+re-ly")
every_policy = pytest.mark.parametrize("name", [*names_for(THERAPY), *COMPOSITIONS])


@every_policy
@pytest.mark.parametrize("own_schedule", [False, True])
def test_doses_are_finite_and_not_negative(name: str, own_schedule: bool) -> None:
    rule = policy(name, THERAPY)
    assert isinstance(rule, Policy)
    assert (rule.name, rule.kind) == (name, "rule")
    doses = np.array(course(rule, people(), labs(), own_schedule=own_schedule))
    assert np.isfinite(doses).all()
    assert (doses >= 0).all()


@every_policy
def test_the_order_of_the_batch_does_not_matter(name: str) -> None:
    order = np.random.default_rng(3).permutation(N)
    straight = course(policy(name, THERAPY), people(), labs())
    shuffled = course(policy(name, THERAPY), permuted(people(), order), labs()[order])
    np.testing.assert_array_equal(np.array(straight)[:, order], np.array(shuffled))


@every_policy
def test_start_forgets_the_previous_batch(name: str) -> None:
    rule = policy(name, THERAPY)
    first = course(rule, people(), labs())
    course(rule, people(5), labs(6))
    np.testing.assert_array_equal(first, course(rule, people(), labs()))


@every_policy
def test_patients_on_different_days_are_dosed_as_if_alone(name: str) -> None:
    intervals = np.random.default_rng(8).integers(1, 6, labs().shape)
    together = np.array(course(policy(name, THERAPY), people(), labs(), intervals=intervals))
    for patient in range(N):
        row = np.array([patient])
        alone = course(policy(name, THERAPY), permuted(people(), row), labs()[row], intervals=intervals[row])
        np.testing.assert_array_equal(np.array(alone)[:, 0], together[:, patient])


def test_random_covers_the_grid_and_stays_on_it() -> None:
    clinic = people()
    clinic.ids = np.arange(1000, 1000 + N)
    doses = np.array(course(policy("random", THERAPY), clinic, labs()))[:, :, 0]
    np.testing.assert_array_equal(THERAPY.dispense(doses), doses)
    assert doses.min() < 5.0 < 10.0 < doses.max()
    assert len(np.unique(doses)) > 20


def test_derivation_on_the_shipped_cohort_is_declared() -> None:
    in_sample = {name for name in ARMS if policy(name, THERAPY).in_sample}
    assert in_sample == {
        *("iwpc", "iwpc-clinical", "eu-pact", "lenzini", "caa", "pgaa", "pgpga", "pgpgi"),
        *("iwpc+re-ly", "eu-pact+re-ly", "eu-pact+intermountain", "eu-pact+lenzini+re-ly"),
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("auroa", "did you mean 'aurora'"),
        ("iwcp+aurora", "did you mean 'iwpc'"),
        ("iwpc+rely", "did you mean 're-ly'"),
        ("iwpc+aurora+re-ly", "only 'lenzini' ends"),
    ],
)
def test_a_wrong_name_is_explained(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        policy(name, THERAPY)


def test_rules_of_another_drug_are_not_offered() -> None:
    other = replace(THERAPY, drug="aspirin")
    assert names_for(other) == ("random", "minimum", "maximum", "fixed", "pid", "curate")
    for name in ("iwpc", "iwpc+aurora"):
        with pytest.raises(InputError, match="unknown aspirin policy"):
            policy(name, other)


def test_every_rule_says_what_it_is_and_where_it_is_published() -> None:
    for name in names_for(THERAPY):
        assert len(policy(name, THERAPY).summary) > 20
