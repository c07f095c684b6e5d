"""Predicted against recorded doses: the numbers, their shape, and patients from anywhere."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pmrl import iwpc
from pmrl.errors import InputError
from pmrl.experiments.agreement import agreement
from pmrl.experiments.dose_prediction import usable_rows
from pmrl.experiments.figures_validation import draw_validation
from pmrl.experiments.validation import algorithm_predictions, set_predictions, share_seen, validate

MEASURES = {"n", "mae_mg_week", "bias_log", "log_sd", "r2", "within_20", "by_genotype", "by_race", "by_site"}


@pytest.fixture(scope="module")
def report():
    return validate(iwpc.load())


@pytest.fixture(scope="module")
def usable():
    table = iwpc.load()
    return table.take(usable_rows(table))


def as_json(report):
    return json.loads(json.dumps(report, allow_nan=False))


def test_every_set_and_algorithm_has_every_measure_on_the_same_patients(report):
    assert {"published", "iwpc", "published-variance", "hamberg-2007/published"} <= set(report["parameters"])
    assert {"ohara-2014/published", "xia-2024/published"} <= set(report["parameters"])
    assert set(report["algorithms"]) == {"iwpc", "iwpc-clinical", "gage", "gage-clinical", "fixed-35"}
    for found in (*report["parameters"].values(), *report["algorithms"].values()):
        assert set(found) >= MEASURES
        assert found["n"] == report["n"] == 3347
        for grouping in ("by_genotype", "by_race", "by_site"):
            assert sum(group["n"] for group in found[grouping].values()) == report["n"]
    assert "CYP2C9 *1/*1, VKORC1 G/A" in report["parameters"]["iwpc"]["by_genotype"]
    assert set(report["parameters"]["iwpc"]["by_race"]) == {"White", "Asian", "Black", "Unknown"}
    assert as_json(report) == report


def test_algorithms_do_as_published(report):
    mae = {name: found["mae_mg_week"] for name, found in report["algorithms"].items()}
    assert mae["iwpc"] == pytest.approx(8.30, abs=0.05)
    assert mae["iwpc-clinical"] == pytest.approx(10.0, abs=0.15)
    assert mae["fixed-35"] == pytest.approx(13.3, abs=0.1)
    assert mae["gage"] < mae["gage-clinical"] < mae["fixed-35"]
    assert report["algorithms"]["iwpc"]["within_20"] == pytest.approx(0.469, abs=0.002)


def test_the_calibrated_set_is_as_good_as_the_iwpc_regression_and_the_published_one_is_not(report):
    fitted, published = report["parameters"]["iwpc"], report["parameters"]["published"]
    assert fitted["mae_mg_week"] == pytest.approx(report["algorithms"]["iwpc"]["mae_mg_week"], abs=0.15)
    assert fitted["log_sd"] <= 0.40
    assert abs(fitted["bias_log"]) < 0.05
    assert published["mae_mg_week"] > fitted["mae_mg_week"] + 2.5
    assert published["bias_log"] > 0.2
    assert fitted["by_split"]["test"]["mae_mg_week"] <= 8.9


def test_it_holds_at_sites_it_has_not_seen(report):
    found = report["leave_one_site_out"]
    assert found["n"] == 3965
    assert found["mae_mg_week"] <= 8.9
    assert found["log_sd"] <= 0.40
    assert found["misses"] == []
    large = [site for site in found["by_site"].values() if site["n"] >= 80]
    assert len(large) == 14
    assert max(abs(site["bias_log"]) for site in large) <= 0.20


def test_every_anchor_holds(report):
    assert len(report["anchors"]) > 50
    assert {"what", "expected", "got", "tolerance", "source", "ok"} <= set(report["anchors"][0])
    assert [anchor for anchor in report["anchors"] if not anchor["ok"]] == []


def test_what_was_derived_on_the_patients_says_so(report, usable):
    marked = {
        name for kind in ("parameters", "algorithms") for name, v in report[kind].items() if v["in_sample"]
    }
    assert marked == {"iwpc", "iwpc-clinical"}
    assert report["parameters"]["iwpc"]["in_sample"]
    shuffled = usable.take(np.random.default_rng(1).permutation(len(usable)))
    assert share_seen(shuffled) == 1.0
    assert share_seen(replace(shuffled, weight_kg=shuffled.weight_kg + 0.5)) < 0.02


def test_the_calibrated_set_does_not_use_race(usable):
    before = set_predictions(usable)["iwpc"]
    after = set_predictions(replace(usable, race=(np.nan_to_num(usable.race) + 1) % 3))["iwpc"]
    np.testing.assert_array_equal(before, after)
    changed = algorithm_predictions(replace(usable, race=(np.nan_to_num(usable.race) + 1) % 3))["iwpc"]
    assert not np.allclose(changed, algorithm_predictions(usable)["iwpc"])


def test_shuffled_doses_are_not_predicted(usable):
    shuffled = np.random.default_rng(0).permutation(usable.dose_mg_week)
    assert agreement(shuffled, set_predictions(usable)["iwpc"])["r2"] < 0.0


def test_another_clinic_of_one_site_with_few_patients(usable):
    few = usable.take(np.flatnonzero(usable.site == 20)[:3])
    few = replace(few, site=np.full(3, -1), weight_kg=few.weight_kg + 0.5, race=np.full(3, np.nan))
    report = as_json(validate(few))
    assert report["n"] == 3
    assert report["leave_one_site_out"] is None
    assert not any(found["in_sample"] for found in report["parameters"].values())
    assert list(report["parameters"]["iwpc"]["by_site"]) == ["Unknown"]


def test_one_patient_gives_nulls_where_a_measure_does_not_exist(usable):
    found = as_json(validate(usable.take(np.array([5]))))["parameters"]["iwpc"]
    assert found["n"] == 1
    assert found["r2"] is None
    assert found["log_sd"] is None
    assert found["mae_mg_week"] >= 0.0


def test_no_usable_patient_says_what_is_missing(usable):
    with pytest.raises(InputError, match=r"none of the 3347 patients .* height not recorded \(3347\)"):
        validate(replace(usable, height_cm=np.full(len(usable), np.nan)))


def test_figures_are_written(usable, tmp_path):
    paths = draw_validation(usable.take(np.arange(60)), tmp_path / "figures")
    assert {"dose_by_genotype.png", "dose_set_iwpc.png"} <= {path.name for path in paths}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
