"""The state of an environment as plain arrays: taken, and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pmrl.errors import InputError

if TYPE_CHECKING:
    from pmrl.envs.dosing import DosingVectorEnv

_WORLD = ("ids", "parameters", "states", "day", "shares", "clearance_by", "sensitivity_by", "held", "latent", "taken")
_CLINIC = ("count", "at", "lab", "dose", "interval", "prescribed", "dose_estimate", "next_interval", "patient")
_ENV = ("_static", "_reference", "_steps")


def snapshot(env: DosingVectorEnv) -> dict[str, Any]:
    """Everything that decides the future; random numbers need no state, they are counter-based."""
    clinic = env.clinic
    state: dict[str, Any] = {"seed": env._seed, "cohort_seed": clinic.world.seed}
    for prefix, owner, names in (("world", clinic.world, _WORLD), ("clinic", clinic, _CLINIC), ("env", env, _ENV)):
        state |= {f"{prefix}.{name}": np.array(getattr(owner, name)) for name in names}
    for kind, known in (("covariate", clinic.known_covariates), ("genotype", clinic.known_genotypes)):
        state |= {f"{kind}.{name}": np.array(values) for name, values in known.items()}
    return state


def restore(env: DosingVectorEnv, state: Mapping[str, Any]) -> None:
    """Put a snapshot back.

    Raises:
        InputError: it is of an environment with another number of rows or other options.
    """
    if len(state["clinic.patient"]) != env.num_envs:
        raise InputError(
            f"the state is of {len(state['clinic.patient'])} rows, this environment has {env.num_envs}: "
            "make the environment with the same num_envs"
        )
    env._seed = int(state["seed"])
    env._admit_seed(env._seed)
    clinic = env.clinic
    clinic.world.seed = int(state["cohort_seed"])
    for prefix, owner, names in (("world", clinic.world, _WORLD), ("clinic", clinic, _CLINIC), ("env", env, _ENV)):
        for name in names:
            values = np.array(state[f"{prefix}.{name}"])
            old = getattr(owner, name, None)
            fixed = name not in ("clearance_by", "sensitivity_by", "held", *_ENV)
            if fixed and old is not None and np.shape(old) != values.shape:
                raise InputError(
                    f"the state's {name} has shape {values.shape}, this environment's {np.shape(old)}: "
                    "make the environment with the same options"
                )
            setattr(owner, name, values)
    for kind, known in (("covariate.", clinic.known_covariates), ("genotype.", clinic.known_genotypes)):
        known.update({k.removeprefix(kind): np.array(v) for k, v in state.items() if k.startswith(kind)})
    env._started = True
