"""Type-2 diabetes: exposure by genotype, steps of the dose, and that the most drug is the most effect."""

from __future__ import annotations

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve
from pmrl.agents.diabetes import EVERY, GOAL
from pmrl.agents.ladder import Ladder
from pmrl.agents.registry import names_for
from pmrl.dose_rules_sipoglitazar import LADDER, STANDARD, equal_exposure
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.genetics import GENES
from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.typical import typical_patient

SIPOGLITAZAR = therapy("sipoglitazar")
STRINGER = model("stringer-2014")
DIPLOTYPES = ("*1/*1", "*1/*2", "*2/*2")


def typical(ugt2b15: str) -> np.ndarray:
    patient = typical_patient({"UGT2B15": ugt2b15}, population=STRINGER.cohorts)
    return STRINGER.patients(patient, typical=True)


@pytest.mark.parametrize("ugt2b15", DIPLOTYPES)
def test_the_days_exposure_is_dose_over_clearance(ugt2b15: str) -> None:
    """The stage that stands for the dose averages to the dose, so that AUC = dose / (24 CL)."""
    p, dose = typical(ugt2b15), 32.0
    states = course(STRINGER, p, np.full((1, 60), dose))[1]
    stage = p[0, STRINGER.column("stage")]
    # Within a day, from what is in the stages after a dose: t exp(-t) and exp(-t), integrated.
    waiting, per_day = states[0, 0] + dose, states[0, 1]
    gone = -np.expm1(-stage)
    mean = per_day * gone / stage + waiting * (gone - stage * np.exp(-stage))
    assert mean == pytest.approx(dose, rel=1e-5)


@pytest.mark.parametrize("ugt2b15", DIPLOTYPES)
def test_the_swing_within_a_day_hardly_matters(ugt2b15: str) -> None:
    """Against the paper's constant AUC, at steady state."""
    p, dose = typical(ugt2b15), 64.0
    cl, emax, auc50 = (p[0, STRINGER.column(name)] for name in ("cl", "emax", "auc50"))
    auc = dose / (24.0 * cl)
    fpg = p[0, STRINGER.column("fpg0")] / (1.0 + emax * auc / (auc50 + auc))
    found = course(STRINGER, p, np.full((1, 700), dose))[1][0, STRINGER.states.index("fpg")]
    assert found == pytest.approx(fpg, rel=1e-3)


def test_slow_metabolisers_respond_more() -> None:
    p = np.concatenate([typical(one) for one in DIPLOTYPES])
    end = course(STRINGER, p, np.full((3, 364), 32.0))[0][:, -1]
    assert (np.diff(end) < -0.1).all()
    none = course(STRINGER, p, np.zeros((3, 364)))[0][:, -1]
    np.testing.assert_allclose(none, none[0])


def test_doses_of_equal_exposure() -> None:
    codes = GENES["UGT2B15"].parse_all([*DIPLOTYPES, ""])
    found = SIPOGLITAZAR.dispense(equal_exposure(codes))
    assert found.tolist() == [48.0, 32.0, 16.0, float(STANDARD)]


class Seen:
    """What a stage asks of a visit."""

    def __init__(self, day: list[int]) -> None:
        self.day = np.array(day)

    def __len__(self) -> int:
        return self.day.size


def test_steps_up_every_three_months_while_above_the_goal() -> None:
    ladder = Ladder(LADDER, GOAL, EVERY)
    dose = np.array([8.0, 8.0, 48.0, 64.0, 14.6])
    high = np.array([8.1, 7.0, 7.1, 9.0, 8.0])
    ladder.start(Seen([0] * 5))
    for day, lab, expected in (
        (56, high, [8.0, 8.0, 48.0, 64.0, 14.6]),
        (84, high, [16.0, 8.0, 64.0, 64.0, 16.0]),
        (112, high, [16.0, 8.0, 64.0, 64.0, 16.0]),
        (168, np.where([True, False, False, False, True], np.nan, high), [16.0, 8.0, 64.0, 64.0, 16.0]),
        (196, high, [32.0, 8.0, 64.0, 64.0, 32.0]),
    ):
        answer = ladder.prescribe(Seen([day] * 5), dose, lab)
        dose = answer.doses[:, 0, 0]
        assert dose.tolist() == expected
        assert answer.interval_days is not None
        assert (answer.interval_days == 84).all()


def test_rules_and_that_the_highest_dose_wins() -> None:
    names = names_for(SIPOGLITAZAR)
    assert names[4:] == ("genotype", "lowest+steps", "standard+steps", "genotype+steps")
    in_range = {
        name: outcomes(
            rollout(resolve(name, SIPOGLITAZAR), SIPOGLITAZAR, Scenario(cohort="test"), 300, 1), SIPOGLITAZAR
        )["ttr"].mean()
        for name in names
    }
    assert max(in_range, key=lambda name: in_range[name]) == "maximum"
    assert min(in_range, key=lambda name: in_range[name]) == "minimum"
