"""The Aurora and Intermountain policies replay the worked sheets, row by row.

`data/warfarin_protocol_vectors.json` (MIT, its licence note inside) is the public sheet of the ReiL
project. Each sheet's patients form one batch whose patients are on different days, as at a real clinic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_clinic import Clinic, covariates

from pmrl.agents import intermountain as intermountain_rules
from pmrl.agents.composed import Sequence
from pmrl.agents.stage import Start
from pmrl.agents.warfarin import PROTOCOLS, compose

SHEETS = json.loads((Path(__file__).parent / "data" / "warfarin_protocol_vectors.json").read_text())


@dataclass(frozen=True)
class Replayed:
    """A row of a sheet with what the policy answered on that day."""

    row: dict[str, Any]
    dose: float
    """Today's dose, mg."""
    goes_on: float
    """Dose after the days of boost, skip or hold."""
    days_to_next: int
    """Days to the visit that the policy asked for."""
    is_visit: bool
    """False on the day after a boost, when the sheet has a row but the protocol has no visit."""


def patients_of(sheet: str) -> list[list[dict[str, Any]]]:
    by_id: dict[int, list[dict[str, Any]]] = {}
    for row in SHEETS[sheet]:
        by_id.setdefault(row["ID"], []).append(row)
    return list(by_id.values())


def replay(policy: Sequence, sheet: str) -> list[Replayed]:
    """Every row, at its own day and lab; the second row of a boost is read off, not visited."""
    patients = patients_of(sheet)
    longest = max(map(len, patients))
    clinic = Clinic(covariates(*[{"age": rows[0]["age"] or np.nan} for rows in patients]), {})
    answers: list[Replayed] = []
    position = np.zeros(len(patients), dtype=int)
    for turn in range(longest):
        # Patients whose sheet has ended come to visits without a lab.
        rows = [own[at] if at < len(own) else None for own, at in zip(patients, position, strict=True)]
        visit = clinic.visit(np.array([np.nan if row is None else float(row["INR"]) for row in rows]))
        if turn == 0:
            policy.start(visit)
        prescription = policy.prescribe(visit)
        assert prescription.interval_days is not None
        come_again = np.ones(len(patients), dtype=np.int64)
        for patient, row in enumerate(rows):
            if row is None:
                continue
            assert row["day"] - 1 == visit.day[patient]
            doses, wish = prescription.doses[patient, :, 0], int(prescription.interval_days[patient])
            answers.append(Replayed(row, doses[0], doses[-1], wish, True))
            position[patient] += 1
            boosted = sheet.startswith("intermountain") and row["interval"] == 1
            if boosted and position[patient] < len(patients[patient]):
                second = patients[patient][position[patient]]
                answers.append(Replayed(second, doses[1], doses[-1], wish - 1, False))
                position[patient] += 1
            if position[patient] < len(patients[patient]):
                come_again[patient] = patients[patient][position[patient]]["day"] - row["day"]
        clinic.follow(prescription, come_again)
    return answers


@pytest.fixture(scope="module")
def aurora() -> list[Replayed]:
    return replay(compose("by-age+aurora"), "aurora_sample_dosing")


@pytest.fixture(scope="module")
def intermountain() -> list[Replayed]:
    start = Start(lambda visit: np.full(len(visit), 10.0), "10 mg until day 8, as the sheet starts")
    protocol = PROTOCOLS["intermountain"]
    policy = Sequence("sheet", start, ((protocol.first_day, protocol.stage()),))
    return replay(policy, "intermountain_sample_dosing")


def test_the_sheets_are_complete(aurora: list[Replayed], intermountain: list[Replayed]) -> None:
    assert [answer.row for answer in aurora] != []
    assert len(aurora) == len(SHEETS["aurora_sample_dosing"]) == 198
    assert len(intermountain) == len(SHEETS["intermountain_sample_dosing"]) == 179


def test_every_aurora_row_below_inr_4(aurora: list[Replayed]) -> None:
    below = [answer for answer in aurora if answer.row["INR"] < 4.0]
    assert len(below) == 191
    np.testing.assert_allclose([a.dose for a in below], [a.row["dose"] for a in below], rtol=1e-6)
    assert [a.days_to_next for a in below] == [a.row["interval"] for a in below]


def test_aurora_skips_two_days_from_inr_4_and_goes_on_at_the_sheets_dose(aurora: list[Replayed]) -> None:
    above = [answer for answer in aurora if answer.row["INR"] >= 4.0]
    assert len(above) == 7
    assert {answer.dose for answer in above} == {0.0}
    np.testing.assert_allclose([a.goes_on for a in above], [a.row["dose"] for a in above], rtol=1e-6)
    assert [a.days_to_next for a in above] == [a.row["interval"] for a in above]


def test_every_intermountain_dose(intermountain: list[Replayed]) -> None:
    expected = [answer.row["dose"] for answer in intermountain]
    np.testing.assert_allclose([answer.dose for answer in intermountain], expected, rtol=1e-6, atol=1e-6)


def test_every_intermountain_dose_that_goes_on(intermountain: list[Replayed]) -> None:
    # On hold the sheet shows the dose before the reduction.
    going_on = [answer for answer in intermountain if not answer.row["zone"].startswith("APH")]
    expected = [answer.row["normal_dose"] for answer in going_on]
    np.testing.assert_allclose([answer.goes_on for answer in going_on], expected, rtol=1e-6)
    on_hold = [answer for answer in intermountain if answer.row["zone"].startswith("APH")]
    assert len(on_hold) == 18
    reduced = [0.85 * answer.row["normal_dose"] for answer in on_hold]
    np.testing.assert_allclose([answer.goes_on for answer in on_hold], reduced, rtol=1e-6)


def test_every_intermountain_interval(intermountain: list[Replayed]) -> None:
    # Where the sheet splits an interval into the boost's day and the rest, the rest is in the second row.
    compared = [answer for answer in intermountain if not (answer.is_visit and answer.row["interval"] == 1)]
    assert len(compared) == 130
    assert [a.days_to_next for a in compared] == [a.row["interval"] for a in compared]


def test_every_intermountain_zone() -> None:
    letters = {
        "action point low": "APL",
        "red zone low": "RZL",
        "yellow zone low": "YZL",
        "green zone": "GZ",
        "yellow zone high": "YZH",
        "red zone high": "RZH",
        "action point high": "APH",
    }
    compared = 0
    for patient in patients_of("intermountain_sample_dosing"):
        for before, row in pairwise(patient):
            # A boost's second row and a hold that goes on keep the zone of the visit before.
            if before["interval"] == 1 or row["zone"] == before["zone"] == "APH1":
                continue
            band = intermountain_rules.TABLE.band_of(np.array([float(row["INR"])]))[0]
            assert letters[intermountain_rules.TABLE.bands[band].zone] == row["zone"].rstrip("1234")
            compared += 1
    assert compared == 100
