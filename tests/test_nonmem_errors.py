"""NONMEM-form tables that cannot be used: one clear line each, that names the line of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pmrl_command import run

from pmrl.errors import InputError
from pmrl.experiments.nonmem import read_nonmem
from pmrl.experiments.nonmem_visits import read_visits

HEADER = "ID,TIME,AMT,DV,EVID"
BAD = {
    "no EVID": ("ID,TIME,AMT,DV\n1,0,5,.\n", "no column EVID; needed: ID, TIME, AMT, DV, EVID"),
    "no DV": ("ID,TIME,AMT,EVID\n1,0,5,1\n", "no column DV"),
    "not a number": (f"{HEADER}\n1,0,x,.,1\n", "line 2, column 'AMT': 'x' is not a number; write '.'"),
    "NA": (f"{HEADER}\n1,0,NA,4,0\n", "line 2, column 'AMT': 'NA' is not a number"),
    "covariate": (f"{HEADER},age\n1,0,.,4,0,old\n", "line 2, column 'age': 'old' is not a number"),
    "kind of event": (f"{HEADER}\n1,0,5,.,1\n1,2,5,.,4\n", "line 3: give EVID 0"),
    "no kind of event": (f"{HEADER}\n1,0,5,.,.\n", "line 2: give EVID 0"),
    "TIME below 0": (f"{HEADER}\n1,-4,5,.,1\n", "line 2: give a TIME of 0 h or later"),
    "TIME beyond memory": (f"{HEADER}\n1,0,.,1,0\n1,1e12,.,1,0\n", "line 3: give a TIME .* up to 36525 days"),
    "AMT beyond all bounds": (f"{HEADER}\n1,0,1e999,.,1\n", "line 2, column 'AMT': 1e999 is beyond"),
    "covariate beyond": (f"{HEADER},age\n1,0,.,4,0,1e999\n", "line 2, column 'age': '1e999' is not a number"),
    "no TIME": (f"{HEADER}\n1,.,5,.,1\n", "line 2: give a TIME"),
    "TIME goes back": (f"{HEADER}\n1,0,5,.,1\n1,24,5,.,1\n1,12,5,.,1\n2,0,5,.,1\n", "line 4: TIME goes back"),
    "AMT below 0": (f"{HEADER}\n1,0,-5,.,1\n", "line 2: AMT is negative"),
    "no AMT": (f"{HEADER}\n1,0,.,.,1\n", r"line 2: a dose \(EVID 1\) needs its AMT"),
    "no ID": (f"{HEADER}\n.,0,5,.,1\n", "line 2: ID must be a whole number"),
    "ID": (f"{HEADER}\n1.5,0,5,.,1\n", "line 2: ID must be a whole number"),
    "huge ID": (f"{HEADER}\n1e300,0,5,.,1\n", "line 2: ID must be a whole number"),
    "interleaved": (
        f"{HEADER}\n1,0,5,.,1\n2,0,5,.,1\n3,0,5,.,1\n2,24,5,.,1\n",
        "line 5: this ID was there before another one",
    ),
    "several doses in a line": (f"{HEADER},ADDL,II\n1,0,5,.,1,6,24\n", "line 2: ADDL is not read"),
    "twice a day": (f"{HEADER}\n1,0,.,5,0\n1,4,.,6,0\n", "line 3: a second observation of the same day"),
    "allele": (f"{HEADER},VKORC1_1,VKORC1_2\n1,0,.,4,0,0,7\n", "'VKORC1_2': '7' is no allele code of VKORC1"),
    "half an allele": (f"{HEADER},VKORC1_1,VKORC1_2\n1,0,.,4,0,0,0.5\n", "'0.5' is no allele code"),
    "one of two alleles": (f"{HEADER},VKORC1_1,VKORC1_2\n1,0,.,4,0,0,-1\n", "are 0 and -1; give two codes"),
    "one of two columns": (f"{HEADER},VKORC1_1\n1,0,.,4,0,0\n", "no column VKORC1_2"),
    "column twice": (f"{HEADER},DV\n1,0,5,.,1,.\n", "the column 'DV' more than once"),
    "cells": (f"{HEADER}\n1,0,5,.\n", "line 2: 4 cells where the header has 5"),
    "semicolons": (f"{HEADER}\n1,0,5,.,1\n".replace(",", ";"), "separated by semicolons"),
    "header only": (f"{HEADER}\n", "a header but no events; add one line per event"),
    "empty": ("", "is empty; it needs a header line and one line per event"),
}


@pytest.mark.parametrize("read", [read_nonmem, read_visits])
@pytest.mark.parametrize("case", BAD)
def test_bad_tables_say_what_is_wrong(tmp_path: Path, case: str, read) -> None:
    text, message = BAD[case]
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"no such file: .*did you mean .*bad\.csv"):
        read(tmp_path / "bed.csv")


@pytest.mark.parametrize(
    ("days", "message"), [((0, 5), "DAY and TIME do not go together"), ((1, 2), "DAY is above 0")]
)
def test_days_that_do_not_fit(tmp_path: Path, days: tuple[int, int], message: str) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(f"{HEADER},DAY\n1,0,.,5,0,{days[0]}\n1,24,.,5,0,{days[1]}\n")
    with pytest.raises(InputError, match=message):
        read_visits(path)


ROW = {
    "phenytoin": {"age": "60", "female": "0", "weight_kg": "80", "CYP2C9": "0,1", "CYP2C19": "-1,-1"},
    "warfarin": {
        "age": "61", "female": "1", "race": "0", "height_cm": "170", "weight_kg": "80", "amiodarone": "0",
        "enzyme_inducer": ".", "smoker": "1.0", "CYP2C9": "0,1", "VKORC1": "1,1",
    },
}  # fmt: skip
COHORTS = {
    "covariate out of range": ({"age": "160"}, "column 'age': 160 is out of range; allowed:"),
    "not a number": ({"weight_kg": "80kg"}, "column 'weight_kg': '80kg' is not a number"),
    "between yes and no": ({"female": "0.5"}, "column 'female': 0.5 is"),
    "allele": ({"CYP2C9": "0,12"}, "column 'CYP2C9_2': '12' is no allele code of CYP2C9; allowed: 0 (*1)"),
    "no covariate": ({"weight_kg": None}, "no column 'weight_kg'"),
    "no gene": ({"CYP2C9": None}, "no columns CYP2C9_1 and CYP2C9_2, the allele codes"),
}


@pytest.mark.parametrize("drug", ROW)
@pytest.mark.parametrize("case", COHORTS)
def test_bad_cohorts(tmp_path: Path, monkeypatch, capsys, drug: str, case: str) -> None:
    change, message = COHORTS[case]
    if case == "between yes and no" and drug == "phenytoin":
        pytest.skip("its covariate may be any number from 0 to 1")
    cells = {name: cell for name, cell in (ROW[drug] | change).items() if cell is not None}
    names = [f"{name}_1,{name}_2" if "," in cell else name for name, cell in cells.items()]
    path = tmp_path / "cohort.csv"
    path.write_text(f"ID,TIME,EVID,{','.join(names)}\n4,0,0,{','.join(cells.values())}\n")
    command = ("benchmark", drug, "--policies", "fixed", "--cohort", path)
    code, out, err = run(monkeypatch, capsys, *command)
    assert (code, out) == (2, "")
    assert err.startswith("pmrl: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_events_in_disorder_are_no_cohort(tmp_path: Path, monkeypatch, capsys) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("ID,TIME,EVID,weight_kg\n1,0,0,70\n2,0,0,70\n1,24,0,70\n")
    found = run(monkeypatch, capsys, "benchmark", "phenytoin", "-s", f"cohort={path}")
    assert found[0] == 2
    assert "line 4: this ID was there before" in found[2]


@pytest.mark.parametrize("command", ["simulate", "benchmark"])
def test_the_form_is_checked_before_anything_is_done(monkeypatch, capsys, tmp_path: Path, command) -> None:
    for wish, message in (("nonmen", "did you mean 'nonmem'"), ("nonmem", "--out")):
        code, out, err = run(monkeypatch, capsys, command, "phenytoin", "--format", wish)
        assert (code, out) == (2, "")
        assert message in err
