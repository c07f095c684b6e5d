"""Which therapies there are, by drug; importing `pmrl.envs` registers their ids with gymnasium."""

from __future__ import annotations

from importlib import import_module

import gymnasium

from pmrl.envs.therapy import Therapy
from pmrl.errors import unknown

THERAPIES = {
    "warfarin": ("pmrl/Warfarin-v1", "pmrl.envs.warfarin"),
    "phenytoin": ("pmrl/Phenytoin-v1", "pmrl.envs.phenytoin"),
    "sipoglitazar": ("pmrl/Diabetes-v1", "pmrl.envs.sipoglitazar"),
    "empagliflozin": ("pmrl/Empagliflozin-v1", "pmrl.envs.empagliflozin"),
    "mercaptopurine": ("pmrl/Mercaptopurine-v1", "pmrl.envs.mercaptopurine"),
    "allopurinol": ("pmrl/Allopurinol-v2", "pmrl.envs.allopurinol"),
    "atorvastatin": ("pmrl/Atorvastatin-v1", "pmrl.envs.atorvastatin"),
    "tacrolimus": ("pmrl/Tacrolimus-v1", "pmrl.envs.tacrolimus"),
    "efavirenz": ("pmrl/Efavirenz-v1", "pmrl.envs.efavirenz"),
}
"""Drug -> (environment id, the module that defines its `THERAPY`)."""


def therapy(drug: str) -> Therapy:
    """The therapy of that drug.

    Raises:
        InputError: there is none.
    """
    if drug not in THERAPIES:
        raise unknown("drug", drug, THERAPIES)
    found: Therapy = import_module(THERAPIES[drug][1]).THERAPY
    return found


def register_all() -> None:
    """Register every environment id, once."""
    for drug, (environment, _) in THERAPIES.items():
        if environment not in gymnasium.registry:
            gymnasium.register(
                id=environment,
                entry_point="pmrl.envs.dosing:DosingEnv",
                vector_entry_point="pmrl.envs.dosing:DosingVectorEnv",
                kwargs={"therapy": drug},
            )
