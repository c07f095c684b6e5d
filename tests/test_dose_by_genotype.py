"""The calibrated patients need the doses that real patients of their genotype needed."""

import numpy as np
import pytest

from pmrl import iwpc
from pmrl.cohort import Cohort
from pmrl.experiments.agreement import groupings
from pmrl.experiments.calibration import MODEL, PARAMETER_SET
from pmrl.experiments.dose_prediction import predicted_dose, prediction_cohort, usable_rows
from pmrl.experiments.stable_dose import simulate_stable_doses
from pmrl.models.registry import model


@pytest.fixture(scope="module")
def patients():
    table = iwpc.load()
    return table.take(usable_rows(table, height=False))


@pytest.fixture(scope="module")
def cells(patients):
    names, counts = np.unique(groupings(patients)["by_genotype"], return_counts=True)
    large = names[counts >= 20].tolist()
    assert len(large) == 10
    return large


@pytest.fixture(scope="module")
def simulated(patients):
    hamberg = model(MODEL)
    return simulate_stable_doses(
        hamberg, hamberg.numbers(PARAMETER_SET), Cohort.from_table(patients, seed=11)
    )


def ratios(patients, doses, cells):
    """Mean of `doses` over the recorded mean, by genotype cell."""
    of = groupings(patients)["by_genotype"]
    return {c: np.nanmean(doses[of == c]) / patients.dose_mg_week[of == c].mean() for c in cells}


def test_predicted_doses_of_every_common_genotype(patients, cells):
    cohort = prediction_cohort(patients.covariates, patients.genotypes)
    doses = predicted_dose(model(MODEL), cohort, model(MODEL).numbers(PARAMETER_SET))
    assert [c for c, ratio in ratios(patients, doses, cells).items() if not 0.8 <= ratio <= 1.25] == []


def test_simulated_stable_doses_of_every_common_genotype(patients, cells, simulated):
    found = ratios(patients, simulated.prescribed, cells)
    assert [c for c, ratio in found.items() if not 0.8 <= ratio <= 1.25] == []


def test_the_published_set_needs_too_much_for_the_commonest_genotype(patients, cells):
    cohort = prediction_cohort(patients.covariates, patients.genotypes)
    doses = predicted_dose(model(MODEL), cohort, model(MODEL).numbers("published"))
    assert ratios(patients, doses, cells)["CYP2C9 *1/*1, VKORC1 A/A"] > 1.25


def test_simulated_stable_doses_spread_as_recorded_ones_do(simulated):
    assert 0.33 <= simulated.log_ratio.std() <= 0.42
    assert abs(simulated.log_ratio.mean()) < 0.05


def test_most_reach_a_stable_dose_in_the_middle_of_the_range(simulated):
    assert np.isfinite(simulated.prescribed).mean() > 0.95
    assert np.nanmin(simulated.inr) >= 1.995
    assert np.nanmax(simulated.inr) < 3.005
    assert np.nanmedian(simulated.inr) == pytest.approx(2.5, abs=0.1)


def test_a_patient_is_the_same_in_a_smaller_cohort(patients, simulated):
    rows = np.array([3, 50, 700])
    cohort = Cohort.from_table(patients, seed=11).take(rows)
    alone = simulate_stable_doses(model(MODEL), model(MODEL).numbers(PARAMETER_SET), cohort)
    np.testing.assert_array_equal(alone.prescribed, simulated.prescribed[rows])
