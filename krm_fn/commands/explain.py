"""``krm-fn explain``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from krm_fn.commands.options import config_option, kustomize_options, previewed
from krm_fn.commands.output import color_option, is_colored, write_out
from krm_fn.commands.telling import close, tell
from krm_fn.files.find import FileError
from krm_fn.krm.outcome import ERROR, INFO, WARNING
from krm_fn.report import plural, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.explaining.tree import Line

COLORS: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "doubt": {"fg": "yellow"},
    "faint": {"dim": True},
    "strong": {"bold": True},
}
REFUSED = 1


@click.command()
@click.argument("paths", nargs=-1, metavar="[KIND/NAME] [PATH]...", type=click.Path(allow_dash=True))
@config_option
@kustomize_options
@click.option("-n", "--namespace", metavar="NS", help="The resource's namespace; without one: this namespace only.")
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="The same as PATH, as kubectl has it; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "wide", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How to print it; one resource is a tree, unless it is json or yaml.",
)
@color_option
def explain(
    paths: tuple[str, ...],
    config: Path | None,
    kustomize: Path | None,
    kustomize_args: tuple[str, ...],
    namespace: str | None,
    files: tuple[str, ...],
    output: str,
    color: str,
) -> int:
    """Show what is decided about each workload, or why about one resource.

    The first argument may be KIND/NAME, as for kubectl (deployment/web, svc/web, ns/shop, httproute/api,
    product/kong-kic); it is taken for a resource if there is no file of that name. PATHs are as for render. Without a
    resource: a table of all workloads.

    For one resource you see what was asked for its membership in a mesh, in Kuma's order, with the file and line that
    decided; its Services; its gateway; its Dataplanes; what is wrong with it; and each field that krm-fn changes.

    Exit codes: 0 fine; 1 the configuration is refused; 2 unreadable, or no such resource.

    \b
    Examples:
      krm-fn explain apps/
      krm-fn explain deployment/web -n shop apps/
      krm-fn explain svc/web -f apps/ -o yaml
      kustomize build . | krm-fn explain ingress/shop -
    """
    resource, given = resource_and_paths((*paths, *files), paths)
    if paths and resource is None and not kustomize:
        _refuse_half_a_resource(paths[0])
    found = previewed(given, config, kustomize, kustomize_args, INFO)
    from krm_fn.explaining.decisions import decisions_of

    decisions = decisions_of(found)
    if decisions is None:
        tell(found)
        return REFUSED
    if resource is None:
        text, words = _table(decisions, namespace, output)
    else:
        text, words = _one(resource, namespace, decisions, output, is_colored(color))
    write_out(text.encode("utf-8", "backslashreplace"))
    close(found, words)
    return 0


def resource_and_paths(everything: tuple[str, ...], arguments: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Split what was given: KIND/NAME, if the first argument is that and no file, and the PATHs."""
    first = arguments[0] if arguments else ""
    kind, slash, name = first.partition("/")
    if slash and kind.strip(".") and name and "/" not in name and not Path(first).exists():
        return first, everything[1:]
    return None, everything


def _refuse_half_a_resource(first: str) -> None:
    """Tell those who write ``explain deployment web`` how a resource is named here."""
    if first != "-" and os.sep not in first.rstrip(os.sep) and "." not in first and not os.path.lexists(first):
        kind = first.rstrip(os.sep)
        raise FileError(f"{first}: no such file or directory; a resource is KIND/NAME, such as {kind}/web")


def _table(decisions: Decisions, namespace: str | None, output: str) -> tuple[str, str]:
    """The table of all workloads, and the closing words."""
    from krm_fn.explaining.table import lines, rows

    found = rows(decisions, namespace)
    where = f" in namespace {namespace}" if namespace is not None else ""
    if not found:
        words = f"the package has no workloads{where}"
    else:
        inside = sum(row["mesh"] is not None for row in found)
        words = f"{plural(len(found), 'workload')}{where}, {inside} in a mesh{_problems(decisions)}"
    if output in ("json", "yaml"):
        return _data({"workloads": found}, output), words
    return _joined(shown(line) for line in lines(found, output == "wide")) if found else "", words


def _problems(decisions: Decisions) -> str:
    """How much is wrong with the whole package, of which a table of workloads shows a part."""
    severities = [result.severity for result in decisions.results]
    counts = [(severities.count(severity), severity) for severity in (ERROR, WARNING)]
    found = ", ".join(plural(number, severity) for number, severity in counts if number)
    return f"; {found} in the package: see `krm-fn check`" if found else ""


def _one(resource: str, namespace: str | None, decisions: Decisions, output: str, is_coloured: bool) -> tuple[str, str]:
    """All about one resource, and the closing words."""
    from krm_fn.explaining.lookup import NotFoundError, find
    from krm_fn.explaining.resources import explained, explained_product
    from krm_fn.explaining.tree import lines, tree_of

    try:
        item = find(resource, namespace, decisions.after)
    except NotFoundError as error:
        raise FileError(str(error)) from None
    data = explained_product(item, decisions) if isinstance(item, str) else explained(item, decisions)
    number = len(data.get("findings", ()))
    words = f"{resource}: {plural(number, 'finding') if number else 'no findings'}"
    if "product" in data:
        words = f"{resource}: {plural(len(data['workloads']), 'workload')}"
    if output in ("json", "yaml"):
        return _data(data, output), words
    paint = _styled if is_coloured else _plain
    return _joined(paint(line) for line in lines(tree_of(data))), words


def _plain(line: Line) -> str:
    return f"{line.guides}{shown(line.text)}{f'   {shown(line.place)}' if line.place else ''}"


def _styled(line: Line) -> str:
    place = click.style(f"   {shown(line.place)}", dim=True) if line.place else ""
    return f"{line.guides}{click.style(shown(line.text), **COLORS.get(line.tone, {}))}{place}"


def _data(data: dict[str, Any], output: str) -> str:
    if output == "json":
        from krm_fn.formats.json import finite

        return json.dumps(finite(data), indent=2, allow_nan=False) + "\n"
    from krm_fn.yamltext.write import block

    return _joined(block(data))


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
