"""Arrays that do not fit are refused before a kernel reads beyond them; not a number never hides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ode_problems import PROBLEMS
from worlds import world

from pmrl.elementary import exp, log
from pmrl.envs.clinic import Clinic
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.failure import SimulationError
from pmrl.models.registry import MODELS, model
from pmrl.solve import course

EXACT, GENERAL = model("hamberg-2010"), PROBLEMS[0].model


def patients(m: Any, n: int = 4) -> Any:
    return m.patients(m.cohorts.maker("sampled", 1, None)(0, n)) if m is EXACT else PROBLEMS[0].patients(n)


@pytest.mark.parametrize("m", [EXACT, GENERAL], ids=["exact", "general"])
def test_a_course_needs_arrays_of_the_model_and_of_each_other(m: Any) -> None:
    p, doses = patients(m), np.ones((4, 3))
    wide, narrow = np.ones((4, 3000)), p[:, :-1]
    for parameters, given, states in (
        (wide, doses, None), (narrow, doses, None), (p, np.ones((3, 3)), None), (p, np.ones((4, 3, 1)), None),
        (p, doses, np.zeros((4, 1))), (p, doses, np.zeros((4000, len(m.states)))),
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"^(parameters|doses|states) of .* have shape .*: give "):
            course(m, parameters, given, states)


@pytest.mark.parametrize("name", MODELS)
def test_not_a_number_never_hides(name: str) -> None:
    m = model(name)
    p = m.patients(m.cohorts.maker("sampled", 1, None)(0, 2))
    for column, parameter in enumerate(m.parameters):
        broken = p.copy()
        broken[1, column] = np.nan
        with pytest.raises(SimulationError, match=r"^row 1: "):
            course(m, broken, np.full((2, 3), 10.0))
        assert parameter
    doses = np.full((2, 3), 10.0)
    doses[0, 1] = np.nan
    with pytest.raises(SimulationError, match=r"^row 0: "):
        course(m, p, doses)
    assert np.isnan(log(np.nan))
    assert np.isnan(exp(np.nan))


def test_a_world_has_only_so_many_days() -> None:
    w = world(np.arange(4), n_days=20)
    for doses, days in (
        (np.ones((4, 1)), np.full(4, 21)), (np.ones((4, 1)), np.full(4, -1)),
        (np.ones((3, 1)), np.full(4, 2)), (np.ones((4, 0)), np.full(4, 2)), (np.ones((4, 1)), np.full(3, 2)),
    ):  # fmt: skip
        with pytest.raises(InputError, match="give"):
            w.live(doses, days)
    assert (w.day == 0).all()


def test_a_clinic_refuses_what_does_not_fit() -> None:
    clinic = Clinic(therapy("warfarin"), Scenario(days=30), 4, 0)
    clinic.admit(np.arange(4))
    for doses, interval in (
        (np.ones((2, 1)), None), (np.zeros((4, 0)), None), (np.ones((4, 1)), np.array([7])),
        (np.ones((4, 1)), np.full(4, 7.0)), (np.ones((4, 1)), np.full((4, 1), 7)),
    ):  # fmt: skip
        with pytest.raises(InputError, match="give"):
            clinic.treat(doses, interval)
    everybody = np.ones(4, dtype=np.int64)
    for _ in range(clinic.at.shape[1] - 1):
        clinic.arrive(everybody)
    with pytest.raises(InputError, match="no room for another visit"):
        clinic.arrive(everybody)
    clinic.admit(np.arange(4))
    assert (clinic.treat(np.ones((4, 1)), np.full(4, 2**63 - 1)) == 30).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clinic.count", 10**6), ("clinic.count", -1), ("world.day", 31), ("world.day", -3),
        ("static", np.zeros((3, 900))), ("reference", np.zeros(2)), ("world.states", "float32"),
    ],
)  # fmt: skip
def test_a_state_that_is_not_possible_is_refused(name: str, value: Any) -> None:
    env = DosingVectorEnv(3, therapy="warfarin", days=30)
    env.reset(seed=0)
    before = env.get_state()
    broken = dict(before)
    if isinstance(value, str):
        broken[name] = before[name].astype(value)
    else:
        broken[name] = value if isinstance(value, np.ndarray) else np.full_like(before[name], value)
    with pytest.raises(InputError, match="the state's"):
        env.set_state(broken)
    env.set_state(before)
