"""Courses of patients whose days have closed forms, and what `course` takes."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import CL, EC50, EQUATIONS, EXACT, V, day_of, effect_of, patients, tolerance

from pmrl.errors import InputError
from pmrl.failure import SimulationError
from pmrl.lanes import LANES
from pmrl.model import PatientModel
from pmrl.solve import _course, biomarker_of, course, reference_course

each_model = pytest.mark.parametrize("model", [EXACT, EQUATIONS], ids=["exact", "equations"])
DOSES = np.array([6.0, 0.0, 9.0])


def expected_course(
    model: PatientModel, p: np.ndarray, doses: np.ndarray, y: np.ndarray
) -> tuple[list[float], np.ndarray]:
    values = [effect_of(y, p)]
    for day, dose in enumerate(doses):
        y = day_of(model, day, float(dose), y, p)
        values.append(effect_of(y, p))
    return values, y


@each_model
def test_a_course_is_the_closed_form(model: PatientModel) -> None:
    p, starts = patients(2), np.array([[0.5, 3.0], [1.5, 8.0]])
    for states in (None, starts):
        values, y = course(model, p, np.array([DOSES, DOSES[::-1]]), states)
        assert values.shape == (2, 4)
        for i, doses in enumerate((DOSES, DOSES[::-1])):
            start = np.zeros(2) if states is None else starts[i]
            expected, after = expected_course(model, p[i], doses, start)
            np.testing.assert_allclose(values[i], expected, rtol=tolerance(model))
            np.testing.assert_allclose(y[i], after, rtol=tolerance(model), atol=1e-4)
    assert starts.tolist() == [[0.5, 3.0], [1.5, 8.0]]


@each_model
def test_everybody_of_more_than_one_group_has_a_course(model: PatientModel) -> None:
    n = LANES + 2
    p = patients(n)
    values = course(model, p, DOSES[:1])[0]
    expected = [expected_course(model, one, DOSES[:1], np.zeros(2))[0] for one in p]
    np.testing.assert_allclose(values, expected, rtol=tolerance(model))
    # Only rows from the first to before the last are filled in.
    out, y = np.full((n, 2), np.nan), np.zeros((n, 2))
    part = (model.code, model.units, p, y, np.full((n, 1), DOSES[0]), out)
    assert _course(1, n - 1, *part) == 0
    np.testing.assert_array_equal(out[1:-1], values[1:-1])
    assert np.isnan(out[[0, -1]]).all()


@each_model
def test_a_failure_names_the_row(model: PatientModel) -> None:
    p = patients(LANES + 3)
    p[LANES + 1, V] = 0.0
    with pytest.raises(SimulationError, match=rf"^row {LANES + 1}: "):
        course(model, p, DOSES[:2])
    # Also a number that no result would show.
    p = patients(4)
    p[2, EC50], p[3, CL] = np.inf, np.nan
    with pytest.raises(SimulationError, match=r"^row 2: the model gives something that is not a number$"):
        course(model, p, DOSES[:0])


@pytest.mark.parametrize("column", [EC50, V])
def test_the_first_day_shows_an_impossible_patient(column: int) -> None:
    p = patients(1)
    p[0, column] = 0.0
    with pytest.raises(SimulationError, match=r"^row 0: "):
        course(EXACT, p, DOSES[:1])


def test_doses_of_any_order_that_nobody_may_write_to_are_taken() -> None:
    p, doses = patients(2), np.array([DOSES, DOSES[::-1]])
    expected = course(EXACT, p, doses)[0]
    for given in (doses.copy(), np.asfortranarray(doses)):
        given.flags.writeable = False
        np.testing.assert_array_equal(course(EXACT, p, given)[0], expected)
    for one in (DOSES, DOSES[None], DOSES.astype(np.int64)):
        np.testing.assert_array_equal(course(EXACT, p, one)[0][0], expected[0])


def test_arrays_must_be_of_the_model_and_of_each_other() -> None:
    p, doses, y = patients(2), np.ones((2, 1)), np.zeros((2, 2))
    for arguments, message in (
        ((p[:, :3], doses, y), r"^parameters of small have shape \(2, 3\): give \(2, 4\)$"),
        ((p, doses, y[:1]), r"^states of small have shape \(1, 2\): give \(2, 2\)$"),
        ((p, doses, np.zeros((2, 3))), r"^states of small have shape \(2, 3\): give \(2, 2\)$"),
        ((p, np.ones((3, 1)), y), r"^doses of small have shape \(3, 1\): give \(2, 1\)$"),
        ((p, np.ones((2, 2, 1)), y), r"^doses of small have shape \(2, 2, 1\): give \(2, 1\)$"),
    ):
        with pytest.raises(InputError, match=message):
            course(EXACT, *arguments)


def test_the_reference_is_the_closed_form() -> None:
    p = patients(1)[0]
    values, y = reference_course(EQUATIONS, p, DOSES)
    expected, after = expected_course(EQUATIONS, p, DOSES, np.zeros(2))
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    np.testing.assert_allclose(y, after, rtol=1e-11, atol=1e-12)
    loose = reference_course(EQUATIONS, p, DOSES, tolerance=1e-3)[1]
    assert 1e-10 < np.abs(loose - after).max() < 1e-3
    assert biomarker_of(EQUATIONS, p, y) == values[-1]
