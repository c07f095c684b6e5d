"""Wrong options and actions get one clear line: what was given, what is allowed."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from pmrl.envs.dosing import DosingEnv, DosingVectorEnv
from pmrl.errors import InputError

NAME = "pmrl/Warfarin-v1"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"actions": "discreet"}, "did you mean 'discrete'"),
        ({"action": "discrete"}, "did you mean 'actions'"),
        ({"choose_intervals": True}, "did you mean 'choose_interval'"),
        ({"genotype": "unkown"}, "did you mean 'unknown'"),
        ({"start": "establised"}, "did you mean 'established'"),
        ({"interaction": "amiodaron"}, "did you mean 'amiodarone'"),
        ({"cohort": "trian"}, "did you mean 'train'"),
        ({"model": "hamberg-2011"}, "did you mean 'hamberg-2010'"),
        ({"parameters": "publishd"}, "did you mean 'published'"),
        ({"adherence": "inrange"}, "did you mean 'in-range'"),
        ({"reward_weights": {"inrange": 1.0}}, "did you mean 'in_range'"),
        ({"reward_weights": {"in_range": float("nan")}}, "give a number"),
        ({"flatten": True}, "discrete"),
        ({"adherence": 1.5}, "0 to 1"),
        ({"missed_visits": 0.95}, "0 to 0.9"),
        ({"missed_visits": "often"}, "give a number"),
        ({"vitamin_k": -0.1}, "0 to 1"),
        ({"lab_delay_days": 1.5}, "whole number"),
        ({"lab_delay_days": 20}, "0 to 14"),
        ({"occasion_sd": float("nan")}, "0 to 2"),
        ({"days": 0}, "1 to 3650"),
        ({"days": 30.5}, "whole number"),
        ({"surgery": "no"}, "True or False"),
        ({"ancestry": "European"}, "cohort='sampled'"),
        ({"ancestry": "Europian", "cohort": "sampled"}, "did you mean 'European'"),
    ],
)
def test_a_wrong_option_is_explained(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        gymnasium.make(NAME, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "action", "message"),
    [
        ({"actions": "discrete"}, 31, "outside Discrete"),
        ({"actions": "discrete"}, -1, "outside Discrete"),
        ({"actions": "discrete"}, 2.5, "whole numbers"),
        ({"actions": "relative"}, 15, "outside Discrete"),
        ({"actions": "continuous"}, [float("nan")], "not a number"),
        ({"actions": "continuous"}, [0.1, 0.2], "1 x 1 numbers"),
        ({"actions": "continuous"}, ["5 mg"], "1 x 1 numbers"),
        ({"actions": "discrete", "choose_interval": True}, [3, 7], "outside MultiDiscrete"),
        ({"actions": "discrete", "choose_interval": True}, 3, "1 x 2 whole numbers"),
        ({"actions": "discrete", "choose_interval": True, "flatten": True}, 31 * 7, "outside Discrete"),
    ],
)
def test_a_wrong_action_is_explained_and_changes_nothing(
    options: dict[str, Any], action: Any, message: str
) -> None:
    env = DosingEnv(therapy="warfarin", **options)
    env.reset(seed=0)
    before = env.get_state()
    with pytest.raises(InputError, match=message):
        env.step(action)
    after = env.get_state()
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patient": [1, 2]}, "did you mean 'patients'"),
        ({"patients": [1]}, "each of the 2 rows"),
        ({"patients": [1, -1]}, "whole numbers from 0"),
        ({"patients": [0.5, 1.0]}, "whole numbers from 0"),
        ({"rows": [2]}, "0 to 1"),
        ({"rows": [1, 1]}, "each once"),
        ({"rows": [True]}, "a mask of 1 rows"),
    ],
)
def test_a_wrong_reset_is_explained_and_changes_nothing(options: dict[str, Any], message: str) -> None:
    env = DosingVectorEnv(2, therapy="warfarin")
    _, info = env.reset(seed=6)
    with pytest.raises(InputError, match=message):
        env.reset(options=options)
    np.testing.assert_array_equal(env.reset(options={"rows": []})[1]["latent"], info["latent"])


def test_the_order_of_calls_is_explained() -> None:
    env = DosingEnv(therapy="warfarin", days=2)
    with pytest.raises(InputError, match="call reset"):
        env.step(np.zeros(1))
    with pytest.raises(InputError, match="call reset"):
        env.get_state()
    batch = DosingVectorEnv(2, therapy="warfarin")
    for seed in (None, 1):
        with pytest.raises(InputError, match="every row starts"):
            batch.reset(seed=seed, options={"rows": [1]})
    env.reset(seed=0)
    env.step(np.zeros(1))
    with pytest.raises(InputError, match="end of the episode"):
        env.step(np.zeros(1))


@pytest.mark.parametrize("seed", [-1, 2**60])
def test_a_seed_out_of_range_is_explained(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        DosingVectorEnv(2, therapy="warfarin").reset(seed=seed)


def test_a_drug_or_picture_that_does_not_exist_is_explained() -> None:
    with pytest.raises(InputError, match="did you mean 'warfarin'"):
        DosingEnv(therapy="warfarine")
    with pytest.raises(InputError, match="rgb_array"):
        DosingVectorEnv(1, therapy="warfarin", render_mode="rgb_arry")
    with pytest.raises(InputError, match="at least 1"):
        DosingVectorEnv(0, therapy="warfarin")


def test_a_state_of_other_options_is_refused() -> None:
    env = DosingVectorEnv(2, therapy="warfarin")
    env.reset(seed=0)
    state = env.get_state()
    for other in (DosingVectorEnv(3, therapy="warfarin"), DosingVectorEnv(2, therapy="warfarin", days=30)):
        other.reset(seed=0)
        with pytest.raises(InputError, match="same num_envs and options"):
            other.set_state(state)
