"""Plans: shortcuts agree with living them through, the best dose is found, and company does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.bayes import MODEL_BASED, MapPolicy, PosteriorPolicy, days_judge, sampled
from pmrl.agents.belief import Belief
from pmrl.agents.imagined_lives import Group, Plan, one_by_one, superposed
from pmrl.agents.judge import DaysJudge, NextLabJudge
from pmrl.agents.map_estimate import MapEstimate
from pmrl.agents.planner import Planner, tail_days
from pmrl.agents.policy import Policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario

Floats = NDArray[np.float64]
FEW = Assumptions(particles=48)


def clinic_of(drug: str, ids: list[int], seed: int = 3) -> Clinic:
    clinic = Clinic(therapy(drug), Scenario(cohort="validation"), len(ids), seed)
    clinic.admit(np.array(ids))
    return clinic


def group_of(drug: str, visits: int = 3) -> tuple[Belief, Group]:
    """Imagined patients after some visits on the standard dose."""
    clinic, one = clinic_of(drug, [1, 2, 5]), therapy(drug)
    belief = Belief(one, FEW)
    belief.start(clinic.visit())
    for _ in range(visits):
        belief.update(clinic.visit())
        clinic.treat(np.full((3, 1), one.standard_dose))
    belief.update(clinic.visit())
    visit = clinic.visit()
    return belief, Group(int(visit.day[0]), int(visit.interval_days[0]), sampled(belief, 5))


@pytest.mark.parametrize("drug", ["tacrolimus", "efavirenz"])
@pytest.mark.parametrize("tail", [0, 9])
def test_superposed_courses_are_those_that_are_lived(drug: str, tail: int) -> None:
    belief, group = group_of(drug)
    assert belief.model.balance.linear
    assert belief.model.balance.level
    grid = therapy(drug).grid
    first = np.tile([grid.minimum, 0.3 * grid.maximum, grid.maximum], (3, 1))
    held = [np.full((3, 5), 0.5 * grid.maximum), np.zeros((3, 5))]
    arguments = (belief.model, group, first, held, tail, therapy(drug).variability.occasion_sd)
    quick, slow = list(superposed(*arguments)), list(one_by_one(*arguments))
    assert len(quick) == len(slow) == (3 if tail else 1)
    for a, b in zip(quick, slow, strict=True):
        assert a.latent.shape == b.latent.shape == (3, 5, 3, group.interval + tail)
        np.testing.assert_allclose(a.latent, b.latent, rtol=2e-4, atol=1e-4 * float(b.latent.max()))


@pytest.mark.parametrize("drug", ["warfarin", "atorvastatin", "phenytoin"])
def test_the_search_finds_the_best_dose_of_all(drug: str) -> None:
    one = therapy(drug)
    belief, group = group_of(drug)
    judge = DaysJudge(one, {"squared_log_deviation": -1.0})
    planner = Planner(one, belief.model, judge, 0, one.variability.occasion_sd)
    levels = one.grid.levels
    everything = np.tile(levels, (3, 1))
    lived = next(iter(one_by_one(belief.model, group, everything, [], 0, planner.occasion_sd)))
    value = judge(lived).mean(axis=1)
    found = planner._best(group)
    got = value[np.arange(3), np.searchsorted(levels, found)]
    np.testing.assert_allclose(got, value.max(axis=1), rtol=1e-9)


def test_days_are_judged_by_hand() -> None:
    one = therapy("warfarin")
    latent = np.array([1.5, 2.5, 3.5, 4.5])[None, None, None]
    plan = Plan(10, latent, np.zeros((1, 1, 1, 0)))
    assert DaysJudge(one, {"in_range": 1.0})(plan)[0, 0, 0] == pytest.approx(1.0, abs=0.01)
    assert DaysJudge(one, {"below": 1.0})(plan)[0, 0, 0] == pytest.approx(1.0, abs=0.01)
    assert DaysJudge(one, {"unsafe": -1.0})(plan)[0, 0, 0] == pytest.approx(-1.0, abs=0.01)
    # The last day, which is out of range, goes on for six more.
    assert DaysJudge(one, {"above": 1.0}, until=20)(plan)[0, 0, 0] == pytest.approx(2.0 + 6.0, abs=0.02)
    squares = (np.log(latent[0, 0, 0] / 2.5) ** 2).sum()
    assert DaysJudge(one, {"squared_log_deviation": -1.0})(plan)[0, 0, 0] == pytest.approx(-1.001 * squares)


def test_harm_is_judged_by_its_price() -> None:
    one = therapy("allopurinol")
    plan = Plan(0, np.full((1, 1, 1, 5), 0.3), np.full((1, 1, 1, 5), 1e-5))
    price = -one.reward_weights["harm"]
    value = DaysJudge(one, one.reward_weights)(plan)[0, 0, 0]
    assert value == pytest.approx(5.0 - price * 5e-5)


def test_no_lower_end_no_penalty_below_the_aim() -> None:
    judge = DaysJudge(therapy("atorvastatin"), {"squared_log_deviation": -1.0})
    none = np.zeros((1, 1, 1, 0))
    low, high = (judge(Plan(0, np.full((1, 1, 1, 2), x), none))[0, 0, 0] for x in (40.0, 90.0))
    assert low == 0.0
    assert high < 0.0


def test_the_next_lab_is_judged_by_its_probability() -> None:
    one = therapy("warfarin")
    middle, edge, beyond = (
        NextLabJudge(one)(Plan(20, np.array([[[[9.0, x]]]]), np.zeros((1, 1, 1, 0))))[0, 0, 0]
        for x in (2.45, 3.0, 6.0)
    )
    assert middle == pytest.approx(1.0, abs=0.01)
    assert edge == pytest.approx(0.5, abs=0.01)
    assert beyond == pytest.approx(0.0, abs=0.01)


def small(name: str, drug: str) -> Policy:
    """The policy with few particles."""
    one = therapy(drug)
    if name == "map":
        return MapPolicy(one, samples=4)
    judge = NextLabJudge(one) if name == "target-attainment" else days_judge(one, one.reward_weights)
    return PosteriorPolicy(name, one, judge, 0 if name == "target-attainment" else None, FEW, 4)


@pytest.mark.parametrize("drug", THERAPIES)
@pytest.mark.parametrize("name", ["map", "mpc"])
def test_every_drug_can_be_dosed(name: str, drug: str) -> None:
    assert name in MODEL_BASED
    clinic, policy, one = clinic_of(drug, [0, 1, 2, 3]), small(name, drug), therapy(drug)
    policy.start(clinic.visit())
    assert policy.kind == "model-based"
    assert tail_days(one, clinic.model) > 0
    for _ in range(2):
        doses = policy.prescribe(clinic.visit()).doses
        assert doses.shape == (4, 1, 1)
        np.testing.assert_array_equal(one.grid.nearest(doses), doses)
        clinic.treat(clinic.dispense(policy.prescribe(clinic.visit())))


@pytest.mark.parametrize("name", ["map", "mpc", "target-attainment"])
@pytest.mark.parametrize("drug", ["warfarin", "tacrolimus"])
def test_a_dose_does_not_depend_on_company(name: str, drug: str) -> None:
    def doses(ids: list[int], row: int) -> list[float]:
        clinic, policy = clinic_of(drug, ids), small(name, drug)
        policy.start(clinic.visit())
        given = []
        for _ in range(3):
            chosen = policy.prescribe(clinic.visit())
            given.append(float(chosen.doses[row, 0, 0]))
            clinic.treat(clinic.dispense(chosen))
        return given

    assert doses([7], 0) == doses([3, 9, 7], 2)


def test_map_estimates_recover_the_truth() -> None:
    """CL x EC50, which decides the dose, from weeks of labs: labs cannot tell the two apart."""
    one = therapy("warfarin")
    n = 80
    clinic = Clinic(one, Scenario(cohort="validation", adherence="full", occasion_sd=0.0), n, 8)
    clinic.admit(np.arange(n))
    estimate = MapEstimate(one, Assumptions())
    estimate.intake = 1.0
    estimate.start(clinic.visit())
    before = estimate.parameters.copy()
    for _ in range(12):
        clinic.treat(np.full((n, 1), 4.0))
    estimate.update(clinic.visit())
    columns = [clinic.model.column(name) for name in ("cl", "ec50")]

    def off(p: Floats) -> float:
        ratio = p[:, columns].prod(axis=1) / clinic.world.parameters[:, columns].prod(axis=1)
        return float(np.median(np.abs(np.log(ratio))))

    assert off(estimate.parameters) < 0.25 * off(before)
    variance = np.diagonal(estimate.covariance, axis1=1, axis2=2)
    assert (variance > 0.0).all()
    assert (variance <= 1.0 + 1e-9).all(), "labs never make a random effect less certain"
    assert np.median(variance.min(axis=1)) < 0.6
