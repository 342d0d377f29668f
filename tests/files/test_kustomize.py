"""krm_fn.files.kustomize: how the real program is called; that it is the real one is for the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.files.find import FileError
from krm_fn.files.kustomize import build


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with programs, the only one that is searched."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["kustomize"], "kustomize build dir --x"),
        (["kubectl"], "kubectl kustomize dir --x"),
        (["kubectl", "kustomize"], "kustomize build dir --x"),
    ],
)
def test_which_program(programs: Path, names: list[str], said: str) -> None:
    for name in names:
        program(programs / name, 'echo "${0##*/} $*"')
    assert build(Path("dir"), ["--x"]) == f"{said}\n".encode()


def test_a_directory_that_looks_like_an_option(programs: Path) -> None:
    program(programs / "kustomize", 'echo "$2"')
    assert build(Path("-x")) == b"./-x\n"


def test_what_it_says_beside_is_heard(programs: Path) -> None:
    program(programs / "kustomize", "echo 'a: 1'; echo '# Warning: old' >&2; echo more >&2")
    heard: list[str] = []
    assert build(Path("dir"), (), heard.append) == b"a: 1\n"
    assert heard == ["# Warning: old", "more"]


def test_a_failure_is_told_in_its_words(programs: Path) -> None:
    program(programs / "kustomize", "echo 'Error: no kustomization' >&2; exit 7")
    with pytest.raises(FileError, match=r"kustomize build dir` failed with exit code 7:\nError: no kustomization$"):
        build(Path("dir"))


def test_without_a_program(programs: Path) -> None:
    with pytest.raises(FileError, match="neither kustomize nor kubectl is on the PATH"):
        build(Path("dir"))


def test_a_program_that_does_not_run(programs: Path) -> None:
    (programs / "kustomize").write_bytes(b"\x7fELF")
    (programs / "kustomize").chmod(0o755)
    with pytest.raises(FileError, match=r"kustomize cannot be run: "):
        build(Path("dir"))
