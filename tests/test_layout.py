"""The rooms: imports flow one way, names say what they hold, nothing of a machine is committed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

ROOMS = ("pmrl", "pmrl.envs", "pmrl.agents", "pmrl.experiments")
"""In the order in which they may import each other: each room those before it."""
FOLDERS = {"pmrl": "pmrl", "pmrl.envs": "envs", "pmrl.agents": "agents", "pmrl.experiments": "experiments"}

PATIENT = {"numpy", "scipy", "numba", "pydantic", "polars"}
CLINIC = PATIENT | {"gymnasium", "matplotlib"}
PRESCRIBER = CLINIC | {"torch", "stable_baselines3", "safetensors"}
LIBRARIES = {"pmrl": PATIENT, "pmrl.envs": CLINIC, "pmrl.agents": PRESCRIBER}
"""What a room may import from outside, besides the standard library; the study may import anything."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "tools"}

LINE_LIMIT = 260
LONG_MODULES: dict[str, str] = {}
"""Modules that may be longer, each with its reason. Only compiled kernels, which must be one function."""

# Written in pieces, so that this file does not contain what it forbids.
BANNED_TEXT = [
    *("/" + name + "/" for name in ("work", "root", "opt/wheels", "opt/pypi")),
    "file:" + "///",
    *(host + ".org" for host in ("pypi", "download.pytorch", "files.pythonhosted", "conda.anaconda")),
]


def modules(folder: str) -> list[Path]:
    """Every module under a top-level folder, without those reached through the symbolic links."""
    found = sorted((ROOT / folder).rglob("*.py"))
    return [path for path in found if path.resolve() == path and "__pycache__" not in path.parts]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


ROOM_MODULES = [(room, path) for room, folder in FOLDERS.items() for path in modules(folder)]
EVERY_MODULE = [path for _, path in ROOM_MODULES] + modules("tests") + modules("benchmarks")
each_room_module = pytest.mark.parametrize(
    ("room", "path"), ROOM_MODULES, ids=[relative(path) for _, path in ROOM_MODULES]
)
each_module = pytest.mark.parametrize("path", EVERY_MODULE, ids=relative)


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything imported, also under TYPE_CHECKING, in functions and by importlib."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import shows as ".name": it is refused below, because a room must be named.
            source = "." * node.level + (node.module or "")
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(value.value) for value in node.args[:1] if isinstance(value, ast.Constant))


def room_of(name: str) -> str:
    """The room in which a dotted name of this package lies."""
    return next(room for room in reversed(ROOMS) if name == room or name.startswith(room + "."))


def forbidden_imports(room: str, tree: ast.AST) -> list[str]:
    """What a module of `room` imports and must not."""
    allowed_rooms = ROOMS[: ROOMS.index(room) + 1]

    def is_allowed(name: str) -> bool:
        top = name.split(".")[0]
        if top == "pmrl":
            return room_of(name) in allowed_rooms
        if top in ("", "envs", "agents", "experiments"):
            return False
        return room not in LIBRARIES or top in sys.stdlib_module_names or top in LIBRARIES[room]

    return [name for name in imported(tree) if not is_allowed(name)]


def without_functions(tree: ast.Module) -> ast.Module:
    """What importing the module runs: functions and blocks for type checkers left out."""
    body = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef)
        and not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(body=body, type_ignores=[])


@each_room_module
def test_imports_flow_one_way(room: str, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if relative(path) == "pmrl/__init__.py":
        # The package's front door may fetch from any room when it is asked to (pmrl.load_policy), not before.
        tree = without_functions(tree)
    assert forbidden_imports(room, tree) == []


@pytest.mark.parametrize(
    ("room", "line", "forbidden"),
    [
        ("pmrl", "import gymnasium", True),
        ("pmrl", "from torch import nn", True),
        ("pmrl", "def draw():\n    import matplotlib.pyplot", True),
        ("pmrl", "from pmrl import envs", True),
        ("pmrl", "from pmrl.models import hamberg", False),
        ("pmrl", "import importlib\nimportlib.import_module('pmrl.agents')", True),
        ("pmrl.envs", "import gymnasium", False),
        ("pmrl.envs", "import stable_baselines3", True),
        ("pmrl.envs", "from pmrl.agents.policy import Policy", True),
        ("pmrl.envs", "from . import visit", True),
        ("pmrl.agents", "import torch\nfrom pmrl.envs.visit import Visit", False),
        ("pmrl.agents", "from pmrl.experiments import train", True),
        ("pmrl.agents", "import experiments", True),
        ("pmrl.experiments", "import typer\nimport pmrl.agents.policy", False),
        ("pmrl.experiments", "from envs import visit", True),
    ],
)
def test_the_import_rule_itself(room: str, line: str, forbidden: bool) -> None:
    assert bool(forbidden_imports(room, ast.parse(line))) is forbidden


@each_module
def test_rooms_are_imported_by_their_full_names(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(ast.parse(path.read_text(encoding="utf-8")))}
    assert not tops & {"envs", "agents", "experiments"}, "import pmrl.envs: a bare name is a second module"


@pytest.mark.parametrize("folder", ["envs", "agents", "experiments"])
def test_each_room_is_linked_into_the_package(folder: str) -> None:
    link = ROOT / "pmrl" / folder
    assert link.is_symlink(), f"pmrl/{folder} must be a symbolic link to ../{folder}"
    assert link.readlink().as_posix() == f"../{folder}"
    assert link.resolve() == ROOT / folder


def test_every_package_folder_is_in_pyproject() -> None:
    packages = {
        ".".join([room, *path.parent.relative_to(ROOT / FOLDERS[room]).parts])
        for room, path in ROOM_MODULES
        if path.name == "__init__.py"
    }
    folders = {path.parent for _, path in ROOM_MODULES}
    assert [relative(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
    assert packages == set(PYPROJECT["tool"]["setuptools"]["packages"])


@each_module
def test_every_module_has_a_docstring(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{relative(path)} has no docstring: say in a line what it is for"


@each_module
def test_module_names_say_what_they_hold(path: Path) -> None:
    words = set(path.stem.removeprefix("test_").split("_"))
    assert not words & BANNED_NAMES, f"{relative(path)}: name what it holds"


@each_module
def test_modules_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if relative(path) not in LONG_MODULES:
        assert lines <= LINE_LIMIT, f"{relative(path)} has {lines} lines: split it by idea"


def test_exceptions_to_the_length_are_needed_and_have_reasons() -> None:
    for name, reason in LONG_MODULES.items():
        assert reason.strip()
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > LINE_LIMIT


def committed_files() -> list[Path]:
    """What is, or would be, committed; in a source tree without git, everything that looks like it."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        skipped = {".venv", ".git", "runs", "build", "dist"}
        tops = [path for path in ROOT.iterdir() if path.name not in skipped and "cache" not in path.name]
        below = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*"))]
        names = [relative(file) for file in below if "__pycache__" not in file.parts]
    return [ROOT / name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def test_nothing_of_a_machine_or_registry_is_committed() -> None:
    files = committed_files()
    assert len(files) > 20
    contents = {file: file.read_bytes() for file in files}
    found = [
        (relative(f), text) for f, body in contents.items() for text in BANNED_TEXT if text.encode() in body
    ]
    assert found == []
