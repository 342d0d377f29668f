"""Write docs/commands.md from the help of every command.

python docs/generate_commands.py           write the page
python docs/generate_commands.py --check   exit 1 if the page is not what would be written
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import click
from one_page import write_or_compare

from krm_fn.commands import cli
from krm_fn.report import PROGRAM

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100
HEAD = """\
<!-- Written by docs/generate_commands.py from the help of the commands: change that, then run the program. -->

# Commands

What `krm-fn --help` and `krm-fn COMMAND --help` print. Without a command krm-fn is the function: it reads a
ResourceList and writes one. Answers go to stdout, everything else to stderr. Exit code 3 means a bug of krm-fn. Shells
can [complete](rendering.md#completion) commands and options.

"""
ABOUT = {
    "render": "[Files and kustomize](rendering.md)",
    "diff": "[Files and kustomize](rendering.md)",
    "check": "[krm-fn check](check.md)",
    "explain": "[krm-fn explain](explain.md)",
    "graph": "[krm-fn graph](graph.md)",
    "init": "[Tutorial](tutorial.md)",
    "uninject": "[Manual injection](manual-injection.md#again-and-back)",
    "schema": "[functionConfig](functionconfig.md)",
    "gateways": "[Gateways](gateways/README.md)",
    "argocd": "[Argo CD](argocd.md)",
    "install-kustomize-plugin": "[kustomize](kustomize.md#plugin)",
}
"""The page that tells more of a command."""


def page() -> str:
    """Return the text of the page."""
    return HEAD + "\n".join(section(path, command) for path, command in commands((), cli)).rstrip() + "\n"


def commands(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Return a command and those below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from commands((*path, name), found)


def section(path: tuple[str, ...], command: click.Command) -> str:
    """Return what the page says of a command."""
    words = " ".join((PROGRAM, *path))
    context = click.Context(command, info_name=words, terminal_width=WIDTH, max_content_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    text = dedent("\n".join(line.rstrip() for line in command.get_help(context).splitlines()))
    more = f"{ABOUT[path[0]]}\n\n" if len(path) == 1 else ""
    return f"## {words}\n\n{more}```text\n{text}\n```\n"


if __name__ == "__main__":
    sys.exit(write_or_compare(PAGE, page, "the commands say", __doc__))
