"""The picture in Graphviz' language. https://graphviz.org/doc/info/lang.html"""

from __future__ import annotations

from krm_fn.picture.graph import (
    BYPASS,
    CLIENTS,
    ENTRY,
    GATEWAY,
    MESH,
    OTHERS,
    OUTSIDE,
    REMOTE,
    ROUTE,
    SERVICE,
    STATUS_WORDS,
    STATUSES,
    UNKNOWN,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.picture.graph import Graph, Node

STYLES = {
    MESH: 'color="#1a7f37", penwidth=2',
    BYPASS: 'color="#cf222e", penwidth=2, style=dashed',
    UNKNOWN: 'color="#818b98", style=dotted',
    OUTSIDE: 'color="#818b98"',
    ENTRY: 'color="#818b98"',
}
SHAPES = {CLIENTS: "oval", GATEWAY: "hexagon", ROUTE: "cds", SERVICE: "box", REMOTE: "parallelogram", OTHERS: "folder"}


def dot(graph: Graph) -> str:
    """Return the text of a digraph, namespaces as clusters."""
    lines = [
        "digraph gateways {",
        "  rankdir=LR;",
        f"  label={quoted(graph.title)};",
        "  labelloc=t;",
        '  fontname="Helvetica";',
        '  node [fontname="Helvetica", fontsize=11, shape=box, style=rounded];',
        "  edge [arrowsize=0.7];",
    ]
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes:
        groups.setdefault(node.namespace, []).append(node)
    for number, (namespace, nodes) in enumerate(groups.items()):
        if namespace:
            title = quoted(f"namespace {namespace}")
            lines.append(f"  subgraph cluster_{number} {{")
            lines.append(f'    label={title}; color="#d1d9e0"; fontcolor="#59636e";')
        lines += [f"{'    ' if namespace else '  '}{_node(node)}" for node in nodes]
        if namespace:
            lines.append("  }")
    for edge in graph.edges:
        lines.append(f"  {edge.source} -> {edge.target} [{STYLES[edge.status]}];")
    return "\n".join([*lines, *_legend(graph), "}"]) + "\n"


def _legend(graph: Graph) -> list[str]:
    """A line of each kind with its meaning."""
    there = [status for status in STATUSES if any(edge.status == status for edge in graph.edges)]
    lines = (
        ["  subgraph cluster_legend {", '    label="Legend"; color="#d1d9e0"; fontcolor="#59636e";'] if there else []
    )
    for status in there:
        lines.append(
            f"    l_{status} [label={quoted(STATUS_WORDS[status])}, shape=plaintext]; r_{status} [shape=point];"
        )
        lines.append(f"    l_{status} -> r_{status} [{STYLES[status]}];")
    return [*lines, "  }"] if there else []


def quoted(*texts: str) -> str:
    """Texts as the lines of one label: quotes and backslashes escaped, so that none ends it or means a field."""
    return '"' + "\\n".join(_escaped(text) for text in texts if text) + '"'


def _escaped(text: str) -> str:
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    # Labels are HTML-like only in <>, but entities (&amp;) are read in any string.
    return printable.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _node(node: Node) -> str:
    more = [f"label={quoted(node.title, node.subtitle)}"]
    if node.kind in SHAPES:
        more.append(f"shape={SHAPES[node.kind]}")
    if node.mesh:
        more.append('color="#8250df"')
    if node.absent:
        more.append("style=dashed")
    if node.detail:
        more.append(f"tooltip={quoted(node.detail)}")
    return f"{node.id} [{', '.join(more)}];"
