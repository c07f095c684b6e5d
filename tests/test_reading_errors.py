"""Files, names and numbers that cannot be used: each is refused with what was given and what is allowed."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from worlds import world

from pmrl import csv_lines, genetics, plain_file
from pmrl.adherence import adherence
from pmrl.drawn_population import DrawnPopulation
from pmrl.errors import InputError
from pmrl.iwpc import RecordedPopulation
from pmrl.models.registry import model
from pmrl.plain_file import open_plain, read_plain
from pmrl.quadrature import day_nodes
from pmrl.typical import typical_patient
from pmrl.variability import Variability

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "adherence by a name": (lambda: adherence("in-rnage"), "did you mean 'in-range'.*Or give the share"),
    "a share above 1": (lambda: adherence(1.5), "adherence 1.5 is out of range"),
    "a covariate": (lambda: typical_patient(wieght_kg=70.0), "did you mean 'weight_kg'"),
    "a gene": (lambda: typical_patient({"CYP2C99": "*1/*1"}), "did you mean 'CYP2C9'"),
    "an ancestry": (lambda: typical_patient(ancestry="Europaean"), "did you mean 'European'"),
    "a covariate out of range": (lambda: typical_patient(age=7.0), "age 7 is out of range: give 18 to"),
    "an SD of the occasion": (lambda: Variability(occasion_sd=3.0), "occasion_sd 3 is out of range"),
    "an error of the assay": (lambda: Variability(assay_error=-1.0), "assay_error -1 is out of range"),
    "an endless error": (lambda: Variability(assay_error=np.inf), "assay_error inf is out of range"),
    "a delay": (lambda: Variability(lab_delay_days=15), "lab_delay_days 15: give whole days from 0 to 14"),
    "nodes that are not in fours": (lambda: day_nodes(6), "6 nodes: give a multiple of 4"),
    "a parameter set": (lambda: model("hamberg-2010").numbers("publishd"), "did you mean 'published'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_what_is_allowed(case: str) -> None:
    action, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        action()


def test_a_long_message_keeps_both_ends() -> None:
    message = str(InputError(f"unknown option '{'x' * 9000}'; did you mean 'days'?"))
    assert len(message) < 3000
    assert message.startswith("unknown option 'xxx")
    assert message.endswith("xxx'; did you mean 'days'?")


def test_a_model_says_where_its_functions_are_wrong() -> None:
    exact, general = model("hamberg-2010"), model("wright-2016")
    with pytest.raises(TypeError, match="prepare and day make an exact propagator together"):
        replace(exact, day=None)
    with pytest.raises(TypeError, match="doses_per_day 0: give 1 or more"):
        replace(general, doses_per_day=0)
    with pytest.raises(TypeError, match="give an exact propagator"):
        replace(general, rhs_lanes=None)
    bare = replace(exact.numbers(), cl_1=0.3)
    with pytest.raises(TypeError, match="set mine: cl_1 is not a Parameter"):
        replace(exact, parameter_sets={"mine": bare})
    with pytest.raises(InputError, match="did you mean 'cl'"):
        replace(exact, clearance="cll")


def test_a_world_refuses_arrays_that_kernels_would_leave() -> None:
    w = world(np.arange(3), 5)
    doses, days = np.ones((3, 1)), np.ones(3, dtype=np.int64)
    w.live(doses, days)
    w.harm = np.zeros((3, 5))
    with pytest.raises(InputError, match=r"harm \(3, 5\): give \(3, 0\)"):
        w.live(doses, days)
    w.harm, w.parameters = np.zeros((3, 0)), w.parameters[:, 1:]
    with pytest.raises(InputError, match=r"parameters \(3, 9\): give \(3, 10\)"):
        w.live(doses, days)
    assert (w.day == 1).all()


def test_a_covariate_that_nobody_draws_is_said() -> None:
    population = model("sanchez-2011").cohorts
    assert isinstance(population, DrawnPopulation)
    first = replace(population.covariates[0], draw=None)
    broken = replace(population, covariates=(first, *population.covariates[1:]))
    with pytest.raises(TypeError, match=f"it is not said how {first.name} is drawn"):
        broken.maker("sampled", 1, None)(0, 3)


def test_sampled_patients_are_nobody_s_record() -> None:
    assert RecordedPopulation().recorded("sampled") is None
    found = RecordedPopulation().recorded("test")
    assert found is not None
    assert len(found) > 100


def alleles(monkeypatch: pytest.MonkeyPatch, edit: Callable[[dict[str, Any]], None]) -> None:
    """The shipped table of genes, edited."""
    right = genetics.json.loads

    def loads(text: str) -> Any:
        data = right(text)
        edit(data)
        return data

    monkeypatch.setattr(genetics.json, "loads", loads)


def test_a_gene_that_is_twice_or_not_whole_in_the_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        alleles(patch, lambda data: data["genes"].append(data["genes"][0]))
        with pytest.raises(ValueError, match=r"alleles\.json: a gene is there twice"):
            genetics._load()
    with monkeypatch.context() as patch:
        alleles(patch, lambda data: data["genes"][1].pop("note"))
        second = list(genetics.GENES)[1]
        with pytest.raises(ValueError, match=f"{second}: 'note' is missing"):
            genetics._load()


def test_a_link_put_there_at_the_last_moment_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)
    with pytest.raises(InputError, match="is a link: give the file that it leads to"):
        read_plain(tmp_path / "link", 100, "a card")


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="is no path"):
        open_plain(Path("a\0b"), 100, "a card")


def test_a_file_that_grows_or_breaks_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    file = tmp_path / "card"
    file.write_bytes(b"1" * 10)
    for opened, message in (
        (io.BytesIO(b"1" * 200), "larger than 100 bytes: not a card"),
        (Broken(), "Input/output error; give the path of a card"),
    ):
        monkeypatch.setattr(plain_file, "open_plain", lambda *_, opened=opened: opened)
        with pytest.raises(InputError, match=message):
            read_plain(file, 100, "a card")


def test_sizes_are_said_in_their_unit(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as opened:
        os.truncate(opened.fileno(), 2**31)
    for limit, said in ((2**30, "1 GiB"), (3 * 2**20, "3 MiB"), (17, "17 bytes")):
        with pytest.raises(InputError, match=f"larger than {said}"):
            read_plain(file, limit, "a card")


def test_a_csv_that_is_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "patients.csv"
    file.write_text('age\n"' + "9" * 200_000 + '"\n')
    with pytest.raises(InputError, match=r"is not a CSV \(field larger than"):
        csv_lines.read_lines(file, "one line for each patient")
    with pytest.raises(InputError, match=r"no such file: .*did you mean '.*patients\.csv'"):
        csv_lines.read_lines(tmp_path / "patient.csv", "one line for each patient")
    with pytest.raises(InputError, match="cannot be read"):
        csv_lines.read_lines(tmp_path, "one line for each patient")
