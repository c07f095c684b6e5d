"""Numbers that are none stop a clinic at that visit, and leave a record from which it can be seen again."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.scenario import NAMED_COHORTS, Scenario
from pmrl.failure import NotANumberError, NumericalError

if TYPE_CHECKING:
    from pmrl.envs.clinic import Clinic

FORMAT = 1
GIVEN = "given in Python"
"""Stands for an option of a scenario that is an object."""


def require_numbers(clinic: Clinic, what: str, values: NDArray[Any], names: tuple[str, ...] = ()) -> None:
    """Nothing where every value is a number.

    Args:
        clinic: whose rows the values are of.
        what: they are, such as "reward".
        values: `(n,)` or `(n, n_values)`.
        names: of the values.

    Raises:
        NotANumberError: one is NaN or infinite; names patient, seed, day and state, and has the record.
    """
    flat = values.ravel()
    # Several times as fast as to look at each, which only a sum of squares that is no number needs.
    with np.errstate(all="ignore"):
        if isfinite(flat.dot(flat)) or np.isfinite(values).all():
            return
    wide = values.reshape(len(values), -1)
    row, column = (int(k) for k in np.argwhere(~np.isfinite(wide))[0])
    name = f"{what} {names[column]}" if names else what
    world = clinic.world
    error = NotANumberError(
        f"{name} is {wide[row, column]:g} for patient {clinic.patient[row]} of cohort seed {clinic.seed} on "
        f"day {world.day[row]}, row {row}; {world.state_of(row)}",
        row,
    )
    raise recorded(error, clinic, row, what)


def require_parameters(clinic: Clinic, rows: NDArray[np.int64]) -> None:
    """Nothing where the patients in these rows have parameters that are numbers.

    Raises:
        NotANumberError: one has not.
    """
    parameters = clinic.world.parameters
    if not np.isfinite(parameters[rows]).all():
        among = np.zeros_like(parameters)
        among[rows] = parameters[rows]
        require_numbers(clinic, "parameter", among, clinic.model.parameters)


def recorded(error: NumericalError, clinic: Clinic, row: int, what: str) -> NumericalError:
    """The error with the record of what happened to the patient in that row.

    The parameters of a patient from somebody's own table follow from a person's genotype: of those only what
    is not a number is recorded. Genotypes and covariates never are.
    """
    world, model = clinic.world, clinic.model
    parameters = dict(zip(model.parameters, world.parameters[row].tolist(), strict=True))
    if clinic.scenario.cohort not in NAMED_COHORTS:
        parameters = {name: value for name, value in parameters.items() if not np.isfinite(value)}
    error.record = heading(error, clinic, what) | {
        "scenario": options_of(clinic.scenario),
        "patient": int(clinic.patient[row]),
        "day": int(world.day[row]),
        "visits": _visits(clinic, row),
        "parameters": _exact(parameters),
        "states": _exact(dict(zip(model.states, world.states[row].tolist(), strict=True))),
    }
    return error


def heading(error: NumericalError, clinic: Clinic, what: str) -> dict[str, Any]:
    """What every record begins with."""
    return {
        "format": FORMAT,
        "what": what,
        "message": str(error),
        "environment": clinic.therapy.id,
        "environment_version": clinic.therapy.version,
        "drug": clinic.therapy.drug,
        "cohort_seed": int(clinic.seed),
    }


def named_at_admission(error: NumericalError, clinic: Clinic, rows: NDArray[np.int64]) -> NumericalError:
    """The failure of a course from day 0, whose rows are places in `rows`, by patient and with the record."""
    row = int(rows[error.row])
    reason = str(error).partition(": ")[2]
    message = f"{clinic.world.who(row)}: {reason}; {clinic.world.state_of(row)}"
    return recorded(type(error)(message, row), clinic, row, "equations")


def options_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario in JSON's types; an object stands there as `GIVEN`."""
    found: dict[str, Any] = {}
    for name, value in vars(scenario).items():
        if value is None or isinstance(value, (bool, int, float, str)):
            found[name] = value
        elif isinstance(value, Path):
            found[name] = value.as_posix()
        elif isinstance(value, Mapping):
            found[name] = {str(key): float(share) for key, share in value.items()}
        else:
            found[name] = GIVEN
    return found


def _visits(clinic: Clinic, row: int) -> list[dict[str, Any]]:
    """Day, daily doses (mg) and days of every visit from day 0 on at which something was prescribed."""
    visits = []
    for k in range(int(clinic.count[row])):
        at, days = clinic.at[row, k], clinic.interval[row, k]
        if at >= 0 and np.isfinite(days):
            first = int(at) - clinic.start
            doses = clinic.prescribed[row, first : first + int(days)].tolist()
            visits.append({"day": int(at), "days": int(days), "doses": _short(doses)})
    return visits


def _short(doses: list[float]) -> list[float]:
    """Without repetitions at the end: the last dose goes on."""
    while len(doses) > 1 and doses[-1] == doses[-2]:
        doses = doses[:-1]
    return doses


def _exact(values: Mapping[str, float]) -> dict[str, float | str]:
    """JSON has no NaN and no infinity: those are texts."""
    return {name: value if np.isfinite(value) else repr(value) for name, value in values.items()}
