"""Real patients in results: which groups are shown, and under which ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from private_cohort import write_cohort

from pmrl.agents.registry import policy
from pmrl.cohort import Cohort
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments import statistics
from pmrl.experiments.benchmark import Comparison, compare
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.config import read_config
from pmrl.experiments.disclosure import (
    Contributors,
    Disclosure,
    is_private,
    large_enough,
    publishable,
)
from pmrl.experiments.patient_results import patient_table

WARFARIN = therapy("warfarin")
N = 600


def compared(path: Path, disclosure: Disclosure | None = None, n: int = N) -> Comparison:
    scenario = Scenario(cohort=str(path), days=7)
    return compare([policy("fixed", WARFARIN)], WARFARIN, scenario, n, 3, disclosure=disclosure)


def test_files_and_cohorts_are_private_and_shipped_patients_public(tmp_path: Path) -> None:
    assert not any(is_private(Scenario(cohort=name)) for name in ("train", "validation", "test", "sampled"))
    assert is_private(Scenario(cohort=str(tmp_path / "a.csv")))
    assert is_private(Scenario(cohort=tmp_path / "test"))
    assert is_private(Scenario(cohort=Cohort.sample(3, 1)))


def test_twenty_of_one_person_are_one_person(tmp_path: Path) -> None:
    found = compared(write_cohort(tmp_path / "cohort.csv"))
    rare = (found.cohort.known_genotypes["CYP2C9"] == [4, 6]).all(axis=1)
    rare |= found.cohort.known_covariates["weight_kg"] == 213.93
    assert rare.sum() >= 20
    shown = as_dict(found)["policies"]["fixed"]["by_genotype"]
    # One group of six goes with her, or she would follow from the others and the total.
    assert len(shown) == 2
    assert not any("*6" in label or "*11" in label for label in shown)
    everybody = compared(tmp_path / "cohort.csv", Disclosure(smallest_cell=1))
    assert any("*6/*11" in label for label in as_dict(everybody)["policies"]["fixed"]["by_genotype"])


def test_numbers_but_the_groups_do_not_depend_on_what_is_disclosed(tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    first, second = (
        as_dict(compared(path, one))["policies"]["fixed"]
        for one in (Disclosure(), Disclosure(True, True, smallest_cell=1))
    )
    for row in (first, second):
        del row["by_genotype"], row["seconds"]
    assert str(first) == str(second)


def test_moments_leave_out_the_same_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    few = compared(path)
    assert list(few.estimates.groups) == list(few.moments.groups)
    monkeypatch.setattr(statistics, "LARGE", 100)
    many = compared(path)
    assert many.estimates is many.moments
    assert dict(many.moments.groups) == dict(few.estimates.groups)


@pytest.mark.parametrize("drug", THERAPIES)
def test_contributors_are_the_rows_behind_the_patients(tmp_path: Path, drug: str) -> None:
    one = therapy(drug)
    cohort = one.population.maker("sampled", 3, None)(0, 30)
    scenario = Scenario(cohort=cohort)
    ids = np.arange(90, dtype=np.int64)
    rows = Contributors(one, scenario, 1).rows(ids)
    assert set(rows.tolist()) <= {-1, *range(30)}
    np.testing.assert_array_equal(rows[:30], rows[30:60])


def test_who_is_only_partly_typed_counts_for_nothing(tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    path.write_text(path.read_text().replace("*1/*2,G/A", ",G/A"))
    rows = Contributors(WARFARIN, Scenario(cohort=str(path)), 3).rows(np.arange(N))
    assert len(set(rows.tolist()) - {-1}) == 13
    path.write_text(path.read_text().replace("*1/*1", "").replace("*6/*11", ""))
    rows = Contributors(WARFARIN, Scenario(cohort=str(path)), 3).rows(np.arange(N))
    assert len(set(rows.tolist())) == 19


def test_secondary_suppression() -> None:
    assert large_enough({"a": 9, "b": 8}, 5) == ["a", "b"]
    assert large_enough({"a": 9, "b": 8, "c": 4}, 5) == ["a"]
    assert large_enough({"a": 9, "b": 8, "c": 3, "d": 2}, 5) == ["a", "b"]
    assert large_enough({"c": 4}, 5) == []
    assert publishable({"a": 30, "b": 10}, 20, {}, 5) == ["a"]


def test_ids_are_a_shuffle_of_the_study(tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    first, second, kept = (
        patient_table(compared(path, one, 60)) for one in (None, None, Disclosure(keep_ids=True))
    )
    for table in (first, second, kept):
        assert table["patient"].to_list() == list(range(60))
    assert first["ttr"].to_list() != kept["ttr"].to_list()
    assert first["ttr"].to_list() != second["ttr"].to_list()
    assert sorted(first["ttr"].to_list()) == sorted(kept["ttr"].to_list())


def test_ids_pair_policies_and_hide_no_simulated_patient(tmp_path: Path) -> None:
    path, rules = (
        write_cohort(tmp_path / "cohort.csv"),
        [policy(name, WARFARIN) for name in ("fixed", "gage")],
    )
    found = compare(rules, WARFARIN, Scenario(cohort=str(path), days=7), 50, 3)
    ids, table = found.patient_ids(0, 50), patient_table(found)
    for name, arm in found.arms.items():
        mine = table.filter(table["policy"] == name)["ttr"].to_numpy()
        np.testing.assert_array_equal(mine[ids], arm.outcomes["ttr"])
    public = compare(rules, WARFARIN, Scenario(cohort="test", days=7), 50, 3)
    np.testing.assert_array_equal(public.patient_ids(5, 10), np.arange(5, 15))


def test_a_study_file_says_what_may_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("show_patients = true\nsmallest_cell = 11\n")
    found = read_config(path)
    assert (found.show_patients, found.keep_ids, found.smallest_cell) == (True, False, 11)
    for bad in ('keep_ids = "yes"', "smallest_cell = true"):
        path.write_text(bad)
        with pytest.raises(InputError, match="give"):
            read_config(path)


def test_a_secret_is_not_shown() -> None:
    one = Disclosure()
    assert repr(one.secret) not in repr(one)
    with pytest.raises(InputError, match="at least 1"):
        Disclosure(smallest_cell=0)
