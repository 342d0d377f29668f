"""``krm-fn install-kustomize-plugin``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from krm_fn.commands.output import write_out
from krm_fn.files.find import FileError
from krm_fn.plugin import default_home, install


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The plugin root; default: $KUSTOMIZE_PLUGIN_HOME, else kustomize/plugin in the user's configuration folder.",
)
def install_kustomize_plugin(home: Path | None) -> None:
    """Install krm-fn as a legacy exec plugin of kustomize.

    The only way to run krm-fn in `kubectl kustomize` without containers: it skips exec functions without a word.

    \b
    Example:
      krm-fn install-kustomize-plugin
      kubectl kustomize --enable-alpha-plugins DIR
    """
    try:
        program = install(home or default_home(os.environ))
    except OSError as error:
        raise FileError(f"{error.filename} cannot be written: {error.strerror or error}") from None
    write_out(os.fsencode(f"{program}\n"))
