"""Visits of a comparison as NONMEM-form tables: what is written is read back to the last digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pmrl_command import run

from pmrl.agents.registry import policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.nonmem_visits import VisitHistories, read_visits, write_visits
from pmrl.experiments.rollout import treat

SCENARIOS = {
    "default": Scenario(cohort="test", days=40),
    "established": Scenario(cohort="test", days=40, start="established"),
    "disturbed": Scenario(cohort="test", days=40, missed_visits=0.5, genotype="unknown", lab_delay_days=2),
}


def visits(drug: str, scenario: Scenario, rule: str = "random") -> tuple[VisitHistories, int]:
    """The visits of three patients, and doses per day."""
    clinic = Clinic(therapy(drug), scenario, 3, 5)
    treat(policy(rule, clinic.therapy), clinic, np.array([4, 7, 2]))
    return VisitHistories.of(clinic.visit(), clinic.start), clinic.model.doses_per_day


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("drug", THERAPIES)
def test_what_is_written_is_read_back(tmp_path: Path, drug: str, scenario: str) -> None:
    written, doses_per_day = visits(drug, SCENARIOS[scenario])
    found = read_visits(write_visits(tmp_path / "visits.csv", written, doses_per_day))
    np.testing.assert_array_equal(found.ids, [4, 7, 2])
    np.testing.assert_array_equal(found.history.count, written.history.count)
    np.testing.assert_array_equal(found.history.daily_dose, written.history.daily_dose)
    assert found.start == written.start
    most = int(written.history.count.max())
    for name in ("day", "lab", "dose", "interval"):
        before, after = getattr(written.history, name), getattr(found.history, name)
        np.testing.assert_array_equal(after, before[:, :most])
        assert np.isnan(before[:, most:]).all()
    assert list(found.covariates) == list(written.covariates)
    for name, values in written.covariates.items():
        np.testing.assert_array_equal(found.covariates[name], values)
    assert list(found.genotypes) == list(written.genotypes)
    for gene, codes in written.genotypes.items():
        np.testing.assert_array_equal(found.genotypes[gene], codes)


def test_a_day_without_a_dose_is_no_dose_event(tmp_path: Path) -> None:
    written, _ = visits("warfarin", SCENARIOS["default"], "minimum")
    table = pl.read_csv(write_visits(tmp_path / "visits.csv", written), null_values=".")
    assert set(table["EVID"]) == {0, 2}
    assert (read_visits(tmp_path / "visits.csv").history.daily_dose == 0.0).all()


def test_time_runs_from_the_first_day_recorded(tmp_path: Path) -> None:
    written, _ = visits("warfarin", SCENARIOS["established"], "fixed")
    table = pl.read_csv(write_visits(tmp_path / "visits.csv", written), null_values=".")
    assert table["TIME"].min() == 0.0
    assert table["DAY"].min() == -56
    assert table.filter(pl.col("EVID") == 0)["DAY"].min() == -28


def test_tables_of_others(tmp_path: Path) -> None:
    path = tmp_path / "others.csv"
    path.write_text(
        "ID,TIME,AMT,DV,EVID,MDV,CMT,WT\n"
        "7,0,100,.,1,1,1,70\n7,12,100,.,1,1,1,70\n7,70,.,14.5,0,0,2,70\n7,118,.,9.9,0,1,2,70\n"
        "9,0,.,3,0,0,2,.\n9,24,50,.,1,1,1,.\n"
    )
    found = read_visits(path)
    np.testing.assert_array_equal(found.history.count, [2, 1])
    np.testing.assert_array_equal(found.history.day, [[3, 5], [0, np.nan]])
    np.testing.assert_array_equal(found.history.lab, [[14.5, np.nan], [3, np.nan]])
    np.testing.assert_array_equal(found.history.dose, [[0, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(
        found.history.daily_dose, [[200, 0, 0, 0, 0], [0, 50, np.nan, np.nan, np.nan]]
    )
    assert list(found.covariates) == ["WT"]


def test_benchmark_writes_the_visits_of_every_policy(monkeypatch, capsys, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "visits-earlier.csv").write_text("of another run")
    wish = ("benchmark", "phenytoin", "--policies", "fixed,cpic", "--patients", 20, "--days", 30)
    code, out, error = run(monkeypatch, capsys, *wish, "--format", "nonmem", "--out", folder)
    assert (code, error) == (0, "")
    assert "first 20 of 20 patients" in out
    names = {path.name for path in folder.glob("visits-*.csv")}
    assert names >= {"visits-fixed.csv", "visits-cpic.csv"}
    assert "visits-earlier.csv" not in names
    table = pl.read_parquet(folder / "patients.parquet").filter(pl.col("policy") == "fixed")
    found = read_visits(folder / "visits-fixed.csv")
    np.testing.assert_array_equal(found.ids, table["patient"])
    np.testing.assert_array_equal(found.history.daily_dose.mean(axis=1), table["mean_dose"])
    np.testing.assert_array_equal(np.isfinite(found.history.dose).sum(axis=1), table["visits"])


def test_the_first_patients_only(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr("pmrl.experiments.commands_benchmark.MOST", 5)
    wish = ("benchmark", "warfarin", "--policies", "fixed", "--patients", 12, "--days", 7)
    code, out, error = run(monkeypatch, capsys, *wish, "--format", "nonmem", "--out", tmp_path)
    assert (code, error) == (0, "")
    assert "first 5 of 12 patients" in out
    np.testing.assert_array_equal(read_visits(tmp_path / "visits-fixed.csv").ids, np.arange(5))
