"""What comes from outside: interacting drugs, diet and surgery act when, how long and how much they say."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import CLEARANCE, REAL, SENSITIVITY, lived, world

from pmrl.adherence import IN_RANGE, Adherence, adherence
from pmrl.disturbance import DIET_PERIOD, INTERACTIONS, SURGERY_HELD, disturbances
from pmrl.errors import InputError
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, uniforms
from pmrl.variability import Variability

SEED, N, DAYS = 3, 400, 120
IDS = np.arange(N, dtype=np.int64)
DAY = np.arange(DAYS)


def started() -> np.ndarray:
    """The day on which each patient's interacting drug starts."""
    return np.floor(uniforms(SEED, IDS, Stream.DISTURBANCE, day=0)[:, 0] * DAYS)


@pytest.mark.parametrize("drug", INTERACTIONS)
def test_an_interaction_acts_on_clearance_from_its_start(drug: str) -> None:
    events = disturbances(SEED, IDS, DAYS, interaction=drug)
    felt = lived(world(IDS, DAYS, CLEARANCE, events=events), 0.0, DAYS).latent[:, 1:]
    np.testing.assert_array_equal(felt, events.clearance)
    since = DAY - started()[:, None]
    # Long after an antibiotic the multiplier is 1 to the last bit.
    recent = since < 40
    np.testing.assert_array_equal(felt[recent] < 1.0, since[recent] > 0)
    assert felt.min() > float(INTERACTIONS[drug].clearance)
    assert (lived(world(IDS, DAYS, SENSITIVITY, events=events), 0.0, DAYS).latent[:, 1:] == 1.0).all()


def test_amiodarone_comes_slowly_and_stays() -> None:
    drug = INTERACTIONS["amiodarone"]
    by_day = drug.multiplier(np.array([10.0]), 200)[0]
    half = 10 + int(float(drug.onset_half_life))
    assert 1.0 - by_day[half] == pytest.approx(0.5 * (1.0 - float(drug.clearance)))
    assert (np.diff(by_day[10:]) < 0).all()
    assert by_day[-1] == pytest.approx(float(drug.clearance), abs=0.001)


def test_an_antibiotic_comes_and_goes() -> None:
    drug = INTERACTIONS["antibiotic"]
    by_day, stop = drug.multiplier(np.array([10.0]), 60)[0], 10 + int(float(drug.duration))
    assert by_day.argmin() == stop
    assert by_day[stop] == pytest.approx(float(drug.clearance), abs=0.001)
    assert (np.diff(by_day[stop:]) > 0).all()
    assert by_day[-1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("drug", INTERACTIONS)
def test_an_interaction_raises_the_inr(drug: str) -> None:
    events = disturbances(SEED, IDS, DAYS, interaction=drug)
    free, with_drug = (lived(world(IDS, DAYS, events=e), 5.0, DAYS).latent for e in (None, events))
    rise, start = with_drug - free, started().astype(int)
    since = np.arange(DAYS + 1) - start[:, None]
    assert (rise[since <= 1] == 0.0).all()
    assert (rise[(since > 1) & (since < 40)] > 0.0).all()
    early = start < 20
    after = np.array([rise[i, start[i] : start[i] + 100] for i in np.flatnonzero(early)])
    relative = after.mean(axis=0)
    if drug == "amiodarone":
        assert relative[7] < 0.25 * relative[60], "slow onset"
        assert relative[-1] > 0.9 * relative.max(), "and it stays"
    else:
        assert 8 <= relative.argmax() <= 20
        assert relative[-1] < 0.05 * relative.max(), "transient"


def test_starts_are_spread_over_the_episode() -> None:
    quarter = np.bincount((started() // (DAYS / 4)).astype(int), minlength=4)
    assert quarter.sum() == N
    assert np.abs(quarter - N / 4).max() < 3.5 * np.sqrt(N * 0.25 * 0.75)


def test_vitamin_k_swings_sensitivity_by_its_amplitude() -> None:
    events = disturbances(SEED, IDS, DAYS, vitamin_k=0.2)
    felt = np.log(lived(world(IDS, DAYS, SENSITIVITY, events=events), 5.0, DAYS).latent[:, 1:])
    # Sampled once a day, the top of a 28-day sine is missed by half a day at most.
    lowest_top = 0.2 * np.cos(np.pi / float(DIET_PERIOD))
    for top in (felt.max(axis=1), -felt.min(axis=1)):
        assert (top <= 0.2 + 1e-12).all()
        assert (top >= lowest_top - 1e-12).all()
    period = int(float(DIET_PERIOD))
    np.testing.assert_allclose(felt[:, period:], felt[:, :-period], atol=1e-12)
    np.testing.assert_allclose(felt[:, :period].sum(axis=1), 0.0, atol=1e-12)
    assert np.abs(felt.mean(axis=0)).max() < 3.5 * 0.2 / np.sqrt(2.0 * N), "patients are out of step"


def test_surgery_holds_the_five_days_before() -> None:
    surgery = np.floor(uniforms(SEED, IDS, Stream.DISTURBANCE, day=2)[:, 0] * DAYS)
    events = disturbances(SEED, IDS, DAYS, surgery=True)
    expected = (surgery[:, None] - DAY >= 1) & (surgery[:, None] - DAY <= 5)
    assert float(SURGERY_HELD) == 5.0
    assert np.count_nonzero(expected.sum(axis=1) == 5) > 0.9 * N
    taken = lived(world(IDS, DAYS, events=events), 5.0, DAYS).taken
    np.testing.assert_array_equal(taken == 0.0, expected)
    # Nobody takes a double dose on a held day.
    taken = lived(world(IDS, DAYS, events=events, adherence=IN_RANGE), 5.0, DAYS).taken
    assert (taken[expected] == 0.0).all()
    assert (taken == 10.0).any()


def test_surgery_lowers_the_inr() -> None:
    events = disturbances(SEED, IDS, DAYS, surgery=True)
    free, held = (lived(world(IDS, DAYS, events=e), 5.0, DAYS).latent for e in (None, events))
    assert ((free - held) >= -1e-12).all()
    assert np.median((free - held).max(axis=1)) > 0.2


def test_disturbances_depend_on_the_patient_only() -> None:
    some = np.array([77, 3, 200])
    options = {"interaction": "antibiotic", "vitamin_k": 0.1, "surgery": True}
    everybody, apart = disturbances(SEED, IDS, DAYS, **options), disturbances(SEED, some, DAYS, **options)
    for name in ("clearance", "sensitivity", "held"):
        assert getattr(everybody, name).shape == (N, DAYS)
        np.testing.assert_array_equal(getattr(everybody, name)[some], getattr(apart, name))
    assert not np.array_equal(everybody.held, disturbances(SEED + 1, IDS, DAYS, **options).held)


def test_no_disturbance_is_one_row_of_nothing() -> None:
    calm = disturbances(SEED, IDS, DAYS)
    assert calm.clearance.shape == calm.sensitivity.shape == calm.held.shape == (1, DAYS)
    assert (calm.clearance == 1.0).all()
    assert (calm.sensitivity == 1.0).all()
    assert not calm.held.any()
    assert REAL.clearance != REAL.sensitivity


def share(value: float) -> Parameter:
    return Parameter(value, "share of days", "this test", "assumption")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: disturbances(SEED, IDS, DAYS, interaction="amiodaron"), "did you mean 'amiodarone'"),
        (lambda: adherence("in-rang"), "did you mean 'in-range'"),
        (lambda: adherence(1.2), "0 to 1"),
        (lambda: adherence(-0.1), "0 to 1"),
        (lambda: adherence(float("nan")), "0 to 1"),
        (lambda: Adherence(share(0.8), share(0.3), share(0.0)), "at most 1"),
        (lambda: Adherence(share(-0.1), share(0.3), share(0.0)), "from 0 to 1"),
        (lambda: Adherence(share(0.2), share(0.0), share(0.5)), "spread"),
        (lambda: Adherence(share(float("nan")), share(0.0), share(0.0)), "from 0 to 1"),
        (lambda: Variability(occasion_sd=-0.1), "occasion_sd"),
        (lambda: Variability(assay_sd=3.0), "assay_sd"),
        (lambda: Variability(assay_sd=float("nan")), "assay_sd"),
        (lambda: Variability(lab_delay_days=15), "lab_delay_days"),
    ],
)
def test_bad_options_are_refused_in_one_clear_line(make, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("taken", [0.0, 0.3, 0.8, 0.99, 1.0])
def test_adherence_may_be_given_as_the_share_of_days_taken(taken: float) -> None:
    shares = adherence(taken).shares(SEED, np.arange(5000))
    assert (shares[:, 1] == 0.0).all()
    assert 1.0 - shares[:, 0].mean() == pytest.approx(taken, abs=0.01)
    assert adherence(taken).net_intake == pytest.approx(taken)


def test_an_interaction_adds_nothing_to_who_takes_the_drug_already():
    ids = np.arange(4)
    already = np.array([True, False, True, False])
    found = disturbances(1, ids, 60, "amiodarone", already=already).clearance
    assert (found[already] == 1.0).all()
    assert (found[~already].min(axis=1) < 1.0).all()
