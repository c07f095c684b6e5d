"""Hostile arrays as actions, and as what policies see: refused in one line, or doses that can be given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fuzz_targets import SHIPPED, WARFARIN, refusal
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_fuzz import FEW, MANY, fuzz

from pmrl.agents.learned import LearnedPolicy
from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for
from pmrl.agents.registry import policy as rule
from pmrl.envs.clinic import Clinic
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError

N = 3
ENVS = {
    kind: DosingVectorEnv(N, therapy="warfarin", actions=kind, days=30, cohort="sampled")
    for kind in ("continuous", "discrete", "relative")
}
KINDS = ("f4", "f8", "i1", "i8", "u8", "?", "c8", "U3", "O")
ODD: tuple[Any, ...] = (
    None,
    "",
    "1",
    b"1",
    [],
    [[0], [1, 2]],
    {},
    1,
    -1,
    2**63,
    float("nan"),
    1e308,
    (0,) * N,
    object(),
)
FIELDS = ("day", "lab", "dose", "interval")
NUMBERS = st.floats(width=64) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-300, 1e300])


def policies() -> dict[str, Policy]:
    return {name: rule(name, WARFARIN) for name in names_for(WARFARIN)} | {
        "learned": LearnedPolicy.load(SHIPPED, WARFARIN)
    }


POLICIES = policies()


@st.composite
def actions(draw: st.DrawFn) -> tuple[str, Any]:
    kind = draw(st.sampled_from(sorted(ENVS)))
    shape = draw(st.sampled_from([(N,), (N, 1), (1, N), (N, 2), (N + 1,), (), (0,)]))
    dtype = np.dtype(draw(st.sampled_from(KINDS)))
    if dtype.kind == "O":
        return kind, draw(st.sampled_from(ODD))
    return kind, draw(arrays.arrays(dtype, shape))


def check_action(case: tuple[str, Any]) -> None:
    kind, action = case
    env = ENVS[kind]
    env.reset(seed=1)
    stepped = refusal(lambda: env.step(action))
    if stepped is not None:
        assert np.asarray(action).size == N
        assert np.isfinite(stepped[0]).all()
        assert np.isfinite(stepped[1]).all()
        assert ((env.observation_space.low <= stepped[0]) & (stepped[0] <= env.observation_space.high)).all()
        prescribed = env.clinic.prescribed
        assert not (prescribed > WARFARIN.grid.maximum).any()
        assert not (prescribed < 0).any()


def seen_visit() -> Any:
    """Three patients at their third visit."""
    clinic = Clinic(WARFARIN, Scenario(days=30, cohort="sampled"), N, 1)
    clinic.admit(np.arange(N))
    for _ in range(2):
        clinic.treat(np.full((N, 1), 5.0), None)
    return clinic.visit()


VISIT = seen_visit()


@st.composite
def visits(draw: st.DrawFn) -> tuple[str, str, str, Any]:
    name, part = draw(st.sampled_from(sorted(POLICIES))), draw(st.sampled_from(["history", "covariates"]))
    names = FIELDS if part == "history" else sorted(VISIT.covariates)
    return name, part, draw(st.sampled_from(names)), draw(arrays.arrays(np.float64, N, elements=NUMBERS))


def check_visit(case: tuple[str, str, str, Any]) -> None:
    name, part, field, values = case
    if part == "history":
        whole = getattr(VISIT.history, field).copy()
        whole[np.arange(N), VISIT.history.count - 1] = values
        visit = replace(VISIT, history=replace(VISIT.history, **{field: whole}))
    else:
        visit = replace(VISIT, covariates={**VISIT.covariates, field: values})
    policy = POLICIES[name]

    def prescribed() -> Any:
        with np.errstate(all="ignore"):
            policy.start(visit)
            doses = policy.prescribe(visit).doses
        # As the clinic does, which names the policy.
        if not np.isfinite(doses).all():
            raise InputError(f"policy {name} gave a dose that is not a number")
        return WARFARIN.dispense(doses)

    found = refusal(prescribed)
    if found is not None:
        assert ((found >= 0) & (found <= WARFARIN.grid.maximum)).all()


CHECKS = {"action": (check_action, actions()), "visit": (check_visit, visits())}


@pytest.mark.parametrize("target", CHECKS)
def test_hostile_arrays_are_refused_or_harmless(target: str) -> None:
    fuzz(*CHECKS[target], FEW // 2)


@pytest.mark.nightly
@pytest.mark.parametrize("target", CHECKS)
def test_hostile_arrays_are_refused_or_harmless_every_time(target: str) -> None:
    fuzz(*CHECKS[target], MANY)
