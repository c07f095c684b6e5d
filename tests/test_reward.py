"""Reward terms of a course worked by hand."""

import numpy as np
import pytest

from pmrl.envs.reward import DEFAULT_WEIGHTS, TERMS, score, weight_vector

# INR of days 0 to 7; the visit of day 7 looks back on days 1 to 7.
LATENT = np.array([[1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.2]])
LIMITS = np.repeat([[2.0], [3.0], [2.5], [-np.inf], [4.0]], 8, axis=1)
EXPECTED = {
    "in_range": 3.0,
    "below": 1.0,
    "above": 3.0,
    "unsafe": 1.0,
    "squared_log_deviation": sum(np.log(x / 2.5) ** 2 for x in LATENT[0, 1:]),
    "visit": 1.0,
    "harm": 0.035,
}
HARM = np.array([[0.001, 0.002, 0.004, 0.006, 0.007, 0.007, 0.008]])
"""Of days 0 to 6, which ended with the INR of days 1 to 7."""


def scored(weights, harm=HARM):
    terms, reward_and_cost = np.zeros((len(TERMS), 1)), np.zeros((2, 1))
    score(0, LATENT, harm, 0, 7, 7, LIMITS, weight_vector(weights), terms, reward_and_cost)
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
    assert scored(DEFAULT_WEIGHTS)[1] == pytest.approx(3.0 - 0.5)


@pytest.mark.parametrize("term", TERMS)
def test_weights_pick_terms(term):
    assert scored({term: 2.0})[1] == pytest.approx(2.0 * EXPECTED[term])
