"""Whether the tests notice a mutant: each is tried in a fork of a process that has imported all the rest."""

from __future__ import annotations

import importlib
import math
import os
import resource
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkout import Checkout
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator

LIBRARIES = (
    "pytest",
    "hypothesis.extra.numpy",
    "hypothesis.internal.conjecture.engine",
    "scipy.stats",
    "numba",
)
PROFILE = "--hypothesis-profile=mutants"
ALREADY = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
TIMES_LONGER, AT_LEAST = 10.0, 60.0
"""Tests that take so many times the seconds of a core that they do without a mutant, and at least so many, do
not end: it is noticed. A core's, because a busy machine must not kill mutants."""


@dataclass(frozen=True, order=True)
class Mutant:
    """A module in which one operator is replaced: the `occurrence`-th of those of its kind."""

    line: int
    name: str
    occurrence: int

    @property
    def operator(self) -> Any:
        """What cosmic-ray changes it by."""
        return get_operator(self.name)()


class Trial:
    """Tests of a module of a checkout, to be run in this process, which sees nothing but the checkout.

    `interpreted`: kernels are run as plain Python, as `pmrl.interpreted` has it, and none is compiled.
    """

    def __init__(self, checkout: Checkout, module: str, tests: Sequence[str], interpreted: bool) -> None:
        self.checkout, self.file, self.module = checkout, module, checkout.dotted(module)
        self.tests, self.interpreted = [f"tests/{name}" for name in tests], interpreted
        os.chdir(checkout.root)
        os.environ["NUMBA_DISABLE_JIT"] = str(int(interpreted))
        os.environ["NUMBA_CACHE_DIR"] = str(checkout.kernels)
        sys.dont_write_bytecode = True
        sys.path[:0] = [str(checkout.root), str(checkout.root / "tests")]
        importlib.invalidate_caches()
        for name in (
            *LIBRARIES,
            *checkout.untouched(self.module, [name.partition(".py")[0] for name in tests]),
        ):
            importlib.import_module(name)
        if self.module in sys.modules:
            raise RuntimeError(f"{self.module} is imported already: its mutants would not be")
        self.seconds = 3600.0
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self.noticed():
            raise RuntimeError(f"{', '.join(tests)} fail without a mutant: see {self.log}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds = max(AT_LEAST, TIMES_LONGER * (after.ru_utime - before.ru_utime))

    @property
    def log(self) -> Path:
        """What the tests said last."""
        return self.checkout.root / "tests.log"

    def notices(self, mutant: Mutant) -> bool:
        """Whether a test fails of a mutant."""
        if not self.interpreted:
            self.checkout.forget_kernels(self.module)
        with use_mutation(Path(self.file), mutant.operator, mutant.occurrence):
            return self.noticed()

    def noticed(self) -> bool:
        """Whether a test fails, or they do not end."""
        child = os.fork()
        if child == 0:
            self._run()
        return os.waitpid(child, 0)[1] != 0

    def _run(self) -> None:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(self.seconds), math.ceil(self.seconds)))
            out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(out, stream)
            import hypothesis
            import pytest

            # The same examples for every mutant, and as much time for each as a busy machine takes.
            hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
            options = ("-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", ALREADY, PROFILE)
            status = int(pytest.main([*options, *self.tests]))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
