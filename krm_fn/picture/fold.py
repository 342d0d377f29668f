"""A smaller graph for a large package: what is alike becomes one box that says how many it stands for.

Routes of one namespace that the same gateways serve in the same way, then Services and workloads that the same boxes
lead to.
"""

from __future__ import annotations

from krm_fn.picture.graph import ROUTE, SERVICE, WORKLOAD, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    Key = tuple[object, ...]
    Nodes = dict[Key, Node]
    Edges = dict[tuple[Key, Key, str], set[int]]

NAMES = {ROUTE: "routes", SERVICE: "Services", WORKLOAD: "workloads"}
MOST_NAMED = 30


def folded(nodes: Nodes, edges: Edges) -> tuple[Nodes, Edges]:
    """Return the graph with like boxes summed up."""
    for kind in (ROUTE, SERVICE, WORKLOAD):
        nodes, edges = _folded(kind, nodes, edges)
    return nodes, edges


def _folded(kind: str, nodes: Nodes, edges: Edges) -> tuple[Nodes, Edges]:
    before: dict[Key, set[object]] = {}
    for source, target, status in edges:
        before.setdefault(target, set()).add((source, status))
        if kind == ROUTE:  # how it leads on tells routes apart
            before.setdefault(source, set()).add(("on", status))
    groups: dict[Key, list[Key]] = {}
    for key, node in nodes.items():
        if node.kind == kind:
            groups.setdefault((kind, node.namespace, node.mesh, frozenset(before.get(key, ()))), []).append(key)
    instead = {key: group for group, keys in groups.items() if len(keys) > 1 for key in keys}
    new_nodes: Nodes = {}
    for key, node in nodes.items():
        group = instead.get(key)
        if group is None:
            new_nodes[key] = node
        elif group not in new_nodes:
            new_nodes[group] = _sum(kind, [nodes[one] for one in groups[group]])
    new_edges: Edges = {}
    for (source, target, status), ways in edges.items():
        ends = (instead.get(source, source), instead.get(target, target))
        if ends[0] != ends[1]:
            new_edges.setdefault((*ends, status), set()).update(ways)
    return new_nodes, new_edges


def _sum(kind: str, nodes: list[Node]) -> Node:
    names = ", ".join(node.title for node in nodes[:MOST_NAMED])
    more = f" and {len(nodes) - MOST_NAMED} more" if len(nodes) > MOST_NAMED else ""
    kinds = sorted({node.subtitle.partition(",")[0] for node in nodes}) if kind == ROUTE else []
    words = ", ".join(kinds) or (f"mesh {nodes[0].mesh}" if nodes[0].mesh else nodes[0].title + ", ...")
    depth = max(node.depth for node in nodes)
    return nodes[0].replace(
        title=f"{len(nodes)} {NAMES[kind]}", subtitle=words, detail=names + more, absent=False, depth=depth
    )
