"""Nothing that is read can run code: no pickle, no evaluation of text, in any of the four rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_layout import ROOM_MODULES, each_room_module, relative

MODULES = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "ruamel",
    "jsonpickle",
}  # fmt: skip
"""What reads files that can run code, or texts that mean more than they say."""
CALLS = {"eval", "exec", "compile", "__import__"}
LOADERS = {"torch.load", "torch.jit.load", "np.load", "numpy.load", "np.fromfile", "pandas.read_pickle"}

EXCEPTIONS = {
    "agents/sb3_zip.py": {
        "import pickle": "to catch what torch's reader of tensors raises; nothing of it is called",
        "torch.load": "with weights_only, behind the flag --i-trust-this-file",
    }
}
"""Every use that there may be, with its reason."""


def uses(tree: ast.AST) -> Iterator[str]:
    """What a module uses of the above."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = []
        yield from (f"import {name}" for name in names if name.split(".")[0] in MODULES or name in LOADERS)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        keywords = {entry.arg: ast.unparse(entry.value) for entry in node.keywords}
        if called in CALLS or (called in LOADERS and keywords.get("allow_pickle") != "False"):
            yield called
        if keywords.get("allow_pickle", "False") != "False":
            yield f"{called} with pickles"


@each_room_module
def test_no_room_reads_what_can_run_code(room: str, path: Path) -> None:
    found = set(uses(ast.parse(path.read_text(encoding="utf-8"))))
    assert found == set(EXCEPTIONS.get(relative(path), {})), room


def test_the_exceptions_are_there() -> None:
    assert set(EXCEPTIONS) <= {relative(path) for _, path in ROOM_MODULES}
    tree = ast.parse((Path(__file__).parents[1] / "agents" / "sb3_zip.py").read_text(encoding="utf-8"))
    loads = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    assert [
        ast.unparse(entry.value) for node in loads for entry in node.keywords if entry.arg == "weights_only"
    ] == ["True"] * len(loads)
    pickles = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pickle"
    ]
    assert {node.attr for node in pickles} == {"UnpicklingError"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import pickle", ["import pickle"]),
        ("from joblib import load", ["import joblib", "import joblib.load"]),
        ("from numpy import load", ["import numpy.load"]),
        ("def f():\n    import yaml", ["import yaml"]),
        ("torch.load(path, weights_only=True)", ["torch.load"]),
        ("np.load(path)", ["np.load"]),
        ("np.load(path, allow_pickle=True)", ["np.load", "np.load with pickles"]),
        ("np.load(path, allow_pickle=False)", []),
        ("eval('1')", ["eval"]),
        ("network.eval()", []),
        ("re.compile('x')", []),
    ],
)
def test_the_rule_itself(line: str, expected: list[str]) -> None:
    assert list(uses(ast.parse(line))) == expected
