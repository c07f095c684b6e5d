"""What the warfarin dose equations do where something about the patient is not known."""

from __future__ import annotations

import numpy as np
import pytest
from fake_clinic import covariates, genotypes

from pmrl import dose_equations


def test_lenzini_without_genotype_is_the_clinical_equation() -> None:
    past, inr = np.array([[5.0, 5.0, 5.0]]), np.array([1.6])
    typed, untyped = genotypes(["A/A"], ["*1/*3"]), genotypes(["A/A"], [""])
    one = covariates({})
    expected = dose_equations.lenzini_refinement(one, typed, inr, past, pharmacogenetic=False)
    np.testing.assert_array_equal(dose_equations.lenzini_refinement(one, untyped, inr, past), expected)
    # Worked by hand from the printed coefficients: BSA 1.97203, ln 1.6 = 0.470004, doses 5, 5, 5.
    np.testing.assert_allclose(expected, [np.exp(3.626907) / 7], rtol=1e-5)


def test_unknown_genotype_uses_own_terms_or_the_clinical_equation() -> None:
    people = covariates({}, {}, {})
    diplotypes = genotypes(["", "G/G", ""], ["*1/*1", "", ""])
    root = np.sqrt(46.839)
    doses = dose_equations.iwpc_pharmacogenetic(people, diplotypes)
    np.testing.assert_allclose(np.sqrt(doses), root - np.array([0.4854, 0.2188, 0.4854 + 0.2188]), atol=1e-4)
    np.testing.assert_array_equal(
        dose_equations.gage_pharmacogenetic(people, diplotypes),
        dose_equations.gage_clinical(people, diplotypes),
    )
    np.testing.assert_allclose(
        dose_equations.iwpc_modified(people, diplotypes), dose_equations.iwpc_clinical(people, diplotypes) / 7
    )
    np.testing.assert_array_equal(dose_equations.fda_table(people, diplotypes), [3.5, 3.5, 3.5])
    # CYP2C9 is known of the first patient only, and loading needs nothing else.
    loading = dose_equations.eu_pact_loading(people, diplotypes)
    assert loading[0, 0] > loading[0, 2] > loading[1, 0] == loading[1, 2]


def test_a_gene_that_is_not_given_is_not_typed() -> None:
    people = covariates({})
    empty = dose_equations.iwpc_pharmacogenetic(people, {})
    np.testing.assert_array_equal(empty, dose_equations.iwpc_pharmacogenetic(people, genotypes([""], [""])))


def test_unknown_covariates_are_the_medians_or_absent() -> None:
    unknown = {name: np.array([np.nan]) for name in covariates({})}
    typed = genotypes(["G/G"], ["*1/*1"])
    median = covariates({"age": 65, "height_cm": 168, "weight_kg": 75.3, "race": np.nan})
    np.testing.assert_array_equal(
        dose_equations.iwpc_pharmacogenetic(unknown, typed),
        dose_equations.iwpc_pharmacogenetic(median, typed),
    )
    of_known_race = dose_equations.iwpc_pharmacogenetic({**median, "race": np.zeros(1)}, typed)
    difference = np.sqrt(dose_equations.iwpc_pharmacogenetic(median, typed)) - np.sqrt(of_known_race)
    np.testing.assert_allclose(difference, [-0.1032])


def test_doses_are_never_negative_nor_rise_again() -> None:
    frail = covariates({"age": 99, "height_cm": 130, "weight_kg": 30, "race": 2, "amiodarone": 1})
    assert dose_equations.iwpc_pharmacogenetic(frail, genotypes(["A/A"], ["*3/*3"])) == 0.0


def test_people_over_ninety_are_one_decade() -> None:
    doses = dose_equations.iwpc_clinical(covariates({"age": 90}, {"age": 104}), {})
    assert doses[0] == doses[1]


def test_no_covariates_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no covariates"):
        dose_equations.iwpc_clinical({}, {})
