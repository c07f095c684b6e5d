"""Lives of patients whose days have closed forms: in groups, in portions, with occasions and disturbances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_models import CL, EC50, EQUATIONS, EXACT, V, day_of, effect_of, harm_of, patients, tolerance

from pmrl.daily import disturbed, occasion_of, taken_of
from pmrl.errors import InputError
from pmrl.failure import NOT_A_NUMBER, PER_ROW, SimulationError
from pmrl.lanes import LANES
from pmrl.model import PatientModel
from pmrl.world import World, live

START, ROOM = -3, 14
each_model = pytest.mark.parametrize("model", [EXACT, EQUATIONS], ids=["exact", "equations"])


def world(model: PatientModel, n: int) -> World:
    """Patients 100, 101 and so on; a clearance or a sensitivity that changes, and a day without the drug."""
    clearance, sensitivity, held = np.ones((2, 9)), np.ones((1, 9)), np.zeros((n, 9), dtype=np.bool_)
    clearance[1, 1:3], sensitivity[0, 2], held[:1, 4] = 1.5, 0.7, True
    return World(
        model=model, seed=5, ids=np.arange(100, 100 + n), parameters=patients(n),
        states=np.tile([0.3, 4.0], (n, 1)), day=np.full(n, START), shares=np.tile([0.3, 0.2], (n, 1)),
        occasion_sd=0.2, clearance_by=clearance, sensitivity_by=sensitivity, held=held, start=START,
        latent=np.full((n, ROOM + 1), np.nan), taken=np.full((n, ROOM), np.nan),
        harm=np.full((n, ROOM), np.nan),
    )  # fmt: skip


def expected_life(w: World, i: int, doses: list[float]) -> tuple[list[tuple[float, ...]], np.ndarray]:
    """(biomarker, swallowed, harm) of each of the first days of patient i, and the states after them."""
    y, found = w.states[i].copy(), []
    for k, prescribed in enumerate(doses):
        day, p, who = START + k, w.parameters[i].copy(), int(w.ids[i])
        by_clearance, by_sensitivity, off = disturbed(i, day, w.clearance_by, w.sensitivity_by, w.held)
        p[CL] *= by_clearance
        p[EC50] *= by_sensitivity * occasion_of(day, w.seed, who, w.occasion_sd)
        dose = 0.0 if off else taken_of(prescribed, w.seed, who, day, w.shares[i])
        y = day_of(w.model, day, dose, y, p)
        found.append((effect_of(y, p), dose, harm_of(dose, y, p)))
    return found, y


def require_life(w: World, i: int, doses: list[float]) -> None:
    """Patient i has lived as expected on `doses`, and no further."""
    days, (expected, y) = len(doses), expected_life(world(w.model, w.ids.size), i, doses)
    found = np.stack([w.latent[i, 1:], w.taken[i], w.harm[i]], axis=1)
    if days:
        np.testing.assert_allclose(found[:days], expected, rtol=tolerance(w.model))
    assert np.isnan(found[days:]).all()
    assert np.isnan(w.latent[i, 0])
    np.testing.assert_allclose(w.states[i], y, rtol=tolerance(w.model), atol=1e-4)
    assert w.day[i] == START + days


@each_model
def test_a_life_in_portions_is_the_closed_form(model: PatientModel) -> None:
    w = world(model, 3)
    w.live(np.array([[6.0, 9.0], [5.0, 5.0], [7.0, 8.0]]), np.array([4, 0, 1]))
    w.live(np.array([[3.0], [5.0], [7.0]]), np.array([2, 3, 0]))
    w.live(np.array([[2.0], [6.0], [8.0]]), np.array([8, 11, 13]))
    require_life(w, 0, [6.0, 9.0, 9.0, 9.0, 3.0, 3.0, *8 * [2.0]])
    require_life(w, 1, [5.0, 5.0, 5.0, *11 * [6.0]])
    require_life(w, 2, [7.0, *13 * [8.0]])
    assert w.taken[0, 4 - START] == 0.0
    assert {0.0, 8.0, 16.0} == set(w.taken[2, 1:])


@each_model
def test_everybody_of_more_than_one_group_lives(model: PatientModel) -> None:
    n = LANES + 2
    w, days = world(model, n), np.zeros(n, dtype=np.int64)
    days[[1, LANES - 1, LANES, LANES + 1]] = [1, 1, 2, 1]
    w.live(np.full((n, 1), 8.0), days)
    for i in (0, 1, 5, LANES - 1, LANES, LANES + 1):
        require_life(w, i, [8.0] * int(days[i]))


@each_model
@pytest.mark.parametrize("row", [1, LANES + 1])
def test_a_failure_names_the_row(model: PatientModel, row: int) -> None:
    n = LANES + 3
    w, days = world(model, n), np.zeros(n, dtype=np.int64)
    days[row:] = 1
    w.parameters[row, V if row == 1 else CL] = np.nan
    assert live(days[: row + 1], np.full((row + 1, 1), 8.0), *cut(w, row + 1)) == NOT_A_NUMBER + PER_ROW * row
    message = rf"^patient {100 + row} of cohort seed 5, after day -3: .*not a number; states clock "
    with pytest.raises(SimulationError, match=message):
        world_with(w.parameters, model).live(np.full((n, 1), 8.0), days)


def world_with(parameters: np.ndarray, model: PatientModel) -> World:
    return replace(world(model, len(parameters)), parameters=parameters)


def cut(w: World, n: int) -> tuple[object, ...]:
    """The arrays of the first n patients."""
    names = ("ids", "parameters", "states", "day", "shares", "held", "latent", "taken", "harm")
    return replace(w, **{name: getattr(w, name)[:n].copy() for name in names}).arrays()


@each_model
def test_a_harm_that_is_not_a_number_is_a_failure(model: PatientModel) -> None:
    w = world(model, 3)
    # In so small a volume the harm of a day is infinite, although the biomarker is not.
    w.parameters[:, V], w.states[2, 1], w.shares[:] = 1e-170, 1e-20, 0.0
    w.parameters[:, CL] = 1e-175
    assert live(np.array([0, 0, 1]), np.zeros((3, 1)), *w.arrays()) == NOT_A_NUMBER + 2 * PER_ROW
    assert np.isfinite(w.latent[2, 1])


def test_kernels_stay_within_their_arrays() -> None:
    w, days = world(EXACT, 2), np.array([1, 2])
    w.require_room(np.ones((2, 1)), days)
    w.require_room(np.ones((2, 5)), np.array([0, ROOM]))
    for doses in (np.ones(2), np.ones((3, 1)), np.ones((1, 1)), np.ones((2, 0)), np.ones((2, 1, 1))):
        with pytest.raises(InputError, match=r"^doses \(.*\) and days \(2,\): give \(2, 1 or more\) and"):
            w.require_room(doses, days)
    for wrong in (np.array([1]), np.array([[1, 2]]), np.array([1, 2, 3])):
        with pytest.raises(InputError, match=r"days \(.*\): give .* and \(2,\)$"):
            w.require_room(np.ones((2, 1)), wrong)
    w.day[:] = START + 4
    w.require_room(np.ones((2, 1)), np.array([ROOM - 4, 0]))
    for beyond in ([ROOM - 3, 0], [0, ROOM - 3], [-1, 1]):
        message = rf"^{max(beyond)} days more: give 0 or more, and nobody beyond day {START + ROOM}$"
        with pytest.raises(InputError, match=message):
            w.require_room(np.ones((2, 1)), np.array(beyond))
    world(EXACT, 0).require_room(np.ones((0, 1)), np.zeros(0, dtype=np.int64))


def test_a_harm_has_room_where_there_is_one() -> None:
    ones, days = np.ones((2, 1)), np.array([1, 1])
    harmless = replace(world(EXACT, 2), model=replace(EXACT, harm=None), harm=np.zeros((2, 0)))
    harmless.live(ones, days)
    assert np.isfinite(harmless.latent[:, 1]).all()
    for wrong in (np.zeros((2, ROOM)), np.zeros((3, 0)), np.zeros((2, 1))):
        with pytest.raises(InputError, match=r"^harm \(.*\): give \(2, 0\)$"):
            replace(harmless, harm=wrong).require_room(ones, days)
    for wrong in (np.zeros((2, 0)), np.zeros((1, ROOM)), np.zeros((2, ROOM + 1))):
        with pytest.raises(InputError, match=rf"^harm \(.*\): give \(2, {ROOM}\)$"):
            replace(world(EXACT, 2), harm=wrong).require_room(ones, days)
    for wrong in (patients(3), patients(2)[:, :3]):
        with pytest.raises(InputError, match=r"^parameters \(.*\): give \(2, 4\)$"):
            replace(world(EXACT, 2), parameters=wrong).require_room(ones, days)
