"""A tiny training in a process of its own, for tests that kill it.

    python killed_training.py ALGORITHM RUN [SLOW]

With SLOW, every flush to disk takes that many seconds, so that most moments are in the middle of a write.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from test_resume import ABOUT, trained

from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.run_lock import locked


def main(algorithm: str, run: Path, slow: float) -> None:
    flush = os.fsync

    def slowly(descriptor: int) -> None:
        time.sleep(slow)
        flush(descriptor)

    if slow:
        os.fsync = slowly
    with locked(run):
        found = trained(algorithm, keeper=Keeper(run, ABOUT, 0.0))
        found.policy.save(run / "finished")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
