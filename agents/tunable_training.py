"""The algorithms that can be tuned: what is searched of their training settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from pmrl.agents.search_space import Choice, Number, Space, Values, between
from pmrl.agents.training_settings import TrainingSettings, settings_for
from pmrl.agents.tunable import WIDE
from pmrl.parameter import Parameter

STEPS_SHARE = Parameter(
    0.2, "of the settings' visits", "ours: so that some twenty trials fit into ten minutes", "assumption"
)
_ACTIONS = "ours: those that both algorithms can learn"
_POWERS = "ours: powers of two around the default, divisors of what is collected"
_FIELDS = {field.name for field in fields(TrainingSettings)}


def _ppo_space() -> Space:
    usual = settings_for("ppo")
    number, choice = _dimensions(usual)
    return (
        *_of_both(number),
        number("gae_lambda", (0.7, 1.0), "a visit", WIDE),
        number("ent_coef", (1e-4, 0.05), "of the loss", WIDE, log=True),
        choice("n_steps", (8, 16, 32, 64), _POWERS),
        choice("batch_size", (512, 1024, 2048, 4096), _POWERS),
        number("n_epochs", (3, 12), "passes over what is collected", WIDE, integer=True),
        choice("actions", ("discrete", "relative"), _ACTIONS),
    )


def _dqn_space() -> Space:
    usual = settings_for("dqn")
    number, choice = _dimensions(usual)
    return (
        *_of_both(number),
        number("target_update_interval", (100, 10_000), "visits", WIDE, log=True, integer=True),
        number("exploration_fraction", (0.05, 0.8), "of the training", WIDE),
        choice("batch_size", (128, 256, 512, 1024), _POWERS),
        choice("actions", ("discrete", "relative"), _ACTIONS),
    )


def _of_both(number: Callable[..., Number]) -> Space:
    """What is searched of either algorithm."""
    return (
        number("learning_rate", (1e-4, 1e-2), "a step", WIDE, log=True),
        number("gamma", (0.5, 0.99), "a visit", "ours: from the next visits to the whole course"),
    )


def _dimensions(usual: TrainingSettings) -> tuple[Callable[..., Number], Callable[..., Choice]]:
    """Makers of dimensions whose defaults are those of the settings."""

    def default(name: str) -> Any:
        return getattr(usual, name) if name in _FIELDS else usual.options[name]

    def number(name: str, ends: tuple[float, float], unit: str, reason: str, **how: bool) -> Number:
        return between(name, ends, default(name), unit, reason, **how)

    def choice(name: str, options: tuple[int | str, ...], reason: str) -> Choice:
        return Choice(name, options, default(name), reason)

    return number, choice


TRAINED: Mapping[str, Callable[[], Space]] = {
    "ppo": _ppo_space,
    "ppo-posterior": _ppo_space,
    "dqn": _dqn_space,
    "dqn-posterior": _dqn_space,
}
"""What is searched of each algorithm."""


def changes_of(algorithm: str, values: Values) -> dict[str, Any]:
    """Fields of the algorithm's `TrainingSettings` with values of its space."""
    changed: dict[str, Any] = {name: value for name, value in values.items() if name in _FIELDS}
    options = {name: value for name, value in values.items() if name not in _FIELDS}
    return {**changed, "options": {**settings_for(algorithm).options, **options}}


def trial_steps(algorithm: str) -> int:
    """Visits of a trial, where nothing is said: a share of the settings'."""
    return round(float(STEPS_SHARE) * settings_for(algorithm).steps)
