"""What particles believe: labs are weighed rightly, truth is covered, and company does not matter."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from pmrl.adherence import FULL, IN_RANGE, Adherence
from pmrl.agents.assumptions import Assumptions
from pmrl.agents.belief import Belief
from pmrl.agents.catalogue import resolve
from pmrl.agents.imagined_world import SEED, live
from pmrl.agents.likelihood import UNLIKELY, log_likelihood
from pmrl.envs.clinic import Clinic
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import Visit
from pmrl.solve import course

Floats = NDArray[np.float64]
WARFARIN, PHENYTOIN = therapy("warfarin"), therapy("phenytoin")
RULES = {"warfarin": "eu-pact+lenzini+re-ly", "tacrolimus": "cpic+tdm", "phenytoin": "cpic+steps"}
RULE = RULES["warfarin"]
PARAMETERS = {
    "warfarin": ("cl", "v", "ec50"),
    "tacrolimus": ("cl", "v1", "q", "v2"),
    "phenytoin": ("vmax", "km"),
}
N = 120


def test_the_likelihood_of_a_lab() -> None:
    latent = np.array([[2.0, 2.5, 1e-9]])
    found = log_likelihood(WARFARIN, latent, np.array([2.0]))
    sd = WARFARIN.variability.assay_sd
    assert found[0, 0] == 0.0
    assert found[0, 1] == pytest.approx(max(-0.5 * (np.log(2.0 / 2.5) / sd) ** 2, UNLIKELY))
    assert found[0, 2] == UNLIKELY
    assert (log_likelihood(WARFARIN, latent, np.array([np.nan])) == 0.0).all()
    added = therapy("allopurinol")
    sd = added.variability.assay_error
    one, other = log_likelihood(added, np.array([[0.40, 0.44]]), np.array([0.40]))[0]
    assert one - other == pytest.approx(0.5 * (0.04 / sd) ** 2)


def test_a_level_of_nothing_says_nothing_of_who_has_no_drug() -> None:
    assert log_likelihood(PHENYTOIN, np.array([[0.0]]), np.array([0.0]))[0, 0] == 0.0


def quantiles(values: Floats, weight: Floats, at: tuple[float, ...]) -> Floats:
    """Weighted quantiles of each row, `(n, len(at))`."""
    order = np.argsort(values, axis=1)
    ascending = np.take_along_axis(values, order, axis=1)
    total = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    rows = np.arange(len(values))
    return np.stack(
        [ascending[rows, np.minimum((total < q).sum(axis=1), values.shape[1] - 1)] for q in at], 1
    )


def predicted(belief: Belief, visit: Visit, doses: Floats, days: NDArray[np.int64]) -> Floats:
    """5% and 95% quantile of the next lab, `(n, 2)`."""
    known = visit.therapy.variability
    drawn, of = belief.particles, np.repeat(np.arange(len(visit)), belief.size)
    world = live(
        belief.model, SEED, drawn.ids, drawn.parameters, drawn.states.copy(), drawn.shares,
        known.occasion_sd, visit.day[of], doses[of], days[of],
    )  # fmt: skip
    latent = world.latent[np.arange(of.size), world.day - world.start].reshape(len(visit), -1)
    noise = np.random.default_rng(0).standard_normal(latent.shape)
    labs = latent * np.exp(known.assay_sd * noise)
    return quantiles(labs, np.exp(belief.weight), (0.05, 0.95))


@cache
def treated(drug: str, adherence: Adherence, option: str) -> tuple[float, Belief, Floats]:
    """Share of labs within what was predicted, the belief in the end, and the true parameters."""
    one = therapy(drug)
    clinic = Clinic(one, Scenario(cohort="validation", adherence=option), N, 99)
    clinic.admit(np.arange(N))
    rule, belief = resolve(RULES[drug], one), Belief(one, Assumptions(adherence=adherence))
    rule.start(clinic.visit())
    belief.start(clinic.visit())
    within: list[float] = []
    while not clinic.done.all():
        visit = clinic.visit()
        belief.update(visit)
        doses = clinic.dispense(rule.prescribe(visit))
        days = np.minimum(visit.interval_days, clinic.horizon - visit.day)
        low, high = predicted(belief, visit, doses, days).T
        clinic.treat(doses)
        lab = clinic.visit().lab
        within.append(float(((low <= lab) & (lab <= high)).mean()))
    belief.update(clinic.visit())
    return float(np.mean(within)), belief, clinic.world.parameters


each_way = pytest.mark.parametrize(
    ("drug", "adherence", "option", "least"),
    [
        ("warfarin", FULL, "full", 0.95),
        ("warfarin", IN_RANGE, "in-range", 0.93),
        ("tacrolimus", FULL, "full", 0.95),
        ("tacrolimus", IN_RANGE, "in-range", 0.95),
        ("phenytoin", FULL, "full", 0.95),
        ("phenytoin", IN_RANGE, "in-range", 0.95),
    ],
)


@each_way
def test_nine_labs_in_ten_are_where_they_were_predicted(
    drug: str, adherence: Adherence, option: str, least: float
) -> None:
    assert 0.85 <= treated(drug, adherence, option)[0] <= 0.95


@each_way
def test_parameters_are_covered(drug: str, adherence: Adherence, option: str, least: float) -> None:
    """Patients within the 99% interval, on the mean of the parameters; of each, as far as N can tell."""
    _, belief, true = treated(drug, adherence, option)
    found = covered(belief, true, PARAMETERS[drug])
    assert np.mean(found) >= least
    assert min(found) >= binom.ppf(0.01, N, least) / N


def covered(belief: Belief, true: Floats, parameters: tuple[str, ...]) -> list[float]:
    """Share of patients whose parameter is within the 99% interval."""
    p, weight = belief.particles.parameters.reshape(N, belief.size, -1), np.exp(belief.weight)
    found = []
    for name in parameters:
        column = belief.model.column(name)
        low, high = quantiles(p[:, :, column], weight, (0.005, 0.995)).T
        found.append(float(((low <= true[:, column]) & (true[:, column] <= high)).mean()))
    return found


def test_labs_teach() -> None:
    """What is believed in the end is much narrower than what was believed before."""
    _, belief, _ = treated("warfarin", FULL, "full")
    prior = Belief(WARFARIN, Assumptions(adherence=FULL))
    clinic = Clinic(WARFARIN, Scenario(cohort="validation"), N, 99)
    clinic.admit(np.arange(N))
    prior.start(clinic.visit())
    columns = [belief.model.column(name) for name in ("cl", "ec50")]

    def width(one: Belief) -> Floats:
        """Of CL x EC50, which decides the dose: labs cannot tell the two apart."""
        values = np.log(one.particles.parameters[:, columns].prod(axis=1)).reshape(N, one.size)
        low, high = quantiles(values, np.exp(one.weight), (0.05, 0.95)).T
        return high - low

    assert np.median(width(belief)) < 0.4 * np.median(width(prior))


def test_more_are_tried_where_few_agree() -> None:
    """A lab that only doses taken or missed against the odds explain is explained by more particles."""
    clinic = Clinic(PHENYTOIN, Scenario(cohort="validation"), 20, 7)
    clinic.admit(np.arange(20))
    first = clinic.visit()
    clinic.treat(np.full((20, 1), PHENYTOIN.standard_dose))
    visit = clinic.visit()
    lab = np.where(
        np.arange(visit.history.lab.shape[1]) == visit.history.count.max() - 1, 0.3, visit.history.lab
    )
    visit = replace(visit, history=replace(visit.history, lab=lab))
    off = {}
    for rounds in (1, 32):
        belief = Belief(PHENYTOIN, Assumptions(particles=256, rounds=rounds))
        belief.start(first)
        belief.update(visit)
        assert len(np.unique(belief.particles.ids)) == 20 * 256
        off[rounds] = np.abs(np.log(level(belief) / 0.3)).mean()
    assert off[32] < 0.7 * off[1]


def level(belief: Belief) -> Floats:
    """What the biomarker is on average, `(n,)`."""
    drawn = belief.particles
    now = course(belief.model, drawn.parameters, np.zeros((len(drawn.ids), 0)), drawn.states)[0][:, 0]
    return np.asarray((now.reshape(-1, belief.size) * np.exp(belief.weight)).sum(axis=1))


def test_unknown_genes_are_a_mixture_that_labs_narrow() -> None:
    clinic = Clinic(WARFARIN, Scenario(cohort="validation", genotype="unknown"), 4, 5)
    clinic.admit(np.arange(4))
    belief = Belief(WARFARIN, Assumptions(particles=512))
    belief.start(clinic.visit())
    for codes in belief.particles.cohort.genotypes.values():
        assert (codes >= 0).all()
    drawn = belief.particles.cohort.genotypes["VKORC1"].sum(axis=1).reshape(4, 512)
    assert all(len(set(row.tolist())) == 3 for row in drawn)


@pytest.mark.parametrize("drug", ["warfarin", "tacrolimus", "phenytoin"])
def test_belief_does_not_depend_on_company(drug: str) -> None:
    one = therapy(drug)

    def lived(ids: list[int]) -> Belief:
        clinic = Clinic(one, Scenario(cohort="validation"), len(ids), 3)
        clinic.admit(np.array(ids))
        belief = Belief(one, Assumptions(particles=64))
        belief.start(clinic.visit())
        for _ in range(4):
            belief.update(clinic.visit())
            clinic.treat(np.full((len(ids), 1), one.standard_dose))
        belief.update(clinic.visit())
        return belief

    alone, together = lived([7]), lived([3, 7, 9])
    np.testing.assert_array_equal(alone.particles.parameters, together.particles.parameters[64:128])
    np.testing.assert_array_equal(alone.particles.states, together.particles.states[64:128])
    np.testing.assert_allclose(alone.weight[0], together.weight[1], rtol=1e-12)


def test_patients_on_treatment_bring_their_history() -> None:
    clinic = Clinic(WARFARIN, Scenario(cohort="validation", start="established"), 6, 3)
    clinic.admit(np.arange(6))
    belief = Belief(WARFARIN, Assumptions(particles=256))
    belief.start(clinic.visit())
    belief.update(clinic.visit())
    mean = level(belief)
    np.testing.assert_allclose(mean, clinic.latent_now, rtol=0.25)


def test_a_lab_that_comes_late_is_taken_for_what_it_is() -> None:
    """Blood drawn three days before the visit, weighed as of then, predicts as well as a lab of the day."""
    clinic = Clinic(WARFARIN, Scenario(cohort="validation", adherence="full", lab_delay_days=3), 40, 9)
    clinic.admit(np.arange(40))
    belief = Belief(WARFARIN, Assumptions(adherence=FULL, particles=512))
    belief.start(clinic.visit())
    rule = resolve(RULE, WARFARIN)
    rule.start(clinic.visit())
    for _ in range(9):
        visit = clinic.visit()
        assert visit.lab_delay_days == 3
        belief.update(visit)
        clinic.treat(clinic.dispense(rule.prescribe(visit)))
    belief.update(clinic.visit())
    mean = level(belief)
    assert np.median(np.abs(np.log(mean / clinic.latent_now))) < 0.08
