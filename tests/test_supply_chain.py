"""What is installed: locked by hash, within the bounds of pyproject.toml, and built to the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = [Requirement(text) for text in PROJECT["dependencies"]]
DEV = [Requirement(text) for text in PROJECT["optional-dependencies"]["dev"]]


def pins(name: str) -> dict[str, str]:
    """Package -> version in a file of requirements/."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return {canonicalize_name(package): version for package, version in re.findall(r"(?m)^(\S+)==([^\s;]+)", text)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_locked_package_has_hashes_and_no_index_is_named(lock: Path) -> None:
    requirements = lock.read_text("utf-8").replace("\\\n", " ").splitlines()

    assert requirements
    assert all(re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in requirements)
    assert "://" not in lock.read_text("utf-8")


@pytest.mark.parametrize(
    ("lock", "wanted"), [("runtime", RUNTIME), ("dev", [*RUNTIME, *DEV]), ("oldest", RUNTIME)], ids=lambda x: str(x)[:8]
)
def test_the_locks_keep_the_bounds_of_the_project(lock: str, wanted: list[Requirement]) -> None:
    locked = pins(lock)

    wrong = [str(r) for r in wanted if not r.specifier.contains(locked.get(canonicalize_name(r.name), "0"))]

    assert wrong == [], "run `make lock`"


def test_what_is_tested_is_what_the_image_has() -> None:
    assert pins("runtime").items() <= pins("dev").items()


def test_the_oldest_run_has_the_lower_bounds() -> None:
    oldest = pins("oldest")
    assert {canonicalize_name(r.name): oldest[canonicalize_name(r.name)] for r in RUNTIME} == {
        canonicalize_name(r.name): full(lower_bound(r.specifier), oldest[canonicalize_name(r.name)]) for r in RUNTIME
    }


@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda requirement: requirement.name)
def test_each_dependency_has_both_bounds(requirement: Requirement) -> None:
    assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}


def lower_bound(specifiers: SpecifierSet) -> str:
    return next(specifier.version for specifier in specifiers if specifier.operator == ">=")


def full(bound: str, like: str) -> str:
    """The bound with as many parts as the version that stands for it: 8.4 is 8.4.0."""
    return bound + ".0" * (like.count(".") - bound.count("."))


def test_wheel_and_sdist_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = built(tmp_path / "first", 1_000_000_000), built(tmp_path / "second", 1_700_000_000)

    assert len(first) == 2
    assert first == second


def built(copy: Path, modified: int) -> dict[str, str]:
    """Name -> hash of what is built from a copy of the sources whose files bear another time."""
    for name in PROJECT_FILES:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path in copy.rglob("*"):
        os.utime(path, (modified, modified))
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(copy / "dist")]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (copy / "dist").iterdir()}


PROJECT_FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "krm_fn", "docs")
