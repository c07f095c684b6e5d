"""Type-2 diabetes: exposure by genotype, steps of the dose, and that the most drug is the most effect."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve
from pmrl.agents.diabetes import next_of
from pmrl.agents.raising import Raising
from pmrl.agents.registry import names_for
from pmrl.dose_rules_sipoglitazar import LADDER, STANDARD, equal_exposure
from pmrl.envs.action import ActionMap, Kind
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import DoseGrid
from pmrl.errors import InputError
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.genetics import GENES
from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.targets_diabetes import LOOK_EVERY, TARGET_HIGH
from pmrl.typical import typical_patient

SIPOGLITAZAR, EMPAGLIFLOZIN = therapy("sipoglitazar"), therapy("empagliflozin")
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

    therapy = SIPOGLITAZAR

    def __init__(self, day: list[int]) -> None:
        self.day = np.array(day)

    def __len__(self) -> int:
        return self.day.size


def test_steps_up_every_three_months_while_above_the_goal() -> None:
    following = partial(next_of, np.array([float(dose) for dose in LADDER]))
    ladder = Raising(following, float(TARGET_HIGH), int(LOOK_EVERY.value))
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
    assert names[4:-2] == ("genotype", "lowest+steps", "standard+steps", "genotype+steps")
    in_range = {
        name: outcomes(
            rollout(resolve(name, SIPOGLITAZAR), SIPOGLITAZAR, Scenario(cohort="test"), 300, 1), SIPOGLITAZAR
        )["ttr"].mean()
        for name in names
    }
    assert max(in_range, key=lambda name: in_range[name]) == "maximum"
    assert min(in_range, key=lambda name: in_range[name]) == "minimum"


def test_the_negative_control_leaves_the_gene_alone() -> None:
    m = model("baron-2016")
    cohort = m.cohorts.cohort(200, seed=3)
    other = {"UGT2B15": np.roll(cohort.genotypes["UGT2B15"], 1, axis=0)}
    assert (other["UGT2B15"] != cohort.genotypes["UGT2B15"]).any()
    np.testing.assert_array_equal(m.patients(cohort), m.patients(replace(cohort, genotypes=other)))
    assert m.genes_without_effect == ("UGT2B15",)


def test_no_rule_of_the_negative_control_looks_at_the_gene() -> None:
    assert names_for(EMPAGLIFLOZIN)[4:] == ("standard+steps", "pid", "curate")
    known, unknown = (
        rollout(
            resolve("standard+steps", EMPAGLIFLOZIN),
            EMPAGLIFLOZIN,
            Scenario(cohort="test", genotype=genotype),
            200,
            1,
        )
        for genotype in ("known", "unknown")
    )
    np.testing.assert_array_equal(
        outcomes(known, EMPAGLIFLOZIN)["ttr"], outcomes(unknown, EMPAGLIFLOZIN)["ttr"]
    )


def test_covariates_of_the_negative_control_work_as_published() -> None:
    """By hand: an Asian woman of 75 years who smokes, against the reference."""
    m = model("baron-2016")
    n = m.numbers()
    usual = {
        name: float(getattr(n, name)) for name in ("age", "bmi", "egfr", "fpg", "duration", "total_protein")
    }
    usual |= {"metformin": 0.0}
    one, other = (
        m.patients(typical_patient({}, population=m.cohorts, **usual | changed), typical=True)[0]
        for changed in ({}, {"age": 75.0, "female": 1.0, "asian": 1.0, "smoker": 1.0})
    )
    ratio = dict(zip(m.parameters, other / one, strict=True))
    assert one[m.column("base")] == pytest.approx(14.2 * np.exp(-0.497))
    assert ratio["cl"] == pytest.approx(1.5**-0.241 * 0.886 * 0.880 * 1.06)
    assert ratio["base"] == pytest.approx(1.5**-0.100 * 0.996 * 0.948)
    assert ratio["gmax"] == pytest.approx(ratio["base"] ** 1.76 * 1.5**-0.401 * 0.890 * 1.07)
    assert ratio["kout_a1c"] == pytest.approx(1.5**-0.241 * 0.858 * 1.05)


def test_tablets_that_are_not_evenly_spaced() -> None:
    grid = EMPAGLIFLOZIN.grid
    assert grid.levels.tolist() == [0.0, 10.0, 25.0]
    wish = np.array([-3.0, 4.9, 5.1, 17.4, 17.6, 40.0])
    assert grid.nearest(wish).tolist() == [0.0, 0.0, 10.0, 10.0, 25.0, 25.0]
    assert grid.nearest(wish.reshape(2, 3)).shape == (2, 3)
    assert grid.require(25.0) == 25.0
    with pytest.raises(InputError, match="allowed are 0, 10, 25 mg/day; the nearest is 10"):
        grid.require(15.0)
    for doses in ((5.0,), (0.0, 0.0, 5.0), (10.0, 5.0)):
        with pytest.raises(ValueError, match="two or more, ascending"):
            DoseGrid.listed(doses, "mg")
    even, listed = DoseGrid(0.0, 30.0, 10.0, "mg"), DoseGrid.listed((0.0, 10.0, 20.0, 30.0), "mg")
    np.testing.assert_array_equal(even.levels, listed.levels)
    np.testing.assert_array_equal(even.nearest(wish), listed.nearest(wish))


@pytest.mark.parametrize(
    ("kind", "actions", "expected"),
    [
        ("discrete", [0, 1, 2], [0.0, 10.0, 25.0]),
        ("continuous", [-1.0, 0.0, 1.0], [0.0, 10.0, 25.0]),
        ("relative", [0, 7, 14], [0.0, 10.0, 25.0]),
    ],
)
def test_every_action_gives_a_tablet(kind: Kind, actions: list[float], expected: list[float]) -> None:
    chosen = ActionMap(EMPAGLIFLOZIN, kind, choose_interval=False, flatten=False)
    dtype = np.float32 if kind == "continuous" else np.int64
    doses, _ = chosen.decode(np.array(actions, dtype=dtype), np.full(3, 10.0))
    assert doses.tolist() == expected
