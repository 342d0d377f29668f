"""The commands together: names, help, completion, wrong usage."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from krm_fn import __version__
from krm_fn.commands import COMMANDS, cli, main
from krm_fn.files import write
from tests.commands.running import krm_fn
from tests.commands.test_render import NAMESPACE, SETUP, said

SCRIPT = Path(sys.executable).with_name("krm-fn")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_there_and_explains_itself(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    done = krm_fn(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: krm-fn {name}".encode())
    assert done.stderr == b""


def test_help_lists_them_in_order() -> None:
    lines = krm_fn("--help").stdout.decode().splitlines()
    words = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert [word for word in words if word in COMMANDS] == list(COMMANDS)


def test_version() -> None:
    done = krm_fn("--version")
    assert (done.returncode, done.stdout.decode()) == (0, f"krm-fn, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rendr"], "Error: No such command 'rendr'. Did you mean 'render'?"),
        (["uninjekt", "x"], "Error: No such command 'uninjekt'. Did you mean 'uninject'?"),
        (["completely-else"], "Error: No such command 'completely-else'."),
        (["web.yaml"], "Error: No such command 'web.yaml'. Did you mean 'krm-fn render web.yaml'?"),
        (["red\x1b[31m"], "Error: No such command 'red\\\\x1b[31m'."),
        (["--versio"], "Error: No such option '--versio'. Did you mean '--version'?"),
        (["render", "--dry-ran", "x"], "Error: No such option '--dry-ran'. Did you mean '--dry-run'?"),
        (["diff", "--color", "sometimes"], "Error: Invalid value for '--color': 'sometimes' is not one of"),
    ],
)
def test_wrong_usage_gives_2_and_what_may_have_been_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(NAMESPACE)
    done = krm_fn(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said(done)[0].startswith("Usage: krm-fn")
    assert said(done)[-1].startswith(words)


def completed(line: str) -> list[str]:
    """What a shell is offered after a line."""
    words = line.split(" ")
    env = {"_KRM_FN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [SCRIPT], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, env={**os.environ, **env}
    )
    assert done.stderr == ""
    return [entry.partition(",")[2] for entry in done.stdout.split()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("krm-fn re", ["render"]),
        ("krm-fn di", ["diff"]),
        ("krm-fn render --in", ["--in-place"]),
        ("krm-fn diff --color a", ["auto", "always"]),
        ("krm-fn nothing", []),
    ],
)
def test_completion(line: str, offered: list[str]) -> None:
    assert completed(line) == offered


def test_completion_of_all_commands() -> None:
    assert set(completed("krm-fn ")) == set(COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_one(shell: str) -> None:
    env = {**os.environ, "_KRM_FN_COMPLETE": f"{shell}_source"}
    done = subprocess.run([SCRIPT], capture_output=True, check=True, stdin=subprocess.DEVNULL, env=env)
    assert b"_KRM_FN_COMPLETE" in done.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=done.stdout, check=True)


def test_bash_completes_with_it(tmp_path: Path) -> None:
    program = f"""
    PATH={SCRIPT.parent}:$PATH
    eval "$(_KRM_FN_COMPLETE=bash_source krm-fn)"
    COMP_WORDS=(krm-fn unin) COMP_CWORD=1
    _krm_fn_completion krm-fn
    echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "uninject\n"


def test_what_another_writes_meanwhile_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "namespace.yaml"
    path.write_text(NAMESPACE)
    (tmp_path / "krm-fn.yaml").write_text(SETUP)
    check = write._Writing.check

    def meanwhile(writing: write._Writing) -> None:
        path.write_text("changed\n")
        check(writing)

    monkeypatch.setattr(write._Writing, "check", meanwhile)
    assert main(["render", "-i", str(tmp_path)]) == 2
    assert path.read_text() == "changed\n"
    assert capsys.readouterr().err == (
        f"krm-fn: {path} was changed by someone else in the meantime; nothing was written: run again\n"
    )


def test_somebody_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("krm_fn.commands.options.read_package", stopped)
    done = krm_fn("render", tmp_path)
    assert (done.returncode, done.stdout) == (130, b"")


class _Gone(io.BytesIO):
    """A pipe whose reader went away."""

    def write(self, _: object) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize("arguments", [["--help"], ["render", "--help"], ["schema"], ["gateways"]], ids=" ".join)
def test_an_answer_that_nobody_reads(arguments: list[str]) -> None:
    done = krm_fn(*arguments, output=io.TextIOWrapper(_Gone(), encoding="utf-8"))
    assert (done.returncode, said(done)) == (2, ["krm-fn: standard output was closed before everything was written"])


def test_words_are_completed_without_an_error() -> None:
    env = {"_KRM_FN_COMPLETE": "bash_complete", "COMP_WORDS": "krm-fn re", "COMP_CWORD": "1"}
    done = krm_fn(env=env)
    assert (done.returncode, done.stdout.decode().split(), done.stderr) == (0, ["plain,render"], b"")


def test_what_is_missing_where_the_directory_is_there_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "x.yaml")

    monkeypatch.setattr("krm_fn.commands.options.read_package", missing)
    with pytest.raises(FileNotFoundError, match=r"x\.yaml"):  # which krm_fn.cli says
        main(["render", str(tmp_path)])
