"""The whole story in minutes: train PPO and DQN, compare with the rules on held-out patients, report."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from pmrl.envs.registry import therapy as therapy_named
from pmrl.envs.scenario import Scenario


@dataclass(frozen=True)
class Finished:
    """What a training process sends back."""

    path: Path
    curve: list[dict[str, float]]
    seconds: float


def train_in_processes(
    drug: str,
    folder: Path,
    seed: int,
    steps: dict[str, int],
    on_progress: Callable[[str, int, dict[str, float]], None],
) -> dict[str, Finished]:
    """Train every algorithm at the same time, one process and one thread each.

    Args:
        drug: name of the therapy.
        folder: where policies and logs go.
        seed: of the training.
        steps: visits by algorithm.
        on_progress: called with algorithm, steps done and the row of the learning curve.

    Raises:
        RuntimeError: a process died; says which.
    """
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue()
    workers = {
        name: context.Process(target=_work, args=(drug, name, folder, seed, count, queue), daemon=True)
        for name, count in steps.items()
    }
    for worker in workers.values():
        worker.start()
    finished: dict[str, Finished] = {}
    try:
        while len(finished) < len(workers):
            try:
                name, message = queue.get(timeout=1.0)
            except Empty:
                _require_alive(workers, finished)
                continue
            if isinstance(message, Finished):
                finished[name] = message
            elif isinstance(message, Exception):
                raise message
            else:
                on_progress(name, *message)
    finally:
        for worker in workers.values():
            worker.join(timeout=5.0) if len(finished) == len(workers) else worker.terminate()
    return finished


def _require_alive(workers: dict[str, Any], finished: dict[str, Finished]) -> None:
    for name, worker in workers.items():
        if name not in finished and worker.exitcode not in (None, 0):
            raise RuntimeError(f"the process that trained {name} ended with exit code {worker.exitcode}")


def _tell(queue: Any, algorithm: str, done: int, row: dict[str, float]) -> None:
    """Report progress, or stop where there is nobody left to report to."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise SystemExit(1)
    queue.put((algorithm, (done, row)))


def _work(drug: str, algorithm: str, folder: Path, seed: int, steps: int, queue: Any) -> None:
    """Train one policy in a process of its own and send its path and curve back."""
    from pmrl.experiments.train import run_training

    try:
        run = run_training(
            algorithm,
            therapy_named(drug),
            Scenario(),
            seed,
            threads=1,
            steps=steps,
            folder=folder,
            on_progress=lambda done, row: _tell(queue, algorithm, done, row),
        )
        path = run.policy.save(folder / "policies" / algorithm)
        queue.put((algorithm, Finished(path, run.curve, run.seconds)))
    except Exception as error:  # sent to the parent, which raises it
        queue.put((algorithm, error))
