"""In every environment a patient is the same alone, in a batch and in any row, and states bring back futures.

`test_env_identity` asks more of the one drug that has every disturbance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.envs.dosing import DosingEnv, DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.threads import SMALLEST_PART

SEED, VISITS = 21, 12
COMPANY, STRANGER = [3, 0, 1, 2, 5, 6, 4], 900
"""The patients of a batch, the first of whom is looked at alone too; and one who joins another batch."""
SCENARIOS: dict[str, dict[str, Any]] = {
    "default": {},
    "established": {"start": "established", "cohort": "sampled", "missed_visits": 0.3, "lab_delay_days": 1},
}
every_drug = pytest.mark.parametrize("drug", THERAPIES)
every_scenario = pytest.mark.parametrize("options", SCENARIOS.values(), ids=SCENARIOS)


def batch(drug: str, rows: int, **options: Any) -> DosingVectorEnv:
    return DosingVectorEnv(rows, therapy=drug, actions="discrete", **options)


def levels(drug: str, patient: NDArray[np.int64], visit: int) -> NDArray[np.int64]:
    """Doses that depend on the patient and the visit, and not on the row."""
    return (7 * patient + 5 * visit) % therapy(drug).grid.levels.size


def course(drug: str, env: DosingVectorEnv, patients: list[int]) -> dict[int, list[Any]]:
    """What these patients, one in each row, show at `VISITS` visits or until one of their episodes ends.

    Of every patient: observation and true biomarker; then at each visit reward, cost and end too.
    """
    observation, info = env.reset(seed=SEED, options={"patients": patients})
    seen = {who: [observation[row], info["latent"][row]] for row, who in enumerate(patients)}
    for visit in range(VISITS):
        observation, reward, done, info = env.treat(levels(drug, info["patient"], visit))
        for row, who in enumerate(patients):
            seen[who] += [observation[row], info["latent"][row], reward[row], info["cost"][row], done[row]]
        if done.any():
            break
    return seen


def alone(drug: str, patient: int, options: dict[str, Any]) -> list[Any]:
    """The same episode in the environment of one."""
    env = DosingEnv(therapy=drug, actions="discrete", **options)
    observation, info = env.reset(seed=SEED, options={"patients": [patient]})
    seen, done = [observation, info["latent"]], False
    for visit in range(VISITS):
        if not done:
            level = levels(drug, np.int64(patient), visit)
            observation, reward, _, done, info = env.step(level)
            seen += [observation, info["latent"], reward, info["cost"], done]
    return seen


def require_same(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@every_drug
@every_scenario
def test_a_patient_is_the_same_alone_in_a_batch_and_in_another_row(
    drug: str, options: dict[str, Any]
) -> None:
    env = batch(drug, len(COMPANY), **options)
    expected, together = alone(drug, COMPANY[0], options), course(drug, env, COMPANY)
    # Another batch, in which everybody but a stranger is in another row.
    elsewhere = course(drug, batch(drug, len(COMPANY), **options), [*COMPANY[1:-1], STRANGER, COMPANY[0]])
    n = min(len(expected), len(together[COMPANY[0]]), len(elsewhere[COMPANY[0]]))
    assert n > 10
    require_same(together[COMPANY[0]][:n], expected[:n])
    for who in COMPANY[:-1]:
        require_same(elsewhere[who][:n], together[who][:n])


def future(env: DosingVectorEnv, visits: int) -> Iterator[Any]:
    n_levels = env.therapy.grid.levels.size
    for visit in range(visits):
        action = (3 * np.arange(env.num_envs) + visit) % n_levels
        observation, reward, _, truncated, info = env.step(action)
        yield from (observation, reward, truncated, info["patient"], info["latent"], info["dose"])


@every_drug
@every_scenario
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_a_state_brings_back_the_same_future(drug: str, options: dict[str, Any], elsewhere: bool) -> None:
    """Over the end of an episode, in the same environment or another one."""
    first, second = (batch(drug, 3, days=35, **options) for _ in range(2))
    first.reset(seed=SEED)
    list(future(first, 2))
    state = first.get_state()
    expected = list(future(first, VISITS))
    assert any(truncated.any() for truncated in expected[2::6])
    other = second if elsewhere else first
    other.reset(seed=SEED + 1)
    list(future(other, 2))
    other.set_state(state)
    require_same(list(future(other, VISITS)), expected)


@every_drug
def test_threads_change_nothing(drug: str) -> None:
    rows = 600
    assert rows > 3 * SMALLEST_PART
    one, three = (batch(drug, rows, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.reset(seed=SEED)[0], three.reset(seed=SEED)[0])
    require_same(list(future(three, 3)), list(future(one, 3)))
