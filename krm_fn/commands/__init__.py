"""The commands for people (click). Imported only when one is called, never by the function itself.

Each command is a module of this package, imported when it is called or listed; `COMMANDS` holds them in the order of
``krm-fn --help``.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from krm_fn import __version__
from krm_fn.commands.output import CLOSED, LostOutputError, discard_output
from krm_fn.files.find import FileError
from krm_fn.files.package import UnreadableError
from krm_fn.report import PROGRAM, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREADABLE, INTERRUPTED = 2, 130

# Name of the command -> module of this package, which holds a click command of the same name (with _ for -).
COMMANDS = {
    "render": "render",
    "diff": "diff",
    "check": "check",
    "explain": "explain",
    "graph": "graph",
    "init": "init",
    "uninject": "uninject",
    "schema": "schema",
    "gateways": "gateways",
    "argocd": "argocd",
    "install-kustomize-plugin": "install_kustomize_plugin",
}

EPILOG = """\b
Without a command krm-fn is the function: ResourceList in, ResourceList out.
  kpt fn eval DIR --exec krm-fn
  kustomize build --enable-alpha-plugins --enable-exec DIR
  kpt fn source DIR | krm-fn | kpt fn sink NEW
\b
Its functionConfig is a MeshSetup (`krm-fn schema`; `krm-fn init` writes a first one), or a ConfigMap:
  kpt fn eval DIR --exec krm-fn -- zone=zone-1 meshed-namespaces=shop
"""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for: one of them needs not what the others do."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"krm_fn.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; says which one may have been meant where there is none."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {shown(name)!r}. {_meant(name)}".rstrip())
        return super().resolve_command(ctx, args)


def _meant(name: str) -> str:
    """What somebody may have meant by a command that does not exist."""
    from difflib import get_close_matches  # only for those who mistype: it is not quick to import

    near = get_close_matches(name, COMMANDS, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Did you mean '{PROGRAM} render {shown(name)}'?" if os.path.exists(name) else ""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Write into Kubernetes manifests what the Kuma service mesh would do to them at run time.

    Sidecars or injection labels, the annotations that make API gateways send to Service addresses, gateway marks,
    Dataplanes for review and ExternalName Services for mesh hostnames, before anything is applied.
    """


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; wrong usage, what cannot be read and an answer that is lost give 2."""
    out = sys.stdout
    collects = gc.isenabled()
    gc.disable()  # one run, then the process ends: there is no garbage worth looking for, and much to look at
    try:
        code = cli.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except click.exceptions.Abort:
        return INTERRUPTED
    except FileError as error:
        return _refused([str(error)])
    except UnreadableError as error:
        return _refused(error.messages)
    except FileNotFoundError:
        if _has_directory():
            raise
        return _refused(["the current directory is gone: change into one that exists"])
    except LostOutputError as error:
        discard_output()
        return _refused([str(error)])
    except SystemExit as end:
        if sys.stdout is out:
            return end.code if isinstance(end.code, int) else 0  # after the completion of a word
        sys.stdout = out  # click put another in its place, as it does when a pipe is closed
        discard_output()
        return _refused([CLOSED])
    finally:
        if collects:
            gc.enable()
    return code if isinstance(code, int) else 0


def _has_directory() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _refused(messages: Sequence[str]) -> int:
    """Say why nothing could be done at all, one line each."""
    for message in messages:
        for line in message.splitlines():
            click.echo(f"{PROGRAM}: {shown(line)}", err=True)
    return UNREADABLE
