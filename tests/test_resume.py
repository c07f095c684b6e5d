"""A training that was interrupted anywhere ends in the weights of one that was not, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmrl.agents.training_settings import settings_for
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.checkpoint_reading import generations
from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.train import TrainingRun, run_training

SCENARIO = Scenario(cohort="train", days=28)
STEPS = {"ppo": 1500, "dqn": 1200}
OPTIONS: dict[str, dict[str, Any]] = {
    "ppo": {"n_steps": 8, "batch_size": 32, "n_epochs": 2},
    "dqn": {
        "buffer_size": 600, "learning_starts": 100, "batch_size": 32, "target_update_interval": 50,
        "exploration_fraction": 0.5, "exploration_final_eps": 0.1, "gradient_steps": 1, "train_freq": 1,
    },
}  # fmt: skip
ABOUT = {"what": "a test"}


class Interruption(Exception):  # noqa: N818 - not an error
    """As good as a kill, between two rollouts."""


def trained(
    algorithm: str, drug: str = "warfarin", keeper: Keeper | None = None, **changes: Any
) -> TrainingRun:
    plain = settings_for(algorithm)
    options = {**OPTIONS[plain.algorithm], "gamma": 0.9}
    return run_training(
        algorithm, therapy(drug), SCENARIO, 5, 1, STEPS[plain.algorithm], name="tiny", validation_patients=4,
        num_envs=8, layers=(16, 16), options=options, keeper=keeper, **changes,
    )  # fmt: skip


class Stopping(Keeper):
    """Keeps every rollout's state, and is interrupted after so many."""

    def __init__(self, run: Path, after: int) -> None:
        super().__init__(run, ABOUT, 0.0)
        self.left = after

    def keep(self, steps: int, state: Any) -> None:
        super().keep(steps, state)
        self.left -= 1
        if self.left == 0:
            raise Interruption


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("algorithm", ["ppo", "ppo-posterior", "dqn", "dqn-posterior"])
def test_resumed_weights_are_those_of_one_go(algorithm: str, normalise: bool, tmp_path: Path) -> None:
    whole = trained(algorithm, normalise=normalise)
    for after in (2, 3, 5):
        with pytest.raises(Interruption):
            trained(algorithm, keeper=Stopping(tmp_path, after), normalise=normalise)
    resumed = trained(algorithm, keeper=Keeper(tmp_path, ABOUT, 0.0), normalise=normalise)
    for name, values in whole.policy.weights.items():
        np.testing.assert_array_equal(resumed.policy.weights[name], values)
    plain = [{k: v for k, v in row.items() if k != "seconds"} for row in whole.curve]
    assert [{k: v for k, v in row.items() if k != "seconds"} for row in resumed.curve] == plain
    assert len(generations(tmp_path)) == 2
