"""A cohort in chunks: the same patients treated by every policy, chunk after chunk, in the order of ids."""

from __future__ import annotations

import copy
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.clairvoyant import Clairvoyant
from pmrl.agents.policy import Policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.patients import PatientSource
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.execution import Execution, in_order
from pmrl.experiments.genotype_groups import genotype_codes
from pmrl.experiments.rollout import outcomes, treat

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """A way to be treated: by a policy, on the scenario's visits or on those that it chooses."""

    policy: str
    own_visits: bool = False


@dataclass(frozen=True)
class Treated:
    """What consecutive patients came to.

    Attributes:
        first: id of the first.
        genotype: of `genotype_codes`, `(n_patients,)`.
        outcomes: by way and name, of `pmrl.experiments.rollout.outcomes`, `(n_patients,)` each.
        seconds: of its thread that each way took, where this is a chunk as it was treated.
    """

    first: int
    genotype: NDArray[np.int64]
    outcomes: Mapping[Way, Mapping[str, Floats]]
    seconds: Mapping[Way, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.genotype.size

    def cut(self, start: int, stop: int) -> Treated:
        """The patients of rows `start` to `stop - 1`."""
        kept = {
            way: {name: values[start:stop] for name, values in found.items()}
            for way, found in self.outcomes.items()
        }
        return Treated(self.first + start, self.genotype[start:stop], kept)

    @classmethod
    def join(cls, parts: Sequence[Treated]) -> Treated:
        """Patients that follow one another."""
        first = parts[0]
        joined = {
            way: {name: np.concatenate([part.outcomes[way][name] for part in parts]) for name in found}
            for way, found in first.outcomes.items()
        }
        return cls(first.first, np.concatenate([part.genotype for part in parts]), joined)


class Blocks:
    """Cuts patients who come in any pieces, in the order of ids, into blocks of one size.

    What is computed block by block, such as a sum of rounded numbers, then does not depend on the pieces.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: list[Treated] = []

    def add(self, piece: Treated) -> Iterator[Treated]:
        """The blocks that are full with this piece."""
        self._waiting.append(piece)
        if sum(map(len, self._waiting)) < self.size:
            return
        held = Treated.join(self._waiting)
        full = len(held) // self.size * self.size
        self._waiting = [held.cut(full, len(held))] if full < len(held) else []
        for start in range(0, full, self.size):
            yield held.cut(start, start + self.size)

    def rest(self) -> Iterator[Treated]:
        """The last block, which is not full; none where nobody is left."""
        if self._waiting:
            yield Treated.join(self._waiting)
        self._waiting = []


class _Ward(threading.local):
    """The clinics of one thread: patients are prepared once for all ways, and records are used again."""

    def __init__(self, therapy: Therapy, scenario: Scenario, seed: int, chunk: int) -> None:
        days = scenario.days or therapy.horizon_days
        self.therapy, self.scenario, self.seed = therapy, scenario, seed
        self.source = PatientSource(therapy, scenario, seed, days, block=chunk, kept=1)
        self._clinics: dict[bool, Clinic] = {}

    def clinic(self, way: Way, n: int) -> Clinic:
        """A clinic of `n` rows for this way."""
        found = self._clinics.get(way.own_visits)
        if found is None or found.n != n:
            scenario = self.scenario.with_options(visits="protocol") if way.own_visits else self.scenario
            found = Clinic(self.therapy, scenario, n, self.seed, source=self.source)
            self._clinics[way.own_visits] = found
        return found


def treat_cohort(
    ways: Mapping[Way, Policy], therapy: Therapy, scenario: Scenario, n: int, seed: int, execution: Execution
) -> Generator[Treated, None, None]:
    """Treat patients 0 to `n - 1` of cohort `seed` in every way, in chunks that come in the order of ids.

    Each chunk is treated by a copy of the policy as it is now, so nothing passes from chunk to chunk.

    Raises:
        InputError: a policy cannot be copied, or prescribed what cannot be dispensed.
        Stopped: `execution.stop` was set; the chunks that came before are whole.
    """
    pristine = {way: copied(policy, therapy) for way, policy in ways.items()}
    days = scenario.days or therapy.horizon_days
    size = min(execution.chunk_size(n, days * len(ways)), n)
    ward = _Ward(therapy, scenario, seed, size)
    any_oracle = any(policy.kind == "oracle" for policy in pristine.values())

    def work(first: int) -> Treated:
        ids = np.arange(first, min(first + size, n), dtype=np.int64)
        found, seconds = {}, {}
        plans: list[Floats] = []
        for way, policy in oracles_last(pristine).items():
            began = time.thread_time()
            clinic = ward.clinic(way, ids.size)
            course = treat(copied(policy, therapy), clinic, ids, execution.stop, plans)
            found[way] = outcomes(course, therapy)
            if any_oracle and not way.own_visits:
                plans.append(course.prescribed.copy())
            seconds[way] = time.thread_time() - began
            execution.on_treated(ids.size)
        patients, rows = ward.source.get(ids)
        genotype = genotype_codes(patients.cohort, therapy)[rows]
        return Treated(first, genotype, {way: found[way] for way in pristine}, seconds)

    with _one_torch_thread():
        yield from in_order(work, range(0, n, size), execution)


def oracles_last(ways: Mapping[Way, Policy]) -> dict[Way, Policy]:
    """The ways in the order in which they treat: O3 is shown what all the others prescribed."""

    def place(item: tuple[Way, Policy]) -> tuple[bool, bool]:
        return item[1].kind == "oracle", isinstance(item[1], Clairvoyant)

    return dict(sorted(ways.items(), key=place))


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Networks are evaluated by one thread each: the threads are busy, and their number must not matter."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def copied(policy: Policy, therapy: Therapy) -> Policy:
    """A copy of a policy that shares the therapy, which does not change.

    Raises:
        InputError: it cannot be copied.
    """
    try:
        return copy.deepcopy(policy, {id(therapy): therapy})
    except Exception as error:
        raise InputError(
            f"policy '{policy.name}' cannot be copied ({error}), but every chunk of patients needs a copy: "
            "give it a __deepcopy__"
        ) from error
