"""The state of a clinic as plain arrays: taken, and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pmrl.envs.clinic import Clinic
from pmrl.errors import InputError

_WORLD = (
    "ids",
    "parameters",
    "states",
    "day",
    "shares",
    "clearance_by",
    "sensitivity_by",
    "held",
    "latent",
    "taken",
    "harm",
)
_CLINIC = (
    "count",
    "at",
    "lab",
    "dose",
    "interval",
    "prescribed",
    "dose_estimate",
    "next_interval",
    "patient",
)


def take(clinic: Clinic) -> dict[str, Any]:
    """Everything that decides the future, as copies; random numbers need no state, they are counter-based."""
    state: dict[str, Any] = {"seed": clinic.seed, "cohort_seed": clinic.world.seed}
    for prefix, owner, names in (("world", clinic.world, _WORLD), ("clinic", clinic, _CLINIC)):
        state |= {f"{prefix}.{name}": np.array(getattr(owner, name)) for name in names}
    for kind, known in (("covariate", clinic.known_covariates), ("genotype", clinic.known_genotypes)):
        state |= {f"{kind}.{name}": np.array(values) for name, values in known.items()}
    return state


def put_back(clinic: Clinic, state: Mapping[str, Any]) -> None:
    """Give a clinic a state that `take` took of one with the same seed and options.

    Raises:
        InputError: the state is of other options; the clinic is then unchanged.
    """
    check(clinic, state)
    clinic.world.seed = int(state["cohort_seed"])
    for prefix, owner, names in (("world", clinic.world, _WORLD), ("clinic", clinic, _CLINIC)):
        for name in names:
            setattr(owner, name, np.array(state[f"{prefix}.{name}"], order="C"))
    clinic.known_covariates = _of_kind(state, "covariate.")
    clinic.known_genotypes = _of_kind(state, "genotype.")


def check(clinic: Clinic, state: Mapping[str, Any]) -> None:
    """Whether a state fits a clinic.

    Raises:
        InputError: it is of another number of rows or of other options.
    """
    for prefix, owner, names in (("world", clinic.world, _WORLD), ("clinic", clinic, _CLINIC)):
        for name in names:
            require_alike(name, state.get(f"{prefix}.{name}"), getattr(owner, name))
    for kind, known in (("covariate", clinic.known_covariates), ("genotype", clinic.known_genotypes)):
        for name, values in known.items():
            require_alike(name, state.get(f"{kind}.{name}"), values)
    day, count = np.asarray(state["world.day"]), np.asarray(state["clinic.count"])
    within = (clinic.start <= day) & (day <= clinic.horizon) & (count >= 1) & (count <= clinic.at.shape[1])
    if not within.all():
        row = int(np.argmin(within))
        raise InputError(
            f"the state's row {row} is on day {day[row]} after {count[row]} visits: not possible here"
        )


def require_alike(name: str, given: Any, here: np.ndarray[Any, Any]) -> None:
    """Kernels do not look whether they are within an array.

    Raises:
        InputError: `given` is not an array like the one `here`.
    """
    found = np.asarray(given)
    if found.shape != here.shape or found.dtype != here.dtype:
        raise InputError(
            f"the state's {name} has shape {found.shape} and type {found.dtype}, this environment's "
            f"{here.shape} and {here.dtype}: make the environment with the same num_envs and options"
        )


def _of_kind(state: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): np.array(state[key]) for key in state if key.startswith(prefix)}
