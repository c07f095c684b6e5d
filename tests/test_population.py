"""Drawn populations: the same patients in any batch, distributions as described, recorded patients kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pmrl.drawn_population import DrawnPopulation
from pmrl.envs.registry import therapy
from pmrl.errors import InputError
from pmrl.genetics import ANCESTRIES, GENES, diplotype_probabilities
from pmrl.models.phenytoin_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.population import PARTS, Covariate, covariate_of, derived

N = 20_000


def test_a_patient_is_the_same_in_any_batch() -> None:
    together, alone = POPULATION.cohort(50, seed=3), POPULATION.cohort(5, seed=3, first=40)
    for name, values in together.covariates.items():
        np.testing.assert_array_equal(values[40:45], alone.covariates[name])
    for gene, codes in together.genotypes.items():
        np.testing.assert_array_equal(codes[40:45], alone.genotypes[gene])


def test_parts_share_no_patients() -> None:
    ages = [
        POPULATION.cohort(200, seed=3, part=part).covariates["age"]
        for part in ("train", "validation", "test")
    ]
    assert np.unique(np.concatenate(ages)).size == 600
    assert set(PARTS) == {"train", "validation", "test", "sampled"}
    with pytest.raises(InputError, match="did you mean 'train'"):
        POPULATION.cohort(2, seed=0, part="trian")


def test_covariates_are_distributed_as_described() -> None:
    cohort = POPULATION.cohort(N, seed=1)
    age, female, weight = (cohort.covariates[name] for name in ("age", "female", "weight_kg"))
    assert female.mean() == pytest.approx(0.5, abs=0.015)
    assert 18.0 <= age.min() < 19.0
    assert age.max() <= 90.0
    assert np.median(weight[female == 0.0]) == pytest.approx(75.0, rel=0.02)
    assert np.median(weight[female == 1.0]) == pytest.approx(65.0, rel=0.02)
    assert np.log(weight[female == 1.0]).std() == pytest.approx(0.18, abs=0.01)


def test_genes_follow_the_ancestry_that_is_asked_for() -> None:
    asian = POPULATION.cohort(N, seed=1, ancestry="East Asian")
    expected = GENES["CYP2C19"].frequency("East Asian")
    found = np.bincount(asian.genotypes["CYP2C19"].ravel(), minlength=expected.size) / (2 * N)
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert set(asian.genotypes) == {"CYP2C9", "CYP2C19"}


def test_recorded_patients_are_kept_and_the_rest_is_drawn_and_hidden(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("age,female,weight_kg,CYP2C9,CYP2C19\n44,1,58.5,*1/*3,\n30,0,,*1/*1,*1/*2\n")
    cohort = POPULATION.maker(path, 7, None)(0, 300)
    first = cohort.known_covariates["age"] == 44.0
    assert 100 < first.sum() < 200
    assert (cohort.covariates["weight_kg"][first] == 58.5).all()
    assert (cohort.known_genotypes["CYP2C19"][first] == -1).all()
    assert (cohort.genotypes["CYP2C19"] >= 0).all()
    assert np.isnan(cohort.known_covariates["weight_kg"][~first]).all()
    assert np.isfinite(cohort.covariates["weight_kg"]).all()
    path.write_text("age,female,weight_kg,CYP2C9\n44,1,58.5,*1/*3\n")
    with pytest.raises(InputError, match="no column 'CYP2C19'"):
        POPULATION.maker(path, 7, None)
    path.write_text("age,female,weight_kg,CYP2C9,CYP2C19\n440,1,58.5,*1/*3,\n")
    with pytest.raises(InputError, match="line 2, column 'age': 440 is out of range"):
        POPULATION.maker(path, 7, None)


def test_what_follows_from_others_follows() -> None:
    two = Parameter(2.0, "", "of a test", "assumption")
    extra = Covariate("twice", "years", 0.0, 200.0, two, derived(lambda others: 2.0 * others["age"]))
    cohort = replace(POPULATION, covariates=(*POPULATION.covariates, extra)).cohort(30, seed=1)
    np.testing.assert_array_equal(cohort.covariates["twice"], 2.0 * cohort.covariates["age"])
    with pytest.raises(InputError, match="did you mean 'age'"):
        covariate_of(POPULATION, "agee")


def test_an_unknown_ancestry_is_drawn_as_genes_suggest() -> None:
    """P(ancestry | genotype) is proportional to P(ancestry) P(genotype | ancestry)."""
    population = therapy("tacrolimus").population
    assert isinstance(population, DrawnPopulation)
    n = 20_000
    typed = {"CYP3A5": GENES["CYP3A5"].parse_all(["*1/*3"] * n)}
    unknown = {one.name: np.full(n, np.nan) for one in population.covariates}
    found = population.imagine(5, np.arange(n), unknown, typed).ancestry
    prior = {name: float(share) for name, share in population.ancestry.items()}
    diplotype = tuple(typed["CYP3A5"][0].tolist())
    likely = np.array(
        [prior.get(one, 0.0) * diplotype_probabilities("CYP3A5", one)[diplotype] for one in ANCESTRIES]
    )
    expected = likely / likely.sum()
    share = np.bincount(found, minlength=len(ANCESTRIES)) / n
    assert (np.abs(share - expected) <= 4.0 * np.sqrt(expected * (1.0 - expected) / n)).all()
    assert abs(expected[ANCESTRIES.index("European")] - prior["European"]) > 0.1
