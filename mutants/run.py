"""Mutation testing: every mutant of a part must be noticed by its tests, or be judged in docs/mutation.md.

`python mutants/run.py statistics metrics kernel` changes a copy of the checkout under build/mutation, never
the checkout itself. It ends with 1 where a mutant survives that docs/mutation.md does not list.
"""

from __future__ import annotations

import ast
import multiprocessing
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkout import Checkout
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from trial import Mutant, Trial

ROOT = Path(__file__).resolve().parents[1]
PARTS: dict[str, Any] = tomllib.loads((ROOT / "mutants/parts.toml").read_text(encoding="utf-8"))
JUDGED = ROOT / "docs/mutation.md"


@dataclass(frozen=True)
class Found:
    """What came of a module's mutants: how many there are and were tried, and the rows of who survived."""

    module: str
    mutants: int
    tried: int
    survivors: list[str]
    seconds: float


def left_out(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and decorators begin and end: they say what is computed how, and compute nothing."""
    for node in ast.walk(ast.parse(source)):
        given = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for one in (*given, *getattr(node, "decorator_list", [])):
            if isinstance(one, ast.expr):
                yield (one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0)


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a module."""
    spans, nodes, found = list(left_out(source)), list(ast_nodes(get_ast(source))), []
    for name in PARTS["operators"]:
        operator = get_operator(f"core/{name}")()
        places = [place for node in nodes for place, _ in operator.mutation_positions(node)]
        for occurrence, place in enumerate(places):
            if not any(first <= place <= last for first, last in spans):
                found.append(Mutant(place[0], f"core/{name}", occurrence))
    return found


def row(module: str, source: str, mutant: Mutant) -> str:
    """A mutant as a row of a table: the line before and after, without indentation."""
    after = mutate_code(source, mutant.operator, mutant.occurrence)
    pairs = zip(source.splitlines(), after.splitlines(), strict=True)
    changed = [(old.strip(), new.strip()) for old, new in pairs if old != new]
    before, then = (" ".join(lines).replace("|", "\\|") for lines in zip(*changed, strict=True))
    return f"| {module}:{mutant.line} | `{before}` | `{then}` |"


def without_line(text: str) -> str:
    """A row without line number and verdict: what stays the same when lines are moved."""
    place, *change = text.replace("\\|", "\0").split("|")[1:4]
    return "|".join((place.split(":")[0].strip(), *(cell.strip() for cell in change)))


def unnoticed(
    checkout: Checkout, module: str, tests: list[str], mutants: list[Mutant], interpreted: bool
) -> list[Mutant]:
    """The mutants that the tests do not notice, tried in this process."""
    trial = Trial(checkout, module, tests, interpreted)
    return [mutant for mutant in mutants if not trial.notices(mutant)]


def survivors_of(*arguments: Any) -> list[Mutant]:
    """`unnoticed` in a process of its own, which has imported nothing of the package yet."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(unnoticed, arguments)


def not_judged(rows: list[str], judged: Counter[str]) -> list[bool]:
    """Which rows have no verdict; of lines that are alike, as many have one as were judged."""
    left = judged.copy()
    left.subtract(without_line(row) for row in rows)
    return [left[without_line(row)] < 0 for row in rows]


def try_module(checkout: Checkout, module: str, part: dict[str, Any], judged: Counter[str]) -> Found:
    """Try the mutants of a module, or a sample of them, the same every night.

    Where there are quick tests they come first, and what they leave is not tried on where it is judged.
    """
    source = (checkout.root / module).read_text(encoding="utf-8")
    mutants, sample = mutants_of(source), part["sample"]
    chosen = random.Random(PARTS["seed"]).sample(mutants, min(sample or len(mutants), len(mutants)))  # noqa: S311
    began, left, survivors = time.monotonic(), sorted(chosen), []
    if quick := part.get("quick", {}).get(module):
        left = survivors_of(checkout, module, quick, left, True)
        fresh = not_judged([row(module, source, mutant) for mutant in left], judged)
        survivors = [mutant for mutant, new in zip(left, fresh, strict=True) if not new]
        left = [mutant for mutant, new in zip(left, fresh, strict=True) if new]
    if left:
        survivors += survivors_of(checkout, module, part["modules"][module], left, False)
    rows = [row(module, source, mutant) for mutant in sorted(survivors)]
    return Found(module, len(mutants), len(chosen), rows, time.monotonic() - began)


def main(arguments: list[str]) -> int:
    """Try the parts or modules that are named, or all; 1 where one survives that was not judged."""
    lines = JUDGED.read_text(encoding="utf-8").splitlines()
    judged = Counter(without_line(line) for line in lines if line[:2] == "| ")
    checkout, fresh = Checkout(ROOT, ROOT / "build/mutation"), []
    for name, part in PARTS.items():
        for module in part["modules"] if isinstance(part, dict) else ():
            if arguments and name not in arguments and module not in arguments:
                continue
            found = try_module(checkout, module, part, judged)
            print(
                *(f"{row}\n" for row in found.survivors),
                f"{module}: {found.mutants} mutants, {found.tried} tried, {len(found.survivors)} survived, "
                f"{found.seconds / max(found.tried, 1):.1f} s each",
                sep="",
                flush=True,
            )
            new = not_judged(found.survivors, judged)
            fresh += [row for row, one in zip(found.survivors, new, strict=True) if one]
    print("\n".join(["Survivors that docs/mutation.md does not judge:", *(fresh or ["none"])]))
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
