"""Cohorts: the same patient in any batch, population moments, what the clinic cannot see."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, truncnorm

from pmrl import iwpc
from pmrl.cohort import RACES, Cohort, resampled_rows
from pmrl.cohort_sampling import RECORDED_GENES
from pmrl.covariates import COVARIATES, GROUPS, RANGES, covariate_moments
from pmrl.errors import InputError
from pmrl.genetics import ANCESTRIES, GENES, allele_count, diplotype_probabilities

GROUPED = ("covariates", "genotypes", "known_covariates", "known_genotypes")


RECORDED = {name: GENES[name] for name in RECORDED_GENES}


def assert_same(a, b):
    np.testing.assert_array_equal(a.ids, b.ids)
    np.testing.assert_array_equal(a.ancestry, b.ancestry)
    for group in GROUPED:
        left, right = getattr(a, group), getattr(b, group)
        assert left.keys() == right.keys()
        for name in left:
            np.testing.assert_array_equal(left[name], right[name], err_msg=f"{group} {name}")


def sampled(n, seed, first):
    return Cohort.sample(n, seed, first=first)


def resampled(n, seed, first):
    return Cohort.resample(iwpc.part("train"), n, seed, first)


makers = pytest.mark.parametrize("make", [sampled, resampled])


@makers
@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 40), first=st.integers(0, 10**9), seed=st.integers(0, 2**53), skip=st.integers(0, 39))
def test_a_patient_is_the_same_in_any_batch(make, n, first, seed, skip):
    skip = min(skip, n - 1)
    whole = make(n, seed, first)
    assert_same(whole.take(np.arange(skip, n)), make(n - skip, seed, first + skip))
    order = np.arange(n)[::-1]
    assert_same(whole.take(order).take(order), whole)


@makers
def test_seeds_differ(make):
    assert (make(50, 1, 0).covariates["age"] != make(50, 2, 0).covariates["age"]).mean() > 0.5


@makers
def test_the_truth_is_complete_and_of_the_promised_types(make):
    cohort = make(3000, 3, 0)
    assert tuple(sorted(cohort.covariates)) == tuple(sorted(COVARIATES))
    assert cohort.genotypes.keys() == cohort.known_genotypes.keys() == set(RECORDED_GENES)
    assert cohort.ids.dtype == np.int64
    assert cohort.ancestry.dtype == np.int8
    for values in cohort.covariates.values():
        assert values.dtype == np.float64
        assert np.isfinite(values).all()
    for name, codes in cohort.genotypes.items():
        assert codes.dtype == np.int8
        assert codes.shape == (3000, 2)
        assert codes.min() >= 0
        assert codes.max() < len(GENES[name].alleles)
        assert (codes[:, 0] <= codes[:, 1]).all()


@makers
def test_what_is_known_is_true_but_for_the_untyped_allele(make):
    cohort = make(3000, 4, 0)
    for name, known in cohort.known_covariates.items():
        recorded = ~np.isnan(known)
        np.testing.assert_array_equal(known[recorded], cohort.covariates[name][recorded])
    vkorc1 = cohort.known_genotypes["VKORC1"]
    typed = vkorc1[:, 0] >= 0
    np.testing.assert_array_equal(vkorc1[typed], cohort.genotypes["VKORC1"][typed])
    assert (cohort.known_genotypes["CYP4F2"] == -1).all()
    assert (cohort.known_genotypes["rs12777823"] == -1).all()


@pytest.mark.parametrize("ancestry", ANCESTRIES)
def test_allele_frequencies_are_recovered(ancestry):
    n = 10_000
    cohort = Cohort.sample(n, seed=11, ancestry=ancestry)
    for name, gene in RECORDED.items():
        for allele, p in zip(gene.alleles, gene.frequency(ancestry), strict=True):
            observed = allele_count(cohort.genotypes[name], name, allele).mean() / 2
            assert abs(observed - p) <= 3 * np.sqrt(p * (1 - p) / (2 * n)), (name, allele)


def test_diplotypes_are_in_hardy_weinberg_proportions():
    n = 10_000
    cohort = Cohort.sample(n, seed=13, ancestry="European")
    for name in RECORDED:
        codes = cohort.genotypes[name]
        # The normal approximation holds only for cells with enough expected patients.
        frequent = {pair: p for pair, p in diplotype_probabilities(name, "European").items() if n * p >= 10}
        for pair, p in frequent.items():
            observed = (codes == pair).all(axis=1).mean()
            assert abs(observed - p) <= 4 * np.sqrt(p * (1 - p) / n), (name, pair)


def test_ancestry_shares_and_races():
    cohort = Cohort.sample(10_000, seed=5, ancestry={"European": 0.5, "African": 0.3, "Latino": 0.2})
    share = np.bincount(cohort.ancestry, minlength=4) / 10_000
    np.testing.assert_allclose(share, [0.3, 0.5, 0.2, 0.0], atol=0.015)
    black = cohort.covariates["race"] == RACES.index("Black")
    np.testing.assert_array_equal(black, cohort.ancestry == ANCESTRIES.index("African"))


def test_sampled_bodies_have_the_moments_of_the_training_patients():
    table, cohort = iwpc.part("train"), Cohort.sample(40_000, seed=6)
    for group, _ in enumerate(GROUPS):
        real = table.female * 3 + table.race == group
        virtual = cohort.covariates["female"] * 3 + cohort.covariates["race"] == group
        assert virtual.mean() == pytest.approx(
            real.sum() / np.isfinite(table.female * table.race).sum(), abs=0.01
        )
        for name, scale, tolerance in (("height_cm", np.array, 0.6), ("weight_kg", np.log, 0.02)):
            observed, drawn = scale(getattr(table, name)[real]), scale(cohort.covariates[name][virtual])
            assert drawn.mean() == pytest.approx(np.nanmean(observed), abs=tolerance), (group, name)
            assert drawn.std() == pytest.approx(np.nanstd(observed), rel=0.06), (group, name)
        pair = np.column_stack([table.height_cm, np.log(table.weight_kg)])[real]
        expected = np.corrcoef(pair[~np.isnan(pair).any(axis=1)], rowvar=False)[0, 1]
        height, weight = cohort.covariates["height_cm"][virtual], cohort.covariates["weight_kg"][virtual]
        assert np.corrcoef(height, np.log(weight))[0, 1] == pytest.approx(expected, abs=0.06)
    for name, (low, high) in RANGES.items():
        assert cohort.covariates[name].min() >= low
        assert cohort.covariates[name].max() <= high


def test_ages_are_normal_within_their_range():
    moments, cohort = covariate_moments(), Cohort.sample(40_000, seed=6)
    for group, _ in enumerate(GROUPS):
        ages = cohort.covariates["age"][cohort.covariates["female"] * 3 + cohort.covariates["race"] == group]
        mean, sd = moments.means[group, 0], np.sqrt(moments.covariances[group, 0, 0])
        low, high = (np.array(RANGES["age"]) - mean) / sd
        assert kstest(ages, truncnorm(low, high, mean, sd).cdf).pvalue > 0.001, group


def test_unknown_height_follows_weight_and_sex():
    table = iwpc.part("train")
    cohort = Cohort.resample(table, 40_000, seed=7)
    hidden = np.isnan(cohort.known_covariates["height_cm"])
    male_white = (cohort.covariates["female"] == 0) & (cohort.covariates["race"] == 0)
    group = hidden & male_white & ~np.isnan(cohort.known_covariates["weight_kg"])
    pair = [cohort.covariates["height_cm"][group], np.log(cohort.covariates["weight_kg"][group])]
    assert group.sum() > 500
    assert np.corrcoef(pair)[0, 1] == pytest.approx(0.45, abs=0.12)
    assert pair[0].mean() == pytest.approx(176, abs=3)


def test_star_8_is_there_and_the_clinic_cannot_see_it():
    cohort = Cohort.resample(iwpc.part("train"), 40_000, seed=8)
    black = (cohort.covariates["race"] == RACES.index("Black")) & (
        cohort.known_genotypes["CYP2C9"][:, 0] >= 0
    )
    true, seen = (codes["CYP2C9"][black] for codes in (cohort.genotypes, cohort.known_genotypes))
    assert allele_count(seen, "CYP2C9", "*8").sum() == 0
    reference = allele_count(seen, "CYP2C9", "*1").sum()
    share = allele_count(true, "CYP2C9", "*8").sum() / reference
    expected = 0.053 / (0.053 + 0.888)
    assert share == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / reference))
    for allele in ("*2", "*3", "*5", "*6", "*11"):
        np.testing.assert_array_equal(
            allele_count(true, "CYP2C9", allele), allele_count(seen, "CYP2C9", allele)
        )


def test_from_table_keeps_each_row_once():
    table = iwpc.part("validation")
    cohort = Cohort.from_table(table, seed=9)
    np.testing.assert_array_equal(cohort.ids, np.arange(len(table)))
    np.testing.assert_array_equal(cohort.known_covariates["weight_kg"], table.weight_kg)
    np.testing.assert_array_equal(cohort.known_covariates["age"], table.age_decade + 5)
    np.testing.assert_array_equal(cohort.known_genotypes["CYP2C9"], table.cyp2c9)
    white = cohort.ancestry[table.race == RACES.index("White")]
    assert set(white.tolist()) == {ANCESTRIES.index("European")}


def test_resampling_draws_rows_evenly():
    table = iwpc.part("test")
    ids = np.arange(100 * len(table))
    rows = resampled_rows(table, ids, seed=10)
    count = np.bincount(rows, minlength=len(table))
    assert count.size == len(table)
    assert count.min() > 45
    assert count.max() < 165
    cohort = Cohort.resample(table, 500, seed=10)
    np.testing.assert_array_equal(cohort.known_genotypes["VKORC1"], table.vkorc1_1639[rows[:500]])


def test_unknown_flags_have_the_frequency_of_the_recorded():
    table = iwpc.part("train")
    cohort = Cohort.resample(table, 40_000, seed=12)
    for name in ("amiodarone", "enzyme_inducer", "smoker"):
        hidden = np.isnan(cohort.known_covariates[name])
        assert cohort.covariates[name][hidden].mean() == pytest.approx(
            np.nanmean(getattr(table, name)), abs=0.01
        )


def test_tested_genes_are_seen():
    cohort = Cohort.sample(20, seed=1, tested=("CYP4F2",))
    np.testing.assert_array_equal(cohort.known_genotypes["CYP4F2"], cohort.genotypes["CYP4F2"])
    assert (cohort.known_genotypes["CYP2C9"] == -1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "number of patients 0; it must be a whole number from 1"),
        ({"n": 2.5}, "number of patients 2.5"),
        ({"seed": -1}, "seed -1; it must be a whole number from 0"),
        ({"first": -1}, "first patient id -1"),
        ({"ancestry": "Europaean"}, "did you mean 'European'"),
        ({"ancestry": {"European": 0.7}}, "shares sum to 0.7; they must sum to 1"),
        ({"ancestry": {"European": 1.5, "African": -0.5}}, "share 1.5 of ancestry 'European'"),
        ({"tested": ("CYP2C18",)}, "did you mean 'CYP2C19'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        Cohort.sample(**{"n": 5, "seed": 0} | arguments)


def test_empty_table_and_unknown_split():
    with pytest.raises(InputError, match="the table is empty"):
        Cohort.resample(iwpc.load().take(np.array([], dtype=np.int64)), 5, seed=0)
    with pytest.raises(InputError, match="did you mean 'train'"):
        iwpc.cohort("training", 5, seed=0)


def test_the_table_has_one_row_per_field():
    table = iwpc.load()
    assert table.n == len(table) == 4597
    assert {len(getattr(table, field.name)) for field in fields(table)} == {4597}
