"""Nothing is fitted, tuned or chosen on patients it is judged on."""

import json
from importlib.resources import files

import pytest

from pmrl import iwpc
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments import train
from pmrl.experiments.covariate_moments import moments


def test_covariate_moments_are_of_the_training_part():
    shipped = json.loads(files("pmrl").joinpath("data", "covariate_moments.json").read_text())
    assert shipped == json.loads(json.dumps(moments(iwpc.part("train"))))
    assert shipped != json.loads(json.dumps(moments(iwpc.load())))


def test_checkpoints_are_chosen_on_validation_patients(monkeypatch):
    seen = []
    real = train.rollout

    def watched(policy, chosen, scenario, n, seed):
        seen.append((scenario.cohort, seed))
        return real(policy, chosen, scenario, 8, seed)

    monkeypatch.setattr(train, "rollout", watched)
    run = train.run_training("dqn", therapy("warfarin"), Scenario(days=10), 1, 1, steps=256)
    assert set(seen) == {("validation", train.VALIDATION_SEED)}
    assert run.policy.card.training["cohort"] == "train"


@pytest.mark.parametrize("cohort", ["validation", "test"])
def test_training_on_other_parts_is_refused(cohort):
    with pytest.raises(InputError, match=cohort):
        train.run_training("dqn", therapy("warfarin"), Scenario(cohort=cohort), 1, 1, steps=64)
