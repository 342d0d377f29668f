"""Real clients and a real image for the end-to-end tests.

A test whose client is missing is skipped; ``KRM_FN_E2E=require`` makes it fail instead, as ``.ci/run`` does after it
has installed them all. ``KRM_FN_BASE_IMAGE`` names the image to build upon where the official one cannot be pulled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.clients import ROOT, Clients, copy_examples, missing

IMAGE = "localhost/krm-fn:e2e"
LOCAL_BASE = "localhost/krm-fn-base:latest"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests with real clients in one process: they share an image, and containers by name."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("e2e"))


def _answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.fixture(scope="session")
def engine() -> str:
    """The container engine that runs here."""
    for name in ("podman", "docker"):
        if _answers(name, "info"):
            return name
    missing("neither podman nor docker runs here")


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Starts clients that need no container; `krm-fn` in their PATH is the one of this Python."""
    return Clients(os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})


@pytest.fixture(scope="session")
def container_clients(clients: Clients, engine: str) -> Clients:
    """Starts clients that find a container engine, by the name that they know."""
    if engine == "docker":
        return clients
    shim = Path(__file__).parent / "podman-as-docker"
    return Clients(clients.environ | {"PATH": f"{shim}:{clients.environ['PATH']}", "KPT_FN_RUNTIME": "podman"})


@pytest.fixture(scope="session")
def image(engine: str) -> str:
    """The name of the image, built from the sources as they are."""
    base = os.environ.get("KRM_FN_BASE_IMAGE") or LOCAL_BASE
    if _answers(engine, "image", "inspect", base):
        command = [str(ROOT / ".ci" / "build-image"), IMAGE, base]
    else:
        command = [engine, "build", "--tag", IMAGE, str(ROOT)]
    environ = os.environ | {"KRM_FN_ENGINE": engine, "PYTHON": sys.executable}
    built = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=False)
    if built.returncode:
        if base not in command and not _answers(engine, "image", "inspect", "docker.io/library/python:3.13-slim"):
            missing(f"the image cannot be built: {(built.stderr or built.stdout).strip()[-300:]}")
        pytest.fail(f"{' '.join(command)}\n{built.stdout[-2000:]}\n{built.stderr[-4000:]}", pytrace=False)
    return IMAGE


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of fixtures/examples, for clients that start the function as a program."""
    return copy_examples(tmp_path)


@pytest.fixture
def container_examples(tmp_path: Path, image: str) -> Path:
    """A copy of fixtures/examples that names the image built from these sources."""
    return copy_examples(tmp_path, image)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path, str], Path]:
    """Copies a directory, to compare what happens to it with what happens to the original."""

    def copy(directory: Path, name: str) -> Path:
        return Path(shutil.copytree(directory, tmp_path / name))

    return copy
