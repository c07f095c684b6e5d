"""Imagined versions of patients: who is chosen, what a move keeps, how many agree."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.particles import Particles, effective, means_by_group, sums, systematic
from pmrl.covariates import COVARIATES
from pmrl.envs.registry import therapy
from pmrl.genetics import UNKNOWN

Floats = NDArray[np.float64]
N, SIZE = 2, 2000


def particles(first: int, size: int = SIZE) -> Particles:
    """Of N patients; effects and states are correlated, and the last state is nobody's."""
    rng = np.random.default_rng(first)
    ids = first + np.arange(N * size)
    cohort = therapy("warfarin").population.imagine(
        1,
        ids,
        {name: np.full(ids.size, np.nan) for name in COVARIATES},
        {gene: np.full((ids.size, 2), UNKNOWN, dtype=np.int8) for gene in ("CYP2C9", "VKORC1")},
    )
    eta = rng.multivariate_normal([0.5, -1.0], [[1.0, 0.6], [0.6, 0.5]], ids.size)
    states = np.stack(
        [np.exp(eta[:, 0] - eta[:, 1] + 0.3 * rng.standard_normal(ids.size)), 0.0 * ids], axis=1
    )
    genome = (np.arange(ids.size) % 2) * 3
    return Particles(size, ids, cohort, genome, eta, eta[:, :1].copy(), states, np.abs(eta))


def test_the_copies_of_those_who_are_chosen() -> None:
    own, more, rows = particles(0, 3), particles(100, 3).of(np.array([1])), np.array([1])
    kept, stranger = own.of(np.array([0])), more.of(np.array([0]))
    before = own.of(rows)
    own.choose(rows, np.array([[2, 2, 4]]), more)
    for name in ("eta", "parameters", "states", "shares", "genome"):
        found = getattr(own, name)
        np.testing.assert_array_equal(found[:3], getattr(kept, name))
        np.testing.assert_array_equal(found[3:5], getattr(before, name)[[2, 2]])
        np.testing.assert_array_equal(found[5], getattr(stranger, name)[1])
    np.testing.assert_array_equal(own.cohort.ancestry[3:5], before.cohort.ancestry[[2, 2]])
    np.testing.assert_array_equal(own.cohort.covariates["age"][5], stranger.cohort.covariates["age"][1])
    np.testing.assert_array_equal(own.cohort.genotypes["CYP2C9"][5], stranger.cohort.genotypes["CYP2C9"][1])
    np.testing.assert_array_equal(own.ids, np.arange(6))
    own.choose(rows, np.array([[2, 1, 0]]))
    np.testing.assert_array_equal(own.eta[5], before.eta[2])


def test_a_copy_of_some_is_their_own() -> None:
    one = particles(0, 4)
    copy = one.of(np.array([1]))
    copy.states[:] = -1.0
    copy.cohort.ancestry[:] = 9
    assert (one.states >= 0.0).all()
    assert (one.cohort.ancestry < 9).all()


@pytest.mark.parametrize("by", [0.1, 0.4, 0.9])
def test_a_move_keeps_how_all_go_together(by: float) -> None:
    one = particles(5)
    one.genome[:] = 0
    rows, before = np.array([1]), one.of(np.array([0, 1]))
    normal = np.random.default_rng(1).standard_normal((SIZE, 2))
    slots = one.move(rows, by, normal)
    np.testing.assert_array_equal(slots, SIZE + np.arange(SIZE))
    np.testing.assert_array_equal(one.eta[:SIZE], before.eta[:SIZE])
    np.testing.assert_array_equal(one.states[:SIZE], before.states[:SIZE])

    def together(of: Particles) -> Floats:
        return np.column_stack([of.eta, np.log(of.states[:, 0])])[SIZE:]

    old, new = together(before), together(one)
    np.testing.assert_allclose(new.mean(axis=0), old.mean(axis=0), atol=0.08 * by)
    np.testing.assert_allclose(np.cov(new.T), np.cov(old.T), atol=0.12 * by + 1e-3)
    assert np.corrcoef(old[:, 0], new[:, 0])[0, 1] == pytest.approx(np.sqrt(1.0 - by**2), abs=0.03)
    assert (one.states[:, 1] == 0.0).all()


def test_what_is_between_genotypes_is_nobody() -> None:
    """Two groups far apart stay so, however far particles are moved."""
    one = particles(5)
    apart = one.genome / 3.0
    one.eta[:, 0] += 40.0 * apart
    one.move(np.arange(N), 0.9, np.random.default_rng(1).standard_normal((N * SIZE, 2)))
    assert (np.abs(one.eta[:, 0] - 40.0 * apart) < 8.0).all()


def test_means_are_those_of_one_genotype() -> None:
    group = np.array([[0, 1, 0, 1], [5, 5, 5, 5]])
    values = np.array([[1.0, 10.0, 3.0, 40.0], [1.0, 2.0, 3.0, 4.0]])[:, :, None]
    found = means_by_group(group, values)[:, :, 0]
    np.testing.assert_allclose(found, [[2.0, 25.0, 2.0, 25.0], [2.5] * 4])


def test_systematic_draws_are_as_many_as_the_weight_says() -> None:
    weight = np.log(np.array([[0.1, 0.2, 0.3, 0.4], [1e-300, 1.0, 1e-300, 1.0]])) + 5.0
    for start in (0.01, 0.5, 0.99):
        found = systematic(weight, 10, np.full(2, start))
        assert [np.bincount(row, minlength=4).tolist() for row in found] == [[1, 2, 3, 4], [0, 5, 0, 5]]


def test_how_many_agree() -> None:
    weight = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0], [3.0, 1.0, 0.5, 0.5], [0.0] * 4])
    found = effective(*sums(weight))
    np.testing.assert_allclose(found, [4.0, 2.0, 25.0 / 10.5, 0.0])
