"""Both ways to estimate, from every patient and from moments, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pmrl.cohort import Cohort
from pmrl.envs.registry import therapy
from pmrl.experiments import estimates
from pmrl.experiments.estimates import MomentEstimates, PatientEstimates
from pmrl.experiments.genotype_groups import genotype_codes, genotype_groups
from pmrl.experiments.statistics import Bootstrap, Estimate
from pmrl.experiments.treatment import Treated, Way

THERAPY = therapy("warfarin")
N, SEED, DAYS = 150, 4, 90
COHORT = Cohort.sample(N, SEED)
RULE, OTHER, OWN = Way("rule"), Way("other"), Way("other", own_visits=True)
GROUPS = {label: mask for label, mask in genotype_groups(COHORT, THERAPY).items() if mask.sum() >= 20}
"""Groups of fewer than 20 patients are not shown."""


class EveryThird:
    """Contributors of whom each is behind three patients who follow one another; some of them unknown."""

    def rows(self, ids: np.ndarray) -> np.ndarray:
        return np.where(ids % 7 == 0, -1, ids // 3)


def drawn(way: Way) -> dict[str, np.ndarray]:
    """Outcomes of a way."""
    random = np.random.default_rng(len(way.policy) + way.own_visits)
    days = random.integers(1, DAYS + 1, N).astype(np.float64)
    days[random.random(N) < 0.4] = np.nan
    ttr = random.random(N)
    ttr[3] = np.nan
    return {"ttr": ttr, "days_to_stable": days}


OUTCOMES = {way: drawn(way) for way in (RULE, OTHER, OWN)}


def of_patients(**options: Any) -> PatientEstimates:
    return PatientEstimates(OUTCOMES, COHORT, THERAPY, SEED, **options)


def of_moments(
    monkeypatch: pytest.MonkeyPatch, outcomes: Any = None, pairs: Any = (), **options: Any
) -> MomentEstimates:
    """The same from blocks of 16, who come in two pieces."""
    monkeypatch.setattr(estimates, "BLOCK", 16)
    found = MomentEstimates(THERAPY, DAYS, pairs, **options)
    everybody = Treated(0, genotype_codes(COHORT, THERAPY), outcomes or OUTCOMES)
    for start, stop in ((0, 70), (70, N)):
        found.add(everybody.cut(start, stop))
    found.finish()
    return found


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean with 1.96 standard errors on either side."""
    values = values[np.isfinite(values)]
    half = 1.96 * values.std(ddof=1) / values.size**0.5
    return values.mean(), values.mean() - half, values.mean() + half


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.mean, estimate.low, estimate.high


def test_moments_give_the_means_and_standard_errors_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    found = of_moments(monkeypatch)
    assert found.patients == N
    for way, values in OUTCOMES.items():
        assert numbers(found.mean(way, "ttr")) == pytest.approx(interval(values["ttr"]))
        stable = np.isfinite(values["days_to_stable"]).astype(float)
        assert numbers(found.mean(way, "stable")) == pytest.approx(interval(stable))
        for label, mask in GROUPS.items():
            assert numbers(found.mean(way, "ttr", label)) == pytest.approx(interval(values["ttr"][mask]))


def test_differences_are_paired(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = ((OTHER, RULE), (RULE, RULE), (RULE, OTHER))
    found = of_moments(monkeypatch, pairs=pairs)
    difference = OUTCOMES[OTHER]["ttr"] - OUTCOMES[RULE]["ttr"]
    assert numbers(found.difference(OTHER, "ttr", RULE)) == pytest.approx(interval(difference))
    assert numbers(found.difference(RULE, "ttr", OTHER)) == pytest.approx(interval(-difference))
    assert numbers(found.difference(RULE, "ttr", RULE)) == (0.0, 0.0, 0.0)
    assert of_patients().difference(OTHER, "ttr", RULE) == Bootstrap(N, SEED).mean(difference)
    for label, mask in GROUPS.items():
        assert numbers(found.difference(OTHER, "ttr", RULE, label)) == pytest.approx(
            interval(difference[mask])
        )
        expected = Bootstrap(int(mask.sum()), SEED).mean(difference[mask])
        assert of_patients().difference(OTHER, "ttr", RULE, label) == expected
    # Of those who are added up and forgotten, only what was asked for beforehand is known.
    with pytest.raises(KeyError):
        found.difference(OWN, "ttr", RULE)


def test_patients_are_bootstrapped_everybody_and_by_group() -> None:
    found = of_patients()
    for way, values in OUTCOMES.items():
        assert found.mean(way, "ttr") == Bootstrap(N, SEED).mean(values["ttr"])
        for label, mask in GROUPS.items():
            expected = Bootstrap(int(mask.sum()), SEED).mean(values["ttr"][mask])
            assert found.mean(way, "ttr", label) == expected


def test_groups_are_those_of_at_least_20_the_largest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {label: int(mask.sum()) for label, mask in GROUPS.items()}
    assert 1 < len(sizes) < len(genotype_groups(COHORT, THERAPY))
    for found in (of_patients(), of_moments(monkeypatch)):
        assert list(found.groups.items()) == list(sizes.items())


@pytest.mark.parametrize("smallest_cell", range(1, 51, 7))
def test_groups_of_few_recorded_patients_are_left_out(
    monkeypatch: pytest.MonkeyPatch, smallest_cell: int
) -> None:
    options: dict[str, Any] = {"contributors": EveryThird(), "smallest_cell": smallest_cell}
    rows = EveryThird().rows(np.arange(N))
    behind = {label: len(set(rows[mask & (rows >= 0)])) for label, mask in GROUPS.items()}
    expected = [label for label in GROUPS if behind[label] >= smallest_cell]
    for found in (of_patients(**options), of_moments(monkeypatch, **options)):
        assert list(found.groups) == expected
    # Nothing follows from the total: all the small groups together are more than a cell.
    assert len(expected) < len(GROUPS) or smallest_cell < min(behind.values()) + 1


class OneOrNobody:
    """One recorded patient is behind everybody, but nobody behind those of the largest group."""

    def rows(self, ids: np.ndarray) -> np.ndarray:
        return np.where(next(iter(GROUPS.values()))[ids], -1, 0)


def test_unless_asked_groups_of_one_recorded_patient_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    contributors: Any = OneOrNobody()
    moments = of_moments(monkeypatch, contributors=contributors)
    for found in (of_patients(contributors=contributors), moments):
        assert list(found.groups) == list(GROUPS)[1:]


def stable_after(days: list[float]) -> dict[Way, dict[str, np.ndarray]]:
    """Outcomes of patients of whom the first came to a stable dose on these days, and nobody else."""
    padded = np.full(N, np.nan)
    padded[: len(days)] = days
    return {RULE: {"ttr": np.ones(N), "days_to_stable": padded}}


@pytest.mark.parametrize(
    ("days", "median"),
    [
        ([], None),
        ([21.0], 21.0),
        ([7.0, 14.0], 10.5),
        ([28.0, 7.0, 14.0], 14.0),
        ([7.0, 14.0, 28.0, 90.0], 21.0),
        ([90.0, 7.0, 7.0, 7.0], 7.0),
        # All or most of them only on the last day.
        ([90.0], 90.0),
        ([7.0, 90.0, 90.0], 90.0),
        ([7.0] * 30 + [14.0] * 31, 14.0),
    ],
)
def test_the_median_is_of_those_who_became_stable(
    monkeypatch: pytest.MonkeyPatch, days: list[float], median: float | None
) -> None:
    outcomes = stable_after(days)
    assert of_moments(monkeypatch, outcomes=outcomes).median_days_to_stable(RULE) == median
    kept = PatientEstimates(outcomes, COHORT, THERAPY, SEED)
    assert kept.median_days_to_stable(RULE) == median
    assert kept.mean(RULE, "stable").mean == pytest.approx(len(days) / N)
