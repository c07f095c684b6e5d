"""A copy of the checkout to be changed: what imports what in it, and where numba keeps what is compiled."""

from __future__ import annotations

import ast
import compileall
import os
import re
import shutil
from functools import cached_property
from pathlib import Path

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "build", "runs", "__pycache__", ".*_cache", ".hypothesis"
)
LONG_AGO = 1_000_000_000
"""When every source was last changed: a mutant is then always newer than what Python and numba keep of it."""


class Checkout:
    """The copy of the checkout `source` in the folder `root`, made anew."""

    def __init__(self, source: Path, root: Path) -> None:
        self.root, self.kernels = root, root / ".kernels"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(source, root, symlinks=True, ignore=NOT_COPIED)
        self.kernels.mkdir()
        for path in root.rglob("*.py"):
            os.utime(path, (LONG_AGO, LONG_AGO))
        compileall.compile_dir(root, quiet=1)

    def dotted(self, file: str) -> str:
        """The name that a file of the copy is imported by; tests lie side by side with what they share."""
        parts = Path(file).with_suffix("").parts
        room = ("pmrl",) if parts[0] in ("envs", "agents", "experiments") else ()
        return ".".join(part for part in (*room, *parts) if part not in ("tests", "__init__"))

    @cached_property
    def sources(self) -> dict[str, str]:
        """Every module's text."""
        files = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*.py")]
        return {self.dotted(file): (self.root / file).read_text(encoding="utf-8") for file in files}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """What every module imports of these by its name, anywhere in it, and the room that it is in."""
        found: dict[str, set[str]] = {}
        for name, text in self.sources.items():
            # The front door, `pmrl`, fetches from other rooms only when asked to.
            used = {name.rpartition(".")[0]} - {"", "pmrl"}
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import):
                    used |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    used |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            found[name] = used & set(self.sources)
        return found

    def importers(self, module: str, among: set[str] | None = None) -> set[str]:
        """`module` and all that import it, directly or through others of these, all where None.

        Who imports by a name that is put together may import anything.
        """
        anything = {name for name, text in self.sources.items() if "import_module(" in text}
        names = set(self.sources) if among is None else among
        found, more = set[str](), {module} | (anything & names)
        while more:
            found |= more
            more = {name for name in names if self.imports[name] & found} - found
        return found

    def untouched(self, module: str, tests: list[str]) -> list[str]:
        """What the tests import, directly or through others, and that does not import `module`."""
        changed, found, more = self.importers(module), set[str](), set(tests)
        while more:
            found |= more
            more = {used for name in more for used in self.imports[name]} - found
        return sorted(name for name in found - changed if not name.endswith("__main__"))

    def forget_kernels(self, module: str) -> None:
        """Remove compiled kernels that may contain code of `module`: its own, and those of its importers.

        Through a module without compiled code no code gets into a kernel.
        """
        compiled = {
            name for name, text in self.sources.items() if re.search(r"\b(jit|part|of_model)\(", text)
        }
        for name in self.importers(module, compiled) & compiled:
            for path in self.kernels.glob(f"*/{name.split('.')[-1]}.*"):
                path.unlink()
