"""Files of numbers that were fitted: a refit writes what ships, and writes it whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pmrl
from pmrl import iwpc
from pmrl.envs.registry import therapy
from pmrl.errors import InputError
from pmrl.experiments import calibration, covariate_moments, stable_dose
from pmrl.experiments.inversion import _area_gain
from pmrl.experiments.number_format import exists
from pmrl.experiments.privacy import read_recorded
from pmrl.experiments.stable_dose import choose_spread
from pmrl.experiments.suspects import suspects
from pmrl.models.registry import model

SHIPPED = Path(pmrl.__file__).parent / "data"


def test_the_moments_of_the_covariates_are_those_of_the_training_patients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(covariate_moments, "pmrl", SimpleNamespace(__file__=str(tmp_path / "__init__.py")))
    covariate_moments.main()
    name = "covariate_moments.json"
    found, shipped = (json.loads((folder / name).read_text()) for folder in (tmp_path / "data", SHIPPED))
    assert found == shipped


def test_a_calibration_is_written_where_it_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    fitted = SimpleNamespace(record={"fitted": {"cl_2": 0.25}})
    monkeypatch.setattr(calibration, "calibrate", lambda: fitted)
    monkeypatch.setattr(calibration, "pmrl", SimpleNamespace(__file__=str(tmp_path / "__init__.py")))
    calibration.main()
    assert json.loads((tmp_path / "data" / calibration.FILE).read_text()) == fitted.record
    assert [path.name for path in (tmp_path / "data").iterdir()] == [calibration.FILE]
    with pytest.raises(InputError, match=r"cannot be written .*; give a writable place"):
        calibration.write(fitted, tmp_path / "nowhere" / "file.json")  # type: ignore[arg-type]


def test_a_spread_that_no_variability_gives_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome(of: Any, numbers: Any, names: Any, cohort: Any, omega: float) -> Any:
        return SimpleNamespace(omega=omega, log_sd=0.1 + 0.01 * omega, aim=float(stable_dose.AIM))

    monkeypatch.setattr(stable_dose, "_outcome", outcome)
    shares: list[float] = []
    table, m = iwpc.load(), model("hamberg-2010")
    with pytest.raises(InputError, match=r"no variability between patients gives .*; check the adherence"):
        choose_spread(table, m, m.numbers(), ("omega_cl",), shares.append)
    assert shares == sorted(shares)
    assert 0.0 < shares[0] <= shares[-1] <= 1.0


def test_drawn_patients_are_nobody_s_record() -> None:
    with pytest.raises(InputError, match="the patients of 'sampled' are drawn, nobody's: give the path"):
        read_recorded("sampled", therapy("warfarin"))


def test_nobody_to_guess_is_said() -> None:
    with pytest.raises(InputError, match="has 0 patients of known genotype: guesses need at least 5"):
        suspects(therapy("warfarin"), "test", 1, 1)


def test_where_all_carry_or_none_no_area_exists() -> None:
    score, drawn = np.array([0.2, 0.4, 0.9]), np.array([[0, 1, 2], [2, 1, 0]])
    nothing = _area_gain(score, score, np.ones(3, dtype=np.bool_), drawn)
    assert np.isnan([nothing.mean, nothing.low, nothing.high]).all()
    some = _area_gain(score, -score, np.array([False, False, True]), drawn)
    assert (some.mean, some.low, some.high) == (1.0, 1.0, 1.0)


def test_an_estimate_exists_with_a_mean_and_an_interval() -> None:
    assert exists({"mean": 0.5, "ci": [0.4, 0.6]})
    assert not exists(None)
    assert not exists({"mean": 0.5, "ci": [None, 0.6]})
    assert not exists({"mean": float("nan"), "ci": [0.4, 0.6]})
