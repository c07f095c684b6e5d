"""What tuning found: the records that ship, one file for each drug, and the policies that use them.

`pmrl tune --install` writes `data/tuned/DRUG.json`: policy -> record. A record has the best `values`, their
`score` and the `default_score`, means of `outcome` over validation patients; `environment` and its
`environment_version`; `cohort`, `cohort_seed`, `patients`; `sampler` and its `seed`; `budget` and `used`, in
trials and core-seconds; and all `trials`, by `columns`. What was tuned in another environment, or another
version of it, is not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pmrl.agents.policy import Policy
from pmrl.agents.search_space import Values
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError

Record = Mapping[str, Any]
UNSHOWN = ("columns", "trials")
"""Parts of a record that stay in its file."""


def tuned_file(drug: str) -> Path:
    """Where the records of a drug are, or would be."""
    return Path(str(files("pmrl.agents"))) / "data" / "tuned" / f"{drug}.json"


def records(drug: str) -> dict[str, Record]:
    """Every record of a drug by policy; none where nothing was tuned.

    Raises:
        InputError: the file is damaged.
    """
    path = tuned_file(drug)
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(
            f"cannot read tuned values {path}: {error}; remove the file, or tune again"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"tuned values {path} are not records by policy; remove the file, or tune again")
    return found


def record_of(therapy: Therapy, name: str) -> Record | None:
    """The record of a policy that was tuned in this version of the environment; None where there is none."""
    found = records(therapy.drug).get(name)
    if found is None:
        return None
    belongs = (found["environment"], found["environment_version"]) == (therapy.id, therapy.version)
    return found if belongs else None


def shown(record: Record) -> dict[str, Any]:
    """A record without its trials, as it is stored with results."""
    return {name: value for name, value in record.items() if name not in UNSHOWN}


def note(record: Record) -> str:
    """A record in words, for summaries."""
    values: Values = record["values"]
    found = ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )
    return (
        f"tuned: {found}: best of {record['used']['trials']} trials by {record['outcome']} on "
        f"{record['patients']} {record['cohort']} patients"
    )


def tuning_of(policy: Policy) -> dict[str, Any] | None:
    """How a policy was tuned, as `shown`; None where it was not, or where nobody knows."""
    card = getattr(policy, "card", None)
    found = getattr(policy, "tuning", None) if card is None else card.training.get("tuning")
    return dict(found) if isinstance(found, Mapping) else None
