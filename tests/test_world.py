"""A virtual patient's life depends on the patient and the doses, not on who else is simulated or how."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import SENSITIVITY, lived, world

from pmrl.adherence import FULL, IN_RANGE, Adherence
from pmrl.disturbance import disturbances
from pmrl.variability import OCCASION_SD
from pmrl.world import World

IDS = np.arange(40, dtype=np.int64)
DAYS = 35


def everything(ids: np.ndarray, seed: int = 3, days: int = DAYS) -> World:
    """A world with everything switched on."""
    events = disturbances(seed, ids, days, interaction="antibiotic", vitamin_k=0.2, surgery=True)
    return world(ids, days, seed=seed, adherence=IN_RANGE, occasion_sd=0.15, events=events)


def same(one: World, row: np.ndarray | slice, other: World) -> None:
    """Rows of two worlds lived the same life, to the last bit."""
    for name in ("states", "day", "latent", "taken"):
        np.testing.assert_array_equal(getattr(one, name)[row], getattr(other, name), err_msg=name)


@pytest.mark.parametrize(
    "ids", [IDS[7:8], IDS[::-1], np.array([31, 2, 17]), IDS[20:]], ids=lambda i: str(i.size)
)
def test_a_life_does_not_depend_on_the_batch(ids: np.ndarray) -> None:
    together, apart = lived(everything(IDS), 5.0, DAYS), lived(everything(ids), 5.0, DAYS)
    assert np.ptp(together.latent[:, -1]) > 0.5
    same(together, ids, apart)


@pytest.mark.parametrize("at_a_time", [1, 2, 7, 10])
def test_a_life_does_not_depend_on_how_it_is_cut(at_a_time: int) -> None:
    same(lived(everything(IDS), 5.0, DAYS), slice(None), lived(everything(IDS), 5.0, DAYS, at_a_time))


def test_cutting_does_not_matter_past_the_last_disturbance() -> None:
    events = disturbances(3, IDS, 10, interaction="amiodarone", vitamin_k=0.3)
    whole, cut = (world(IDS, DAYS, patients=SENSITIVITY, events=events) for _ in range(2))
    same(lived(whole, 5.0, DAYS), slice(None), lived(cut, 5.0, DAYS, at_a_time=3))
    assert (whole.latent[:, 1:11] != 1.0).mean() > 0.9
    assert (whole.latent[:, 11:] == 1.0).all()


def test_patients_of_a_batch_may_be_on_different_days() -> None:
    ragged, doses = everything(IDS), np.full((IDS.size, 1), 5.0)
    ahead = np.arange(IDS.size, dtype=np.int64) % 8
    ragged.live(doses, ahead)
    np.testing.assert_array_equal(ragged.day, ahead)
    ragged.live(doses, DAYS - ahead)
    same(lived(everything(IDS), 5.0, DAYS), slice(None), ragged)


def test_days_before_the_first_are_lived_the_same_way() -> None:
    early, late = (world(IDS, 21, occasion_sd=0.15, adherence=IN_RANGE, start=-14) for _ in range(2))
    same(lived(early, 5.0, 35), slice(None), lived(late, 5.0, 35, at_a_time=1))
    probe = lived(world(IDS, 21, SENSITIVITY, occasion_sd=0.15, start=-14), 5.0, 35)
    weeks = probe.latent[:, 1:].reshape(IDS.size, 5, 7)
    assert (np.ptp(weeks, axis=2) == 0).all(), "an occasion lasts from day 7k to 7k + 6, also before day 0"
    assert len(np.unique(weeks[:, :, 0])) == weeks[:, :, 0].size


def test_another_seed_is_another_life() -> None:
    one, other = lived(everything(IDS), 5.0, DAYS), lived(everything(IDS, seed=4), 5.0, DAYS)
    assert (one.latent[:, -1] != other.latent[:, -1]).all()
    assert (one.taken != other.taken).mean() > 0.1
    same(one, slice(None), lived(everything(IDS), 5.0, DAYS))


def test_what_happens_to_a_patient_does_not_depend_on_the_dose() -> None:
    low, high = lived(everything(IDS), 2.5, DAYS), lived(everything(IDS), 7.5, DAYS, at_a_time=7)
    np.testing.assert_array_equal(low.taken / 2.5, high.taken / 7.5)
    assert set(np.unique(low.taken / 2.5)) == {0.0, 1.0, 2.0}
    ways = {"occasion_sd": 0.15, "adherence": IN_RANGE}
    low = lived(world(IDS, patients=SENSITIVITY, **ways), 0.0, DAYS)
    high = lived(world(IDS, patients=SENSITIVITY, **ways), 50.0, DAYS, at_a_time=5)
    np.testing.assert_array_equal(low.latent, high.latent)


def test_doses_by_day_end_with_the_one_that_goes_on() -> None:
    w = world(IDS, 6)
    w.live(np.tile([10.0, 7.5, 5.0], (IDS.size, 1)), np.full(IDS.size, 5, dtype=np.int64))
    np.testing.assert_array_equal(w.taken[:, :5], np.tile([10.0, 7.5, 5.0, 5.0, 5.0], (IDS.size, 1)))
    assert np.isnan(w.taken[:, 5]).all()
    assert np.isnan(w.latent[:, 6]).all()


def test_full_adherence_takes_exactly_what_is_prescribed() -> None:
    assert (lived(world(np.arange(500), adherence=FULL), 5.0, 70).taken == 5.0).all()


def test_net_intake_is_what_in_range_measured() -> None:
    n, days = 4000, 120
    shares = IN_RANGE.shares(3, np.arange(n))
    w = lived(world(np.arange(n), days, patients=SENSITIVITY, adherence=IN_RANGE), 1.0, days)
    intake = w.taken.mean(axis=1)
    assert IN_RANGE.net_intake == pytest.approx(0.845)
    assert intake.mean() == pytest.approx(0.845, abs=3.0 * intake.std() / np.sqrt(n))
    # Each patient misses and doubles as often as their own share says, on days that are independent.
    for value, share in ((0.0, shares[:, 0]), (2.0, shares[:, 1])):
        z = ((w.taken == value).sum(axis=1) - days * share) / np.sqrt(days * share * (1 - share) + 1e-12)
        ordinary = days * share > 5
        assert ordinary.sum() > 500
        assert z[ordinary].mean() == pytest.approx(0.0, abs=3.5 / np.sqrt(ordinary.sum()))
        assert z[ordinary].std() == pytest.approx(1.0, abs=3.5 / np.sqrt(2.0 * ordinary.sum()))


def test_patients_differ_in_adherence_as_in_range_measured() -> None:
    n = 20_000
    share = IN_RANGE.shares(3, np.arange(n)).sum(axis=1)
    assert share.min() >= 0
    assert share.max() <= 1
    assert share.mean() == pytest.approx(0.221, abs=3.0 * 0.211 / np.sqrt(n))
    kurtosis = (((share - share.mean()) / share.std()) ** 4).mean()
    assert share.std() == pytest.approx(0.211, abs=3.0 * 0.211 * np.sqrt((kurtosis - 1.0) / (4.0 * n)))


def test_a_third_of_patients_miss_more_than_a_fifth() -> None:
    # Not fitted: the beta distribution that has the measured mean and SD must get the measured 36% right.
    missed = IN_RANGE.shares(3, np.arange(20_000))[:, 0]
    assert (missed > 0.2).mean() == pytest.approx(0.36, abs=0.03)


def test_patients_without_spread_are_alike() -> None:
    alike = Adherence(IN_RANGE.missed, IN_RANGE.extra, FULL.spread)
    np.testing.assert_allclose(alike.shares(1, IDS), np.tile([0.188, 0.033], (IDS.size, 1)))


def test_occasions_have_their_log_sd_and_are_independent() -> None:
    n, weeks = 3000, 5
    w = world(np.arange(n), 7 * weeks, SENSITIVITY, occasion_sd=OCCASION_SD.value, adherence=IN_RANGE)
    daily = np.log(lived(w, 5.0, 7 * weeks).latent[:, 1:]).reshape(n, weeks, 7)
    assert (np.ptp(daily, axis=2) == 0).all()
    by_week = daily[:, :, 0]
    assert by_week.std() == pytest.approx(OCCASION_SD.value, abs=3.0 * 0.15 / np.sqrt(2.0 * by_week.size))
    assert by_week.mean() == pytest.approx(0.0, abs=3.0 * 0.15 / np.sqrt(by_week.size))
    correlation = np.corrcoef(by_week.T)[np.triu_indices(weeks, 1)]
    assert np.abs(correlation).max() < 3.5 / np.sqrt(n)
    # The draws of one patient's occasions and missed doses do not go together.
    missed = (w.taken == 0.0).reshape(n, weeks, 7).mean(axis=2)
    assert abs(np.corrcoef(missed.ravel(), by_week.ravel())[0, 1]) < 3.5 / np.sqrt(by_week.size)
