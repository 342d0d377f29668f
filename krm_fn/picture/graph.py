"""The picture as data: clients, gateways, routes, Services and workloads, and the ways that traffic takes between them.

Every way is a record of the rules' coverage (``krm_fn.rules.coverage``); nothing is judged here. A route stands once
for each product that serves it, so that a line belongs to one gateway.
"""

from __future__ import annotations

from krm_fn.record import Record

MESH, BYPASS, UNKNOWN, OUTSIDE, ENTRY = "mesh", "bypass", "unknown", "outside", "entry"
STATUSES = (MESH, BYPASS, UNKNOWN, OUTSIDE)
"""Through the mesh; past it; nobody knows; to pods that are in no mesh. ENTRY: from clients to a gateway."""
STATUS_WORDS = {
    MESH: "through the mesh",
    BYPASS: "past the mesh",
    UNKNOWN: "unknown",
    OUTSIDE: "not in a mesh",
    ENTRY: "from clients",
}

CLIENTS, GATEWAY, ROUTE, SERVICE, WORKLOAD, REMOTE, OTHERS = (
    "clients",
    "gateway",
    "route",
    "service",
    "workload",
    "remote",
    "others",
)


class Node(Record):
    """One box: its id in the picture, what it is, two lines of text, its namespace, and its mesh (empty: in none).

    `absent`: the package does not hold it. `detail` is for people who ask for more.
    """

    id: str
    kind: str
    title: str
    subtitle: str = ""
    namespace: str = ""
    mesh: str = ""
    absent: bool = False
    detail: str = ""
    depth: int = 0


class Edge(Record):
    """One line between boxes, by their ids; `ways` are the numbers of the ways that it is part of."""

    source: str
    target: str
    status: str
    ways: tuple[int, ...] = ()


class Way(Record):
    """One row of the details: which gateway sends by which route to which Service, and how."""

    number: int
    gateway: str
    route: str
    service: str
    status: str
    how: str
    place: str = ""


class Graph(Record):
    """Boxes, lines and details, with a title, and remarks on what was left out."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    ways: tuple[Way, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many ways have each status."""
        return {status: sum(way.status == status for way in self.ways) for status in STATUSES}

    @property
    def meshes(self) -> tuple[str, ...]:
        """The meshes of the boxes, by name."""
        return tuple(sorted({node.mesh for node in self.nodes if node.mesh}))

    def ways_of(self, node: Node) -> tuple[int, ...]:
        """The numbers of the ways that lead through a box."""
        found = {number for edge in self.edges if node.id in (edge.source, edge.target) for number in edge.ways}
        return tuple(sorted(found))
