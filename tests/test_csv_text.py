"""No CSV that is written holds a formula, whatever the names in it are; numbers and our reader stay right."""

from __future__ import annotations

import ast
import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_layout import ROOM_MODULES, relative

from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.csv_text import neutralise, write_csv
from pmrl.experiments.nonmem import Courses, read_nonmem, write_nonmem
from pmrl.experiments.nonmem_visits import VisitHistories, read_visits, write_visits

HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "-cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "ward 3;=1+1",
    "a\n=1",
    "a\t@x",
)  # fmt: skip
STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def formulas(path: Path) -> list[str]:
    """Cells that are a formula to a spreadsheet that separates by commas, semicolons or tabs."""
    found = []
    text = path.read_text(encoding="utf-8")
    for delimiter in ",;\t":
        rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        found += [cell for row in rows for cell in row if cell.lstrip(" ").startswith(tuple(STARTS))]
    return [cell for cell in found if not is_number(cell)]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        # The other separators leave lines of numbers in one cell.
        return all(is_number(part) for part in text.split(",")) if "," in text else False
    return True


def write_table(path: Path) -> Path:
    columns: dict[str, Any] = {"policy": HOSTILE, "ttr": np.linspace(-1, 1, len(HOSTILE))}
    columns |= {name: [-1.5] * len(HOSTILE) for name in HOSTILE}
    kind = pl.Series("genotype", HOSTILE, dtype=pl.Categorical)
    return write_csv(path, pl.DataFrame(columns).with_columns(kind))


def covariates(n: int) -> dict[str, Any]:
    return {name: np.full(n, -1.5) for name in HOSTILE if not set("\t\r\n;") & set(name)}


def write_courses(path: Path) -> Path:
    doses, values = np.ones((2, 3)), np.full((2, 4), -0.25)
    genotypes = {"CYP2C9": np.array([[0, 1], [-1, -1]], dtype=np.int8)}
    write_nonmem(path, Courses(np.arange(2), doses, values, covariates(2), genotypes))
    return path


def write_histories(path: Path) -> Path:
    clinic = Clinic(therapy("warfarin"), Scenario(days=10, cohort="sampled", start="established"), 3, 1)
    clinic.admit(np.arange(3))
    visits = VisitHistories.of(clinic.visit(), clinic.start)
    return write_visits(path, replace(visits, covariates={**visits.covariates, **covariates(3)}))


@pytest.mark.parametrize("write", [write_table, write_courses, write_histories])
def test_no_file_holds_a_formula(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / "table.csv")
    assert "-1.5" in path.read_text(encoding="utf-8")
    assert formulas(path) == []


def test_the_test_sees_formulas(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for name in HOSTILE:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(["a", name])
        assert formulas(path), name


def test_nonmem_tables_with_hostile_names_are_read_as_they_were(tmp_path: Path) -> None:
    courses = read_nonmem(write_courses(tmp_path / "courses.csv"))
    expected = {neutralise(name): values for name, values in covariates(2).items()}
    assert list(courses.covariates) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(courses.covariates[name], values)
    np.testing.assert_array_equal(courses.values, np.full((2, 4), -0.25))
    again = tmp_path / "again.csv"
    write_nonmem(again, courses)
    assert again.read_bytes() == (tmp_path / "courses.csv").read_bytes()
    visits = read_visits(write_histories(tmp_path / "visits.csv"))
    assert set(expected) <= set(visits.covariates)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_neutralised_stays_so(text: str) -> None:
    once = neutralise(text)
    assert once != text
    assert neutralise(once) == once


def test_nobody_else_writes_a_csv() -> None:
    found = set()
    for _, path in ROOM_MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and (
                node.attr == "write_csv"
                or ast.unparse(node) in ("csv.writer", "csv.DictWriter", "np.savetxt")
            ):
                found.add(relative(path))
    assert found == {"experiments/csv_text.py"}
