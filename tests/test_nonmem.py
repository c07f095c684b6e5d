"""NONMEM-style tables: what is written is read back, and solves to the same course."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pmrl_command import run

from pmrl.experiments.nonmem import Courses, read_nonmem, write_nonmem
from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.typical import typical_patient


def courses() -> Courses:
    m = model("michaelis-menten-1983")
    cohort = m.cohorts.maker("sampled", 3, None)(0, 4)
    doses = np.array([[300.0, 0.0, 330.0], [240.0, 240.0, 240.0], [0.0, 0.0, 90.0], [600.0, 30.0, 0.0]])
    values = course(m, m.patients(cohort), doses)[0]
    return Courses(cohort.ids, doses, values, cohort.covariates, cohort.genotypes)


@pytest.mark.parametrize("doses_per_day", [1, 2, 3])
def test_what_is_written_is_read_back(tmp_path: Path, doses_per_day: int) -> None:
    written, path = courses(), tmp_path / "courses.csv"
    write_nonmem(path, written, doses_per_day)
    found = read_nonmem(path)
    np.testing.assert_array_equal(found.ids, written.ids)
    np.testing.assert_allclose(found.doses, written.doses, rtol=1e-15)
    np.testing.assert_array_equal(found.values[:, :4], written.values)
    for name, values in written.covariates.items():
        np.testing.assert_array_equal(found.covariates[name], values)
    for gene, codes in written.genotypes.items():
        np.testing.assert_array_equal(found.genotypes[gene], codes)


def test_the_table_is_sorted_and_all_numbers(tmp_path: Path) -> None:
    path = tmp_path / "courses.csv"
    write_nonmem(path, courses(), 2)
    header, *lines = path.read_text().splitlines()
    assert header.startswith("ID,TIME,AMT,DV,EVID,MDV,age,")
    cells = [[float(cell) if cell != "." else np.nan for cell in line.split(",")] for line in lines]
    order = [(row[0], row[1]) for row in cells]
    assert order == sorted(order)
    without = int((courses().doses == 0.0).sum())
    assert len(cells) == 4 * (4 + 3 * 2) - without
    assert sum(row[4] == 2.0 for row in cells) == without
    # A dose of 0 mg is what NONMEM refuses.
    assert all(row[2] > 0.0 for row in cells if row[4] == 1.0)
    assert sum(row[2] for row in cells if row[0] == 0.0 and row[4] == 1.0) == 630.0


def test_gaps_stay_gaps(tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    path.write_text(
        "ID,TIME,AMT,DV,EVID,weight_kg\n7,0,300,.,1,70\n7,12,300,.,1,70\n7,70,.,14.5,0,70\n9,0,.,0,0,.\n"
    )
    found = read_nonmem(path)
    np.testing.assert_array_equal(found.ids, [7, 9])
    assert found.doses[0, 0] == 600.0
    assert np.isnan(found.doses[0, 1])
    assert found.values[0, 3] == 14.5
    assert np.isnan(found.values[0, :3]).all()
    assert np.isnan(found.covariates["weight_kg"][1])


def test_simulate_writes_courses_that_solve_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = ("simulate", "phenytoin", "--format", "nonmem", "--typical", "--days", 4)
    code, _, error = run(monkeypatch, capsys, *wish, "--out", tmp_path)
    assert (code, error) == (0, "")
    found = read_nonmem(tmp_path / "courses.csv")
    m = model("michaelis-menten-1983")
    p = m.patients(typical_patient(population=m.cohorts), typical=True)
    np.testing.assert_allclose(course(m, p, found.doses)[0], found.values, rtol=1e-14)
    code, _, error = run(monkeypatch, capsys, *wish)
    assert code == 2
    assert "--out" in error
