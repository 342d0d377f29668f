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

    Sidecars or injection labels, the annotations that make API gateways send to Service addresses, gateway marks,
    Dataplanes for review and ExternalName Services for mesh hostnames, before anything is applied.
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


@cli.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-i", "--in-place", is_flag=True, help="Write the files anew instead of printing them.")
@click.option("--force", is_flag=True, help="Also take out what has been edited by hand since krm-fn wrote it.")
def uninject(files: tuple[Path, ...], in_place: bool, force: bool) -> int:
    """Take the sidecars out that krm-fn wrote in manual mode.

    Reads files, or standard input: plain documents or a ResourceList. Everything that injection rewrote (probes,
    annotations) is as it was before. Sidecars that someone else wrote stay. Exit code 1: some sidecar had to stay.

    \b
    Examples:
      krm-fn uninject deployment.yaml | kubectl apply -f -
      krm-fn uninject --in-place *.yaml
      kpt fn source DIR | krm-fn uninject | kpt fn sink NEW
    """
    if len(files) > 1 and not in_place:
        raise click.UsageError("several files can only be written back: add --in-place, or give one file")
    if in_place and not files:
        raise click.UsageError("--in-place needs files")
    codes = [_uninject_file(path, in_place, force) for path in files or (None,)]
    return max(codes)


def _uninject_file(path: Path | None, in_place: bool, force: bool) -> int:
    """One file, or standard input; what is not YAML stays as it is and gives 2."""
    from krm_fn.krm.source import InputError
    from krm_fn.uninject import uninject as take_out

    raw = path.read_bytes() if path else sys.stdin.buffer.read()
    name = str(path or "standard input")
    bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    try:
        found = take_out(raw[len(bom) :].decode(), force)
    except (InputError, UnicodeDecodeError) as error:
        click.echo(f"krm-fn: {name}: {error}", err=True)
        return 2
    answer = bom + found.text.encode()
    if not in_place:
        sys.stdout.buffer.write(answer)
    elif path and answer != raw:
        path.write_bytes(answer)
    for note in (*found.notes, *found.left):
        click.echo(f"krm-fn: {name}: {note}", err=True)
    click.echo(f"krm-fn: {name}: {found.removed} {'sidecar' if found.removed == 1 else 'sidecars'} taken out", err=True)
    return int(bool(found.left))


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
