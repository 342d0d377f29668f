"""The output of the real kustomize, as input: the standalone program, else the one inside kubectl."""

from __future__ import annotations

import os
import shutil
import subprocess

from krm_fn.files.find import FileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def build(directory: Path, options: Sequence[str] = (), hear: Callable[[str], object] = str) -> bytes:
    """Run ``kustomize build`` (or ``kubectl kustomize``) on a directory and return what it prints.

    `hear` gets what it says beside its answer, line by line: warnings about deprecated fields, say. Raises FileError
    where neither program is there, or the build fails; its own words are part of the message.
    """
    target = os.path.join(os.curdir, directory) if str(directory).startswith("-") else str(directory)
    command = [*_program(), target, *options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise FileError(f"{command[0]} cannot be run: {error.strerror or error}") from None
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode:
        raise FileError(f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{said}")
    for line in said.splitlines():
        hear(line)
    return done.stdout


def _program() -> list[str]:
    for program, *words in (["kustomize", "build"], ["kubectl", "kustomize"]):
        found = shutil.which(program)
        if found:
            return [found, *words]
    raise FileError(
        "neither kustomize nor kubectl is on the PATH: install one, or pipe its output in: `... | krm-fn render -`"
    )
