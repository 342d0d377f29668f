"""Installs krm-fn where kustomize looks for the program of a functionConfig without a function annotation.

That is ``GROUP/VERSION/lowercase(kind)/Kind`` below kustomize's plugin folder, and the only way for
``kubectl kustomize`` to run the function without a container. Follows ``DefaultAbsPluginHome`` in kustomize's
``api/konfig/plugins.go``.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = Path("fn.kuma.io/v1alpha1/meshsetup/MeshSetup")
MARK = "# Written by krm-fn install-kustomize-plugin."


def default_home(environ: Mapping[str, str]) -> Path:
    """The plugin folder that kustomize uses in this environment."""
    if home := environ.get("KUSTOMIZE_PLUGIN_HOME"):
        return Path(home)
    config = environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path(environ.get("HOME") or "~").expanduser() / ".config") / "kustomize/plugin"


def install(home: Path) -> Path:
    """Write below the plugin folder `home` a script that starts this installation of krm-fn, and return its path.

    A script that an earlier call wrote is brought up to date. Raises FileExistsError if something else is there, and
    any OSError that writing meets.
    """
    program = home.absolute() / PLACE
    if (program.exists() or program.is_symlink()) and not _is_ours(program):
        raise FileExistsError(f"{program} exists and is not a script that krm-fn wrote: move it away first")
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_name(f".{program.name}.{os.getpid()}")
    try:
        unfinished.write_text(_script(), encoding="utf-8")
        unfinished.chmod(0o755)
        unfinished.replace(program)
    finally:
        unfinished.unlink(missing_ok=True)
    return program


def _is_ours(program: Path) -> bool:
    return program.is_file() and not program.is_symlink() and MARK in program.read_text("utf-8", "replace")


def _script() -> str:
    # -P: kustomize starts plugins in the directory of the kustomization, whose files must not be imported.
    command = shlex.join([sys.executable, "-P", *_entry()])
    return f'#!/bin/sh\n{MARK}\nexec {command} "$@"\n'


def _entry() -> list[str]:
    """What Python is told to run: the package where it is installed, or the archive that holds it."""
    archive = Path(__file__).parents[1]
    return [str(archive)] if archive.is_file() else ["-m", "krm_fn"]
