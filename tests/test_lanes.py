"""Rows and blocks of the kernel's scratch against numpy, and its linear algebra against LAPACK."""

from __future__ import annotations

import numpy as np
import ode_equations
import pytest

from pmrl import lanes
from pmrl.errors import InputError
from pmrl.lanes import (
    ARGUMENT,
    BLOCK,
    CANDIDATE,
    DRIFT,
    JACOBIAN,
    LANES,
    MATRIX,
    MOST_PARAMETERS,
    MOST_STATES,
    STAGE,
    STAGES,
    STEP,
    copy,
    set_to_stages,
    set_to_stages_twice,
    set_to_zero,
    side_by_side,
    work_size,
)
from pmrl.rosenbrock import _factor, _solve
from pmrl.tableaux import RODAS5P

N_STATES = 3
FEW, MANY = 3, 20
"""Lanes: of so few the rows are gone through one by one, of so many whole blocks."""


def scratch(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=work_size(N_STATES, 1))


def block(work: np.ndarray, at: int, n_lanes: int, n_states: int = N_STATES) -> np.ndarray:
    """A block's used part, `(n_states, n_lanes)`."""
    return work[at : at + n_states * LANES].reshape(n_states, LANES)[:, :n_lanes].copy()


def outside(work: np.ndarray, *blocks: int) -> np.ndarray:
    """Everything that is not in the used rows of these blocks."""
    kept = np.ones(work.size, dtype=np.bool_)
    for at in blocks:
        kept[at : at + N_STATES * LANES] = False
    return work[kept]


def test_blocks_do_not_overlap_and_end_with_the_scratch() -> None:
    size = work_size(MOST_STATES, MOST_PARAMETERS)
    assert size == work_size(1, 1) == MATRIX + MOST_STATES * BLOCK
    assert BLOCK == MOST_STATES * LANES
    assert JACOBIAN - STAGE - STAGES * BLOCK == MOST_PARAMETERS * LANES
    assert MATRIX - JACOBIAN == MOST_STATES * BLOCK


def test_rows_and_blocks_lie_one_behind_the_other() -> None:
    rows = "TIME NOW STOP STEP ERROR TAKEN STIFF CHANGE DISTANCE FAILED GROWTH ORIGIN SHARE STATUS STRICT"
    blocks = "ARGUMENT DERIVATIVE STATE SCALE START CANDIDATE SLOPE DRIFT STAGE"
    at = [getattr(lanes, name) for name in rows.split()]
    assert at == [LANES * k for k in range(len(at))]
    first = LANES * len(at)
    at = [getattr(lanes, name) for name in blocks.split()]
    assert at == [first + BLOCK * k for k in range(len(at))]


@pytest.mark.parametrize(
    ("states", "parameters"), [(0, 1), (1, 0), (MOST_STATES + 1, 1), (1, MOST_PARAMETERS + 1), (-1, 1)]
)
def test_more_than_there_is_room_for_is_refused(states: int, parameters: int) -> None:
    with pytest.raises(InputError, match=f"{states} states and {parameters} parameters: .* up to 24 and 64"):
        work_size(states, parameters)


@pytest.mark.parametrize("n_lanes", [1, FEW, 4, 5, MANY, LANES])
def test_a_copy_is_of_one_block_to_one_block(n_lanes: int) -> None:
    work, before = scratch(), scratch()
    copy(work, CANDIDATE, DRIFT, N_STATES, n_lanes)
    np.testing.assert_array_equal(block(work, CANDIDATE, n_lanes), block(before, DRIFT, n_lanes))
    np.testing.assert_array_equal(outside(work, CANDIDATE), outside(before, CANDIDATE))
    set_to_zero(work, CANDIDATE, N_STATES)
    assert not block(work, CANDIDATE, LANES).any()
    np.testing.assert_array_equal(outside(work, CANDIDATE), outside(before, CANDIDATE))


@pytest.mark.parametrize("n_lanes", [FEW, 4, 5, MANY])
@pytest.mark.parametrize("n_stages", range(8))
def test_weighted_sums_of_stages(n_stages: int, n_lanes: int) -> None:
    weights, others = np.zeros((2, STAGES))
    weights[:n_stages], others[:n_stages] = np.random.default_rng(2).normal(size=(2, n_stages))
    work, twice, before = scratch(), scratch(), scratch()
    # Beyond the last stage lies what is left of another day, which must not matter.
    for one in (work, twice):
        one[STAGE + n_stages * BLOCK : STAGE + STAGES * BLOCK] = np.inf
    set_to_stages(work, ARGUMENT, weights, n_stages, N_STATES, n_lanes)
    set_to_stages_twice(twice, ARGUMENT, weights, CANDIDATE, others, n_stages, N_STATES, n_lanes)

    def expected(by: np.ndarray) -> np.ndarray:
        stages = [block(before, STAGE + k * BLOCK, n_lanes) for k in range(n_stages)]
        return sum((by[k] * stage for k, stage in enumerate(stages)), np.zeros((N_STATES, n_lanes)))

    np.testing.assert_allclose(block(work, ARGUMENT, n_lanes), expected(weights), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(block(twice, ARGUMENT, n_lanes), expected(weights), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(block(twice, CANDIDATE, n_lanes), expected(others), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("n_lanes", [1, MANY])
@pytest.mark.parametrize("n_states", [1, 2, 5])
def test_the_linear_equations_of_a_step_are_solved_as_lapack_does(n_states: int, n_lanes: int) -> None:
    random, work = np.random.default_rng(n_states), scratch()
    jacobian = random.normal(size=(n_states, n_states, n_lanes))
    steps, right = 0.05 + 0.05 * random.random(n_lanes), random.normal(size=(n_states, n_lanes))
    work[STEP : STEP + n_lanes] = steps
    for r in range(n_states):
        work[CANDIDATE + r * LANES : CANDIDATE + r * LANES + n_lanes] = right[r]
        for c in range(n_states):
            at = JACOBIAN + r * BLOCK + c * LANES
            work[at : at + n_lanes] = jacobian[r, c]
    _factor(work, n_states, n_lanes)
    _solve(work, CANDIDATE, n_states, n_lanes)
    found = block(work, CANDIDATE, n_lanes, n_states)
    for i in range(n_lanes):
        matrix = np.eye(n_states) / (RODAS5P.gamma * steps[i]) - jacobian[:, :, i]
        np.testing.assert_allclose(found[:, i], np.linalg.solve(matrix, right[:, i]), rtol=1e-10)


def test_loops_of_one_file_have_names_of_their_own() -> None:
    """Machine code from the caches of several processes is told apart by them."""
    equations = [ode_equations.saturable, ode_equations.restless, ode_equations.two_compartments]
    names = [side_by_side(rhs).py_func.__qualname__ for rhs in equations]
    assert names == [f"{rhs.py_func.__qualname__}_side_by_side" for rhs in equations]
