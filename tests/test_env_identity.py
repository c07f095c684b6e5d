"""A patient is the same patient in any batch, row and order, and a state brings back the same future."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.envs.dosing import DosingEnv, DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import Prescription, Visit
from pmrl.experiments.rollout import rollout
from pmrl.threads import SMALLEST_PART, in_parts

SEED = 21
SCENARIOS: dict[str, dict[str, Any]] = {
    "default": {},
    "established": {"start": "established", "cohort": "sampled"},
    "disturbed": {
        "interaction": "antibiotic",
        "vitamin_k": 0.3,
        "surgery": True,
        "missed_visits": 0.3,
        "lab_delay_days": 1,
    },
}
every_scenario = pytest.mark.parametrize("options", SCENARIOS.values(), ids=SCENARIOS)


def dose_for(patient: NDArray[np.int64], visit: NDArray[np.int64]) -> NDArray[np.int64]:
    """A grid level that depends on the patient and on how often it was seen, not on the row."""
    return (7 * patient + 5 * visit) % 31


def lives(env: DosingVectorEnv, steps: int, info: dict[str, Any]) -> dict[int, list[Any]]:
    """What each patient's episode showed: observations, rewards and true INRs, by patient id."""
    visits = np.zeros(env.num_envs, dtype=np.int64)
    seen: dict[int, list[Any]] = {}
    for _ in range(steps):
        patient = info["patient"]
        observation, reward, _, truncated, info = env.step(dose_for(patient, visits))
        visits = np.where(truncated, 0, visits + 1)
        for row, who in enumerate(patient):
            last = info["final_obs"][row] if truncated[row] else observation[row]
            seen.setdefault(int(who), []).append((*last, reward[row]))
    return seen


def alone(patient: int, options: dict[str, Any], steps: int = 40) -> list[Any]:
    """The same episode in an environment of one."""
    env = DosingEnv(therapy="warfarin", actions="discrete", **options)
    env.reset(seed=SEED, options={"patients": [patient]})
    seen = []
    for visit in range(steps):
        observation, reward, _, truncated, _ = env.step(dose_for(np.int64(patient), np.int64(visit)))
        seen.append((*observation, reward))
        if truncated:
            break
    return seen


@every_scenario
@pytest.mark.parametrize("rows", [1, 7, 64])
def test_a_patient_does_not_depend_on_the_batch(options: dict[str, Any], rows: int) -> None:
    env = DosingVectorEnv(rows, therapy="warfarin", actions="discrete", **options)
    _, info = env.reset(seed=SEED)
    found = lives(env, 34 if rows < 64 else 18, info)
    for patient in (0, rows - 1, *([rows, 2 * rows - 1] if rows < 64 else [])):
        if patient in found:
            expected = alone(patient, options)
            np.testing.assert_array_equal(found[patient], expected[: len(found[patient])])
    assert len(found) >= (2 if rows == 1 else rows)


@every_scenario
def test_a_patient_does_not_depend_on_row_or_order(options: dict[str, Any]) -> None:
    env = DosingVectorEnv(7, therapy="warfarin", actions="discrete", **options)
    order = np.array([3, 900, 0, 5, 6, 1, 2])
    _, info = env.reset(seed=SEED, options={"patients": order, "rows": np.array([6, 0, 2, 1, 4, 3, 5])})
    assert info["patient"].tolist() == [900, 5, 0, 1, 6, 2, 3]
    found = lives(env, 12, info)
    for patient in (3, 900, 0):
        np.testing.assert_array_equal(found[patient], alone(patient, options)[:12])


@every_scenario
def test_a_row_reset_leaves_the_other_rows_alone(options: dict[str, Any]) -> None:
    env = DosingVectorEnv(5, therapy="warfarin", actions="discrete", **options)
    _, info = env.reset(seed=SEED, options={"patients": [0, 0, 0, 0, 0]})
    first = lives(env, 4, info)[0]
    np.testing.assert_array_equal(first[0::5], first[1::5])
    before = env.get_state()
    mask = np.array([False, True, False, True, False])
    observation, info = env.reset(options={"rows": mask, "patients": [1_000_000, 8]})
    assert info["patient"].tolist() == [0, 1_000_000, 0, 8, 0]
    after = env.get_state()
    for name in (
        "world.latent",
        "world.clearance_by",
        "clinic.lab",
        "clinic.count",
        "covariate.age",
        "static",
    ):
        if len(before[name]) == 5:
            np.testing.assert_array_equal(before[name][~mask], after[name][~mask])
    fresh = DosingEnv(therapy="warfarin", actions="discrete", **options)
    for row, patient in ((1, 1_000_000), (3, 8)):
        np.testing.assert_array_equal(
            observation[row], fresh.reset(seed=SEED, options={"patients": [patient]})[0]
        )
    levels = np.array([9, 9, 9, 9, 9])
    rewards = [env.step(levels)[1] for _ in range(6)]
    fresh.reset(seed=SEED, options={"patients": [8]})
    assert [reward[3] for reward in rewards] == [fresh.step(9)[1] for _ in range(6)]


class Levels:
    """Prescribes what `dose_for` says."""

    name, kind = "levels", "rule"

    def start(self, visit: Visit) -> None:
        self.visits = 0

    def prescribe(self, visit: Visit) -> Prescription:
        self.visits += 1
        return Prescription.constant(0.5 * dose_for(visit.ids, np.int64(self.visits - 1)))


@every_scenario
def test_the_environment_and_the_study_see_the_same_course(options: dict[str, Any]) -> None:
    drug = therapy("warfarin")
    course = rollout(Levels(), drug, Scenario(**options), 6, SEED)
    env = DosingVectorEnv(6, therapy="warfarin", actions="discrete", **options)
    _, info = env.reset(seed=SEED)
    ended = np.zeros(6, dtype=np.bool_)
    visits = 0
    while not ended.all():
        clinic = env.clinic
        _, _, truncated, _ = env.treat(dose_for(info["patient"], np.int64(visits)))
        visits, ended = visits + 1, truncated
    np.testing.assert_array_equal(clinic.latent, course.latent)
    for row in range(6):
        count = clinic.count[row]
        np.testing.assert_array_equal(clinic.at[row, :count], course.visit_day[row, :count])
        np.testing.assert_array_equal(clinic.lab[row, :count], course.lab[row, :count])
        assert np.isnan(course.visit_day[row, count:]).all()


def future(env: DosingVectorEnv, steps: int) -> Iterator[NDArray[Any]]:
    for number in range(steps):
        observation, reward, _, truncated, info = env.step((np.arange(env.num_envs) * 3 + number) % 15)
        yield from (observation, reward, truncated, info["patient"], info["latent"])


@every_scenario
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_state_brings_back_the_same_future(options: dict[str, Any], elsewhere: bool) -> None:
    def make() -> DosingVectorEnv:
        return DosingVectorEnv(
            3, therapy="warfarin", actions="relative", choose_interval=True, flatten=True, **options
        )

    env = make()
    env.reset(seed=SEED)
    for _ in future(env, 9):
        pass
    state = env.get_state()
    kept = {name: np.array(values) for name, values in state.items()}
    expected = list(future(env, 25))
    other = make() if elsewhere else env
    other.reset(seed=SEED + 1)
    for _ in future(other, 5):
        pass
    other.set_state(state)
    for a, b in zip(expected, future(other, 25), strict=True):
        np.testing.assert_array_equal(a, b)
    for name, values in kept.items():
        np.testing.assert_array_equal(values, state[name])


def test_the_batch_of_one_has_states_too() -> None:
    env = DosingEnv(therapy="warfarin", actions="discrete")
    env.reset(seed=SEED)
    env.step(9)
    state = env.get_state()
    expected = env.step(12)
    env.reset(seed=3)
    env.set_state(state)
    again = env.step(12)
    np.testing.assert_array_equal(expected[0], again[0])
    assert expected[1:] == again[1:]


@every_scenario
def test_threads_change_nothing(options: dict[str, Any]) -> None:
    rows = 3 * SMALLEST_PART + 5
    one, three = (
        DosingVectorEnv(rows, therapy="warfarin", actions="discrete", threads=threads, **options)
        for threads in (1, 3)
    )
    actions = np.arange(rows) % 31
    np.testing.assert_array_equal(one.reset(seed=SEED)[0], three.reset(seed=SEED)[0])
    for _ in range(8):
        for a, b in zip(one.step(actions)[:4], three.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(a, b)


def test_every_part_is_done_and_the_first_failure_told() -> None:
    done: list[tuple[int, int]] = []

    def kernel(first: int, end: int, failing: int) -> int:
        done.append((first, end))
        return 8 * failing + 1 if first <= failing < end else 0

    n = 4 * SMALLEST_PART + 3
    assert in_parts(kernel, n, 4, (n - 1,)) == 8 * (n - 1) + 1
    assert [first for first, _ in sorted(done)] == [0, *(end for _, end in sorted(done)[:-1])]
    assert max(end for _, end in done) == n
    assert len(done) == 4
    done.clear()
    assert in_parts(kernel, SMALLEST_PART, 4, (-1,)) == 0
    assert done == [(0, SMALLEST_PART)]
