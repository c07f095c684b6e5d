"""pmrl: the laboratory for precision dosing with reinforcement learning.

Research use only, never for patient care.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pmrl.agents.policy import Policy

__version__ = "0.1.0"


def load_policy(path: str | Path, drug: str = "warfarin") -> Policy:
    """A policy by name, file or module:Class, ready to prescribe for a drug.

    Args:
        path: a rule's name, the path of a trained policy's JSON, or module:Class.
        drug: the therapy it is for.

    Raises:
        pmrl.errors.InputError: there is no such policy, or its file cannot be used.

    >>> load_policy("aurora").kind
    'rule'
    """
    from pmrl.agents.catalogue import resolve
    from pmrl.envs.registry import therapy

    return resolve(str(path), therapy(drug))
