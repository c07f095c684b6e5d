"""A cohort in chunks over threads: the same numbers, to the last bit, whatever the chunks and threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve_all
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments import statistics
from pmrl.experiments.benchmark import Comparison, choose_best_rule, compare
from pmrl.experiments.comparison_numbers import as_dict
from pmrl.experiments.estimates import PatientEstimates
from pmrl.experiments.execution import LARGEST_CHUNK, Execution, Stopped, in_order
from pmrl.experiments.treatment import Treated, Way

THERAPY = therapy("warfarin")
TEST = Scenario(cohort="test", days=35)
N, FEW = 300, 100
BEST = "pgpga"


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 100 patients are many."""
    monkeypatch.setattr(statistics, "LARGE", FEW)


def run(n: int = N, threads: int = 1, chunk: int | None = None, **options: object) -> Comparison:
    policies = resolve_all(f"random,{BEST},ppo", THERAPY)
    execution = Execution(threads, chunk)
    return compare(policies, THERAPY, TEST, n, 1, BEST, execution=execution, **options)  # type: ignore[arg-type]


def text(comparison: Comparison) -> str:
    found = as_dict(comparison)
    for row in found["policies"].values():
        del row["seconds"]
    return json.dumps(found)


@cache
def whole() -> str:
    return text(run())


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("chunk", [64, 100, 1024])
def test_chunks_and_threads_change_nothing(threads: int, chunk: int) -> None:
    assert text(run(threads=threads, chunk=chunk)) == whole()


def test_many_patients_have_the_same_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "LARGE", N)
    few = run()
    # Now the bootstrap gives way to the standard error, also in the smallest groups.
    monkeypatch.setattr(statistics, "LARGE", 19)
    outcomes = {Way(name): arm.outcomes for name, arm in few.arms.items()}
    outcomes |= {Way(name, True): arm.own_visits for name, arm in few.arms.items() if arm.own_visits}
    kept = PatientEstimates(outcomes, few.cohort, THERAPY, 1)
    moments = few.moments
    assert dict(kept.groups) == dict(moments.groups)
    assert list(kept.groups) == list(moments.groups)

    def same(first: statistics.Estimate, second: statistics.Estimate) -> None:
        values = [(found.mean, found.low, found.high) for found in (first, second)]
        np.testing.assert_allclose(*values, rtol=1e-12, atol=1e-12)

    for way, found in outcomes.items():
        assert kept.median_days_to_stable(way) == moments.median_days_to_stable(way)
        for name in (*found, "stable"):
            same(kept.mean(way, name), moments.mean(way, name))
            for group in kept.groups:
                same(kept.mean(way, name, group), moments.mean(way, name, group))
    for policy in few.arms:
        for name in ("ttr", "inr_above_4"):
            for group in (None, *kept.groups):
                pair = (Way(policy), name, Way(BEST), group)
                same(kept.difference(*pair), moments.difference(*pair))


def test_only_the_first_of_many_are_kept() -> None:
    comparison = run()
    assert (comparison.n, len(comparison.cohort)) == (N, FEW)
    assert {values.size for values in comparison.arms["ppo"].outcomes.values()} == {FEW}
    np.testing.assert_array_equal(comparison.cohort.ids, np.arange(FEW))


def test_what_is_finished_when_it_is_stopped_is_a_comparison() -> None:
    stop = threading.Event()

    def enough(treated: Treated) -> None:
        if treated.first + len(treated) >= 128:
            stop.set()

    policies = resolve_all(f"random,{BEST},ppo", THERAPY)
    execution = Execution(1, 64, stop)
    stopped = compare(policies, THERAPY, TEST, N, 1, BEST, execution=execution, on_patients=enough)
    assert (stopped.n, stopped.interrupted) == (128, True)
    assert text(replace(stopped, interrupted=False)) == text(run(128))


def test_nothing_is_kept_of_nobody() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        compare(resolve_all("fixed", THERAPY), THERAPY, TEST, N, 1, execution=Execution(2, 64, stop))
    with pytest.raises(Stopped):
        choose_best_rule(resolve_all("fixed", THERAPY), THERAPY, TEST, N, 1, Execution(2, 64, stop))


def test_the_best_rule_does_not_depend_on_threads() -> None:
    rules = resolve_all("fixed,pgpga,pgaa", THERAPY)
    found = [choose_best_rule(rules, THERAPY, TEST, 100, 9, Execution(*how)) for how in ((1, None), (2, 30))]
    assert found[0] == found[1]


def test_results_come_in_order_and_few_are_begun_ahead() -> None:
    begun: list[int] = []

    def work(job: int) -> int:
        begun.append(job)
        return job

    for job in in_order(work, range(50), Execution(3)):
        assert job <= max(begun) <= job + 3 + 2
    assert sorted(begun) == list(range(50))


def test_an_error_in_a_thread_stops_the_others() -> None:
    execution = Execution(2)

    def work(job: int) -> int:
        if job == 3:
            raise InputError("no")
        return job

    def results() -> Iterator[int]:
        yield from in_order(work, range(1_000_000), execution)

    with pytest.raises(InputError, match="no"):
        list(results())
    assert execution.stop.is_set()


def test_every_thread_has_a_chunk_and_long_episodes_have_small_ones() -> None:
    assert Execution(2).chunk_size(1000, 90) == 512
    assert Execution(2).chunk_size(10**6, 360) == LARGEST_CHUNK
    assert Execution(2).chunk_size(10**6, 40_000) == 512
    assert Execution(2, 77).chunk_size(10**6, 90) == 77


def test_a_policy_that_cannot_be_copied_is_refused() -> None:
    policy = resolve_all("fixed", THERAPY)[0]
    policy.lock = threading.Lock()  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="'fixed' cannot be copied"):
        compare([policy], THERAPY, TEST, 10, 1)
