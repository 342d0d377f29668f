"""Where boxes and lines go: columns from the clients to the workloads, namespaces as bands across the right-hand ones.

Layered as Sugiyama's method has it: columns are given by what a box is, crossings are reduced by the barycenter
heuristic within each band, and heights follow the neighbours as far as order and space allow (isotonic regression).
Deterministic: ties keep the order of the input.
"""

from __future__ import annotations

from krm_fn.picture.graph import CLIENTS, GATEWAY, OTHERS, REMOTE, ROUTE, SERVICE, WORKLOAD, Edge, Graph, Node
from krm_fn.picture.measure import spread, text_width
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

BOX_HEIGHT = 46.0
GAP = 14.0
COLUMN_GAP = 92.0
MARGIN = 24.0
BAND_GAP = 22.0
BAND_TOP, BAND_BOTTOM, BAND_SIDE = 30.0, 14.0, 16.0
HEADING = 34.0
NARROWEST, WIDEST = 96.0, 250.0
MOST_FAN = 170.0
SWEEPS = 12
MOST_COUNTED = 600

HEADINGS = {CLIENTS: "Outside", GATEWAY: "Gateways", ROUTE: "Routes", SERVICE: "Services", WORKLOAD: "Workloads"}


class Box(Record):
    """A node with its place: left, top, width, height."""

    node: Node
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Its middle, from the top."""
        return self.y + self.height / 2


class Band(Record):
    """A namespace: a rectangle around its boxes, on one side of the picture."""

    namespace: str
    x: float
    y: float
    width: float
    height: float


class Line(Record):
    """An edge from one point to another."""

    edge: Edge
    x1: float
    y1: float
    x2: float
    y2: float


class Layout(Record):
    """The whole picture, in pixels."""

    graph: Graph
    width: float
    height: float
    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    headings: tuple[tuple[float, str], ...]


def layout_of(graph: Graph) -> Layout:
    """Return the places of all boxes and lines."""
    return _Layouter(graph).layout()


class _Layouter:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        deepest = max((node.depth for node in graph.nodes if node.kind == ROUTE), default=0)
        self.columns = {CLIENTS: 0, GATEWAY: 1, ROUTE: 2, SERVICE: 3 + deepest}
        self.columns |= dict.fromkeys((WORKLOAD, REMOTE, OTHERS), 4 + deepest)
        self.last = 4 + deepest
        self.by_id = {node.id: node for node in graph.nodes}
        self.before: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
        self.after: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
        for edge in graph.edges:
            if edge.target not in self.after[edge.source]:
                self.after[edge.source].append(edge.target)
                self.before[edge.target].append(edge.source)
        # A band is a namespace on the left (gateways) or on the right (all behind them).
        self.bands: dict[str, dict[int, list[str]]] = {}
        self.gateways: dict[str, list[str]] = {}
        for node in graph.nodes:
            if node.kind == GATEWAY:
                self.gateways.setdefault(node.namespace, []).append(node.id)
            elif node.kind != CLIENTS:
                self.bands.setdefault(node.namespace, {}).setdefault(self.column(node), []).append(node.id)
        self.rank: dict[str, float] = {}
        self.y: dict[str, float] = {}

    def column(self, node: Node) -> int:
        return self.columns[node.kind] + (node.depth if node.kind == ROUTE else 0)

    def layout(self) -> Layout:
        self._order()
        frames = self._stack_right()
        lefts = self._stack_left()
        widths, starts = self._widths()
        boxes = tuple(self._box(node, widths, starts) for node in self.graph.nodes)
        at = {box.node.id: box for box in boxes}
        bands = tuple(self._frame(at, name, top, height) for name, (top, height) in frames.items())
        bands += tuple(
            self._gateway_frame(at, ids, name) for name, ids in self.gateways.items() if name in lefts and name
        )
        bottom = max([HEADING + MARGIN, *(box.y + box.height for box in boxes), *(b.y + b.height for b in bands)])
        right = max([MARGIN, *(box.x + box.width for box in boxes), *(b.x + b.width for b in bands)])
        used = {self.column(node) for node in self.graph.nodes}
        headings = tuple(
            (starts[number], HEADINGS[kind])
            for kind, number in self.columns.items()
            if kind in HEADINGS and number in used
        )
        lines = tuple(_lines(self.graph.edges, at))
        return Layout(self.graph, right + MARGIN, bottom + MARGIN, boxes, bands, lines, headings)

    # --- order --------------------------------------------------------------------------------------------------------
    def _order(self) -> None:
        """Sweep to and fro: each column in the order of its neighbours' mean, bands and gateways likewise.

        The order with the fewest crossings stays; of a large picture, where counting them takes long, the last one.
        """
        self._number()
        counts = len(self.graph.edges) <= MOST_COUNTED
        best: tuple[int, Any] | None = None
        for sweep in range(SWEEPS):
            self._sweep(sweep)
            self._swap()
            if counts:
                found = self._crossings()
                if best is None or found < best[0]:
                    best = found, self._copy()
        if best is not None:
            self.bands, self.gateways = best[1]
            self._number()

    def _sweep(self, sweep: int) -> None:
        for columns in self.bands.values():
            for ids in columns.values():
                ids.sort(key=lambda one: self._mean(self._neighbours(one, sweep), self.rank[one]) + self._apart(one))
        for ids in self.gateways.values():
            ids.sort(key=lambda one: self._mean(self.after[one], self.rank[one]))
        self._number()
        self.gateways = dict(
            sorted(self.gateways.items(), key=lambda pair: self._mean_of([self.after[i] for i in pair[1]]))
        )
        self.bands = dict(sorted(self.bands.items(), key=self._band_rank))
        self._number()

    def _swap(self) -> None:
        """Change the places of two neighbours in a column where fewer of their lines cross after it."""
        for columns in self.bands.values():
            for ids in columns.values():
                for number in range(len(ids) - 1):
                    first, second = ids[number], ids[number + 1]
                    if self._apart(second) == 0 and self._cross(second, first) < self._cross(first, second):
                        ids[number], ids[number + 1] = second, first
                        self.rank[first], self.rank[second] = self.rank[second], self.rank[first]

    def _cross(self, above: str, below: str) -> int:
        """How many lines of one box cross those of another that stands below it."""
        return sum(
            self.rank[a] > self.rank[b]
            for side in (self.before, self.after)
            for a in side[above]
            for b in side[below]
            if a in self.rank and b in self.rank
        )

    def _neighbours(self, one: str, sweep: int) -> Sequence[str]:
        """What a box shall stand near to, in turn: what leads to it, what it leads to, both."""
        return (self.before[one], self.after[one], (*self.before[one], *self.after[one]))[sweep % 3]

    def _copy(self) -> tuple[dict[str, dict[int, list[str]]], dict[str, list[str]]]:
        bands = {name: {column: list(ids) for column, ids in each.items()} for name, each in self.bands.items()}
        return bands, {name: list(ids) for name, ids in self.gateways.items()}

    def _crossings(self) -> int:
        """How many pairs of lines between the same two columns cross."""
        between: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for edge in self.graph.edges:
            if edge.source in self.rank and edge.target in self.rank:
                columns = (self.column(self.by_id[edge.source]), self.column(self.by_id[edge.target]))
                between.setdefault(columns, []).append((self.rank[edge.source], self.rank[edge.target]))
        return sum(
            (a[0] - b[0]) * (a[1] - b[1]) < 0
            for ends in between.values()
            for number, a in enumerate(ends)
            for b in ends[:number]
        )

    def _number(self) -> None:
        """Give each box its position in its column, counted through all bands."""
        counts: dict[int, int] = {}
        for columns in (*self.bands.values(), *({1: ids} for ids in self.gateways.values())):
            for column, ids in columns.items():
                for one in ids:
                    self.rank[one] = counts.get(column, 0)
                    counts[column] = counts.get(column, 0) + 1
        size = {column: max(1, count) for column, count in counts.items()}
        for one in self.rank:
            self.rank[one] /= size[self.column(self.by_id[one])]

    def _apart(self, one: str) -> float:
        """What stands for many, and has no neighbours, comes last."""
        return 10.0 if self.by_id[one].kind == OTHERS else 0.0

    def _mean(self, neighbours: Sequence[str], otherwise: float) -> float:
        known = [self.rank[one] for one in neighbours if one in self.rank]
        return sum(known) / len(known) if known else otherwise

    def _mean_of(self, groups: Iterable[Sequence[str]]) -> float:
        return self._mean([one for group in groups for one in group], 2.0)

    def _band_rank(self, pair: tuple[str, dict[int, list[str]]]) -> float:
        """Bands follow the gateways that send into them; those that nobody sends into come last."""
        gateways = [
            before
            for ids in pair[1].values()
            for one in ids
            for before in self.before[one]
            if self.by_id[before].kind == GATEWAY
        ]
        others = [before for ids in pair[1].values() for one in ids for before in self.before[one]]
        return self._mean(gateways or others, 3.0)

    # --- heights ------------------------------------------------------------------------------------------------------
    def _stack_right(self) -> dict[str, tuple[float, float]]:
        """Stack the bands; within each, let boxes stand level with their neighbours."""
        frames = {}
        top = MARGIN + HEADING
        for name, columns in self.bands.items():
            # What stands for many has a row of its own below all others, so that it is in no line's way.
            everyone = [one for ids in columns.values() for one in ids]
            others = any(self.by_id[one].kind == OTHERS for one in everyone)
            rows = max(sum(self.by_id[one].kind != OTHERS for one in ids) for ids in columns.values()) + others
            inner = rows * (BOX_HEIGHT + GAP) - GAP
            start = top + BAND_TOP
            for ids in columns.values():
                free = inner - (len(ids) * (BOX_HEIGHT + GAP) - GAP)
                for number, one in enumerate(ids):
                    self.y[one] = start + free / 2 + number * (BOX_HEIGHT + GAP)
            band = set(everyone)
            for step in range(6):
                for _, ids in sorted(columns.items(), reverse=step % 2 == 1):
                    self._level(ids, band, start, start + inner, step % 2 == 0)
            frames[name] = (top, inner + BAND_TOP + BAND_BOTTOM)
            top += inner + BAND_TOP + BAND_BOTTOM + BAND_GAP
        return frames

    def _level(self, ids: list[str], band: set[str], low: float, high: float, forth: bool) -> None:
        """Move the boxes of a column towards their neighbours in the band, keeping order and gaps.

        On the way back only what they lead to counts, so that in the end lines on the right are straight.
        """
        wanted = []
        for one in ids:
            both = (*self.before[one], *self.after[one])
            near = [self.y[other] for other in (both if forth else self.after[one] or both) if other in band]
            apart = self._apart(one) > 0
            wanted.append(high if apart else sum(near) / len(near) if near else self.y[one])
        for one, y in zip(ids, spread(wanted, BOX_HEIGHT + GAP, low, high - BOX_HEIGHT), strict=True):
            self.y[one] = y

    def _stack_left(self) -> set[str]:
        """Put gateways level with what they send to, in frames of their namespaces; clients in the middle of them."""
        everyone = [(name, one) for name, ids in self.gateways.items() for one in ids]
        frame = BAND_TOP + BAND_BOTTOM + BAND_GAP
        offsets, wanted, before = [], [], None
        offset = 0.0
        for name, one in everyone:
            if before is not None:
                offset += BOX_HEIGHT + GAP + (frame - GAP if name != before else 0)
            before = name
            near = [self.y[other] for other in self.after[one] if other in self.y]
            wanted.append((sum(near) / len(near) if near else MARGIN + HEADING + BAND_TOP + offset) - offset)
            offsets.append(offset)
        low = MARGIN + HEADING + BAND_TOP
        for (_, one), y, offset in zip(everyone, spread(wanted, 0.0, low, float("inf")), offsets, strict=True):
            self.y[one] = y + offset
        for node in self.graph.nodes:
            if node.kind == CLIENTS:
                near = [self.y[other] for other in self.after[node.id]]
                self.y[node.id] = (min(near) + max(near)) / 2 if near else low
        return set(self.gateways)

    # --- widths -------------------------------------------------------------------------------------------------------
    def _widths(self) -> tuple[dict[int, float], dict[int, float]]:
        """The width of each column and where it starts; one without boxes takes no room."""
        widths: dict[int, float] = {}
        for node in self.graph.nodes:
            wanted = max(text_width(node.title, 13, True), text_width(node.subtitle, 11)) + 30
            column = self.column(node)
            widths[column] = min(WIDEST, max(widths.get(column, NARROWEST), wanted))
        starts, x = {}, MARGIN
        for column in range(self.last + 1):
            starts[column] = x + (BAND_SIDE if column > 0 else 0)
            if column in widths:
                x += widths[column] + COLUMN_GAP
                if column == 1:  # many lines fan out here, over the whole height
                    x += min(MOST_FAN, max(self.y.values(), default=0.0) / 12)
        return widths, starts

    def _box(self, node: Node, widths: dict[int, float], starts: dict[int, float]) -> Box:
        column = self.column(node)
        return Box(node, starts[column], self.y[node.id], widths[column], BOX_HEIGHT)

    def _frame(self, at: dict[str, Box], name: str, top: float, height: float) -> Band:
        """The frame of a band: from its first to its last column."""
        boxes = [at[one] for ids in self.bands[name].values() for one in ids]
        left, right = min(box.x for box in boxes) - BAND_SIDE, max(box.x + box.width for box in boxes) + BAND_SIDE
        return Band(name, left, top, right - left, height)

    def _gateway_frame(self, at: dict[str, Box], ids: list[str], name: str) -> Band:
        boxes = [at[one] for one in ids]
        top = min(box.y for box in boxes) - BAND_TOP
        bottom = max(box.y + box.height for box in boxes) + BAND_BOTTOM
        return Band(name, boxes[0].x - BAND_SIDE, top, boxes[0].width + 2 * BAND_SIDE, bottom - top)


def _lines(edges: Iterable[Edge], at: dict[str, Box]) -> Iterable[Line]:
    """Lines from side to side; several between two boxes stand a little apart."""
    together: dict[tuple[str, str], int] = {}
    for edge in edges:
        together[edge.source, edge.target] = together.get((edge.source, edge.target), 0) + 1
    seen: dict[tuple[str, str], int] = {}
    for edge in edges:
        pair = (edge.source, edge.target)
        number = seen[pair] = seen.get(pair, -1) + 1
        apart = (number - (together[pair] - 1) / 2) * 8
        a, b = at[edge.source], at[edge.target]
        yield Line(edge, a.x + a.width, a.middle + apart, b.x, b.middle + apart)
