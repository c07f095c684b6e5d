"""Worlds of patients of whom only the equations are known: what holds with an exact propagator holds here."""

from __future__ import annotations

import numpy as np
import pytest
from ode_problems import PROBLEMS
from worlds import world

from pmrl.adherence import IN_RANGE
from pmrl.disturbance import Disturbances
from pmrl.failure import SimulationError
from pmrl.lanes import LANES
from pmrl.solve import course
from pmrl.world import World

PROBLEM = next(problem for problem in PROBLEMS if problem.name == "phenytoin")
DAYS = 12


def patients(ids: list[int], events: Disturbances | None = None) -> World:
    """A world of epilepsy patients who miss doses and change by occasion; each is somebody else."""
    w = world(
        np.array(ids), DAYS, patients=PROBLEM.model, adherence=IN_RANGE, occasion_sd=0.15, events=events
    )
    everybody = PROBLEM.patients(100, 0.2)
    w.parameters = np.ascontiguousarray(everybody[ids])
    return w


def lived(w: World, *portions: int) -> World:
    for days in portions:
        w.live(np.full((w.ids.size, 1), PROBLEM.dose), np.full(w.ids.size, days))
    return w


def test_taking_everything_is_the_course() -> None:
    n = LANES + 3
    w = world(np.arange(n), DAYS, patients=PROBLEM.model)
    w.parameters = PROBLEM.patients(n, 0.2)
    expected = course(PROBLEM.model, w.parameters, np.full((n, DAYS), PROBLEM.dose))[0]
    np.testing.assert_array_equal(lived(w, DAYS).latent[:, 1:], expected[:, 1:])


def test_a_patient_is_the_same_alone_in_a_crowd_and_in_portions() -> None:
    everybody = lived(patients(list(range(LANES + 3))), DAYS)
    assert 0.8 < np.mean(everybody.taken > 0.0) < 1.0
    assert np.unique(everybody.latent[:, -1]).size == LANES + 3
    for i in (0, 5, LANES, LANES + 2):
        alone = lived(patients([i]), 3, 1, DAYS - 4)
        np.testing.assert_array_equal(alone.latent[0], everybody.latent[i])
        np.testing.assert_array_equal(alone.taken[0], everybody.taken[i])


def test_patients_may_live_different_numbers_of_days() -> None:
    together, apart = patients([0, 1, 2]), lived(patients([0, 1, 2]), DAYS)
    together.live(np.full((3, 1), PROBLEM.dose), np.array([0, 5, 12]))
    np.testing.assert_array_equal(together.day, [0, 5, 12])
    np.testing.assert_array_equal(together.latent[2], apart.latent[2])
    np.testing.assert_array_equal(together.latent[1, :6], apart.latent[1, :6])
    assert np.isnan(together.latent[0, 1:]).all()
    together.live(np.full((3, 1), PROBLEM.dose), np.array([12, 7, 0]))
    np.testing.assert_array_equal(together.latent, apart.latent)


def test_a_held_drug_is_not_taken() -> None:
    one, held = np.ones((1, DAYS)), np.zeros((1, DAYS), dtype=np.bool_)
    held[0, 4:8] = True
    w = lived(patients([7], Disturbances(one, one, held)), DAYS)
    assert (w.taken[0, 4:8] == 0.0).all()
    assert w.taken[0, :4].sum() > 0.0
    assert w.latent[0, 8] < w.latent[0, 4]


def test_equations_without_a_solution_name_the_patient() -> None:
    w = patients([11, 12, 13])
    lived(w, 2)
    w.parameters[1, 2] = np.nan
    with pytest.raises(SimulationError, match=r"^patient 12 of cohort seed 3, after day 2: .*not a number"):
        lived(w, 1)
