"""Building an application's kustomization, with the options that the administrator set on the plugin's container."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from krm_fn.commands.argocd.environment import BUILD_OPTIONS, ParameterError
from krm_fn.files import kustomization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HINT = (
    "the kustomization runs functions. krm-fn is run by this plugin, so its functionConfig need not be listed; if it "
    "is, it must be the only function there, and be started with `exec`. To let kustomize run any, set "
    f"{BUILD_OPTIONS}='--enable-alpha-plugins --enable-exec' on the plugin's container: every repository may then run "
    "programs in it"
)


def is_kustomization(directory: Path) -> bool:
    """Whether kustomize would build the directory."""
    return kustomization.kustomization_in(directory) is not None


def build(directory: Path, environ: Mapping[str, str], config: Path | None) -> bytes:
    """What kustomize makes of a directory; `config` is the file of the functionConfig that will be applied to it.

    Raises FileError with what kustomize said.
    """
    try:
        options = shlex.split(environ.get(BUILD_OPTIONS, ""))
    except ValueError as error:
        raise ParameterError(f"{BUILD_OPTIONS}: {error}") from None
    return kustomization.build(directory, options, config, hint=HINT)
