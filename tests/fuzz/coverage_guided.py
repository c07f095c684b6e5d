"""Coverage-guided fuzzing of one target, where atheris is installed (`pip install atheris`: Linux on x86-64).

    python tests/fuzz/coverage_guided.py TARGET [runs, 100,000 if not given]

The targets are those of `fuzz_targets.py`. Without atheris it says so and ends well: no test needs it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

RUNS = 100_000
READERS = (
    "pmrl.agents.policy_file",
    "pmrl.agents.safe_arrays",
    "pmrl.cohort_reading",
    "pmrl.csv_lines",
    "pmrl.experiments.config",
    "pmrl.experiments.nonmem",
    "pmrl.experiments.nonmem_visits",
    "pmrl.genetics",
    "pmrl.nonmem_table",
    "pmrl.strict_json",
)
"""Modules whose branches are to be found."""


def functions() -> Iterator[FunctionType]:
    """Functions and methods of `READERS`."""
    for name in READERS:
        module = importlib.import_module(name)
        classes = [one for one in vars(module).values() if inspect.isclass(one)]
        for owner in (module, *classes):
            for found in vars(owner).values():
                if isinstance(found, FunctionType) and found.__module__ == name:
                    yield found


def main() -> None:
    """Fuzz the target that is named."""
    try:
        import atheris  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        print("atheris is not installed: nothing is fuzzed by coverage")  # noqa: T201
        return
    import fuzz_samples
    import fuzz_targets

    name, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else RUNS
    # One by one: whole modules would include functions that numba compiles, from bytecode as Python has it.
    for function in functions():
        atheris.instrument_func(function)

    def one(data: bytes) -> None:
        if name in fuzz_targets.TEXTS:
            fuzz_targets.TEXTS[name](data.decode("utf-8", "surrogateescape"))
        else:
            fuzz_targets.FILES[name](data)

    samples = {**fuzz_samples.TEXTS, **fuzz_samples.FILES}[name]
    with tempfile.TemporaryDirectory() as folder:
        for k, sample in enumerate(samples):
            content = sample.encode() if isinstance(sample, str) else sample
            (Path(folder) / f"sample-{k}").write_bytes(content)
        atheris.Setup([sys.argv[0], f"-runs={runs}", "-max_len=65536", "-verbosity=1", folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
