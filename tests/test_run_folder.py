"""Run folders: whole files or none, honest manifests, tables without genotypes or formulas."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_comparison import N, comparison

import pmrl
from pmrl.errors import InputError
from pmrl.experiments import run
from pmrl.experiments.csv_text import neutralise, write_csv
from pmrl.experiments.patient_results import patient_table, write_patients
from pmrl.experiments.run import (
    hashes,
    make_folder,
    manifest,
    plain,
    require_writable,
    write_bytes,
    write_json,
    write_text,
)


def test_a_folder_is_made_and_used_again(tmp_path) -> None:
    folder = make_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert make_folder(folder) == folder
    assert list(folder.iterdir()) == []


def test_what_cannot_be_written_is_refused_with_the_fix(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"file.*cannot be written .*; give a folder"):
            make_folder(path)
    with pytest.raises(InputError, match="give a path"):
        write_text(tmp_path / "file" / "below.txt", "")
    with pytest.raises(InputError, match="is a folder; give the path of a file"):
        require_writable(tmp_path)


def test_checking_a_file_does_not_write_it(tmp_path) -> None:
    path = tmp_path / "new" / "results.json"
    assert require_writable(path) == path
    assert list(path.parent.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch) -> None:
    path = write_text(tmp_path / "results.json", "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run.os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_files_can_be_read_by_others(tmp_path) -> None:
    assert os.stat(write_text(tmp_path / "a", "x")).st_mode & 0o777 == 0o644


@dataclass
class Row:
    policy: str
    path: Path


def test_json_has_nulls_for_nan_and_keeps_its_order(tmp_path) -> None:
    data = {
        "z": float("nan"), "a": [np.float64("inf"), np.int64(3), np.bool_(True)], 2: (1.5, None),
        "array": np.array([[1.0, np.nan]]), "row": Row("ärm", Path("a/b")),
    }  # fmt: skip
    text = write_json(tmp_path / "x.json", data).read_text(encoding="utf-8")
    assert json.loads(text) == {
        "z": None, "a": [None, 3, True], "2": [1.5, None], "array": [[1.0, None]],
        "row": {"policy": "ärm", "path": "a/b"},
    }  # fmt: skip
    assert list(json.loads(text)) == ["z", "a", "2", "array", "row"]
    with pytest.raises(TypeError, match="object has no JSON form"):
        plain({"x": object()})


def test_the_manifest_says_where_numbers_come_from(tmp_path) -> None:
    write_text(tmp_path / "sub" / "data.txt", "content")
    write_text(tmp_path / "manifest.json", "older")
    found = manifest("benchmark warfarin", 7, tmp_path, {"patients": 100})
    assert found["pmrl"] == pmrl.__version__
    assert found["seeds"] == {"seed": 7}
    assert found["config"] == {"patients": 100}
    assert found["outputs"] == {"sub/data.txt": hashlib.sha256(b"content").hexdigest()}
    assert {"numpy", "torch", "stable-baselines3", "gymnasium"} <= set(found["packages"])
    assert all(found["packages"].values())
    assert found["platform"]["processor"]
    assert json.loads(json.dumps(found)) == found


def test_temporary_files_and_logs_are_not_outputs(tmp_path) -> None:
    for name in (".report.html.x", "events.out.tfevents.1", "kept"):
        (tmp_path / name).write_text("")
    assert list(hashes(tmp_path)) == ["kept"]


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(run, "_SOURCE", tmp_path)
    assert run.commit() is None


def test_what_a_machine_does_not_tell_is_no_obstacle(monkeypatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("no git, no /proc")

    assert run.processor()
    monkeypatch.setattr(run.subprocess, "run", missing)
    assert run.commit() is None
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", missing)
        assert run.processor() == (run.platform.processor() or run.platform.machine())
    monkeypatch.setattr(run, "PACKAGES", ("numpy", "no-such-package-of-anybody"))
    assert run.versions() == {"numpy": np.__version__, "no-such-package-of-anybody": None}


def test_results_by_patient_hold_no_genotype(tmp_path) -> None:
    path = write_patients(tmp_path / "patients.parquet", comparison())
    table = pl.read_parquet(path)
    assert table.height == N * len(comparison().arms)
    assert set(table.columns) == {
        "policy",
        "kind",
        "cohort_seed",
        "patient",
        *comparison().arms["fixed"].outcomes,
    }
    for name, arm in comparison().arms.items():
        mine = table.filter(pl.col("policy") == name)
        assert mine["patient"].to_list() == list(range(N))
        np.testing.assert_array_equal(mine["ttr"].to_numpy(), arm.outcomes["ttr"])
    never = patient_table(comparison()).filter(pl.col("policy") == "minimum")["days_to_stable"]
    assert never.null_count() == N


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", " =1", "\uff1d1", "-1\nx"])
def test_formulas_are_neutralised(text) -> None:
    assert neutralise(text) == "'" + text


@pytest.mark.parametrize("text", ["-1.5", "+3e-4", "aurora", "", "gage+aurora", "a=b"])
def test_other_text_stays(text) -> None:
    assert neutralise(text) == text


def test_csv_is_neutralised(tmp_path) -> None:
    table = pl.DataFrame({"=name": ["=1+1", "fixed", None], "ttr": [-0.5, 0.25, None]})
    path = write_csv(tmp_path / "x.csv", table)
    assert path.read_text().splitlines() == ["'=name,ttr", "'=1+1,-0.5", "fixed,0.25", ","]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.json", tmp_path / "link.json", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_bytes(pipe, b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
