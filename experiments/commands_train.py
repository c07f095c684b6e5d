"""The command that trains one policy, and goes on with a training that was interrupted."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

import pmrl
from pmrl.agents.policy_file import files_of
from pmrl.agents.training_settings import require_threads, settings_for
from pmrl.agents.tuned import record_of, shown
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import NAMED_COHORTS
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.checkpoint_reading import FOLDER, generations
from pmrl.experiments.checkpoints import Keeper
from pmrl.experiments.config import parse_options, scenario_of
from pmrl.experiments.disclosure import is_private
from pmrl.experiments.output import Output, progress_bars
from pmrl.experiments.printing import say
from pmrl.experiments.run import plain, processor, versions, write_json
from pmrl.experiments.run_lock import locked
from pmrl.experiments.targets import is_written
from pmrl.experiments.training_end import FILE, ends_said
from pmrl.plain_file import read_plain
from pmrl.strict_json import parse_json
from pmrl.threads import free_cores

RECORD = "training.json"
"""In a training's folder: what it was asked for."""
_LARGEST_RECORD = 2**20
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class TrainRequest:
    """What `pmrl train` was asked for; see its help."""

    drug: str
    algorithm: str
    steps: int | None
    name: str | None
    actions: str | None
    normalise: bool
    threads: int | None
    tuned: bool
    seed: int
    scenario: tuple[str, ...]
    checkpoint_seconds: float

    @property
    def policy_name(self) -> str:
        """Under which results are reported."""
        return self.algorithm if self.name is None else self.name


def run_train(request: TrainRequest, out: Path, json_file: Path | None) -> None:
    """Train one policy from the beginning and write its files, curve and logs.

    Raises:
        InputError: an option cannot be used, or the folder holds another training that is not finished.
    """
    _check(request)
    with locked(out), ends_said(out):
        if generations(out):
            raise InputError(
                f"{out} holds a training that is not finished: go on with it by --resume {out}, or give "
                f"another folder with --out, or remove {out / FOLDER}"
            )
        if request.threads is None:
            request = replace(request, threads=free_cores())
        output = _output(request, out, json_file)
        write_json(out / RECORD, asdict(request))
        _train(request, output)


def resume_train(run: Path, json_file: Path | None) -> None:
    """Go on with a training from its newest checkpoint that can be trusted.

    Raises:
        InputError: there is nothing to resume there, or it would not go on as it was begun.
    """
    if not run.is_dir():
        raise InputError(f"there is no folder {run}: give that of a training, the --out of `pmrl train`")
    with locked(run), ends_said(run):
        request = _read_record(run)
        if not generations(run):
            policy = run / f"{request.policy_name}.json"
            state = "is finished" if policy.is_file() else "has no checkpoint yet: train anew"
            raise InputError(f"the training in {run} {state}; nothing to resume")
        _train(request, _output(request, run, json_file))


def _output(request: TrainRequest, out: Path, json_file: Path | None) -> Output:
    others = [*files_of(out / request.policy_name), parse_options(list(request.scenario)).get("cohort")]
    return Output("train", out, json_file, request.seed, others)


def _read_record(run: Path) -> TrainRequest:
    path = run / RECORD
    try:
        raw = parse_json(read_plain(path, _LARGEST_RECORD, f"the {RECORD} of a training"))
        found = TypeAdapter(TrainRequest).validate_python(raw)
    except InputError:
        raise
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path} is not the record of a training: {place}: {first['msg']}") from None
    except ValueError as error:
        raise InputError(f"{path} is not the record of a training: {error}") from None
    _check(found)
    return found


def _check(request: TrainRequest) -> None:
    """What can be checked before anything is written.

    Raises:
        InputError: an option cannot be used.
    """
    therapy(request.drug)
    settings = settings_for(request.algorithm)
    if request.actions is not None:
        from pmrl.agents.deep import require_actions

        require_actions(replace(settings, actions=request.actions))
    if not _FILE_NAME.fullmatch(request.policy_name):
        raise InputError(
            f"name '{request.name}': give up to 100 letters, digits, '.', '_' and '-', beginning "
            "with one of the first two"
        )
    described_in, _ = files_of(Path(request.policy_name))
    if is_written(described_in.name):
        raise InputError(
            f"name '{request.policy_name}': {described_in} is another file of a training; give another name"
        )
    if request.threads is not None:
        require_threads(request.threads)
    if request.steps is not None and request.steps < 1:
        raise InputError(f"steps {request.steps}: give at least 1")
    if not request.checkpoint_seconds >= 0.0:
        raise InputError(f"checkpoint-seconds {request.checkpoint_seconds}: give 0 or more")
    if request.tuned and record_of(therapy(request.drug), request.algorithm) is None:
        raise InputError(
            f"no tuned settings of {request.algorithm} ship for {request.drug}: leave out --tuned, or "
            f"find some with `pmrl tune {request.drug} --policies {request.algorithm} --install`"
        )
    scenario_of(parse_options(list(request.scenario)), cohort="train")


def _train(request: TrainRequest, output: Output) -> None:
    from pmrl.experiments.train import run_training
    from pmrl.experiments.training_audit import said, training_audit

    chosen, algorithm = therapy(request.drug), request.algorithm
    threads = 1 if request.threads is None else request.threads
    settings, tuned = settings_for(algorithm), record_of(chosen, algorithm) if request.tuned else None
    scenario = scenario_of(parse_options(list(request.scenario)), cohort="train")
    changes = _changes(request, tuned)
    assert output.folder is not None  # noqa: S101 - train always has a folder
    (output.folder / FILE).unlink(missing_ok=True)
    keeper = Keeper(output.folder, _about(request, chosen, changes), request.checkpoint_seconds)
    if keeper.found is not None:
        for reason in keeper.found.refused:
            say(f"passed over a checkpoint: {reason}")
        say(f"going on from visit {keeper.found.steps:,}")
    score = "TTR" if chosen.primary == "ttr" else "TTR net of harm"
    with progress_bars() as bars:
        task = bars.add_task(f"training {algorithm}", total=request.steps or settings.steps)

        def advance(done: int, row: dict[str, float]) -> None:
            reached = f"validation {score} {row[chosen.primary]:.3f}"
            bars.update(task, completed=done, description=f"training {algorithm}: {reached}")

        run = run_training(
            algorithm, chosen, scenario, request.seed, threads, request.steps, output.folder,
            request.policy_name, advance, keeper=keeper, **changes,
        )  # fmt: skip
    if tuned is not None:
        kept = request.actions in (None, tuned["values"].get("actions"))
        changed = {} if kept else {"changed": {"actions": request.actions}}
        run.policy.card.training["tuning"] = shown(tuned) | changed
    path = run.policy.save(output.folder / request.policy_name)
    audit = training_audit(run.policy, chosen, scenario, request.seed)
    if audit is not None:
        run.policy.card.training["audit"] = audit
        run.policy.save(output.folder / request.policy_name)
    shutil.rmtree(output.folder / FOLDER, ignore_errors=True)
    reached = run.policy.card.training[f"validation_{chosen.primary}"]
    say(f"policy: {path}\nvalidation {score} {reached:.3f} after {run.seconds:.0f} s on {threads} threads")
    if audit is not None:
        say(said(audit))
    elif is_private(scenario):
        say("what the policy reveals of its patients was not audited: too few of them are typed for a gene")
    output.finish({"policy": path.name, "curve": run.curve, "card": run.policy.card.training})


def _changes(request: TrainRequest, tuned: Any) -> dict[str, Any]:
    """Fields of the settings that are not as usual."""
    from pmrl.agents.tunable_training import changes_of

    changes = {} if tuned is None else changes_of(request.algorithm, tuned["values"])
    if request.actions is not None:
        changes["actions"] = request.actions
    if request.normalise:
        changes["normalise"] = True
    return changes


def _about(request: TrainRequest, chosen: Therapy, changes: dict[str, Any]) -> dict[str, Any]:
    """What a training is, in JSON's types: resumed as anything else, its weights would be others."""
    cohort = parse_options(list(request.scenario)).get("cohort", "train")
    about = {
        "environment": chosen.id,
        "environment version": chosen.version,
        "drug": request.drug,
        "settings": asdict(replace(settings_for(request.algorithm), **changes)),
        "steps": request.steps,
        "name": request.policy_name,
        "seed": request.seed,
        "scenario": list(request.scenario),
        "cohort file": None if cohort in NAMED_COHORTS else _digest(Path(cohort)),
        "threads": request.threads,
        "processor": processor(),
        "pmrl": pmrl.__version__,
        "packages": versions(),
    }
    return dict(json.loads(json.dumps(plain(about))))


def _digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        InputError: there is none.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(
            f"cohort '{path}' cannot be read ({error.strerror}); give the path of a CSV"
        ) from None
