"""The policies that ship: small, readable without running code, and as good as the README says."""

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve, zoo
from pmrl.agents.registry import names_for
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.benchmark import choose_best_rule
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.experiments.statistics import Bootstrap

WARFARIN = therapy("warfarin")
TEST = Scenario(cohort="test")
PATIENTS, SEED, VALIDATION_SEED = 1000, 1, 7_001
LEAST_GAIN = {"ppo": 0.07, "dqn": 0.04}
"""Time in range above the best published rule."""
LEAST_GAIN_OVER_PID = {"ppo": 0.05, "dqn": 0.04}
"""And above feedback whose gains were tuned, on validation patients, in the same simulator."""
FEEDBACK = ("pid", "curate")
SAFETY_MARGIN = 0.003
"""Share of days above INR 4 by which a policy may exceed the best rule."""


@pytest.fixture(scope="module")
def best_rule():
    rules = [resolve(name, WARFARIN) for name in names_for(WARFARIN) if name not in FEEDBACK]
    best, _ = choose_best_rule(rules, WARFARIN, TEST, PATIENTS, VALIDATION_SEED)
    return outcomes(rollout(resolve(best, WARFARIN), WARFARIN, TEST, PATIENTS, SEED), WARFARIN)


@pytest.mark.parametrize("drug", THERAPIES)
def test_shipped_policies_load_and_are_small(drug):
    shipped = zoo(therapy(drug))
    assert shipped, f"agents/zoo/{drug} has no policy: train one and copy its .json and .safetensors there"
    for name, path in shipped.items():
        assert resolve(name, therapy(drug)).kind == "learned"
        assert path.with_suffix(".safetensors").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", LEAST_GAIN_OVER_PID)
def test_shipped_policies_beat_tuned_feedback(name):
    mine, other = (
        outcomes(rollout(resolve(one, WARFARIN), WARFARIN, TEST, PATIENTS, SEED), WARFARIN)["ttr"]
        for one in (name, "pid")
    )
    assert np.mean(mine - other) >= LEAST_GAIN_OVER_PID[name]


@pytest.mark.parametrize("name", LEAST_GAIN)
def test_shipped_policies_beat_the_best_rule_on_held_out_patients(name, best_rule):
    found = outcomes(rollout(resolve(name, WARFARIN), WARFARIN, TEST, PATIENTS, SEED), WARFARIN)
    bootstrap = Bootstrap(PATIENTS, SEED)
    assert bootstrap.difference(found["ttr"], best_rule["ttr"]).low >= LEAST_GAIN[name] - 0.005
    assert np.mean(found["ttr"] - best_rule["ttr"]) >= LEAST_GAIN[name]
    assert bootstrap.difference(found["inr_above_4"], best_rule["inr_above_4"]).high <= SAFETY_MARGIN
