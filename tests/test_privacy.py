"""`pmrl privacy-check`, and the folders of real cohorts: nothing in them tells who a patient is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
from pmrl_command import numbers, run
from private_cohort import HEADER, MARKS, write_cohort

from pmrl.envs.registry import therapy
from pmrl.experiments.nonmem_visits import read_visits
from pmrl.experiments.privacy import cells, check, decades, read_recorded

WARFARIN = therapy("warfarin")
SMALL = ("--policies", "fixed,gage", "--patients", 600, "--days", 7)
"""So many that more than twenty are she."""


def test_cells_of_the_file(tmp_path: Path) -> None:
    recorded = read_recorded(write_cohort(tmp_path / "cohort.csv"), WARFARIN)
    found = cells(recorded)
    assert list(found.values()) == [1, 6, 6, 6]
    assert next(iter(found)) == ("CYP2C9 *6/*11, VKORC1 A/A", "90+", "female")
    result = check(recorded, WARFARIN, 5)
    assert (result["patients"], result["k"], result["cells"], result["small_cells"]) == (19, 1, 4, 1)
    assert (result["patients_in_small_cells"], result["share_in_small_cells"]) == ("< 5", None)
    assert [cell["patients"] for cell in result["smallest"]] == ["< 5", 6, 6, 6]
    assert result["published_tables"]["by genotype"] == {
        "groups": 4, "left_out": 2, "patients_left_out": 7,
    }  # fmt: skip


def test_ages_are_top_coded_and_what_is_not_recorded_is_a_value() -> None:
    assert decades(np.array([7.0, 60.0, 69.9, 104.0, np.nan])) == ["0-9", "60-69", "60-69", "90+", "unknown"]


def test_privacy_check_prints_cells_and_no_exact_small_number(monkeypatch, capsys, tmp_path: Path) -> None:
    path = write_cohort(tmp_path / "cohort.csv")
    code, out, error = run(
        monkeypatch, capsys, "privacy-check", path, "--json", tmp_path / "found.json", "--out", tmp_path / "f"
    )
    assert (code, error) == (0, "")
    assert "k-anonymity 1" in out
    assert "< 5" in out
    assert numbers(tmp_path / "found.json")["small_cells"] == 1
    for arguments in ((path, "--threshold", 0), (tmp_path / "none.csv",), ("test",), (path, "--drug", "tea")):
        code, _, error = run(monkeypatch, capsys, "privacy-check", *arguments)
        assert (code, error.count("\n")) == (2, 1)


def test_another_drug(monkeypatch, capsys, tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("age,female,SLCO1B1\n61,1,T/T\n64,1,T/T\n33,0,C/C\n")
    code, out, error = run(
        monkeypatch, capsys, "privacy-check", path, "--drug", "atorvastatin", "--threshold", 2
    )
    assert (code, error) == (0, "")
    assert "SLCO1B1 C/C" in out


def contents(folder: Path) -> dict[str, bytes]:
    """Every file as bytes; a Parquet as the text of its table."""
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        table = path.suffix == ".parquet"
        found[path.name] = pl.read_parquet(path).write_csv().encode() if table else path.read_bytes()
    return found


def require_nothing_of_her(folder: Path) -> None:
    for name, data in contents(folder).items():
        if name.endswith(".png"):
            continue
        assert HEADER.encode() not in data
        for mark in MARKS:
            assert mark.encode() not in data, f"{name} holds {mark}"


def test_a_benchmark_of_a_real_cohort_tells_nothing_of_a_patient(monkeypatch, capsys, tmp_path: Path) -> None:
    path, folder = write_cohort(tmp_path / "cohort.csv"), tmp_path / "run"
    code, out, error = run(
        monkeypatch, capsys, "benchmark", "warfarin", *SMALL, "--cohort", path, "--out", folder
    )
    assert (code, error) == (0, "")
    require_nothing_of_her(folder)
    assert not any(mark in out for mark in MARKS)
    assert not (folder / "figures" / "patient_courses.png").exists()
    assert not list(folder.rglob("*.csv"))
    results = numbers(folder / "results.json")
    assert results["privacy"] == {
        "smallest_cell": 5,
        "single_patients": "hidden",
        "ids": "of this study only",
    }
    shown = results["policies"]["fixed"]["by_genotype"]
    assert len(shown) == 2
    columns = pl.read_parquet(folder / "patients.parquet").columns
    assert not {"age", "weight_kg", "genotype", "CYP2C9", "VKORC1", "race"} & set(columns)
    page = (folder / "report.html").read_text()
    assert "fewer than 5" in page
    assert "Courses of single patients" not in page


def test_what_is_asked_for_is_shown(monkeypatch, capsys, tmp_path: Path) -> None:
    path, folder = write_cohort(tmp_path / "cohort.csv"), tmp_path / "run"
    wish = ("benchmark", "warfarin", *SMALL, "--cohort", path, "--out", folder, "--format", "nonmem")
    code, _, error = run(monkeypatch, capsys, *wish)
    assert code == 2
    assert "--show-patients" in error
    assert not folder.exists()
    code, _, error = run(monkeypatch, capsys, *wish, "--show-patients")
    assert (code, error) == (0, "")
    assert (folder / "figures" / "patient_courses.png").exists()
    table = pl.read_parquet(folder / "patients.parquet")
    for name in ("fixed", "gage"):
        visits = read_visits(folder / f"visits-{name}.csv")
        mine = table.filter(pl.col("policy") == name)
        np.testing.assert_array_equal(visits.ids, mine["patient"])
        np.testing.assert_allclose(visits.history.daily_dose.mean(axis=1), mine["mean_dose"], rtol=1e-12)
    fixed, gage = (read_visits(folder / f"visits-{name}.csv") for name in ("fixed", "gage"))
    np.testing.assert_array_equal(fixed.covariates["weight_kg"], gage.covariates["weight_kg"])
    assert 213.93 in fixed.covariates["weight_kg"]


def test_a_training_on_a_real_cohort_tells_nothing_of_a_patient(monkeypatch, capsys, tmp_path: Path) -> None:
    path, folder = write_cohort(tmp_path / "cohort.csv"), tmp_path / "run"
    code, out, error = run(
        monkeypatch, capsys, "train", "warfarin", "--algorithm", "dqn", "--steps", 640, "--threads", 1,
        "-s", f"cohort={path}", "-s", "days=14", "--out", folder,
    )  # fmt: skip
    assert (code, error) == (0, "")
    require_nothing_of_her(folder)
    assert not any(mark in out for mark in MARKS)


def test_validation_of_a_real_cohort_leaves_small_groups_out(monkeypatch, capsys, tmp_path: Path) -> None:
    shipped = Path(str(files("pmrl"))) / "data" / "iwpc_warfarin.csv"
    target = tmp_path / "found.json"
    code, _, error = run(monkeypatch, capsys, "validate", "warfarin", "--cohort", shipped, "--json", target)
    assert (code, error) == (0, "")
    groups = numbers(target)["parameters"]["iwpc"]["by_genotype"]
    assert min(group["n"] for group in groups.values()) >= 5
