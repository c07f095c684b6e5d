"""A study as a TOML file, and scenario options as KEY=VALUE: unknown keys are errors with a suggestion."""

from __future__ import annotations

import tomllib
import types
import typing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pmrl.csv_lines import NUMBER
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError, unknown
from pmrl.experiments.cli_options import LARGEST_SEED
from pmrl.experiments.disclosure import SMALLEST_CELL

_TEXTS = ("drug", "policies")
_NUMBERS = ("patients", "seed", "threads", "chunk", "smallest_cell")
_FLAGS = ("show_patients", "keep_ids")


@dataclass(frozen=True)
class StudyConfig:
    """What a configuration file may say; everything has a default.

    Attributes:
        drug: what is studied.
        policies: comma list or "all".
        patients: number of test patients.
        seed: cohort seed of the test patients.
        scenario: options of `pmrl.envs.scenario.Scenario`.
        threads: how many patients' chunks are treated at a time; every core where None.
        chunk: patients of a chunk; chosen where None. Neither changes a number.
        show_patients, keep_ids, smallest_cell: as in `pmrl.experiments.disclosure.Disclosure`.
    """

    drug: str = "warfarin"
    policies: str = "all"
    patients: int = 1000
    seed: int = 1
    scenario: Scenario = field(default_factory=lambda: Scenario(cohort="test"))
    threads: int | None = None
    chunk: int | None = None
    show_patients: bool = False
    keep_ids: bool = False
    smallest_cell: int = int(SMALLEST_CELL.value)


def read_config(path: Path) -> StudyConfig:
    """Read a study.

    Raises:
        InputError: the file cannot be read, a key is unknown or a value has the wrong type.
    """
    if "\0" in str(path) or (path.exists() and not path.is_file()):
        raise InputError(f"cannot read config {path}: it is not a file; give the path of a TOML file")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read config {path}: {error.strerror}; give the path of a TOML file"
        ) from None
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, or a number of thousands of digits
        raise InputError(f"config {path} is not valid TOML: {error}") from None
    names = [entry.name for entry in fields(StudyConfig)]
    for name in raw:
        if name not in names:
            raise unknown("config key", name, names)
    scenario = raw.pop("scenario", {})
    if not isinstance(scenario, dict):
        raise InputError("config key 'scenario' must be a table: write [scenario] and its options below it")
    for name, kind in (*((name, str) for name in _TEXTS), *((name, int) for name in _NUMBERS)):
        if name in raw and (not isinstance(raw[name], kind) or isinstance(raw[name], bool)):
            raise InputError(f"config key '{name}' is {raw[name]!r}: give a {kind.__name__}")
    if not 0 <= raw.get("seed", 0) <= LARGEST_SEED:
        raise InputError(f"config key 'seed' is {raw['seed']}: give 0 to {LARGEST_SEED}")
    for name in _FLAGS:
        if not isinstance(raw.get(name, False), bool):
            raise InputError(f"config key '{name}' is {raw[name]!r}: give true or false")
    return StudyConfig(**raw, scenario=scenario_of(scenario, cohort="test"))


def scenario_of(options: dict[str, Any], cohort: str, base: Scenario | None = None) -> Scenario:
    """A scenario from options, each checked for name and type.

    Args:
        options: option -> value; text is converted to the option's type.
        cohort: the patients, where neither options nor `base` name any.
        base: what holds where the options say nothing; the defaults where None.

    Raises:
        InputError: an unknown option or a value that does not fit.
    """
    hints = typing.get_type_hints(Scenario)
    for name in options:
        if name not in hints:
            raise unknown("scenario option", name, hints)
    checked = {name: _convert(name, value, hints[name]) for name, value in options.items()}
    return (base or Scenario(cohort=cohort)).with_options(**checked)


def parse_options(pairs: list[str]) -> dict[str, str]:
    """KEY=VALUE texts as a dict.

    Raises:
        InputError: a text without '=', or a key given twice.
    """
    options: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key or key in options:
            raise InputError(f"scenario option '{pair}': write each once as KEY=VALUE, such as adherence=0.9")
        options[key] = value.strip()
    return options


def _convert(name: str, value: Any, hint: Any) -> Any:
    """`value` in the type of the option, which may be a union of simple types."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = typing.get_args(hint)
    else:
        kinds = (hint,)
    if isinstance(value, bool) and bool not in kinds:
        raise InputError(f"scenario option {name} is {str(value).lower()}: it is not a matter of yes or no")
    if not isinstance(value, str):
        return value
    if value.lower() in ("none", "") and type(None) in kinds:
        return None
    if bool in kinds:
        if value.lower() not in ("true", "false", "yes", "no"):
            raise InputError(f"scenario option {name}={value}: give true or false")
        return value.lower() in ("true", "yes")
    for kind in (int, float):
        if kind in kinds and NUMBER.fullmatch(value):
            try:
                return kind(value)
            except ValueError:
                continue
    if str in kinds or typing.get_origin(hint) is typing.Literal or hint is Any:
        return value
    raise InputError(f"scenario option {name}={value}: give a number")
