"""The file of tuned values: JSON that people can read, one line for each trial."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pmrl.agents.tuned import Record, records, tuned_file
from pmrl.experiments.run import write_text


def as_text(found: Mapping[str, Record]) -> str:
    """Records by policy as JSON."""
    entries = [f"  {json.dumps(name)}: {_record_text(record)}" for name, record in sorted(found.items())]
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _record_text(record: Record) -> str:
    lines = [
        f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in record.items() if key != "trials"
    ]
    trials = ",\n".join(f"      {json.dumps(trial)}" for trial in record["trials"])
    return "{\n" + ",\n".join([*lines, f'    "trials": [\n{trials}\n    ]']) + "\n  }"


def install(drug: str, found: Mapping[str, Record]) -> Path:
    """Put records among those that ship; other policies of the drug keep theirs.

    Raises:
        InputError: the file cannot be written.
    """
    merged: dict[str, Any] = {**records(drug), **found}
    return write_text(tuned_file(drug), as_text(merged))
