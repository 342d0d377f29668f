"""The picture as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

Ids are our own (``n0``, ``g0``); every label is quoted, with all but plain characters as entity codes (``#35;``), so
that no name of a manifest can mean anything. https://mermaid.js.org/syntax/flowchart.html
"""

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

MOST_EDGES = 500
"""GitHub draws no flowchart with more edges (``maxEdges``)."""
MOST_TEXT = 50_000
"""Nor one whose text is longer (``maxTextSize``)."""

ARROWS = {MESH: "==>", BYPASS: "-.->", UNKNOWN: "-.->", OUTSIDE: "-->", ENTRY: "-->"}
COLORS = {MESH: "#2da44e", BYPASS: "#cf222e", UNKNOWN: "#8c959f", OUTSIDE: "#8c959f", ENTRY: "#8c959f"}
SHAPES = {CLIENTS: ("([", "])"), GATEWAY: ("{{", "}}"), ROUTE: (">", "]"), SERVICE: ("(", ")"), REMOTE: ("[/", "/]")}
LONGEST = 60
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_./:,()")


def mermaid(graph: Graph) -> str:
    """Return the text of a flowchart."""
    lines = [
        f"%% {_comment(graph.title)}: thick green through the mesh, dashed red past it, grey unknown or in no mesh"
    ]
    lines.append("flowchart LR")
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes:
        groups.setdefault(node.namespace, []).append(node)
    for number, (namespace, nodes) in enumerate(groups.items()):
        if namespace:
            lines.append(f'  subgraph g{number}["{label(f"namespace {namespace}")}"]')
        lines += [f"{'    ' if namespace else '  '}{_node(node)}" for node in nodes]
        if namespace:
            lines.append("  end")
    lines += [f"  {edge.source} {ARROWS[edge.status]} {edge.target}" for edge in graph.edges]
    there = [status for status in STATUSES if any(edge.status == status for edge in graph.edges)]
    lines += _legend(there)
    statuses = [*(edge.status for edge in graph.edges), *there]
    for status, color in COLORS.items():
        numbers = [str(number) for number, each in enumerate(statuses) if each == status]
        if numbers:
            lines.append(f"  linkStyle {','.join(numbers)} stroke:{color}{_width(status)}")
    lines.append("  classDef mesh stroke:#8250df,stroke-width:2px")
    lines.append("  classDef absent stroke-dasharray:4 3")
    for name, ids in (
        ("mesh", [node.id for node in graph.nodes if node.mesh]),
        ("absent", [node.id for node in graph.nodes if node.absent or node.kind == OTHERS]),
    ):
        if ids:
            lines.append(f"  class {','.join(ids)} {name}")
    return "\n".join(lines) + "\n"


def too_large(graph: Graph, text: str) -> str:
    """Why GitHub would not draw the chart, empty if it would."""
    if len(graph.edges) > MOST_EDGES:
        return f"{len(graph.edges)} edges, and GitHub draws {MOST_EDGES} at most"
    if len(text) > MOST_TEXT:
        return f"{len(text)} characters, and GitHub draws {MOST_TEXT} at most"
    return ""


def label(text: str) -> str:
    """A text for a quoted label: all but plain characters as entity codes, which mermaid writes ``#35;``."""
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
    return "".join(c if c in _PLAIN else f"#{ord(c)};" for c in cut)


def _node(node: Node) -> str:
    left, right = SHAPES.get(node.kind, ("[", "]"))
    second = f"<br>{label(node.subtitle)}" if node.subtitle else ""
    return f'{node.id}{left}"{label(node.title)}{second}"{right}'


def _legend(statuses: list[str]) -> list[str]:
    """A line of each kind with its meaning, apart from the rest."""
    if not statuses:
        return []
    lines = ['  subgraph legend["Legend"]', "    direction LR"]
    for status in statuses:
        lines.append(f'    l{status}["{label(STATUS_WORDS[status])}"] {ARROWS[status]} r{status}(( ))')
    return [*lines, "  end"]


def _width(status: str) -> str:
    return ",stroke-width:2px" if status in (MESH, BYPASS) else ""


def _comment(text: str) -> str:
    return "".join(c if c in _PLAIN else " " for c in text)
