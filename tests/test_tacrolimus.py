"""What is specific to tacrolimus: starts and drug monitoring by hand-worked examples, genotype, recovery."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.agents.monitoring import MOST
from pmrl.agents.proportional import Proportional
from pmrl.agents.registry import names_for
from pmrl.agents.tacrolimus import FIRST_LEVEL_DAY
from pmrl.body import fat_free_mass, surface_area
from pmrl.dose_rules_tacrolimus import andrews_start, cpic_start, dpwg_start, weight_start
from pmrl.envs.registry import therapy
from pmrl.envs.visit import History, Visit
from pmrl.genetics import GENES
from pmrl.models.registry import model
from pmrl.models.tacrolimus_population import POPULATION
from pmrl.solve import course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]
MODEL, THERAPY = model("andrews-2019"), therapy("tacrolimus")
CYP3A5 = ("*3/*3", "*1/*3", "*1/*6", "*1/*1", "")


def genotypes(cyp3a5: tuple[str, ...], cyp3a4: str = "*1/*1") -> dict[str, NDArray[np.int8]]:
    return {
        "CYP3A5": GENES["CYP3A5"].parse_all(cyp3a5),
        "CYP3A4": GENES["CYP3A4"].parse_all([cyp3a4] * len(cyp3a5)),
    }


def known(n: int, **changed: float) -> dict[str, Floats]:
    patient = {"age": 56.0, "height_cm": 173.0, "weight_kg": 77.5, **changed}
    return {name: np.full(n, value) for name, value in patient.items()}


def parameters(
    numbers: str | None = None, cyp3a5: str = "*3/*3", cyp3a4: str = "*1/*1", **who: float
) -> Floats:
    patient = typical_patient({"CYP3A5": cyp3a5, "CYP3A4": cyp3a4}, population=POPULATION, **who)
    return MODEL.patients(patient, numbers, typical=True)


def visit(day: int, lab: Floats) -> Visit:
    n, nan = lab.size, np.full((lab.size, 1), np.nan)
    history = History(np.full((n, 1), day), lab[:, None], nan, nan, np.ones(n, dtype=np.int64), nan)
    days = np.full(n, day, dtype=np.int64)
    return Visit(THERAPY, np.arange(n), days, np.full(n, 4), known(n), genotypes(("",) * n), history)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (weight_start, [16.0, 16.0, 16.0, 16.0, 16.0]),
        (cpic_start, [16.0, 24.0, 24.0, 24.0, 16.0]),
        (dpwg_start, [16.0, 24.0, 24.0, 40.0, 16.0]),
    ],
)
def test_starts_by_weight_and_genotype(rule, expected) -> None:  # type: ignore[no-untyped-def]
    found = rule(known(5, weight_kg=80.0), genotypes(CYP3A5))
    np.testing.assert_allclose(found, expected)
    missing = rule(known(5, weight_kg=np.nan), genotypes(CYP3A5))
    np.testing.assert_allclose(missing, np.array(expected) * 77.5 / 80.0)


def test_the_start_equation_gives_the_doses_it_is_known_for() -> None:
    """5.0 and 8.1 mg twice a day at 56 years and 1.93 m2."""
    found = andrews_start(known(2), genotypes(("*3/*3", "*1/*3")))
    np.testing.assert_allclose(found / 2.0, [5.0, 8.1], atol=0.01)
    slow = andrews_start(known(2), genotypes(("*3/*3", "*1/*3"), "*1/*22"))
    np.testing.assert_allclose(slow, 0.814 * found)
    old = andrews_start(known(2, age=72.0), genotypes(("*3/*3", "*1/*3")))
    np.testing.assert_allclose(old, found * np.sqrt(56.0 / 72.0))


@pytest.mark.parametrize(
    ("day", "lab", "expected"),
    [
        (0, 0.0, 10.0),  # before the first level
        (3, 10.0, 12.5),  # aim 12.5
        (3, 25.0, 5.0),
        (3, 60.0, 5.0),  # by half at most
        (10, 2.0, 15.0),
        (10, 0.0, 15.0),
        (14, 8.0, 12.5),  # aim 10
        (28, 15.0, 5.0),  # aim 7.5
        (30, np.nan, 10.0),
    ],
)
def test_the_dose_follows_the_level_in_proportion(day: int, lab: float, expected: float) -> None:
    stage = Proportional(MOST, FIRST_LEVEL_DAY)
    answer = stage.prescribe(visit(day, np.array([lab])), np.array([10.0]), np.array([lab]))
    np.testing.assert_allclose(answer.doses.ravel(), [expected])


def test_a_level_in_range_may_be_left_alone_and_a_dose_never_ends() -> None:
    stage, lab = Proportional(MOST, FIRST_LEVEL_DAY, leaves_in_range=True), np.array([10.5, 15.5, 9.0, 40.0])
    answer = stage.prescribe(visit(7, lab), np.array([10.0, 10.0, 10.0, 1.0]), lab)
    np.testing.assert_allclose(answer.doses.ravel(), [10.0, 10 * 12.5 / 15.5, 10 * 12.5 / 9.0, 1.0])


def test_every_start_has_both_kinds_of_monitoring() -> None:
    names = set(names_for(THERAPY))
    starts = {"weight", "cpic", "dpwg", "andrews"}
    assert starts | {f"{start}+{way}" for start in starts for way in ("tdm", "tdm-outside")} <= names


def test_genotype_moves_clearance_as_published() -> None:
    cl, one = MODEL.column("cl"), parameters(cyp3a5="*1/*3")
    none = parameters(cyp3a5="*3/*7")
    assert one[0, cl] / none[0, cl] == pytest.approx(1.631)
    assert parameters(cyp3a5="*1/*1")[0, cl] / none[0, cl] == pytest.approx(1.631)
    assert parameters("three-level", cyp3a5="*1/*1")[0, cl] / none[0, cl] == pytest.approx(2.0)
    assert parameters("three-level", cyp3a5="*1/*6")[0, cl] / none[0, cl] == pytest.approx(1.631)
    assert parameters(cyp3a4="*1/*22")[0, cl] / none[0, cl] == pytest.approx(0.8)


def test_the_reference_patient_has_the_published_clearance_and_volume() -> None:
    p = parameters(hematocrit_percent=34.0, age=55.72, creatinine_umol_l=134.98)
    assert p[0, MODEL.column("cl")] == pytest.approx(23.0, rel=1e-3)
    assert p[0, MODEL.column("v1")] == pytest.approx(692.0, rel=0.02)


def test_haematocrit_recovers_and_the_level_climbs() -> None:
    p = parameters()
    still = p.copy()
    still[:, MODEL.column("hct_rise")] = 1e-9
    climbing, without = (course(MODEL, q, np.full((1, 90), 10.0))[0][0] for q in (p, still))
    assert climbing[60] > 1.3 * climbing[7]
    assert climbing[90] > 1.1 * without[90] > climbing[7]
    assert climbing[3] == pytest.approx(without[3], rel=0.01)


def test_left_out_lag_would_change_a_trough_by_no_more_than_three_percent() -> None:
    """A trough with the lag is the level 0.38 h before the next dose without it."""
    p = parameters(cyp3a5="*1/*3")[0]
    doses = np.full((1, 30), 10.0)
    _, y = course(MODEL, p[None], doses)
    slope = np.empty(3)
    MODEL.rhs(30 * 24.0, np.ascontiguousarray(y[0]), p, slope)
    assert 0.01 < -0.38 * slope[1] / y[0, 1] < 0.03


def test_patients_have_bodies_that_fit_together() -> None:
    drawn = POPULATION.cohort(5000, seed=2).covariates
    surface = surface_area(drawn["height_cm"], drawn["weight_kg"])
    lean = fat_free_mass(drawn["height_cm"], drawn["weight_kg"], drawn["female"])
    assert 74.0 <= np.median(drawn["weight_kg"]) <= 79.0
    assert 1.90 <= np.median(surface) <= 2.03
    assert np.corrcoef(drawn["height_cm"], drawn["weight_kg"])[0, 1] > 0.4
    assert (lean < drawn["weight_kg"]).all()
    assert np.median(lean[drawn["female"] == 1.0]) < 0.8 * np.median(lean[drawn["female"] == 0.0])


def test_expressers_need_the_larger_dose_for_the_same_level() -> None:
    without, with_one = (
        MODEL.maintenance_dose(parameters(cyp3a5=text), 7.5)[0] for text in ("*3/*3", "*1/*3")
    )
    assert 1.5 < with_one / without < 2.0
