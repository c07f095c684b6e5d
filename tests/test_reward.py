"""Reward terms of a course worked by hand."""

import numpy as np
import pytest

from pmrl.envs.reward import DEFAULT_WEIGHTS, TERMS, score, weight_vector
from pmrl.errors import InputError

# INR of days 0 to 8; the visit of day 8 looks back on days 1 to 8.
LATENT = np.array([[1.0, 1.5, 2.0, 2.5, 2.8, 3.0, 3.5, 4.0, 4.2]])
LIMITS = np.repeat([[2.0], [3.0], [2.5], [-np.inf], [4.0]], 9, axis=1)
EXPECTED = {
    "in_range": 4.0,
    "below": 1.0,
    "above": 3.0,
    "unsafe": 1.0,
    "squared_log_deviation": sum(np.log(x / 2.5) ** 2 for x in LATENT[0, 1:]),
    "visit": 1.0,
    "harm": 0.044,
}
HARM = np.array([[0.001, 0.002, 0.004, 0.006, 0.007, 0.007, 0.008, 0.009]])
"""Of days 0 to 7, which ended with the INR of days 1 to 8."""


def scored(weights, harm=HARM):
    terms, reward_and_cost = np.zeros((len(TERMS), 1)), np.zeros((2, 1))
    score(0, LATENT, harm, 0, 8, 8, LIMITS, weight_vector(weights), terms, reward_and_cost)
    return dict(zip(TERMS, terms[:, 0], strict=True)), *reward_and_cost[:, 0]


def test_every_term():
    terms, _, cost = scored(DEFAULT_WEIGHTS)
    assert terms == pytest.approx(EXPECTED)
    assert cost == pytest.approx(EXPECTED["unsafe"] + EXPECTED["harm"])


def test_a_model_may_know_no_harm():
    terms, _, cost = scored(DEFAULT_WEIGHTS, np.zeros((1, 0)))
    assert (terms["harm"], cost) == (0.0, EXPECTED["unsafe"])


def test_the_default_is_days_in_range_less_half_a_day_far_above():
    assert dict(DEFAULT_WEIGHTS) == {"in_range": 1.0, "unsafe": -0.5}
    assert scored(DEFAULT_WEIGHTS)[1] == pytest.approx(4.0 - 0.5)


@pytest.mark.parametrize("term", TERMS)
def test_weights_pick_terms(term):
    assert scored({term: 2.0})[1] == pytest.approx(2.0 * EXPECTED[term])


def looked_back(latent, harm, start, today, days, limits=LIMITS):
    """Terms and cost of patient 1 of 2, over the last days."""
    terms, reward_and_cost = np.full((len(TERMS), 2), np.nan), np.full((2, 2), np.nan)
    pair, feared = (np.vstack([np.full_like(values, 99.0), values]) for values in (latent, harm))
    score(1, pair, feared, start, today, days, limits, weight_vector({}), terms, reward_and_cost)
    assert np.isnan(terms[:, 0]).all()
    assert reward_and_cost[0, 1] == 0.0
    return dict(zip(TERMS, terms[:, 1], strict=True)), reward_and_cost[1, 1]


@pytest.mark.parametrize("start", [-3, 0, 3])
def test_records_may_begin_on_any_day(start):
    latent = np.hstack([np.full((1, max(-start, 0)), 9.0), LATENT[:, max(start, 0) :]])
    harm = np.hstack([np.full((1, max(-start, 0)), 9.0), HARM[:, max(start, 0) :]])
    terms, cost = looked_back(latent, harm, start, 7, 3)
    # Days 5, 6 and 7, which days 4 to 6 led to.
    assert terms == pytest.approx(
        {
            "in_range": 1.0,
            "below": 0.0,
            "above": 2.0,
            "unsafe": 0.0,
            "squared_log_deviation": sum(np.log(x / 2.5) ** 2 for x in (3.0, 3.5, 4.0)),
            "visit": 1.0,
            "harm": 0.022,
        }
    )
    assert cost == pytest.approx(0.022)


def test_limits_are_by_day_and_unsafe_on_either_side():
    limits = LIMITS.copy()
    # Day 2, at 2.0, is just safe by a limit of 2, and day 3, at 2.5, is not by one of 2.6 that it is below.
    limits[3, 2], limits[3, 3], limits[0, 3] = 2.0, 2.6, 2.6
    terms, _ = looked_back(LATENT, HARM, 0, 8, 8, limits)
    assert [terms[name] for name in ("in_range", "below", "above", "unsafe")] == [3.0, 2.0, 3.0, 2.0]


def test_nothing_is_a_visit_without_days():
    terms, cost = looked_back(LATENT, HARM, 0, 0, 0)
    assert set(terms.values()) == {0.0}
    assert cost == 0.0
    terms, _ = looked_back(LATENT, HARM[:, :1], 0, 1, 1)
    assert (terms["visit"], terms["harm"]) == (1.0, 0.001)


def test_a_level_without_drug_deviates_as_a_hundredth_of_the_aim():
    terms, _ = looked_back(np.array([[0.0, 0.0, 0.025, 0.05]]), HARM, 0, 3, 3)
    expected = 2.0 * np.log(0.01) ** 2 + np.log(0.02) ** 2
    assert terms["squared_log_deviation"] == pytest.approx(expected)


def test_weights_are_numbers_of_terms():
    assert weight_vector({"harm": -2.0, "below": 0.5}).tolist() == [0.0, 0.5, 0.0, 0.0, 0.0, 0.0, -2.0]
    with pytest.raises(InputError, match="did you mean 'in_range'"):
        weight_vector({"in_rnge": 1.0})
    for value in (np.nan, np.inf):
        with pytest.raises(InputError, match=r"reward weight below is .*: give a number"):
            weight_vector({"in_range": 1.0, "below": value})
