"""Outcome metrics against worked examples, and their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pmrl.outcomes import days_to_stable, rosendaal, time_above, time_below, time_in_range

NAN = float("nan")


def shares(days: list[float], labs: list[float], longest_gap: float = 56.0) -> list[float]:
    """Time below, in and above 2 to 3 of one patient."""
    got = rosendaal(np.array([days], dtype=float), np.array([labs]), 2.0, 3.0, longest_gap)
    assert got.shape == (1, 3)
    return [float(share) for share in got[0]]


@pytest.mark.parametrize(
    ("days", "labs", "expected"),
    [
        # Person-time, worked by hand.
        ([0, 7, 21, 28], [1.5, 2.5, 3.5, 2.8], [3.5 / 28, 12.5 / 28, 12.0 / 28]),
        ([2, 9], [1.4, 2.7], [0.6 / 1.3, 0.7 / 1.3, 0.0]),
        # From far below to far above and back: 1 of 4 units of INR is in range.
        ([0, 8, 16], [1.0, 5.0, 1.0], [0.25, 0.25, 0.5]),
        ([0, 10], [2.2, 2.9], [0.0, 1.0, 0.0]),
        ([0, 10], [1.2, 1.9], [1.0, 0.0, 0.0]),
        ([0, 10], [3.2, 6.0], [0.0, 0.0, 1.0]),
        # Constant labs, on and off the bounds; touching a bound costs no time.
        ([0, 7], [3.0, 3.0], [0.0, 1.0, 0.0]),
        ([0, 7], [2.0, 2.0], [0.0, 1.0, 0.0]),
        ([0, 7], [3.01, 3.01], [0.0, 0.0, 1.0]),
        ([0, 7], [1.99, 1.99], [1.0, 0.0, 0.0]),
        ([0, 7], [2.0, 3.0], [0.0, 1.0, 0.0]),
    ],
)
def test_rosendaal_worked_examples(days: list[float], labs: list[float], expected: list[float]) -> None:
    assert shares(days, labs) == pytest.approx(expected, abs=1e-12)


def test_the_percentages_in_the_literature() -> None:
    assert [round(100 * s, 3) for s in shares([0, 7, 21, 28], [1.5, 2.5, 3.5, 2.8])] == [12.5, 44.643, 42.857]
    assert round(100 * shares([2, 9], [1.4, 2.7])[1], 3) == 53.846


def test_gaps_longer_than_56_days_are_left_out() -> None:
    assert shares([0, 56], [2.5, 2.5]) == [0.0, 1.0, 0.0]
    assert np.isnan(shares([0, 57], [2.5, 2.5])).all()
    # In range for 10 days; the 57 days above range do not count, the 10 days of falling do.
    assert shares([0, 10, 67, 77], [2.5, 2.5, 4.0, 2.0]) == pytest.approx([0.0, 0.75, 0.25])
    assert np.isnan(shares([0, 50], [2.5, 2.5], longest_gap=42.0)).all()


def test_no_time_in_range_is_exactly_none() -> None:
    # 1 - 0.9 - 0.1 is -3e-17.
    assert shares([0, 9, 69, 70], [1.0, 1.0, 5.0, 5.0]) == [0.9, 0.0, 0.1]


def test_padding_and_missing_labs_do_not_count() -> None:
    plain = shares([0, 7, 21], [1.5, 2.5, 3.5])
    assert shares([0, 7, 21, NAN, NAN], [1.5, 2.5, 3.5, NAN, NAN]) == plain
    # A lab that was not done leaves no interval on either side.
    assert shares([0, 7, 14, 21], [2.5, 2.5, NAN, 5.0]) == [0.0, 1.0, 0.0]
    assert shares([0, 7, 14, 21], [2.5, NAN, 4.0, 4.0]) == [0.0, 0.0, 1.0]
    # Two results on one day: no time passes between them.
    assert shares([0, 7, 7, 14], [2.5, 2.5, 5.0, 5.0]) == [0.0, 0.5, 0.5]
    for nothing in ([3.0], [NAN]):
        assert np.isnan(shares(nothing, [2.5])).all()


def test_patients_are_rows() -> None:
    days = np.array([[0.0, 7.0, NAN], [0.0, 14.0, 28.0]])
    labs = np.array([[2.5, 2.5, NAN], [4.0, 4.0, 1.0]])
    got = rosendaal(days, labs, 2.0, 3.0)
    np.testing.assert_allclose(got, [[0, 1, 0], [1 / 6, 1 / 6, 2 / 3]], atol=1e-12)


LABS = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(2, 12)), elements=st.floats(0.8, 20.0))


@given(labs=LABS, data=st.data())
def test_below_in_and_above_range_are_everything(labs: np.ndarray, data: st.DataObject) -> None:
    gaps = data.draw(hnp.arrays(np.int64, labs.shape, elements=st.integers(1, 70)))
    days = np.cumsum(gaps, axis=1).astype(float)
    got = rosendaal(days, labs, 2.0, 3.0)
    some = np.isfinite(got[:, 0])
    np.testing.assert_array_equal(some, (np.diff(days, axis=1) <= 56).any(axis=1))
    np.testing.assert_allclose(got[some].sum(axis=1), 1.0, atol=1e-12)
    assert (got[some] >= 0.0).all()
    assert (got[some] <= 1.0).all()
    whole = time_below(labs, 2.0) + time_in_range(labs, 2.0, 3.0) + time_above(labs, 3.0)
    np.testing.assert_allclose(whole, 1.0, atol=1e-12)


@given(labs=LABS, data=st.data())
def test_interpolated_time_is_the_limit_of_counted_time(labs: np.ndarray, data: st.DataObject) -> None:
    gaps = data.draw(hnp.arrays(np.int64, labs.shape, elements=st.integers(1, 50)))
    days = np.cumsum(gaps, axis=1).astype(float)
    got = rosendaal(days, labs, 2.0, 3.0)
    for row in range(len(labs)):
        moments = np.linspace(days[row, 0], days[row, -1], 8001)
        path = np.interp(moments, days[row], labs[row])[None, :]
        assert got[row, 1] == pytest.approx(float(time_in_range(path, 2.0, 3.0)[0]), abs=0.005)
        assert got[row, 2] == pytest.approx(float(time_above(path, 3.0)[0]), abs=0.005)


def test_bounds_belong_to_the_range() -> None:
    latent = np.array([[2.0, 3.0, np.nextafter(2.0, 0.0), np.nextafter(3.0, 4.0)]])
    assert time_in_range(latent, 2.0, 3.0).tolist() == [0.5]
    assert time_below(latent, 2.0).tolist() == [0.25]
    assert time_above(latent, 3.0).tolist() == [0.25]


IN, OUT = 2.5, 3.5


def stable(labs: list[float], doses: list[float], **options: int) -> float:
    """Day on which one patient, seen weekly, became stable."""
    days = np.where(np.isnan(labs), NAN, 7.0 * np.arange(len(labs)))
    return float(days_to_stable(days[None, :], np.array([labs]), np.array([doses]), 2.0, 3.0, **options)[0])


@pytest.mark.parametrize(
    ("labs", "doses", "expected"),
    [
        # Labs of days 7, 14 and 21 answer to the doses of days 0, 7 and 14.
        ([1.0, IN, IN, IN], [5, 5, 5, 5], 7),
        # The dose of the last of the three visits comes after its lab.
        ([1.0, IN, IN, IN], [5, 5, 5, 9], 7),
        # At day 0 nobody has had a dose, whatever the lab says.
        ([IN, IN, IN, OUT], [5, 5, 5, 5], NAN),
        ([IN, IN, IN, IN], [5, 5, 5, 5], 7),
        # Changed after the first lab of the run: the two later ones answer to another dose.
        ([1.0, IN, IN, IN], [5, 6, 6, 6], NAN),
        ([1.0, IN, IN, IN, IN], [5, 6, 6, 6, 6], 14),
        ([1.0, IN, IN, IN], [5, 5, 6, 6], NAN),
        # A dose changed on the day before the run began does not matter.
        ([1.0, OUT, IN, IN, IN], [5, 4, 4, 4, 4], 14),
        # A lab out of range starts the count again, on the same dose.
        ([1.0, IN, IN, OUT, IN, IN, IN], [5] * 7, 28),
        # The first run counts, not the last.
        ([1.0, IN, IN, IN, OUT, IN, IN, IN], [5] * 8, 7),
        # Both bounds are in range.
        ([1.0, 2.0, 3.0, 2.0], [5] * 4, 7),
        # The last visit has no dose yet, and the rest is padding.
        ([1.0, IN, IN, IN, NAN, NAN], [5, 5, 5, NAN, NAN, NAN], 7),
        ([1.0, IN, IN, NAN, NAN, NAN], [5, 5, NAN, NAN, NAN, NAN], NAN),
        # Too few visits, ever.
        ([IN], [5], NAN),
        ([1.0, IN, IN], [5, 5, 5], NAN),
    ],
)
def test_days_to_stable(labs: list[float], doses: list[float], expected: float) -> None:
    assert stable(labs, doses) == pytest.approx(expected, nan_ok=True)


def test_rounding_of_a_mean_dose_is_not_a_change() -> None:
    assert stable([1.0, IN, IN, IN], [0.3, 0.1 + 0.2, 0.3, 0.3]) == 7.0


def test_how_many_labs_make_a_dose_stable() -> None:
    labs, doses = [1.0, IN, IN, OUT], [5.0] * 4
    assert stable(labs, doses, labs_in_range=1) == 7.0
    assert stable(labs, doses, labs_in_range=2) == 7.0
    assert np.isnan(stable(labs, doses, labs_in_range=3))
    # The lab before any dose is none of them.
    assert np.isnan(stable([IN, OUT, OUT], [5.0] * 3, labs_in_range=1))


def by_the_book(labs: np.ndarray, doses: np.ndarray) -> float:
    """The docstring, word for word: three consecutive labs in range, all answering to one dose."""
    for first in range(1, len(labs) - 2):
        window = labs[first : first + 3]
        answered = doses[first - 1 : first + 2]
        if ((window >= 2.0) & (window <= 3.0)).all() and (answered == answered[0]).all():
            return 7.0 * first
    return NAN


@given(data=st.data())
def test_days_to_stable_says_what_its_docstring_says(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 14))
    labs = np.array(data.draw(st.lists(st.sampled_from([IN, IN, IN, OUT]), min_size=n, max_size=n)))
    doses = np.array(data.draw(st.lists(st.sampled_from([5.0, 5.0, 5.0, 6.0]), min_size=n, max_size=n)))
    assert stable(list(labs), list(doses)) == pytest.approx(by_the_book(labs, doses), nan_ok=True)
