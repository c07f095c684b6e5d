"""Intervals over patients: they cover, and pairing pays."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl.experiments.statistics import LARGE, Bootstrap


def width(estimate: object) -> float:
    return float(estimate.high - estimate.low)  # type: ignore[attr-defined]


def test_the_interval_covers_the_truth() -> None:
    random = np.random.default_rng(0)
    covered = []
    for trial in range(300):
        values = random.beta(5.0, 3.0, 60)
        estimate = Bootstrap(60, seed=trial, resamples=400).mean(values)
        assert estimate.mean == pytest.approx(values.mean())
        covered.append(estimate.low <= 5.0 / 8.0 <= estimate.high)
    assert 0.90 < np.mean(covered) < 0.98


def test_the_interval_agrees_with_the_standard_error() -> None:
    values = np.random.default_rng(1).normal(0.6, 0.2, 2000)
    estimate = Bootstrap(2000, seed=1).mean(values)
    assert width(estimate) == pytest.approx(2 * 1.96 * values.std(ddof=1) / 2000**0.5, rel=0.06)


def test_a_paired_difference_is_narrower() -> None:
    random = np.random.default_rng(2)
    patient = random.normal(0.6, 0.2, 500)
    a, b = patient + random.normal(0.05, 0.03, 500), patient + random.normal(0.0, 0.03, 500)
    bootstrap = Bootstrap(500, seed=2)
    paired = bootstrap.difference(a, b)
    unpaired = bootstrap.difference(a, b[random.permutation(500)])
    assert paired.mean == pytest.approx(unpaired.mean)
    assert width(paired) < 0.4 * width(unpaired)
    assert 0.0 < paired.low < paired.mean < paired.high < 0.1


def test_a_seed_repeats_the_interval() -> None:
    values = np.random.default_rng(3).random(100)
    first, again, other = (Bootstrap(100, seed=seed).mean(values) for seed in (5, 5, 6))
    assert first == again
    assert first != other
    assert first.as_dict() == {"mean": first.mean, "ci": [first.low, first.high]}


def test_large_cohorts_use_the_standard_error() -> None:
    values = np.random.default_rng(4).random(LARGE + 1)
    values[0] = np.nan
    bootstrap = Bootstrap(LARGE + 1, seed=1)
    assert bootstrap.weights is None
    estimate = bootstrap.mean(values)
    known = values[1:]
    assert estimate.mean == pytest.approx(known.mean())
    assert width(estimate) == pytest.approx(2 * 1.96 * known.std(ddof=1) / LARGE**0.5)


def test_the_largest_cohort_that_is_not_large_is_resampled() -> None:
    weights = Bootstrap(LARGE, seed=1, resamples=2).weights
    assert weights is not None
    assert weights.sum(axis=1).tolist() == [LARGE, LARGE]


def test_unknown_values_are_left_out() -> None:
    values = np.array([0.2, np.nan, 0.4, np.nan, 0.6, 0.8])
    estimate = Bootstrap(6, seed=1).mean(values)
    assert estimate.mean == pytest.approx(0.5)
    assert 0.2 <= estimate.low < estimate.mean < estimate.high <= 0.8
    assert np.isnan(Bootstrap(6, seed=1).mean(np.full(6, np.nan)).mean)


def test_everybody_alike_has_no_width() -> None:
    estimate = Bootstrap(10, seed=1).mean(np.full(10, 0.5))
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((0.5, 0.5, 0.5))


def test_an_interval_is_of_two_thousand_resamples() -> None:
    weights = Bootstrap(10, seed=1).weights
    assert weights is not None
    assert weights.shape == (2000, 10)
    np.testing.assert_array_equal(weights.sum(axis=1), 10.0)
