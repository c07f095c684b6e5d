"""A state of every kind of thing that a checkpoint holds, in generations that are quick to write and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from pmrl.experiments.checkpoints import write

ABOUT = {
    "drug": "warfarin",
    "seed": 5,
    "settings": {"layers": [16, 16]},
    "threads": 1,
    "processor": "this one",
}


def state(steps: int) -> dict[str, Any]:
    return {
        "weights": {"0.weight": torch.full((2, 3), float(steps))},
        "moments": {0: {"step": torch.tensor(3.0)}},
        "days": np.arange(4) + steps,
        "last": (True, None, "text", 0.25, [1, 2]),
    }


def as_text(found: Any) -> str:
    return repr(found)


def two_generations(run: Path, about: dict[str, Any] = ABOUT) -> Path:
    """Steps 100 and 200; returns the newest's folder."""
    write(run, 100, state(100), about)
    return write(run, 200, state(200), about)
