"""A fault of numbers on disk, small enough to send, and its replay.

`reproduction.json` holds what happened to one patient (or, of a gradient, what the training was), without
genotypes and covariates, and without the parameters of patients from somebody's own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pmrl
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.fault import FORMAT, GIVEN, options_of, require_parameters
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.output import COMMAND
from pmrl.experiments.run import processor, versions, write_json
from pmrl.experiments.training_end import FILE
from pmrl.failure import NumericalError
from pmrl.plain_file import read_plain
from pmrl.strict_json import parse_json

_LARGEST = 8 * 2**20
_OF_A_PATIENT = ("reward", "observation", "scaled observation", "parameter", "equations")


@dataclass(frozen=True)
class Replayed:
    """The error that the replay came to, None where it came to none, and the environment as it then is."""

    error: NumericalError | None
    env: DosingVectorEnv | None


def write(path: Path, error: NumericalError, training: Mapping[str, Any] | None = None) -> Path:
    """Write what is needed to see an error again.

    Args:
        path: of the file.
        error: with its record.
        training: in which it happened, as keyword arguments of `pmrl.experiments.train.run_training`.

    Raises:
        InputError: the file cannot be written.
    """
    record = {"format": FORMAT, "what": "weights", "message": str(error), **error.record}
    about = {"pmrl": pmrl.__version__, "packages": versions(), "processor": processor()}
    if training is not None:
        scenario = options_of(training["scenario"])
        about["training"] = {**training, "therapy": training["therapy"].drug, "scenario": scenario}
    return write_json(path, {**record, **about})


def read(path: Path) -> dict[str, Any]:
    """The record of a file of `write`.

    Raises:
        InputError: it is none, or of another version.
    """
    try:
        found = parse_json(read_plain(path, _LARGEST, f"a {FILE}"))
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path} is not a {FILE}: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"{path} is not a {FILE} of format {FORMAT}")
    return found


def replay(path: Path, scenario: Scenario | None = None) -> Replayed:
    """Let happen again what a file holds: to the patient alone, or, of a gradient or action, in training.

    Args:
        path: of a `reproduction.json`.
        scenario: in which it happened, needed where it held objects (a cohort or adherence made in Python).

    Raises:
        InputError: the file cannot be used.
    """
    record = read(path)
    try:
        if record["what"] in _OF_A_PATIENT:
            return _replay_patient(record, scenario)
        if record["what"] == COMMAND:
            raise InputError(
                f"this happened outside a clinic; by the file, it was pmrl {record['pmrl']} that was told: "
                f"{record['command']}"
            )
        return _replay_training(record, scenario)
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise InputError(f"{path} is not a whole {FILE}: {error}") from None


def _replay_patient(record: Mapping[str, Any], scenario: Scenario | None) -> Replayed:
    chosen = therapy(record["drug"])
    if record["environment_version"] != chosen.version:
        raise InputError(
            f"this happened in version {record['environment_version']} of {record['environment']}, here is "
            f"{chosen.version}: replay it with pmrl {record['pmrl']}"
        )
    env = DosingVectorEnv(1, therapy=chosen, scenario=scenario or _scenario(record["scenario"]))
    try:
        env.reset(seed=record["cohort_seed"], options={"patients": np.array([record["patient"]])})
        _become(env, record)
        for visit in record["visits"]:
            env.give(np.array([visit["doses"]], dtype=np.float64), np.array([visit["days"]]))
    except NumericalError as error:
        return Replayed(error, env)
    return Replayed(None, env)


def _become(env: DosingVectorEnv, record: Mapping[str, Any]) -> None:
    """Give the patient the parameters that were recorded, where they are not those of the cohort."""
    clinic = env.clinic
    names = clinic.model.parameters
    parameters = clinic.world.parameters.copy()
    for name, value in record["parameters"].items():
        parameters[0, names.index(name)] = float(value)
    if not np.array_equal(parameters, clinic.world.parameters, equal_nan=True):
        clinic.world.parameters[:] = parameters
        require_parameters(clinic, np.zeros(1, dtype=np.int64))
        clinic.world.states[:] = clinic.model.initial(parameters)


def _replay_training(record: Mapping[str, Any], scenario: Scenario | None) -> Replayed:
    """Train again, from the beginning to the fault."""
    from pmrl.experiments.train import run_training

    asked = dict(record["training"])
    asked["therapy"] = therapy(asked["therapy"])
    asked["scenario"] = scenario or _scenario(asked["scenario"])
    if "layers" in asked:
        asked["layers"] = tuple(asked["layers"])
    try:
        run_training(**asked)
    except NumericalError as error:
        return Replayed(error, None)
    return Replayed(None, None)


def _scenario(options: Mapping[str, Any]) -> Scenario:
    given = [name for name, value in options.items() if value == GIVEN]
    if given:
        raise InputError(
            f"the scenario's {', '.join(given)} was made in Python: give replay(..., scenario=...)"
        )
    return Scenario(**options)
