"""What every environment id promises, whatever its options."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
import stable_baselines3.common.env_checker as sb3_checker
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics
from option_pairs import VALUES, allowed, covering, label

from pmrl.envs.dosing import DosingEnv, DosingVectorEnv
from pmrl.envs.registry import THERAPIES, therapy

COMBINATIONS = covering()
IDS = {environment: drug for drug, (environment, _) in THERAPIES.items()}
every_id = pytest.mark.parametrize("environment", IDS)
every_combination = pytest.mark.parametrize("options", COMBINATIONS, ids=label)


def day_of_visit(environment: str, number: int) -> int:
    """Its day, on the schedule; the visit of day 0 is number 0."""
    day, visits = 0, therapy(IDS[environment]).schedule
    for _ in range(number):
        day = visits.next_day(day)
    return day


def suited(environment: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options without disturbances that the drug does not know, and with time for a few visits."""
    drug = therapy(IDS[environment])
    if "start" in options and options.get("days") is not None:
        # Gymnasium refuses episodes of one step, and several visits in a row may be missed.
        enough = day_of_visit(environment, 8 if options.get("missed_visits") else 3)
        options = {**options, "days": max(options["days"], enough)}
    left_out = {name for name in ("interaction",) if options.get(name) not in drug.interactions}
    left_out |= set() if drug.diet else {"vitamin_k"}
    return {name: value for name, value in options.items() if name not in left_out}


def one(environment: str, **options: Any) -> DosingEnv:
    made = gymnasium.make(environment, **suited(environment, options)).unwrapped
    assert isinstance(made, DosingEnv)
    return made


def batch(environment: str, rows: int, **options: Any) -> DosingVectorEnv:
    made = gymnasium.make_vec(environment, num_envs=rows, **suited(environment, options))
    assert isinstance(made, DosingVectorEnv)
    return made


def test_every_pair_of_options_is_covered() -> None:
    for a, b in (("actions", "start"), ("flatten", "actions"), ("days", "interaction")):
        for x in VALUES[a]:
            for y in VALUES[b]:
                hit = any(options[a] == x and options[b] == y for options in COMBINATIONS)
                assert hit or not allowed({a: x, b: y})


def test_every_id_is_registered() -> None:
    ours = {name for name in gymnasium.registry if name.startswith("pmrl/")}
    assert ours == set(IDS)


@every_id
@every_combination
def test_gymnasium_has_no_complaint(environment: str, options: dict[str, Any]) -> None:
    check_env(one(environment, **options))


@every_id
@every_combination
def test_stable_baselines3_has_no_complaint(environment: str, options: dict[str, Any]) -> None:
    sb3_checker.check_env(one(environment, **options), warn=True)


@every_id
@every_combination
def test_an_episode_keeps_its_promises(environment: str, options: dict[str, Any]) -> None:
    env = batch(environment, 3, **options)
    drug = therapy(IDS[environment])
    grid, horizon = drug.grid, suited(environment, options)["days"] or drug.horizon_days
    weights = drug.reward_weights if options["reward_weights"] is None else options["reward_weights"]
    env.action_space.seed(5)
    observation, info = env.reset(seed=1)
    assert set(info) == {"day", "patient", "latent"}
    assert env.observation_space.contains(observation)
    assert observation.shape == (3, len(env.feature_names))
    lived = np.zeros(3)
    for _ in range(horizon):
        before = info["day"]
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation)
        assert not terminated.any()
        seen = info["final_info"] if truncated.any() else info
        day = np.where(truncated, seen["day"], info["day"])
        np.testing.assert_array_equal(truncated, day == horizon)
        lived += day - before
        terms = info["reward_terms"]
        np.testing.assert_allclose(
            reward, sum(weight * terms[name] for name, weight in weights.items()), atol=1e-9
        )
        np.testing.assert_array_equal(terms["in_range"] + terms["below"] + terms["above"], day - before)
        np.testing.assert_array_equal(info["cost"], terms["unsafe"] + terms["harm"])
        np.testing.assert_array_equal(grid.nearest(info["dose"]), info["dose"])
        assert (terms["visit"] == 1).all()
        if truncated.all():
            break
        if truncated.any():
            return  # Rows are on different days from here on, which `test_env_identity` looks at.
    np.testing.assert_array_equal(lived, horizon)


@every_id
@every_combination
def test_a_seed_decides_everything(environment: str, options: dict[str, Any]) -> None:
    def trajectory(seed: int) -> list[np.ndarray]:
        env = batch(environment, 2, **options)
        env.action_space.seed(3)
        found = [env.reset(seed=seed)[0]]
        for _ in range(6):
            observation, reward, _, _, info = env.step(env.action_space.sample())
            found += [observation, reward, info["latent"]]
        return found

    first, again, other = trajectory(11), trajectory(11), trajectory(12)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@every_id
def test_reset_goes_on_with_the_next_patients(environment: str) -> None:
    env = one(environment, days=4)
    patients = [env.reset(seed=9)[1]["patient"]]
    for _ in range(2):
        truncated = False
        while not truncated:
            _, _, _, truncated, info = env.step(env.action_space.sample())
        assert (info["day"], info["patient"]) == (4, patients[-1])
        patients.append(env.reset()[1]["patient"])
    assert patients == [0, 1, 2]
    assert env.reset(options={"patients": [40]})[1]["patient"] == 40
    assert env.reset(seed=9)[1]["patient"] == 0


@every_id
def test_the_batch_behaves_like_gymnasiums_own(environment: str) -> None:
    days = day_of_visit(environment, 3)
    ours = batch(environment, 2, days=days, actions="discrete")
    theirs = SyncVectorEnv(
        [lambda: one(environment, days=days, actions="discrete")] * 2, autoreset_mode=AutoresetMode.SAME_STEP
    )
    ours.reset(seed=4)
    theirs.reset(seed=[4, 4], options={"patients": [0]})
    for _ in range(3):
        mine, other = ours.step(np.array([1, 2])), theirs.step(np.array([1, 2]))
        np.testing.assert_array_equal(mine[3], other[3])
    assert mine[3].all()
    for name in ("_final_obs", "_final_info"):
        np.testing.assert_array_equal(mine[4][name], other[4][name])
    np.testing.assert_array_equal(mine[4]["final_obs"][0], other[4]["final_obs"][0])
    last, expected = mine[4]["final_info"], other[4]["final_info"]
    assert set(last) == set(expected)
    assert set(last["reward_terms"]) == set(expected["reward_terms"])
    for name in ("day", "latent", "cost", "dose"):
        assert last[name][0] == expected[name][0]
        np.testing.assert_array_equal(last[f"_{name}"], expected[f"_{name}"])


@every_id
def test_gymnasiums_wrappers_fit(environment: str) -> None:
    env = DictInfoToList(RecordEpisodeStatistics(batch(environment, 2, days=3)))
    env.reset(seed=0)
    for _ in range(3):
        _, reward, _, truncated, infos = env.step(env.action_space.sample())
    assert len(infos) == 2
    assert reward.shape == truncated.shape == (2,)


@every_id
def test_make_works_with_only_the_name(environment: str) -> None:
    code = f"import gymnasium; gymnasium.make('pmrl.envs:{environment}').reset(seed=0)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True)  # noqa: S603


@every_id
def test_an_action_beyond_its_bounds_counts_as_the_bound(environment: str) -> None:
    drug = therapy(IDS[environment])
    env = one(environment, choose_interval=True)
    for beyond, dose, interval in (
        (7.0, drug.grid.maximum, max(drug.intervals)),
        (-7.0, drug.grid.minimum, min(drug.intervals)),
    ):
        env.reset(seed=0)
        info = env.step(np.array([beyond, beyond]))[4]
        assert (info["dose"], info["day"]) == (dose, interval)
