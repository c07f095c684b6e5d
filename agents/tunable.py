"""The prescribers that can be tuned without training: what is searched of each, and how values make one.

`pmrl.agents.tunable_training` has those that are trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from pmrl.agents.assumptions import Assumptions
from pmrl.agents.bayes import SQUARED_LOG_ERROR, MapPolicy, PosteriorPolicy, days_judge, usual_samples
from pmrl.agents.curate import RECENCY, RIDGE, VARIED, Settings, curate
from pmrl.agents.imagined_world import quick
from pmrl.agents.judge import NextLabJudge
from pmrl.agents.pid import UNTUNED, Gains, Pid, days_that_count
from pmrl.agents.planner import LONGEST_TAIL, tail_days
from pmrl.agents.policy import Policy
from pmrl.agents.search_space import Number, Space, Values, between, defaults
from pmrl.agents.tuned import note, record_of, shown
from pmrl.envs.patients import therapy_model
from pmrl.envs.therapy import Therapy

WIDE = "ours: wide enough that no winner lies at an end that matters"
_COST = "ours: between a third and twice the usual; time grows with it"
_USUAL = Assumptions()


class Tunes(Policy, Protocol):
    """A policy that says what it does, and how it was tuned."""

    summary: str
    tuning: Mapping[str, Any] | None


@dataclass(frozen=True)
class Tunable:
    """One prescriber.

    Attributes:
        space: of a therapy: what is searched.
        make: the policy from a therapy and values of its space.
    """

    space: Callable[[Therapy], Space]
    make: Callable[[Therapy, Values], Tunes]


def _pid_space(therapy: Therapy) -> Space:
    """Gains, ki and kd between ends that are in visits, so that drugs compare."""
    days, visit = days_that_count(therapy), f"{WIDE}; in visits, so that drugs compare"
    unit = UNTUNED.kp.unit
    kp, ki, kd = (float(getattr(UNTUNED, name)) for name in ("kp", "ki", "kd"))
    return (
        between("kp", (0.03, 10.0), kp, unit, WIDE, log=True),
        between("ki", (0.03 / days, 10.0 / days), ki, f"{unit} and day", visit, log=True, or_zero=True),
        between("kd", (0.01 * days, 3.0 * days), kd, f"{unit} a day", visit, log=True, or_zero=True),
    )  # fmt: skip


def _pid(therapy: Therapy, values: Values) -> Pid:
    kp, ki, kd = (float(values[name]) for name in ("kp", "ki", "kd"))
    return Pid(therapy, Gains.of(kp, ki, kd, "chosen by their score on validation patients"))


def _curate_space(therapy: Therapy) -> Space:
    """What the publications leave open."""
    return (
        between("ridge", (1e-4, 10.0), float(RIDGE), RIDGE.unit, WIDE, log=True),
        between("recency", (0.3, 1.0), float(RECENCY), RECENCY.unit, "ours: up to all alike"),
        between("varied", (0.05, 0.4), float(VARIED), VARIED.unit, "ours: up to the most that is allowed"),
    )  # fmt: skip


def _curate(therapy: Therapy, values: Values) -> Tunes:
    return curate(therapy, Settings(**{name: float(value) for name, value in values.items()}))


def _tail(therapy: Therapy) -> Number:
    usual = tail_days(therapy, therapy_model(therapy, None))
    return between("tail", (0, LONGEST_TAIL), usual, "days", "ours: none to the longest", integer=True)


def _samples(therapy: Therapy) -> Number:
    usual = usual_samples(quick(therapy_model(therapy, None)))
    return between("samples", (usual // 3, 2 * usual), usual, "imagined versions", _COST, integer=True)


_LAB_ERROR = between(
    "lab_error", (0.3, 3.0), _USUAL.lab_error, "of the SD of a lab", "ours: a third to three times", log=True
)  # fmt: skip
_SQUARES = between(
    "squares", (0.01, 3.0), 0.0, "days in range per squared log ratio and day", WIDE, log=True, or_zero=True
)  # fmt: skip


def _map_space(therapy: Therapy) -> Space:
    return (_tail(therapy), _LAB_ERROR)


def _map(therapy: Therapy, values: Values) -> MapPolicy:
    return MapPolicy(therapy, _assumptions(values), tail=int(values["tail"]))


def _attainment_space(therapy: Therapy) -> Space:
    return (_samples(therapy), _LAB_ERROR)


def _mpc_log_space(therapy: Therapy) -> Space:
    return (_tail(therapy), *_attainment_space(therapy))


def _mpc_space(therapy: Therapy) -> Space:
    return (*_mpc_log_space(therapy), _SQUARES)


def _planner(name: str, therapy: Therapy, values: Values) -> PosteriorPolicy:
    """Posterior MPC or target attainment; `squares` adds the squared log error to the reward."""
    if name == "target-attainment":
        return PosteriorPolicy(
            name, therapy, NextLabJudge(therapy), 0, _assumptions(values), int(values["samples"])
        )
    weights = dict(SQUARED_LOG_ERROR if name == "mpc-log" else therapy.reward_weights)
    if values.get("squares"):
        term = next(iter(SQUARED_LOG_ERROR))
        weights[term] = weights.get(term, 0.0) - float(values["squares"])
    judge, tail = days_judge(therapy, weights), int(values["tail"])
    return PosteriorPolicy(name, therapy, judge, tail, _assumptions(values), int(values["samples"]))


def _assumptions(values: Values) -> Assumptions:
    """The usual ones but for these values."""
    return Assumptions(lab_error=float(values["lab_error"]))


TUNABLE: Mapping[str, Tunable] = {
    "pid": Tunable(_pid_space, _pid),
    "curate": Tunable(_curate_space, _curate),
    "map": Tunable(_map_space, _map),
    "target-attainment": Tunable(_attainment_space, partial(_planner, "target-attainment")),
    "mpc": Tunable(_mpc_space, partial(_planner, "mpc")),
    "mpc-log": Tunable(_mpc_log_space, partial(_planner, "mpc-log")),
}
"""By name; which suit a therapy is said by `pmrl.agents.registry`."""


def tuned_or_default(name: str, therapy: Therapy) -> Policy:
    """The policy with the values of its record, where there is one, or else with its defaults."""
    tunable, record = TUNABLE[name], record_of(therapy, name)
    if record is None:
        return tunable.make(therapy, defaults(tunable.space(therapy)))
    made = tunable.make(therapy, record["values"])
    made.summary, made.tuning = f"{made.summary}; {note(record)}", shown(record)
    return made
