"""Means and variances of patients who are not kept: the numbers of numpy, whatever pieces they come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmrl.experiments.moments import Moments
from pmrl.experiments.statistics import normal_estimate
from pmrl.experiments.treatment import Blocks, Treated, Way

NAMES = ("a", "b")


def patients(n: int, first: int = 0) -> Treated:
    """Patients whose only outcome is their id."""
    ids = np.arange(first, first + n)
    return Treated(first, ids % 3, {Way("rule"): {"id": ids.astype(np.float64)}})


def of_numpy(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return known.mean(), 1.96 * known.std(ddof=1) / known.size**0.5


def check(moments: Moments, name: str, values: np.ndarray, group: int | None = None) -> None:
    found = moments.estimate(name, group)
    mean, half = of_numpy(values)
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-6)


def test_moments_are_those_of_numpy() -> None:
    random = np.random.default_rng(0)
    # A large mean with a small spread, which a sum of squares would lose.
    values = np.stack([1e6 + random.normal(0.0, 1e-2, 1000), random.random(1000)])
    values[1, random.random(1000) < 0.3] = np.nan
    group = random.integers(0, 4, 1000)
    moments = Moments(NAMES)
    for part in np.split(np.arange(1000), [10, 400, 401]):
        moments.add(values[:, part], group[part])
    for row, name in enumerate(NAMES):
        check(moments, name, values[row])
        for k in range(4):
            check(moments, name, values[row, group == k], k)


def test_groups_may_come_later_and_quantities_may_be_unknown() -> None:
    moments = Moments(NAMES)
    moments.add(np.array([[1.0, 2.0], [np.nan, np.nan]]), np.array([0, 0]))
    moments.add(np.array([[5.0, 7.0], [np.nan, 3.0]]), np.array([2, 2]))
    assert moments.estimate("a", 2).mean == 6.0
    assert moments.estimate("a").mean == 3.75
    assert np.isnan(moments.estimate("b", 0).mean)
    assert np.isnan(moments.estimate("a", 1).mean)
    only = moments.estimate("b")
    assert (only.mean, np.isnan(only.low)) == (3.0, True)


def test_a_later_block_may_have_fewer_groups() -> None:
    moments = Moments(("a",))
    moments.add(np.array([[1.0, 2.0, 6.0]]), np.array([0, 1, 2]))
    moments.add(np.array([[3.0, 5.0]]), np.array([0, 0]))
    assert [moments.estimate("a", k).mean for k in range(3)] == [3.0, 2.0, 6.0]
    assert moments.estimate("a").mean == pytest.approx(17.0 / 5.0)


def test_blocks_that_come_later_take_no_more_room() -> None:
    moments = Moments(("x",))
    for _ in range(3):
        moments.add(np.ones((1, 4)), np.array([0, 1, 2, 2]))
        assert moments.count.shape == (1, 3)


def test_an_interval_needs_two_values() -> None:
    assert np.isnan(normal_estimate(0, 0.0, 0.0).mean)
    assert np.isnan(normal_estimate(1, 0.5, 0.0).high)
    assert normal_estimate(2, 0.5, 0.0).high == 0.5


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=20), size=st.integers(1, 50))
def test_blocks_do_not_depend_on_the_pieces(sizes: list[int], size: int) -> None:
    blocks, found, first = Blocks(size), [], 0
    for n in sizes:
        found += list(blocks.add(patients(n, first)))
        first += n
    assert all(len(block) == size for block in found)
    found += list(blocks.rest())
    assert [block.first for block in found] == list(range(0, first, size))
    whole = Treated.join(found)
    np.testing.assert_array_equal(whole.outcomes[Way("rule")]["id"], np.arange(first))
    np.testing.assert_array_equal(whole.genotype, np.arange(first) % 3)
    assert list(blocks.rest()) == []
