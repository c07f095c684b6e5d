"""Shares of missed and doubled days against the beta distribution they are of, and what may be asked for."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from pmrl.adherence import FULL, IN_RANGE, Adherence, adherence
from pmrl.errors import InputError
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, uniforms

QUANTILES = np.array([0.01, 0.25, 0.5, 0.9, 0.999])
IDS = np.arange(50, dtype=np.int64)


def of(missed: float, extra: float, spread: float) -> Adherence:
    return Adherence(*(Parameter(value, "", "test", "assumption") for value in (missed, extra, spread)))


@pytest.mark.parametrize(
    ("missed", "extra", "spread"), [(0.188, 0.033, 0.211), (0.4, 0.2, 0.1), (0.0, 0.5, 0.4)]
)
def test_shares_are_beta_with_the_given_mean_and_sd(missed: float, extra: float, spread: float) -> None:
    found = of(missed, extra, spread).shares_at(QUANTILES)
    mean = missed + extra
    size = mean * (1.0 - mean) / spread**2 - 1.0
    law = stats.beta(mean * size, (1.0 - mean) * size)
    assert (law.mean(), law.std()) == pytest.approx((mean, spread))
    np.testing.assert_allclose(found.sum(axis=1), law.ppf(QUANTILES), rtol=1e-9)
    # Both in the same proportion for everybody.
    np.testing.assert_allclose(found[:, 0] * extra, found[:, 1] * missed, atol=1e-15)


def test_without_spread_or_without_missing_all_are_alike() -> None:
    np.testing.assert_allclose(of(0.3, 0.1, 0.0).shares_at(QUANTILES), np.tile([0.3, 0.1], (5, 1)))
    np.testing.assert_array_equal(FULL.shares_at(QUANTILES), np.zeros((5, 2)))
    assert (FULL.net_intake, of(0.3, 0.1, 0.0).net_intake) == (1.0, pytest.approx(0.8))


def test_each_patient_s_quantile_is_a_draw_of_their_own() -> None:
    # Before any day that a patient may live, so that no day's draw is the same.
    drawn = uniforms(3, IDS, Stream.ADHERENCE, day=-1_048_576)[:, 0]
    np.testing.assert_array_equal(IN_RANGE.shares(3, IDS), IN_RANGE.shares_at(drawn))


@pytest.mark.parametrize(("missed", "extra", "spread"), [(0.6, 0.4, 0.0), (1.0, 0.0, 0.0), (0.5, 0.0, 0.499)])
def test_the_most_that_is_possible(missed: float, extra: float, spread: float) -> None:
    assert of(missed, extra, spread).shares_at(QUANTILES).sum(axis=1).max() <= 1.0 + 1e-12


@pytest.mark.parametrize(
    ("missed", "extra", "spread", "message"),
    [
        (-0.1, 0.2, 0.0, "missed -0.1 and extra 0.2 are shares of days"),
        (0.2, -0.1, 0.0, "add up to at most 1"),
        (0.2, 0.1, -0.1, "add up to at most 1"),
        (0.6, 0.5, 0.0, "add up to at most 1"),
        (0.5, 0.0, 0.5, "a spread of 0.5 is impossible around a mean of 0.5: give less than 0.5"),
        (0.1, 0.1, 0.41, "a spread of 0.41 is impossible around a mean of 0.2: give less than 0.4"),
        (0.0, 0.0, 0.1, "a spread of 0.1 is impossible around a mean of 0: give less than 0"),
    ],
)
def test_what_is_impossible_is_refused(missed: float, extra: float, spread: float, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        of(missed, extra, spread)


def test_adherence_by_name_or_by_the_share_of_days_taken() -> None:
    assert (adherence("in-range"), adherence("full"), adherence(FULL)) == (IN_RANGE, FULL, FULL)
    for taken, spread in ((0.7, 0.211), (0.99, 0.9 * (0.01 * 0.99) ** 0.5), (1.0, 0.0), (0.0, 0.0)):
        found = adherence(taken)
        numbers = [float(value) for value in (found.missed, found.extra, found.spread)]
        assert numbers == pytest.approx([1.0 - taken, 0.0, spread])


@pytest.mark.parametrize("given", [-0.01, 1.01, float("nan"), "fulll"])
def test_another_adherence_is_refused(given: float | str) -> None:
    with pytest.raises(InputError, match=r"did you mean 'full'|give the share of days taken, 0 to 1"):
        adherence(given)
