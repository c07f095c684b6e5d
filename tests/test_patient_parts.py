"""Results by patient of very many patients: parts that join to the whole."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pmrl.agents.catalogue import resolve_all
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments import patient_results
from pmrl.experiments.benchmark import compare
from pmrl.experiments.execution import Execution
from pmrl.experiments.patient_results import PatientParts, patient_table

THERAPY = therapy("warfarin")
N = 150


@pytest.mark.parametrize("chunk", [7, 150])
def test_parts_join_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(patient_results, "PART", 64)
    (tmp_path / "patients").mkdir()
    for stale in ("patients.parquet", "patients/part-0009.parquet"):
        (tmp_path / stale).write_text("of an earlier run")
    policies = resolve_all("fixed,pgpga", THERAPY)
    parts = PatientParts(tmp_path, {policy.name: policy.kind for policy in policies}, seed=1)
    scenario, execution = Scenario(cohort="test", days=20), Execution(2, chunk)
    comparison = compare(policies, THERAPY, scenario, N, 1, execution=execution, on_patients=parts.add)
    parts.finish()
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert names == [f"patients/part-{k:04d}.parquet" for k in range(3)]
    sizes = [pl.read_parquet(tmp_path / name)["patient"].n_unique() for name in names]
    assert sizes == [64, 64, 22]
    found = pl.read_parquet(tmp_path / "patients").sort("policy", "patient")
    assert_frame_equal(found, patient_table(comparison).sort("policy", "patient"), check_exact=True)
