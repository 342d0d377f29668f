"""The command line, run in the process of the tests: what a shell would see, without starting Python each time."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from krm_fn.cli import run

Run = subprocess.CompletedProcess[bytes]


OWN: io.TextIOWrapper = io.TextIOWrapper(io.BytesIO())
"""Stands for an output that can be written to."""


class _Full(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full() -> io.TextIOWrapper:
    """An output on a device that is full."""
    return io.TextIOWrapper(_Full(), encoding="utf-8")


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def _input(stdin: bytes | None, on_terminal: bool) -> io.TextIOWrapper | None:
    if stdin is None:
        return _Terminal(io.BytesIO()) if on_terminal else None
    return io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")


def krm_fn(
    *arguments: str | Path,
    stdin: bytes | None = b"",
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    on_terminal: bool = False,
    output: io.TextIOWrapper | None = OWN,
) -> Run:
    """Run ``krm-fn ARGUMENTS``: exit code and both streams.

    `env` comes over the environment, less the variables that tests on a developer's machine must not see; `output`
    takes the place of standard output (None: it is closed). `on_terminal`: both outputs are a terminal, and so is the
    input where `stdin` is None, which else is closed then.
    """
    command = [str(argument) for argument in arguments]
    out, err = io.BytesIO(), io.BytesIO()
    streams: dict[str, io.TextIOWrapper | None] = {
        "stdin": _input(stdin, on_terminal),
        "stdout": output if output is not OWN else (_Terminal if on_terminal else io.TextIOWrapper)(out, "utf-8"),
        "stderr": (_Terminal if on_terminal else io.TextIOWrapper)(err, "utf-8", "backslashreplace"),
    }
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ARGOCD_", "KRM_FN_"))}
    with ExitStack() as undone:
        if cwd is not None:
            undone.callback(os.chdir, Path.cwd())
            os.chdir(cwd)
        for name, stream in streams.items():
            undone.enter_context(patch.object(sys, name, stream))
        with patch.dict(os.environ, clean | (env or {}), clear=True):
            code = run(command)
            for stream in (streams["stdout"], streams["stderr"]):
                if stream is not None and stream is not output:
                    stream.flush()
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
