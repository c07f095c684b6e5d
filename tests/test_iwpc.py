"""The shipped patients, their split and the moments made from them."""

import json
from importlib.resources import files

import numpy as np
import pytest

from pmrl import iwpc
from pmrl.experiments.covariate_moments import moments
from pmrl.genetics import GENES

FIRST_ROWS = {"train": [0, 3, 4, 5, 6], "validation": [1, 15, 35, 37, 40], "test": [2, 10, 12, 14, 17]}


def test_split_is_disjoint_complete_and_of_the_promised_sizes():
    table = iwpc.load()
    parts = iwpc.split(table)
    assert list(parts) == ["train", "validation", "test"]
    np.testing.assert_array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(table)))
    assert [len(rows) for rows in parts.values()] == [2758, 920, 919]


def test_split_is_stratified_by_site_and_race():
    table = iwpc.load()
    stratum = table.site * 10 + np.nan_to_num(table.race, nan=9)
    for name, rows in iwpc.split(table).items():
        share = {"train": 0.6, "validation": 0.2, "test": 0.2}[name]
        for value, size in zip(*np.unique(stratum, return_counts=True), strict=True):
            assert abs((stratum[rows] == value).sum() - share * size) < 1, (name, value)


def test_split_does_not_follow_the_order_of_the_file():
    table = iwpc.load()
    train = iwpc.split(table)["train"]
    assert np.mean(train) == pytest.approx(np.mean(np.arange(len(table))), rel=0.02)
    assert np.nanmean(table.dose_mg_week[train]) == pytest.approx(np.nanmean(table.dose_mg_week), rel=0.02)
    assert len(set(np.diff(train).tolist())) > 5


def test_split_never_changes():
    parts = iwpc.split(iwpc.load())
    assert {name: rows[:5].tolist() for name, rows in parts.items()} == FIRST_ROWS


def test_shipped_moments_are_those_of_the_training_patients():
    shipped = json.loads((files("pmrl") / "data" / "covariate_moments.json").read_text(encoding="utf-8"))
    assert moments(iwpc.part("train")) == shipped


def test_allele_frequencies_of_the_shipped_patients():
    table = iwpc.load()
    white = table.race == 0
    vkorc1 = table.vkorc1_1639[white & (table.vkorc1_1639[:, 0] >= 0)]
    assert (vkorc1 == GENES["VKORC1"].index("A")).mean() == pytest.approx(0.387, abs=0.01)
    cyp2c9 = table.cyp2c9[white & (table.cyp2c9[:, 0] >= 0)]
    assert (cyp2c9 == GENES["CYP2C9"].index("*2")).mean() == pytest.approx(0.128, abs=0.01)


def test_a_split_cohort_holds_only_patients_of_that_split():
    cohort, part = iwpc.cohort("test", 2000, seed=3), iwpc.part("test")
    known = ~np.isnan(cohort.known_covariates["weight_kg"])
    assert set(cohort.known_covariates["weight_kg"][known]) <= set(part.weight_kg[~np.isnan(part.weight_kg)])
