"""The picture of a patient's course."""

from __future__ import annotations

import itertools

import gymnasium
import numpy as np
import pytest

from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.render import course_figure


@pytest.mark.parametrize("start", ["induction", "established"])
def test_the_picture_follows_the_course(start: str) -> None:
    env = gymnasium.make(
        "pmrl/Warfarin-v1", render_mode="rgb_array", actions="discrete", start=start, days=10
    )
    env.reset(seed=1)
    pictures = [env.render()]
    truncated = False
    while not truncated:
        truncated = env.step(10)[3]
        pictures.append(env.render())
    for picture in pictures:
        assert isinstance(picture, np.ndarray)
        assert (picture.dtype, picture.shape) == (np.uint8, (500, 800, 3))
        assert picture.std() > 10
    for before, after in itertools.pairwise(pictures):
        assert not np.array_equal(before, after)


def test_the_figure_shows_labs_truth_target_and_doses() -> None:
    env = DosingVectorEnv(2, therapy="warfarin", actions="discrete", render_mode="rgb_array")
    env.reset(seed=1)
    for _ in range(3):
        env.step(np.array([10, 20]))
    above, below = course_figure(env.clinic, 1).axes
    latent, labs = above.lines
    np.testing.assert_array_equal(labs.get_xdata(), [0, 2, 4, 7])
    np.testing.assert_array_equal(labs.get_ydata(), env.clinic.lab[1, :4])
    np.testing.assert_array_equal(latent.get_ydata(), env.clinic.latent[1, :8])
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [10.0] * 8)
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == ("INR", "dose (mg/day)", "day")
    assert "patient 1, day 7" in above.get_title()
    pictures = env.render()
    assert pictures is not None
    assert pictures[0].shape == (500, 800, 3)


def test_without_a_render_mode_there_is_no_picture() -> None:
    env = DosingVectorEnv(1, therapy="warfarin")
    env.reset(seed=1)
    assert env.render() is None
