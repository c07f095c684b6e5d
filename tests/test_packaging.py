"""What is installed: version, command, package data, pins. Building a wheel is too slow for every run."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import pmrl

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
TOOLS = ("dev", "mutation", "nightly")
DIRECT = [
    Requirement(line) for line in [*PROJECT["dependencies"], *(one for name in TOOLS for one in EXTRAS[name])]
]


def pins() -> dict[str, str]:
    """Name and version of every line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pinned}


def test_one_version_everywhere() -> None:
    version = pmrl.__version__
    assert PROJECT["version"] == version
    assert importlib.metadata.version("pmrl") == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f" {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_command_can_be_loaded() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="pmrl")
    assert command.value == PROJECT["scripts"]["pmrl"]
    assert callable(command.load())


def test_every_package_has_its_folder() -> None:
    for package in SETUPTOOLS["packages"]:
        room = max(
            (name for name in SETUPTOOLS["package-dir"] if (package + ".").startswith(name + ".")), key=len
        )
        folder = SETUPTOOLS["package-dir"][room] + package.removeprefix(room).replace(".", "/")
        assert (ROOT / folder / "__init__.py").is_file(), f"{package} is listed, {folder} is not a package"


@pytest.mark.parametrize(
    ("package", "pattern"),
    [(package, pattern) for package, patterns in SETUPTOOLS["package-data"].items() for pattern in patterns],
)
def test_package_data_patterns_match_files(package: str, pattern: str) -> None:
    folder = ROOT / SETUPTOOLS["package-dir"].get(package, package.replace(".", "/"))
    assert [path for path in folder.glob(pattern) if path.is_file()], (
        f"nothing matches {folder.name}/{pattern}"
    )


def test_every_data_file_is_packaged() -> None:
    packaged = {
        path
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for path in (ROOT / SETUPTOOLS["package-dir"].get(package, package.replace(".", "/"))).glob(pattern)
    }
    rooms = [ROOT / folder for folder in SETUPTOOLS["package-dir"].values()]
    present = {
        path
        for room in rooms
        for path in room.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path.resolve() == path
    }
    assert present == packaged


def test_licence_files_exist() -> None:
    for name in PROJECT["license-files"]:
        assert (ROOT / name).stat().st_size > 1000
    assert "CC BY-SA 4.0" in (ROOT / "LICENSE-DATA.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda requirement: requirement.name)
def test_every_direct_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(Version(pinned))


def test_pins_are_exact_and_portable() -> None:
    for name, version in pins().items():
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)?", version), f"{name}=={version}"


def test_importing_the_clinic_registers_and_stays_light() -> None:
    # Torch takes seconds to import; who only wants the environment must not wait for it.
    heavy = "torch", "stable_baselines3", "matplotlib", "tensorboard"
    code = f"import sys, pmrl.envs; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(sys.prefix),
        check=False,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
