"""Mercaptopurine: starts by genotype and titration by counts, against examples worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.hold_and_raise import Counts, step
from pmrl.agents.mercaptopurine import COUNT_RULE
from pmrl.agents.registry import policy
from pmrl.dose_rules_mercaptopurine import TPMT_POOR, cpic_start, dpwg_start
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import rollout
from pmrl.genetics import GENES
from pmrl.models.mercaptopurine_anchors import steady_tgn
from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]


def genotypes(tpmt: list[str], nudt15: list[str]) -> dict[str, NDArray[np.int8]]:
    return {"TPMT": GENES["TPMT"].parse_all(tpmt), "NUDT15": GENES["NUDT15"].parse_all(nudt15)}


def typical(tpmt: str, nudt15: str, numbers: str | None = None) -> Floats:
    m = model("gebhard-2023")
    patient = typical_patient({"TPMT": tpmt, "NUDT15": nudt15}, population=m.cohorts)
    return m.patients(patient, numbers, typical=True)


def last_count(p: Floats, dose: float = 75.0) -> float:
    return float(course(model("gebhard-2023"), p, np.full((1, 364), dose))[0][0, -1])


@pytest.mark.parametrize(
    ("tpmt", "nudt15", "cpic", "dpwg"),
    [
        ("*1/*1", "*1/*1", 75.0, 75.0),
        ("*1/*3C", "*1/*1", 41.25, 37.5),
        ("*1/*1", "*1/*2", 41.25, 37.5),
        ("*1/*2", "*1/*3", 22.5, 37.5),
        ("*2/*3A", "*1/*1", 30.0 / 7.0, 7.5),
        ("*1/*1", "*2/*3", 10.0, 7.5),
        ("*3A/*3A", "*3/*3", 30.0 / 7.0, 7.5),
        ("unknown", "unknown", 75.0, 75.0),
        ("unknown", "*1/*3", 41.25, 37.5),
    ],
)
def test_starts_follow_the_guidelines(tpmt: str, nudt15: str, cpic: float, dpwg: float) -> None:
    assert cpic_start(genotypes([tpmt], [nudt15])) == pytest.approx([cpic])
    assert dpwg_start(genotypes([tpmt], [nudt15])) == pytest.approx([dpwg])


def test_the_pharmacy_makes_every_start_to_within_a_step() -> None:
    starts = np.array([75.0, 41.25, 37.5, 22.5, 10.0, 7.5, 30.0 / 7.0])
    assert therapy("mercaptopurine").dispense(starts).tolist() == [75.0, 40.0, 37.5, 22.5, 10.0, 7.5, 5.0]


def treated(labs: list[float], days: list[int], dose: float = 80.0) -> list[float]:
    """Doses of one patient by the count rule."""
    past, doses = Counts.new(1), []
    current = np.array([dose])
    for lab, day in zip(labs, days, strict=True):
        past, current = step(COUNT_RULE, past, current, np.array([lab]), np.array([day]))
        doses.append(float(current[0]))
    return doses


def test_a_low_count_holds_the_drug_until_it_is_up_and_halves_the_dose() -> None:
    assert treated([1.0, 0.49, 0.6, 0.75, 0.76, 1.0], [7, 14, 21, 28, 35, 42]) == [
        80.0,
        0.0,
        0.0,
        0.0,
        40.0,
        40.0,
    ]
    assert treated([0.4, 0.9, 0.4, 0.9], [7, 14, 21, 28]) == [0.0, 40.0, 0.0, 20.0]
    assert treated([0.4, np.nan, 0.9], [7, 14, 21]) == [0.0, 0.0, 40.0]


def test_high_counts_raise_the_dose_after_three_in_a_row_over_six_weeks() -> None:
    weekly = list(range(7, 7 * 16, 7))
    # The first high count is on day 7: six weeks later is day 49. Then the count begins anew.
    assert treated([1.6] * 15, weekly) == [80.0] * 6 + [100.0] * 7 + [125.0] * 2
    assert treated([1.6] * 4, [0, 21, 41, 42]) == [80.0, 80.0, 80.0, 100.0]
    assert treated([1.6] * 2, [0, 42]) == [80.0, 80.0]
    assert treated([1.6, 1.6, 1.5, 1.6, 1.6], [0, 14, 28, 42, 56]) == [80.0] * 5
    assert treated([1.6, np.nan, 1.6, 1.6], [0, 14, 28, 42]) == [80.0, 80.0, 80.0, 100.0]


def test_the_rule_remembers_every_patient_apart_and_keeps_to_the_grid() -> None:
    drug, scenario = therapy("mercaptopurine"), Scenario(days=200)
    together, fewer = (
        rollout(policy("standard+counts", drug), drug, scenario, n, seed=3).prescribed for n in (40, 7)
    )
    np.testing.assert_array_equal(together[:7], fewer)
    assert together.max() <= drug.grid.maximum
    assert {0.0, 37.5, 75.0, 95.0} <= set(np.unique(together))


def test_fewer_working_alleles_mean_fewer_neutrophils() -> None:
    for reference, one, two in (
        (("*1/*1", "*1/*1"), ("*1/*3A", "*1/*1"), ("*3A/*3C", "*1/*1")),
        (("*1/*1", "*1/*1"), ("*1/*1", "*1/*3"), ("*1/*1", "*2/*3")),
    ):
        assert last_count(typical(*reference)) > last_count(typical(*one)) > last_count(typical(*two))


def test_the_named_sets_differ_in_tpmt_intermediates_only() -> None:
    counts = [last_count(typical("*1/*3A", "*1/*1", name)) for name in model("gebhard-2023").parameter_sets]
    assert counts[1] < counts[0] < counts[2]
    for name in model("gebhard-2023").parameter_sets:
        np.testing.assert_array_equal(typical("*3A/*3A", "*1/*3", name), typical("*3A/*3A", "*1/*3"))


def test_doubling_the_dose_moves_the_nucleotides_little() -> None:
    assert steady_tgn("NM", 150.0) < 1.25 * steady_tgn("NM", 75.0)
    assert steady_tgn("NM", 60.0) < 2.5 * steady_tgn("NM", 10.0)


def test_poor_metabolisers_have_more_nucleotides_on_their_own_dose_than_others_on_theirs() -> None:
    """As CPIC says."""
    assert steady_tgn("PM", float(TPMT_POOR)) > 1.5 * steady_tgn("NM", 75.0)


def test_a_marrow_recovers_when_the_drug_is_stopped() -> None:
    m, p = model("gebhard-2023"), typical("*3A/*3A", "*3/*3")
    empty, states = course(m, p, np.full((1, 300), 150.0))
    assert empty[0, -1] < 0.01
    stopped = course(m, p, np.zeros((1, 200)), states)[0]
    assert stopped.max() > 0.5
    assert (states[0, 3:] > 0.0).all()


def test_the_worst_patient_of_many_stays_finite() -> None:
    m = model("gebhard-2023")
    p = m.patients(m.cohorts.cohort(64, seed=1))
    p[:, m.column("gamma")], p[:, m.column("ktr")], p[:, m.column("vmm")] = 1.1, 1.5, 5.0
    on_and_off = np.repeat(np.tile([150.0, 0.0, 0.0], 10), 12)[None, :]
    assert np.isfinite(course(m, p, on_and_off)[0]).all()


def test_the_first_weeks_are_not_held_against_anybody() -> None:
    low, high = therapy("mercaptopurine").target_range(60)
    assert (low == 0.5).all()
    assert (high[:28] == 20.0).all()
    assert (high[28:] == 2.0).all()
    assert therapy("mercaptopurine").limits(60)[3:].T[40].tolist() == [0.5, np.inf]
