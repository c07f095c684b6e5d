"""CURATE.AI: the fit against numpy, which pairs and doses count, the limit, and every drug in the clinic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_clinic import THERAPY, N, course, labs, people, permuted

from pmrl.agents import curate as module
from pmrl.agents.curate import (
    MOST,
    PROTOCOLS,
    RECENCY,
    USUAL,
    Curate,
    Settings,
    curate,
    distinct,
    fit,
    own_pairs,
    within_reach,
)
from pmrl.agents.policy import Policy
from pmrl.agents.registry import policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import History, Prescription, Visit

every_drug = pytest.mark.parametrize("drug", THERAPIES)
NO_PROTOCOL = replace(THERAPY, drug="aspirin", models=("hamberg-2010",))


def visit_of(doses: list[list[float]], results: list[list[float]], every: int = 7) -> Visit:
    """Today's visit of patients who came every so many days; the last lab is today's."""
    lab = np.array(results)
    n, visits = lab.shape
    days = np.tile(every * np.arange(visits, dtype=float), (n, 1))
    given = np.column_stack([np.array(doses), np.full(n, np.nan)])
    day, lab, dose = (np.column_stack([a, np.full((n, 3), np.nan)]) for a in (days, lab, given))
    return Visit(
        therapy=NO_PROTOCOL,
        ids=np.arange(n),
        day=np.full(n, every * (visits - 1)),
        interval_days=np.full(n, every),
        covariates={},
        genotypes={},
        history=History(day, lab, dose, dose, np.full(n, visits), np.full((n, 1), np.nan)),
    )


class Protocol:
    """A stage that answers what it is told, and keeps the dose where it is told nothing."""

    def __init__(self, answer: list[list[float]] | None = None) -> None:
        self.answer = answer

    def start(self, visit: Visit) -> None:
        """Nothing to forget."""

    def prescribe(self, visit: Visit, current: np.ndarray, lab: np.ndarray) -> Prescription:
        if self.answer is None:
            return Prescription.constant(current)
        return Prescription(np.array(self.answer)[:, :, None])


def next_doses(visit: Visit, answer: list[list[float]] | None = None, by: Settings = USUAL) -> list[float]:
    """What a new stage prescribes at a visit for the days after the first two."""
    stage = Curate(Protocol(answer), NO_PROTOCOL, by)
    stage.start(visit)
    doses = stage.prescribe(visit, visit.previous("dose"), visit.lab).doses[:, :, 0]
    return list(doses[:, -1])


def test_without_a_ridge_it_is_numpys_polynomial() -> None:
    random = np.random.default_rng(1)
    x, y, weight = random.normal(size=(20, 6)), random.normal(size=(20, 6)), random.uniform(0.1, 1.0, (20, 6))
    weight[:5, 4:] = 0.0
    x[:3, 5] = np.nan
    found = fit(x, y, weight, 0.0)
    for row in range(20):
        there = weight[row] > 0.0
        # numpy's weights are of the residuals, not of their squares.
        expected = np.polyfit(x[row, there], y[row, there], 2, w=np.sqrt(weight[row, there]))[::-1]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6)


def test_a_ridge_is_as_many_more_observations_of_no_slope() -> None:
    x, y = np.array([-0.5, 0.0, 0.3, 0.4]), np.array([1.0, 2.0, 2.2, 2.9])
    (found,) = fit(x[None], y[None], np.ones((1, 4)), 0.25)
    design = np.vstack([np.column_stack([np.ones(4), x, x**2]), [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]])
    np.testing.assert_allclose(found, np.linalg.lstsq(design, np.append(y, [0.0, 0.0]), rcond=None)[0])
    (flat,) = fit(x[None], y[None], np.ones((1, 4)), 1e12)
    np.testing.assert_allclose(flat, [y.mean(), 0.0, 0.0], atol=1e-9)


def test_a_pair_is_a_dose_and_the_lab_at_the_next_visit() -> None:
    visit = visit_of([[5.0, 6.0, 7.0, 8.0]], [[1.0, 1.5, np.nan, 2.5, 3.0]])
    doses, response, weight = own_pairs(visit, np.zeros(1, dtype=np.int64), first_day=4)
    there = weight[0] > 0.0
    assert doses[0, there].tolist() == [5.0, 7.0, 8.0]
    assert response[0, there].tolist() == [1.5, 2.5, 3.0]
    assert weight[0, there] == pytest.approx([float(RECENCY) ** 2, float(RECENCY), 1.0])
    assert np.isnan(doses[0, ~there]).all()


def test_only_the_last_six_and_none_before_the_drug_shows_or_the_regimen_changed() -> None:
    given = [float(dose) for dose in range(1, 10)]
    visit = visit_of([given], [[1.0, *given]])
    assert own_pairs(visit, np.zeros(1, dtype=np.int64), 1)[0][0].tolist() == given[-6:]
    doses, _, weight = own_pairs(visit, np.array([6]), 1)
    assert doses[0, weight[0] > 0.0].tolist() == [7.0, 8.0, 9.0]
    doses, _, weight = own_pairs(visit, np.zeros(1, dtype=np.int64), first_day=57)
    assert doses[0, weight[0] > 0.0].tolist() == [9.0]
    none = own_pairs(visit_of([[0.0, 5.0]], [[1.0, 1.2, 1.4]]), np.zeros(1, dtype=np.int64), 1)
    assert none[0][0, none[2][0] > 0.0].tolist() == [5.0]


def test_doses_that_are_told_apart() -> None:
    rows = [[5.0, 5.0 + 1e-12, 5.0], [5.0, 5.5, 5.0], [5.0, 5.5, 6.0], [np.nan, 5.0, np.nan], [np.nan] * 3]
    assert distinct(np.array(rows)).tolist() == [1, 2, 3, 1, 0]


def test_the_dose_is_where_the_parabola_meets_the_target() -> None:
    """INR = 0.5 + 0.4 d: 2.5 at 5 mg; and, beyond the limit, what is nearest."""
    visit = visit_of([[4.0, 6.0, 7.0], [2.0, 3.0, 2.5]], [[1.0, 2.1, 2.9, 3.3], [1.0, 1.3, 1.7, 1.5]])
    assert next_doses(visit, by=Settings(ridge=0.0)) == [5.0, 3.5]


def test_the_aim_is_that_of_the_next_visit() -> None:
    visit = visit_of([[4.0, 6.0, 7.0]], [[1.0, 2.1, 2.9, 3.3]])
    for change, expected in ((28, 5.0), (29, 6.0)):
        ranges = ((0, 2.4, 3.4), (change, 2.0, 3.0))
        changed = replace(visit, therapy=replace(NO_PROTOCOL, early_targets=ranges))
        assert next_doses(changed, by=Settings(ridge=0.0)) == [expected]


@pytest.mark.parametrize("doses", [[4.0, 4.0, 4.0], [4.0, 6.0, 4.0]])
def test_never_before_three_doses(doses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("fitted")

    monkeypatch.setattr(module, "fit", refuse)
    next_doses(visit_of([doses], [[1.0, 2.1, 2.9, 2.0]]))


def test_calibration_gives_a_dose_beside_one_that_was_tried_towards_the_target() -> None:
    """A fifth up where INR is too low, down where it is too high; a dose not yet tried is given as it is."""
    visit = visit_of([[5.0], [5.0], [5.0]], [[1.0, 1.5], [1.0, 3.5], [1.0, 3.5]])
    assert next_doses(visit, [[5.0], [5.0], [5.5]]) == [6.0, 4.0, 5.5]
    tried = visit_of([[6.0, 5.0]], [[1.0, 1.5, 1.6]])
    assert next_doses(tried) == [5.5]
    top = visit_of([[15.0]], [[1.0, 1.5]])
    assert next_doses(top) == [12.0]


def test_a_hold_is_the_protocols_and_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    visit = visit_of([[4.0, 6.0, 7.0]], [[1.0, 2.1, 2.9, 8.0]])
    protocol = Protocol([[0.0, 0.0, 3.0]])
    stage = Curate(protocol, NO_PROTOCOL)
    stage.start(visit)
    held = stage.prescribe(visit, visit.previous("dose"), visit.lab)
    assert held.doses[0, :, 0].tolist() == [0.0, 0.0, 3.0]
    protocol.answer = [[3.0]]
    monkeypatch.setattr(module, "fit", lambda *_: pytest.fail("fitted to doses before the hold"))
    after = visit_of([[4.0, 6.0, 7.0, 2.1]], [[1.0, 2.1, 2.9, 8.0, 2.0]])
    assert stage.prescribe(after, np.array([3.0]), after.lab).doses[0, :, 0].tolist() == [3.0]


def test_without_a_lab_the_dose_stays() -> None:
    assert next_doses(visit_of([[4.0, 6.0, 7.0]], [[1.0, 2.1, 2.9, np.nan]])) == [7.0]


def test_within_reach() -> None:
    levels = np.arange(0.0, 15.5, 0.5)
    reach = within_reach(levels, np.array([5.0, 10.0, 0.5, 15.0]))
    spans = [(levels[row].min(), levels[row].max()) for row in reach]
    assert spans == [(3.0, 7.0), (6.0, 14.0), (0.5, 1.0), (9.0, 15.0)]


@every_drug
def test_every_drug_in_the_clinic(drug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the grid, within the limit or one tablet beside, and the same alone as in a batch."""
    t, n = therapy(drug), 40
    best, chosen = module.best, []

    def noted(visit: Visit, was: np.ndarray, rows: np.ndarray, b: np.ndarray) -> np.ndarray:
        found = best(visit, was, rows, b)
        chosen.append((was[rows], found))
        return found

    monkeypatch.setattr(module, "best", noted)
    batch, single = (Clinic(t, Scenario(cohort="validation"), size, 5) for size in (n, 1))
    rows = []
    for clinic, ids in ((batch, np.arange(n)), (single, np.array([17]))):
        clinic.admit(ids)
        rule = curate(t)
        rule.start(clinic.visit())
        doses = []
        while not clinic.done.all() and len(doses) < 12:
            given = clinic.dispense(rule.prescribe(clinic.visit()))
            assert np.isin(given, t.grid.levels).all()
            clinic.treat(given)
            doses.append(given[:, -1])
        rows.append(np.array(doses))
    np.testing.assert_array_equal(rows[0][:, 17], rows[1][:, 0])
    levels = t.grid.levels
    # Two tablets and none cannot make three doses.
    assert bool(chosen) == (drug != "empagliflozin")
    for was, found in chosen:
        within = np.abs(found / was - 1.0) <= float(MOST) + 1e-6
        beside = np.abs(np.searchsorted(levels, found - 1e-9) - np.searchsorted(levels, was - 1e-9)) <= 1
        assert (within | beside).all()
        assert (found > 0.0).all()


@every_drug
def test_it_is_calibrated_by_a_rule_of_the_drug(drug: str) -> None:
    t = therapy(drug)
    rule = curate(t)
    assert isinstance(rule, Policy)
    assert (rule.name, rule.kind) == ("curate", "rule")
    assert policy(PROTOCOLS[drug], t).name in rule.summary
    assert rule.in_sample == policy(PROTOCOLS[drug], t).in_sample


def test_a_drug_without_a_protocol_keeps_its_estimate() -> None:
    clinic = people()
    clinic.therapy = NO_PROTOCOL
    first, second = course(curate(NO_PROTOCOL), clinic, np.full((N, 2), 1.0))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[:, 0], THERAPY.dose_estimate(clinic.known, clinic.diplotypes))


def test_a_policy_like_any_other() -> None:
    rule = curate(THERAPY)
    straight = np.array(course(rule, people(), labs()))
    assert (straight >= 0.0).all()
    course(rule, people(5), labs(6))
    np.testing.assert_array_equal(straight, course(rule, people(), labs()))
    order = np.random.default_rng(3).permutation(N)
    np.testing.assert_array_equal(
        straight[:, order], np.array(course(rule, permuted(people(), order), labs()[order]))
    )


def test_carriers_of_hla_b_5801_are_given_none() -> None:
    t = therapy("allopurinol")
    clinic = Clinic(t, Scenario(cohort="validation"), 512, 7001)
    clinic.admit(np.arange(512))
    never = clinic.dose_estimate == 0.0
    assert never.any()
    rule = curate(t)
    rule.start(clinic.visit())
    while not clinic.done.all():
        given = clinic.dispense(rule.prescribe(clinic.visit()))
        assert (given[never] == 0.0).all()
        clinic.treat(given)
