"""The layout: columns from left to right, nothing overlaps, few crossings, the same picture each time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.picture.graph import CLIENTS, GATEWAY, MESH, OTHERS, ROUTE, SERVICE, WORKLOAD, Edge, Graph, Node
from krm_fn.picture.layout import Layout, layout_of


def graph(names: list[tuple[str, str, str]], edges: list[tuple[str, str]]) -> Graph:
    nodes = tuple(Node(name, kind, name, kind, namespace) for name, kind, namespace in names)
    return Graph("test", nodes, tuple(Edge(a, b, MESH, (0,)) for a, b in edges), ())


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Some routes, Services and workloads in some namespaces, led to at random."""
    spaces = ["a", "b", "c"]
    names = [("c", CLIENTS, ""), ("g0", GATEWAY, "a"), ("g1", GATEWAY, "edge")]
    for prefix, kind in (("r", ROUTE), ("s", SERVICE), ("w", WORKLOAD)):
        for number in range(draw(st.integers(0, 7))):
            names.append((f"{prefix}{number}", kind, draw(st.sampled_from(spaces))))
    if draw(st.booleans()):
        names.append(("o", OTHERS, draw(st.sampled_from(spaces))))
    columns = [[name for name, kind, _ in names if kind == k] for k in (CLIENTS, GATEWAY, ROUTE, SERVICE, WORKLOAD)]
    possible = [(a, b) for left, right in pairwise(columns) for a in left for b in right]
    edges = draw(st.lists(st.sampled_from(possible), unique=True, max_size=25)) if possible else []
    return graph(names, edges)


def boxes_of(layout: Layout) -> dict[str, tuple[float, float, float, float]]:
    return {b.node.id: (b.x, b.y, b.x + b.width, b.y + b.height) for b in layout.boxes}


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_boxes_neither_overlap_nor_leave_the_picture(drawn: Graph) -> None:
    layout = layout_of(drawn)
    boxes = list(boxes_of(layout).values())
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        assert x1 >= 0
        assert y1 >= 0
        assert x2 <= layout.width
        assert y2 <= layout.height
        for left, top, right, bottom in boxes[:number]:
            assert x2 <= left or right <= x1 or y2 <= top or bottom <= y1


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_lines_lead_to_the_right_and_bands_hold_their_boxes(drawn: Graph) -> None:
    layout = layout_of(drawn)
    assert all(line.x1 < line.x2 for line in layout.lines)
    boxes = boxes_of(layout)
    for node in drawn.nodes:
        if node.namespace:
            x1, y1, x2, y2 = boxes[node.id]
            assert any(
                band.namespace == node.namespace and band.x <= x1 and band.y <= y1
                and x2 <= band.x + band.width and y2 <= band.y + band.height
                for band in layout.bands
            )  # fmt: skip
    for number, band in enumerate(layout.bands):
        for other in layout.bands[:number]:
            apart = band.y + band.height <= other.y or other.y + other.height <= band.y
            assert apart or band.x + band.width <= other.x or other.x + other.width <= band.x


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_the_same_graph_gives_the_same_picture(drawn: Graph) -> None:
    assert layout_of(drawn) == layout_of(drawn)


def test_crossings_that_can_be_avoided_are() -> None:
    names = [("c", CLIENTS, ""), ("g", GATEWAY, "gw")]
    names += [(f"{p}{i}", k, "a") for p, k in (("r", ROUTE), ("s", SERVICE), ("w", WORKLOAD)) for i in range(6)]
    edges = [("c", "g"), *(("g", f"r{i}") for i in range(6))]
    edges += [(f"r{i}", f"s{5 - i}") for i in range(6)] + [(f"s{i}", f"w{(i * 5 + 2) % 6}") for i in range(6)]
    layout = layout_of(graph(names, edges))
    lines = [(line.x1, line.y1, line.y2) for line in layout.lines]
    for number, (x, start, end) in enumerate(lines):
        for other, start2, end2 in lines[:number]:
            assert x != other or (start - start2) * (end - end2) >= 0


def test_a_chain_that_leads_straight_on_is_a_straight_line() -> None:
    names = [("g", GATEWAY, "gw"), ("r", ROUTE, "a"), ("s", SERVICE, "a"), ("w", WORKLOAD, "a")]
    layout = layout_of(graph(names, [("g", "r"), ("r", "s"), ("s", "w")]))
    assert {(line.y1, line.y2) for line in layout.lines} == {(layout.lines[0].y1,) * 2}


def test_an_empty_graph_has_a_size() -> None:
    layout = layout_of(Graph("nothing", (), (), ()))
    assert layout.width > 0
    assert layout.height > 0
