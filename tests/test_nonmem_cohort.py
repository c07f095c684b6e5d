"""A NONMEM-form table as a cohort: one patient per ID, who are those of the same CSV."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pmrl_command import numbers, run

from pmrl.cohort import Cohort
from pmrl.envs.patients import PatientSource
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.nonmem import Courses, write_nonmem
from pmrl.genetics import GENES
from pmrl.iwpc import cohort as shipped


def write(path: Path, cohort: Cohort) -> Path:
    """Who the clinic knows them to be, with two doses and a lab each."""
    doses, values = np.full((len(cohort), 2), 5.0), np.full((len(cohort), 3), np.nan)
    values[:, 1] = 2.5
    write_nonmem(path, Courses(cohort.ids, doses, values, cohort.known_covariates, cohort.known_genotypes), 2)
    return path


@pytest.mark.parametrize("drug", THERAPIES)
def test_every_drug_takes_its_own_table(tmp_path: Path, drug: str) -> None:
    one = therapy(drug)
    before = one.population.maker("sampled", 3, None)(0, 20)
    source = PatientSource(one, Scenario(cohort=write(tmp_path / "cohort.csv", before)), 9, 10)
    found = source.get(np.arange(200))[0].cohort
    names, genes = list(before.known_covariates), list(before.known_genotypes)

    def people(cohort: Cohort) -> set[tuple[float, ...]]:
        columns = [cohort.known_covariates[name] for name in names]
        columns += [cohort.known_genotypes[gene][:, copy] for gene in genes for copy in (0, 1)]
        return {tuple(row) for row in np.column_stack(columns).round(9)}

    assert people(found) == people(before)
    for name in names:
        np.testing.assert_array_equal(found.covariates[name], found.known_covariates[name])
    for gene in genes:
        known, true = found.known_genotypes[gene], found.genotypes[gene]
        assert (true >= 0).all()
        assert gene == "CYP2C9" or (true[known >= 0] == known[known >= 0]).all()


def test_it_is_the_cohort_of_the_same_csv(tmp_path: Path) -> None:
    """Ages of the shipped patients are the middles of decades, so nothing is lost in either file."""
    before = shipped("test", 30, 4)
    path = write(tmp_path / "cohort.csv", before)
    maker = therapy("warfarin").population.maker
    columns = {
        "sex": ["" if np.isnan(x) else "MF"[int(x)] for x in before.known_covariates["female"]],
        "race": [
            "" if np.isnan(x) else ("White", "Asian", "Black")[int(x)]
            for x in before.known_covariates["race"]
        ],
        "age_decade": [f"{x - 5:.0f}" if x == x else "" for x in before.known_covariates["age"]],
        "cyp2c9": label(before, "CYP2C9"),
        "vkorc1_1639": label(before, "VKORC1"),
    }
    for name in ("height_cm", "weight_kg", "amiodarone", "enzyme_inducer", "smoker"):
        columns[name] = [f"{x:.12g}" if x == x else "" for x in before.known_covariates[name]]
    plain = tmp_path / "plain.csv"
    lines = [",".join(columns), *(",".join(cells) for cells in zip(*columns.values(), strict=True))]
    plain.write_text("\n".join(lines))
    one, other = maker(path, 2, None)(0, 300), maker(plain, 2, None)(0, 300)
    for name in one.covariates:
        np.testing.assert_array_equal(one.covariates[name], other.covariates[name])
        np.testing.assert_array_equal(one.known_covariates[name], other.known_covariates[name])
    for gene in one.genotypes:
        np.testing.assert_array_equal(one.genotypes[gene], other.genotypes[gene])
        np.testing.assert_array_equal(one.known_genotypes[gene], other.known_genotypes[gene])


def label(cohort: Cohort, gene: str) -> list[str]:
    return GENES[gene].labels(cohort.known_genotypes[gene]).tolist()


def test_ages_and_genes_that_a_csv_has_no_column_for_are_kept(tmp_path: Path) -> None:
    before = Cohort.sample(40, 3, tested=("CYP2C9", "VKORC1", "CYP4F2"))
    found = therapy("warfarin").population.maker(write(tmp_path / "cohort.csv", before), 2, None)(0, 100)
    assert set(found.known_covariates["age"].round(9)) <= set(before.known_covariates["age"].round(9))
    np.testing.assert_array_equal(found.known_genotypes["CYP4F2"], found.genotypes["CYP4F2"])
    assert (found.known_genotypes["rs12777823"] == -1).all()
    assert len(Cohort.read_csv(tmp_path / "cohort.csv")) == 40


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    one = therapy("efavirenz").population
    first = one.maker("sampled", 3, None)(0, 2)
    heavy = replace(first, known_covariates=first.known_covariates | {"weight_kg": np.full(2, 99.125)})
    for people in (first, heavy):
        found = one.maker(write(tmp_path / "cohort.csv", people), 1, None)(0, 10)
        assert set(found.covariates["weight_kg"]) <= set(people.known_covariates["weight_kg"])


@pytest.mark.parametrize("how", ["--cohort", "-s"])
@pytest.mark.parametrize("drug", ["warfarin", "tacrolimus"])
def test_visits_of_a_benchmark_are_a_cohort(monkeypatch, capsys, tmp_path: Path, drug: str, how: str) -> None:
    wish = ("benchmark", drug, "--policies", "fixed", "--patients", 10, "--days", 14)
    code, _, error = run(monkeypatch, capsys, *wish, "--format", "nonmem", "--out", tmp_path)
    assert (code, error) == (0, "")
    file = tmp_path / "visits-fixed.csv"
    again = ("--cohort", file) if how == "--cohort" else ("-s", f"cohort={file}")
    code, _, error = run(monkeypatch, capsys, *wish, *again, "--json", tmp_path / "again.json")
    assert (code, error) == (0, "")
    assert numbers(tmp_path / "again.json")["patients"] == 10
