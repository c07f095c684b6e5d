"""Warfarin dose equations against worked vectors, the published anchors, and what must always hold."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from fake_clinic import Floats, covariates, genotypes
from numpy.typing import NDArray

from pmrl import dose_equations, iwpc
from pmrl.dose_coefficients import RARE_ALLELE_FACTOR
from pmrl.genetics import GENES

VECTORS = {
    # IWPC PG and clinical (mg/week), modified (mg/day), EU-PACT days 1-3, Gage PG and clinical (mg/day)
    "no variants": (46.839, 34.829, 6.6913, (10.153, 8.999, 7.845), 7.1077, 5.0335),
    "AA *3/*3": (7.926, 34.829, 1.1323, (3.504, 2.714, 1.923), 1.6686, 5.0335),
    "GA *1/*3": (25.407, 34.829, 3.6295, (7.061, 5.917, 4.773), 3.4438, 5.0335),
    "72y Asian AA amiodarone": (12.617, 13.512, 1.8607, (2.823, 2.502, 2.182), 2.0910, 2.8246),
    "66y Black *1/*2 smoker": (34.456, 37.552, 5.1241, (8.751, 7.542, 6.333), 5.3448, 6.0385),
}
PATIENTS = covariates(
    {},
    {},
    {},
    {"age": 72, "height_cm": 160, "weight_kg": 58, "race": 1, "amiodarone": 1},
    {"age": 66, "height_cm": 170, "weight_kg": 90, "race": 2, "smoker": 1},
)
DIPLOTYPES = genotypes(
    ["G/G", "A/A", "G/A", "A/A", "G/G"],
    ["*1/*1", "*3/*3", "*1/*3", "*1/*1", "*1/*2"],
)
COLUMNS = (
    dose_equations.iwpc_pharmacogenetic,
    dose_equations.iwpc_clinical,
    dose_equations.iwpc_modified,
    dose_equations.eu_pact_loading,
    dose_equations.gage_pharmacogenetic,
    dose_equations.gage_clinical,
)
PHARMACOGENETIC = (
    dose_equations.iwpc_pharmacogenetic,
    dose_equations.iwpc_modified,
    dose_equations.gage_pharmacogenetic,
)


def lenzini_on_5_mg(
    known: Mapping[str, Floats], diplotypes: Mapping[str, NDArray[np.int8]], *, pharmacogenetic: bool
) -> Floats:
    n = known["age"].size
    return dose_equations.lenzini_refinement(
        known, diplotypes, np.full(n, 1.6), np.full((n, 3), 5.0), pharmacogenetic=pharmacogenetic
    )


@pytest.mark.parametrize("row", range(len(VECTORS)), ids=list(VECTORS))
@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=[function.__name__ for function in COLUMNS])
def test_worked_vectors(row: int, column: int) -> None:
    expected = list(VECTORS.values())[row][column]
    np.testing.assert_allclose(COLUMNS[column](PATIENTS, DIPLOTYPES)[row], expected, atol=0.001)


WITH_TERM = {
    # What a term adds to the reference patient's predictor, as printed.
    (dose_equations.iwpc_pharmacogenetic, np.sqrt): {
        "enzyme_inducer": 1.1816,
        "amiodarone": -0.5503,
        "*2/*2": -1.0616,
        "*2/*3": -1.9206,
        "*3/*3": -2.3312,
    },
    (dose_equations.iwpc_clinical, np.sqrt): {"enzyme_inducer": 1.2799, "amiodarone": -0.5695},
    (dose_equations.gage_pharmacogenetic, np.log): {
        "smoker": 0.0922,
        "amiodarone": -0.2538,
        "venous_thromboembolism": 0.0664,
        "*2/*3": -0.2066 - 0.4008,
    },
    (dose_equations.gage_clinical, np.log): {
        "smoker": 0.1080,
        "amiodarone": -0.2570,
        "venous_thromboembolism": 0.0784,
    },
    (functools.partial(lenzini_on_5_mg, pharmacogenetic=True), np.log): {
        "stroke": -0.20590,
        "diabetes": -0.11216,
        "amiodarone": -0.10350,
        "fluvastatin": -0.19275,
        "*2/*2": 2 * -0.14745,
    },
    (functools.partial(lenzini_on_5_mg, pharmacogenetic=False), np.log): {
        "stroke": -0.22844,
        "diabetes": -0.16759,
        "amiodarone": -0.11137,
        "fluvastatin": -0.25487,
    },
}
TERMS = [(*key, term, value) for key, terms in WITH_TERM.items() for term, value in terms.items()]


@pytest.mark.parametrize(("equation", "link", "term", "expected"), TERMS)
def test_terms_that_no_vector_has(
    equation: Callable[..., Floats], link: Callable[[Floats], Floats], term: str, expected: float
) -> None:
    plain, diplotypes = covariates({}), genotypes(["G/G"], ["*1/*1"])
    if term.startswith("*"):
        changed = equation(plain, genotypes(["G/G"], [term]))
    else:
        changed = equation({**plain, term: np.ones(1)}, diplotypes)
    np.testing.assert_allclose(link(changed) - link(equation(plain, diplotypes)), expected)


@pytest.mark.parametrize(("aimed_at", "expected"), [(3.0, (0.2029, 0.2160)), (2.0, (-0.2029, -0.2160))])
def test_the_target_inr_moves_the_dose(aimed_at: float, expected: tuple[float, float]) -> None:
    people, diplotypes = covariates({}), genotypes(["G/G"], ["*1/*1"])
    equations = (dose_equations.gage_pharmacogenetic, dose_equations.gage_clinical)
    for equation, change in zip(equations, expected, strict=True):
        ratio = equation(people, diplotypes, target_inr=aimed_at) / equation(people, diplotypes)
        np.testing.assert_allclose(np.log(ratio), 0.5 * change)


def test_errors_on_the_shipped_patients_are_the_published_ones() -> None:
    table = iwpc.load()
    typed = (table.cyp2c9[:, 0] >= 0) & (table.vkorc1_1639[:, 0] >= 0)
    recorded = np.isfinite(table.age_decade + table.height_cm + table.weight_kg)
    table = table.take(np.flatnonzero(typed & recorded & (table.stable == 1) & (table.dose_mg_week < 300)))
    error = np.abs(
        dose_equations.iwpc_pharmacogenetic(table.covariates, table.genotypes) - table.dose_mg_week
    )
    assert np.mean(error) == pytest.approx(8.3, abs=0.05)
    assert 0.46 <= np.mean(error <= 0.2 * table.dose_mg_week) <= 0.47
    # Gage was derived on other patients and must do about as well.
    gage = 7 * dose_equations.gage_pharmacogenetic(table.covariates, table.genotypes)
    assert np.mean(np.abs(gage - table.dose_mg_week)) == pytest.approx(8.3, abs=0.1)


def test_published_example_of_iwpc() -> None:
    doses = dose_equations.iwpc_pharmacogenetic(PATIENTS, DIPLOTYPES)
    assert doses[0] > 45.0
    assert doses[1] < 10.0


@pytest.mark.parametrize(("dose_4_days_ago", "expected"), [(5.0, 4.0183), (0.0, 3.80997)])
def test_lenzini_vectors(dose_4_days_ago: float, expected: float) -> None:
    one = {name: values[2:3] for name, values in PATIENTS.items()}
    diplotypes = {gene: codes[2:3] for gene, codes in DIPLOTYPES.items()}
    past = np.array([[5.0, 5.0, dose_4_days_ago]])
    dose = dose_equations.lenzini_refinement(one, diplotypes, np.array([1.6]), past)
    np.testing.assert_allclose(dose, [expected], atol=0.00005)


@pytest.mark.parametrize(
    ("vkorc1", "by_diplotype"),
    [
        ("G/G", (6.0, 6.0, 3.5, 3.5, 3.5, 1.25)),
        ("G/A", (6.0, 3.5, 3.5, 3.5, 1.25, 1.25)),
        ("A/A", (3.5, 3.5, 1.25, 1.25, 1.25, 1.25)),
    ],
)
def test_label_table(vkorc1: str, by_diplotype: tuple[float, ...]) -> None:
    names = ["*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3"]
    doses = dose_equations.fda_table(covariates(*[{}] * 6), genotypes([vkorc1] * 6, names))
    assert doses.tolist() == list(by_diplotype)


@pytest.mark.parametrize("equation", PHARMACOGENETIC)
def test_dose_falls_with_each_variant_allele_and_with_age(equation: Callable[..., Floats]) -> None:
    by_vkorc1 = equation(covariates({}, {}, {}), genotypes(["G/G", "G/A", "A/A"], ["*1/*1"] * 3))
    by_cyp2c9 = equation(covariates(*[{}] * 4), genotypes(["G/G"] * 4, ["*1/*1", "*1/*2", "*1/*3", "*3/*3"]))
    by_age = equation(
        covariates(*[{"age": age} for age in (30, 50, 70, 90)]), genotypes(["G/G"] * 4, ["*1/*1"] * 4)
    )
    for doses in (by_vkorc1, by_cyp2c9, by_age):
        assert (np.diff(doses) < 0).all()


@pytest.mark.parametrize("equation", PHARMACOGENETIC)
def test_rare_alleles_count_as_reference_unless_asked_for(equation: Callable[..., Floats]) -> None:
    names = ["*1/*1", "*1/*5", "*8/*11", "*2/*6"]
    people, diplotypes = covariates(*[{}] * 4), genotypes(["G/A"] * 4, names)
    as_reference = genotypes(["G/A"] * 4, ["*1/*1", "*1/*1", "*1/*1", "*1/*2"])
    np.testing.assert_allclose(equation(people, diplotypes), equation(people, as_reference))
    ratio = equation(people, diplotypes, cpic_rare_alleles=True) / equation(people, diplotypes)
    np.testing.assert_allclose(ratio, [1.0, 0.775, 0.775**2, 0.775])
    assert RARE_ALLELE_FACTOR.status == "guideline"


def test_every_allele_has_a_place_in_the_equations() -> None:
    names = [f"*1/{allele}" for allele in GENES["CYP2C9"].alleles]
    people, diplotypes = covariates(*[{}] * len(names)), genotypes(["G/G"] * len(names), names)
    doses = dose_equations.iwpc_pharmacogenetic(people, diplotypes, cpic_rare_alleles=True)
    assert (doses[1:] < doses[0]).all()
