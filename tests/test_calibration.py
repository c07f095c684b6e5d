"""The calibrated parameter set: what ships is what the fit finds, and the fit finds what is there."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pmrl import iwpc
from pmrl.adherence import IN_RANGE
from pmrl.errors import InputError
from pmrl.experiments.calibration import (
    FILE,
    MODEL,
    PARAMETER_SET,
    SITES_LEFT_OUT,
    START,
    calibrate,
    fit_doses,
    reproduces,
    training_rows,
    with_values,
    write,
)
from pmrl.experiments.dose_prediction import predicted_dose, prediction_cohort
from pmrl.models.calibration_file import read_calibration
from pmrl.models.registry import model
from pmrl.typical import typical_patient


@pytest.fixture(scope="module")
def patients():
    table = iwpc.load()
    return table.take(training_rows(table))


def with_doses_of(patients, values, log_sd):
    """The same patients, with the doses that these numbers of the model predict, and scatter."""
    cohort = prediction_cohort(patients.covariates, patients.genotypes)
    numbers = with_values(model(MODEL).numbers("published"), values)
    numbers = replace(numbers, net_intake=model(MODEL).numbers(PARAMETER_SET).net_intake)
    scatter = np.exp(log_sd * np.random.default_rng(4).standard_normal(len(patients)))
    return replace(patients, dose_mg_week=predicted_dose(model(MODEL), cohort, numbers) * scatter)


def test_refitting_reproduces_what_ships(tmp_path):
    shares = []
    found = calibrate(progress=shares.append)
    shipped = read_calibration(FILE)
    assert set(reproduces(shipped, found.record)) == {*START, "omega_cl", "omega_ec50"}
    assert all(reproduces(shipped, found.record).values())
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
    write(found, tmp_path / "again.json")
    assert set(json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))) == set(shipped)


def test_shipped_numbers_are_those_of_the_model():
    shipped, numbers = read_calibration(FILE), model(MODEL).numbers(PARAMETER_SET)
    for name, value in shipped["fitted"].items():
        assert float(getattr(numbers, name)) == value
        assert getattr(numbers, name).status == "derived"
    assert float(numbers.net_intake) == pytest.approx(IN_RANGE.net_intake) == pytest.approx(0.845)
    assert 0.35 <= shipped["simulated_stable_dose"]["log_sd"] <= 0.39


def test_a_difference_is_noticed():
    shipped = read_calibration(FILE)
    other = {"fitted": {**shipped["fitted"], "cl_2": shipped["fitted"]["cl_2"] * (1 + 2e-6)}}
    assert [name for name, same in reproduces(shipped, other).items() if not same] == ["cl_2"]


TRUTH = {
    "bioavailability": 1.1,
    "ec50_a": 0.8,
    "cl_2": 0.06,
    "cl_3": 0.03,
    "cl_age": -0.004,
    "ec50_weight": 0.9,
    "cl_amiodarone": 0.5,
    "cl_inducer": 2.0,
}


def test_fit_recovers_known_numbers_exactly_from_doses_without_scatter(patients):
    found = fit_doses(with_doses_of(patients, TRUTH, 0.0))
    assert found.values == pytest.approx(TRUTH, rel=1e-6)


def test_fit_recovers_known_numbers_within_its_errors(patients):
    found = fit_doses(with_doses_of(patients, TRUTH, 0.35))
    assert found.log_sd == pytest.approx(0.35, abs=0.02)
    z = [(found.values[name] - value) / found.standard_errors[name] for name, value in TRUTH.items()]
    assert np.abs(z).max() < 3.5
    assert np.abs(z).max() > 0.1


def test_the_fit_sees_only_training_patients_of_other_sites():
    table = iwpc.load()
    rows = training_rows(table)
    assert not set(rows) - set(iwpc.split(table)["train"])
    assert not set(SITES_LEFT_OUT) & set(table.site[rows].tolist())
    assert rows.size == read_calibration(FILE)["n"] > 1900


def test_what_nobody_informs_has_no_standard_error(patients):
    nobody = replace(patients, enzyme_inducer=np.zeros(len(patients)))
    found = fit_doses(nobody)
    assert found.standard_errors["cl_inducer"] is None
    assert found.standard_errors["cl_2"] > 0.0


def test_too_few_patients_are_refused(patients):
    with pytest.raises(InputError, match="cannot determine 8 numbers"):
        fit_doses(patients.take(np.arange(8)))
    with pytest.raises(InputError, match="training patients outside site 3"):
        calibrate(patients.take(np.arange(0)))


def test_an_unwritable_place_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_nothing(tmp_path / "file" / "calibration.json")


def write_nothing(path):
    from pmrl.experiments.calibration import Calibration, Fit
    from pmrl.experiments.stable_dose import SpreadChoice

    write(Calibration(Fit({}, {}, 0, 0.0, 0.0), SpreadChoice(0.2, 0.36, 0.36, 0.0, 1.0, 2.5, 0, 0)), path)


@pytest.mark.parametrize(("vkorc1", "mg_per_litre"), [("G/G", 0.46), ("G/A", 0.35), ("A/A", 0.23)])
def test_concentrations_at_inr_two_and_a_half_stay_near_those_observed(vkorc1, mg_per_litre):
    hamberg = model(MODEL)
    patient = typical_patient({"CYP2C9": "*1/*1", "VKORC1": vkorc1})
    p = hamberg.patients(patient, PARAMETER_SET, typical=True)
    dose = hamberg.maintenance_dose(p, 2.5)[0]
    absorbed = hamberg.intake(dose, p[0])
    assert absorbed / (24.0 * p[0, hamberg.column("cl")]) == pytest.approx(mg_per_litre, abs=0.03)


def test_more_is_prescribed_than_taken_only_where_the_set_reckons_with_missed_doses():
    hamberg = model(MODEL)
    for parameter_set, share in {"iwpc": 0.845, "published": 1.0}.items():
        p = hamberg.patients(typical_patient(), parameter_set, typical=True)
        taken, prescribed = hamberg.maintenance_dose(p, 2.5), hamberg.prescribed_dose(p, 2.5, parameter_set)
        np.testing.assert_allclose(taken / prescribed, share)
    ohara = model("ohara-2014")
    p = ohara.patients(typical_patient(), typical=True)
    np.testing.assert_array_equal(ohara.prescribed_dose(p, 2.5), ohara.maintenance_dose(p, 2.5))
