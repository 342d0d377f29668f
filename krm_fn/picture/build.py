"""From decisions to a Graph: what each covered backend leads through; folded where that is too much to look at."""

from __future__ import annotations

from krm_fn.explaining.routing import product_name
from krm_fn.files.places import steps_of
from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.picture.fold import folded
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
    UNKNOWN,
    WORKLOAD,
    Edge,
    Graph,
    Node,
    Way,
)
from krm_fn.record import Record
from krm_fn.rules.backends import Facts
from krm_fn.rules.coverage import BYPASSED, CoveredBackend, coverage
from krm_fn.rules.coverage import OUTSIDE as NOT_IN_MESH
from krm_fn.rules.coverage import UNKNOWN as NOBODY_KNOWS
from krm_fn.rules.custom_members import custom_members
from krm_fn.rules.membership import is_delegated_gateway, members, selected_by, services_of
from krm_fn.rules.proxies import proxies_of
from krm_fn.rules.recognition import backends_of, recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

    Key = tuple[object, ...]

MOST_BOXES = 400
_PICTURED = {BYPASSED: BYPASS, NOBODY_KNOWS: UNKNOWN, NOT_IN_MESH: OUTSIDE}
_CLIENTS: Key = (CLIENTS,)


class Scope(Record):
    """What to draw: one namespace, one gateway (product or workload), all workloads; the package as it came."""

    namespace: str | None = None
    gateway: str | None = None
    everything: bool = False
    as_is: bool = False
    most_boxes: int = MOST_BOXES


ALL_GATEWAYS = Scope()


def graph_of(decisions: Decisions, scope: Scope = ALL_GATEWAYS) -> Graph:
    """Return the picture of a package's gateways."""
    return _Builder(decisions, scope).graph()


class _Builder:
    def __init__(self, decisions: Decisions, scope: Scope) -> None:
        self.decisions = decisions
        self.scope = scope
        self.resources: Resources = decisions.before if scope.as_is else decisions.after
        self.setup = decisions.setup
        self.nodes: dict[Key, Node] = {}
        self.edges: dict[tuple[Key, Key, str], set[int]] = {}
        self.ways: list[Way] = []
        self.generated = {} if scope.as_is else _external_names(decisions)
        self.gateways = self._gateways()

    def graph(self) -> Graph:
        for covered in self._covered():
            self._add(covered)
        self._gateways_without_routes()
        notes = []
        if not self.ways:
            narrowed = " in what was asked for" if self.scope.namespace or self.scope.gateway else ""
            notes.append(f"no route of the package leads to a Service{narrowed}")
        if self.scope.everything:
            self._every_workload()
        else:
            self._not_routed_to()
        nodes, edges = self.nodes, self.edges
        if len(nodes) > self.scope.most_boxes:
            notes.append(f"{len(nodes)} boxes are too many to look at: routes, Services and workloads are summed up")
            nodes, edges = folded(nodes, edges)
        ids = {key: f"n{number}" for number, key in enumerate(nodes)}
        lines = [Edge(ids[a], ids[b], status, tuple(sorted(ways))) for (a, b, status), ways in edges.items()]
        boxes = [node.replace(id=ids[key]) for key, node in nodes.items()]
        return Graph(self._title(), tuple(boxes), tuple(lines), tuple(self.ways), tuple(notes))

    def _title(self) -> str:
        zone = f", zone {self.setup.zone}" if self.setup.zone else ""
        where = f", namespace {self.scope.namespace}" if self.scope.namespace else ""
        when = "as they are" if self.scope.as_is else "as krm-fn leaves them"
        return f"Gateways and the mesh, {when}{where}{zone}"

    # --- what there is ------------------------------------------------------------------------------------------------
    def _covered(self) -> Iterator[CoveredBackend]:
        """The backends in scope. Where nothing is in a mesh the rules judge none, and all are outside."""
        found = coverage(self.resources, self.setup)
        if not found:
            facts = Facts(self.resources, self.setup)
            found = tuple(
                CoveredBackend(
                    product, b.via, b.item, b.path, b.namespace, b.service, b.port, NOT_IN_MESH, "nothing is in a mesh"
                )
                for b in backends_of(self.resources, self.setup)
                for product in facts.chosen(b) or ("",)
            )
        for covered in found:
            if self._is_in_scope(covered):
                yield covered

    def _is_in_scope(self, covered: CoveredBackend) -> bool:
        spaces = {covered.namespace, *(item.namespace for item in covered.way)}
        spaces |= {node.namespace for _, node in self.gateways.get(covered.product, ())}
        if self.scope.namespace is not None and self.scope.namespace not in spaces:
            return False
        return self._is_wanted(covered.product, [node.title for _, node in self.gateways.get(covered.product, ())])

    def _is_wanted(self, product: str, titles: list[str]) -> bool:
        if self.scope.gateway is None:
            return True
        word = self.scope.gateway.casefold()
        return word in {name.casefold() for name in (product, product_name(product), *titles)}

    def _gateways(self) -> dict[str, list[tuple[Key, Node]]]:
        """The boxes of gateways by product, those of no known product under the empty id."""
        found: dict[str, list[tuple[Key, Node]]] = {}
        everyone = members(self.resources, self.setup)
        known = recognised(self.resources)
        for place, member in everyone.items():
            recognition = known[place][1] if place in known else None
            marked = is_delegated_gateway(member.workload.template)
            if recognition is not None and recognition.carries_traffic:
                product, words = recognition.product, product_name(recognition.product)
            elif marked and recognition is None:
                product, words = "", "delegated gateway"
            else:
                continue
            node = self._workload_node(member)
            mark = ", in no mesh" if not member.in_mesh else "" if marked else ", not marked"
            node = node.replace(kind=GATEWAY, subtitle=f"{words}{mark}", detail=f"{node.detail}; {node.subtitle}")
            found.setdefault(product, []).append(((GATEWAY, product, place), node))
        for place, made in custom_members(self.resources, self.setup).items():
            for member_of in made:
                item, product = member_of.pods.item, member_of.pods.product
                mesh = member_of.mesh.name if member_of.in_mesh else ""
                words = f"{product_name(product)}, by {item.kind}{'' if mesh else ', in no mesh'}"
                home = member_of.home
                node = Node("", GATEWAY, home.gateway or item.name, words, home.namespace, mesh, detail=item.words)
                found.setdefault(product, []).append(((GATEWAY, product, place, home.namespace, home.gateway), node))
        return found

    # --- one backend --------------------------------------------------------------------------------------------------
    def _add(self, covered: CoveredBackend) -> None:
        status, how = self._judged(covered)
        number = len(self.ways)
        place = self.decisions.place(covered.route, *steps_of(covered.path))
        way = " → ".join(item.words for item in covered.way)
        port = "" if covered.port is None else f":{covered.port}"
        target = f"{covered.namespace}/{covered.service}{port}"
        self.ways.append(Way(number, self._name(covered), way, target, status, how, place))
        before = self._entries(covered, number)
        for depth, item in enumerate(covered.way):
            key: Key = (ROUTE, covered.product, item.place)
            self._put(key, _route_node(item, covered, depth))
            for source in before:
                self._connect(source, key, status, number)
            before = [key]
        service = self._service(covered.namespace, covered.service)
        self._connect(before[0], service, status, number)
        for target_key, in_mesh in self._behind(covered.namespace, covered.service):
            self._connect(service, target_key, status if in_mesh or status != MESH else OUTSIDE, number)

    def _judged(self, covered: CoveredBackend) -> tuple[str, str]:
        """The status of a way, and on what it rests. One through the mesh starts at a sidecar of the same mesh."""
        if covered.obstacle:
            return BYPASS, f"{covered.obstacle}; {covered.how}"
        doubtful = covered.in_mesh and self._is_doubtful(covered.product)
        more = "; whether the gateway is in a mesh, the package does not show" if doubtful else ""
        return _PICTURED.get(covered.status, MESH), f"{covered.how}{more}"

    def _is_doubtful(self, product: str) -> bool:
        found = proxies_of(product, self.resources, self.setup)
        return not found or any(proxy.doubtful for proxy in found)

    def _name(self, covered: CoveredBackend) -> str:
        return product_name(covered.product) if covered.product else f"unknown ({covered.via or 'no class'})"

    def _entries(self, covered: CoveredBackend, number: int) -> list[Key]:
        """The gateways by which traffic comes to the route."""
        if not covered.reached:
            return []
        there = self.gateways.get(covered.product, []) if covered.product else []
        if not there:
            words = "not in this package" if covered.product else covered.via or "no class"
            title = product_name(covered.product)
            there = [((GATEWAY, covered.product, covered.via), Node("", GATEWAY, title, words, absent=True))]
        for key, node in there:
            self._put(key, node)
            self._put(_CLIENTS, Node("", CLIENTS, "clients", "outside of the mesh"))
            self._connect(_CLIENTS, key, ENTRY, number)
        return [key for key, _ in there]

    def _service(self, namespace: str, name: str) -> Key:
        key: Key = (SERVICE, namespace, name)
        if key in self.nodes:
            return key
        item = self.resources.service(namespace, name)
        data = item.data if item is not None else self.generated.get((namespace, name))
        spec = as_map(as_map(data).get("spec"))
        ports = [str(as_map(port).get("port")) for port in as_list(spec.get("ports"))]
        words = f"Service :{', :'.join(ports)}" if ports else "Service"
        if data is None:
            words = "Service, not in this package"
        elif spec.get("type") == EXTERNAL_NAME:
            words = "ExternalName Service" + ("" if item is not None else ", generated")
        detail = self.decisions.place(item) if item is not None else ""
        self._put(key, Node("", SERVICE, name, words, namespace, absent=data is None, detail=detail))
        return key

    def _behind(self, namespace: str, name: str) -> Iterator[tuple[Key, bool]]:
        """The workloads behind a Service, or the mesh hostname that it stands for; with whether it is in a mesh."""
        for member in selected_by(self.resources, self.setup).get((namespace, name), ()):
            key: Key = (WORKLOAD, member.workload.item.place)
            self._put(key, self._workload_node(member))
            yield key, member.in_mesh
        data = self.generated.get((namespace, name))
        if data is not None and self.resources.service(namespace, name) is None:
            host = as_str(as_map(data.get("spec")).get("externalName"))
            zone = next(
                (
                    str(getattr(wanted.destination, "zone", None) or "")
                    for wanted in self.setup.external_names
                    if (wanted.namespace, wanted.name) == (namespace, name)
                ),
                "",
            )
            words = f"mesh hostname, zone {zone}" if zone else "mesh hostname"
            self._put((REMOTE, host), Node("", REMOTE, host, words, namespace, self.setup.mesh))
            yield (REMOTE, host), True

    def _workload_node(self, member: Member) -> Node:
        item = member.workload.item
        mesh = member.mesh.name if member.in_mesh else ""
        words = f"{item.kind}, mesh {mesh}" if mesh else f"{item.kind}, in no mesh"
        return Node("", WORKLOAD, item.name, words, item.namespace, mesh, detail=member.decision.message)

    # --- what no route leads to ---------------------------------------------------------------------------------------
    def _gateways_without_routes(self) -> None:
        for product, found in self.gateways.items():
            for key, node in found:
                here = self.scope.namespace in (None, node.namespace)
                if key not in self.nodes and here and self._is_wanted(product, [node.title]):
                    self._put(_CLIENTS, Node("", CLIENTS, "clients", "outside of the mesh"))
                    self._put(key, node)
                    self._connect(_CLIENTS, key, ENTRY)

    def _left(self) -> Iterator[Member]:
        """The workloads in scope that are no gateway, and that nothing leads to."""
        if self.scope.gateway is not None:
            return
        proxies = {key[2] for found in self.gateways.values() for key, _ in found}
        for place, member in members(self.resources, self.setup).items():
            here = self.scope.namespace in (None, member.workload.item.namespace)
            if here and place not in proxies and (WORKLOAD, place) not in self.nodes:
                yield member

    def _every_workload(self) -> None:
        for member in list(self._left()):
            key: Key = (WORKLOAD, member.workload.item.place)
            self._put(key, self._workload_node(member))
            for view in services_of(member.workload, self.resources, self.setup):
                self._connect(self._service(member.workload.item.namespace, view.name), key, ENTRY)

    def _not_routed_to(self) -> None:
        """One box for each namespace."""
        by_namespace: dict[str, list[Member]] = {}
        for member in self._left():
            by_namespace.setdefault(member.workload.item.namespace, []).append(member)
        for namespace, left in by_namespace.items():
            inside = sum(member.in_mesh for member in left)
            title = f"{len(left)} workload{'s' * (len(left) > 1)}, no route"
            meshes = {member.mesh.name for member in left if member.in_mesh}
            mesh = meshes.pop() if len(meshes) == 1 and inside == len(left) else ""
            detail = ", ".join(member.workload.item.name for member in left[:30])
            words = f"{inside} of {len(left)} in a mesh"
            self._put((OTHERS, namespace), Node("", OTHERS, title, words, namespace, mesh, detail=detail))

    def _put(self, key: Key, node: Node) -> None:
        known = self.nodes.get(key)
        if known is None or known.depth < node.depth:
            self.nodes[key] = node

    def _connect(self, source: Key, target: Key, status: str, number: int | None = None) -> None:
        ways = self.edges.setdefault((source, target, status), set())
        if number is not None:
            ways.add(number)


def _route_node(item: Item, covered: CoveredBackend, depth: int) -> Node:
    via = f", {covered.via}" if covered.via and depth == 0 else ""
    return Node("", ROUTE, item.name, f"{item.kind}{via}", item.namespace, detail=item.words, depth=depth)


def _external_names(decisions: Decisions) -> dict[tuple[str, str], dict[str, Any]]:
    """The generated ExternalName Services by namespace and name."""
    return {
        (as_str(data["metadata"].get("namespace")), as_str(data["metadata"].get("name"))): data
        for data in decisions.generated
        if data.get("kind") == "Service"
    }
