"""``krm-fn graph``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from krm_fn.commands.options import package_options, previewed, spare
from krm_fn.commands.output import write_out
from krm_fn.commands.telling import close, say, tell
from krm_fn.files.find import FileError
from krm_fn.files.package import STDIN
from krm_fn.krm.outcome import INFO
from krm_fn.report import plural

if TYPE_CHECKING:
    from krm_fn.picture.graph import Graph

FORMATS = ("mermaid", "dot", "svg", "html")
ENDINGS = {".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".html": "html"}
REFUSED = 1


@click.command()
@package_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="What to draw; default: what the ending of --output says, else mermaid.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write to a file instead; - is standard output.",
)
@click.option("-n", "--namespace", metavar="NS", help="Only the ways that this namespace has a part in.")
@click.option("--gateway", metavar="NAME", help="Only this gateway: its product (kong-kic) or its workload.")
@click.option("--all", "everything", is_flag=True, help="Draw each workload, also those that no route leads to.")
@click.option("--as-is", is_flag=True, help="The package as it came, not as krm-fn leaves it.")
@click.option(
    "--max-boxes",
    type=click.IntRange(10),
    default=400,
    show_default=True,
    help="With more boxes than that, routes, Services and workloads that are alike are summed up.",
)
def graph(
    paths: tuple[str, ...],
    config: Path | None,
    kustomize: Path | None,
    kustomize_args: tuple[str, ...],
    kind: str | None,
    output: Path | None,
    namespace: str | None,
    gateway: str | None,
    everything: bool,
    as_is: bool,
    max_boxes: int,
) -> int:
    """Draw the gateways: which routes send to which workloads through the mesh, and which go past it.

    Green lines lead through the mesh, dashed red ones past the sidecar to the pods, dotted grey ones nobody knows
    where to. mermaid is text for Markdown on GitHub and GitLab; dot for Graphviz; svg a picture; html a page with a
    search and the reason of each line, which loads nothing from elsewhere.

    Exit codes: 0 fine; 1 the configuration is refused; 2 unreadable.

    \b
    Examples:
      krm-fn graph apps/ > gateways.mmd
      krm-fn graph apps/ -o gateways.html
      krm-fn graph -n shop --gateway kong-kic --format svg -o shop.svg apps/
      krm-fn graph --as-is --format dot apps/ | dot -Tpng -o before.png
    """
    kind = kind or (ENDINGS.get(output.suffix.lower(), FORMATS[0]) if output else FORMATS[0])
    found = previewed(paths, config, kustomize, kustomize_args, INFO)
    spare(found, [output] if output else [], "--output")
    from krm_fn.explaining.decisions import decisions_of
    from krm_fn.picture.build import Scope, graph_of

    decisions = decisions_of(found)
    if decisions is None:
        tell(found)
        return REFUSED
    drawn = graph_of(decisions, Scope(namespace, gateway, everything, as_is, max_boxes))
    if gateway is not None and not drawn.nodes:
        raise FileError(f"{gateway}: {_other_gateways(graph_of(decisions, Scope(as_is=as_is)))}")
    for note in drawn.notes:
        say(note)
    _write(_text(drawn, kind), output)
    close(found, _summary(drawn))
    return 0


def _other_gateways(drawn: Graph) -> str:
    """Which gateways there are, for those who asked for one that is not there."""
    from krm_fn.picture.graph import GATEWAY

    names = dict.fromkeys(node.title for node in drawn.nodes if node.kind == GATEWAY)
    there = f"it has {', '.join(names)}" if names else "it has none"
    return f"the package has no gateway of this name here; {there}"


def _summary(drawn: Graph) -> str:
    """What the picture says, in one line."""
    from krm_fn.picture.graph import STATUS_WORDS

    counts = [f"{number} {STATUS_WORDS[status]}" for status, number in drawn.counts.items() if number]
    backends = plural(len(drawn.ways), "backend")
    return f"{backends} of routes: {', '.join(counts)}" if counts else "no backends of routes"


def _text(drawn: Graph, kind: str) -> str:
    """The picture in one of the FORMATS; what draws the others is not even imported."""
    if kind == "mermaid":
        from krm_fn.picture.mermaid import mermaid, too_large

        text = mermaid(drawn)
        if why := too_large(drawn, text):
            say(f"the chart has {why}: narrow it with --namespace or --gateway")
        return text
    if kind == "dot":
        from krm_fn.picture.dot import dot

        return dot(drawn)
    if kind == "svg":
        from krm_fn.picture.svg import svg

        return svg(drawn)
    from krm_fn.picture.html import html

    return html(drawn)


def _write(text: str, output: Path | None) -> None:
    if output is None or str(output) == STDIN:
        write_out(text.encode())
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"{output} cannot be written: {error.strerror or error}") from None
