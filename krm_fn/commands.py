"""The commands for people (click). Imported only when one is called, never by the function itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from krm_fn import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """\b
Without a command krm-fn is the function: ResourceList in, ResourceList out.
  kpt fn eval DIR --exec krm-fn
  kustomize build --enable-alpha-plugins --enable-exec DIR
  kpt fn source DIR | krm-fn | kpt fn sink NEW
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name="krm-fn")
def cli() -> None:
    """Write into Kubernetes manifests what the Kuma service mesh would do to them at run time.

    Sidecar injection labels, the annotations that make API gateways send to Service addresses, gateway marks, Dataplanes
    for review and ExternalName Services for mesh hostnames, before anything is applied.
    """


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the functionConfig (Draft 2020-12).

    \b
    Example: completion and checks in an editor
      krm-fn schema > meshsetup.schema.json
      # first line of the functionConfig:
      # yaml-language-server: $schema=meshsetup.schema.json
    """
    from krm_fn.config.load import schema_text

    click.echo(schema_text(), nl=False)


@cli.command("install-kustomize-plugin")
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
    from krm_fn.plugin import default_home, install

    try:
        click.echo(install(home or default_home(os.environ)))
    except OSError as error:
        raise click.ClickException(str(error)) from None


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; wrong usage gives 2."""
    try:
        code = cli.main(list(arguments), prog_name="krm-fn", standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    return code if isinstance(code, int) else 0
