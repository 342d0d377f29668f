"""Which backends of which gateway are reached through the mesh: how, or why not.

One place that the results and further commands (print it, draw it) ask. It reads a package as it is: asked after the
rules that write settings, it tells what they achieved.
"""

from __future__ import annotations

from krm_fn.krm.outcome import INFO, info
from krm_fn.record import Record
from krm_fn.rules.proxies import standing_of
from krm_fn.rules.recognition import addressed_by, backends_of, looks_up_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.addresses import Addressed
    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.backends import Facts

COVERAGE = "gateway-coverage"

SWITCHED = "switched"
BY_ITSELF = "by-itself"
DETOURED = "detoured"
BYPASSED = "bypassed"
UNKNOWN = "unknown"
OUTSIDE = "outside"
STATUSES = (SWITCHED, BY_ITSELF, DETOURED, BYPASSED, UNKNOWN, OUTSIDE)
"""A setting makes the product dial the Service; the product always does; a detour leads into the mesh; it sends to
pods, past the mesh; nothing tells which product serves the route; no pod behind the Service is in a mesh. With the
first three the pods may still refuse the gateway itself (`CoveredBackend.obstacle`)."""
THROUGH_THE_MESH = (SWITCHED, BY_ITSELF, DETOURED)

_STATUS_WORDS = {
    SWITCHED: "through the mesh",
    BY_ITSELF: "through the mesh",
    DETOURED: "through the mesh by a detour",
    BYPASSED: "past the mesh",
    UNKNOWN: "unknown",
    OUTSIDE: "not in a mesh",
}
_NOBODY_BEHIND = "no pods behind it are known to be in a mesh"


class CoveredBackend(Record):
    """One reference of a route to a Service, as one gateway product treats it.

    ``product`` is its id, empty where nobody knows; ``via`` names the class or the Gateways between. ``path`` is where
    the reference stands in ``route``. ``status`` is one of STATUSES, ``how`` says on what it rests, for people.

    Where ``route`` is an object between routes and Services, such as a TraefikService, ``chain`` is the way to it: the
    route that traffic comes in by, then what stands between; there is one record for each such route. ``reached`` is
    false where no route of the package leads there. ``written_in`` names the annotation or field that holds the
    backend as a URL or a name, empty for an ordinary reference. ``obstacle`` says why pods in the mesh refuse the
    gateway although it sends to the Service: its proxies are in no mesh, or in another one; empty where they do not.
    """

    product: str
    via: str
    route: Item
    path: str
    namespace: str
    service: str
    port: int | str | None
    status: str
    how: str
    chain: tuple[Item, ...] = ()
    reached: bool = True
    written_in: str = ""
    obstacle: str = ""

    @property
    def way(self) -> tuple[Item, ...]:
        """All objects from the route that traffic comes in by to the one that names the Service."""
        return (*self.chain, self.route)

    @property
    def in_mesh(self) -> bool:
        """Whether the gateway reaches the backend through the mesh."""
        return self.status in THROUGH_THE_MESH and not self.obstacle


def coverage(resources: Resources, setup: MeshSetup) -> tuple[CoveredBackend, ...]:
    """Return one record for each way, reference and product, in the order of the routes; those in URLs come last.

    None where nothing is in a mesh.
    """

    def build() -> tuple[CoveredBackend, ...]:
        found, written = backends_of(resources, setup), addressed_by(resources, setup)
        if not (found or written):
            return ()
        from krm_fn.rules.backends import Facts, concerns_a_mesh

        if not concerns_a_mesh(resources, setup):
            return ()
        judge = _Judge(Facts(resources, setup))
        referred = [covered for backend in found for covered in judge.covered(backend)]
        return (*referred, *(covered for backend in written for covered in judge.covered_address(backend)))

    return resources.memo("coverage", build)


def gateway_coverage(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Tell for each backend whether it is reached through the mesh; problems are other rules' warnings."""
    wanted = setup.service_upstream.enabled and setup.service_upstream.scope == "mesh"
    if not wanted or setup.results_level != INFO:  # nothing but decisions here
        return
    told = set()
    for covered in coverage(resources, setup):
        root = covered.way[0].place
        where = (covered.namespace, covered.service, covered.port)
        key = (covered.product, root, covered.route.place, *where, covered.written_in)
        if key in told:
            continue
        told.add(key)
        yield info(
            COVERAGE,
            f"{_name(covered.product)} to Service {covered.namespace}/{covered.service}{_led_by(covered)}: "
            f"{_status_words(covered)}: {covered.how}",
            covered.route,
            covered.path,
        )


def _status_words(covered: CoveredBackend) -> str:
    return f"not through the mesh ({covered.obstacle})" if covered.obstacle else _STATUS_WORDS[covered.status]


def _led_by(covered: CoveredBackend) -> str:
    """The way to the Service, where it is not a route's own reference."""
    if not covered.reached:
        return f" by {covered.route.words}, to which no route of the package leads"
    return f" by {', '.join(item.words for item in covered.way)}" if covered.chain else ""


def _product(product_id: str) -> Product | None:
    from krm_fn.gateways.catalog import products_by_id

    return products_by_id().get(product_id)


def _name(product_id: str) -> str:
    product = _product(product_id)
    return product.name if product else "an unknown gateway"


class _Judge:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.resources = facts.resources
        self.setup = facts.setup

    def covered(self, backend: Backend) -> Iterator[CoveredBackend]:
        """A backend as each product treats it that may serve its route."""
        for product_id in self.facts.chosen(backend) or ("",):
            judged = self._judged(_product(product_id), backend)
            yield from self._records(product_id, judged, backend, backend.path)

    def covered_address(self, backend: Addressed) -> Iterator[CoveredBackend]:
        """The same for a backend that is written as a URL or in an annotation."""
        for product_id in self.facts.chosen_of(backend.products, backend.basis) or ("",):
            judged = self._judged_address(_product(product_id), backend)
            yield from self._records(product_id, judged, backend, backend.field, backend.key)

    def _records(
        self, product_id: str, judged: tuple[str, str], backend: Backend | Addressed, path: str, written_in: str = ""
    ) -> Iterator[CoveredBackend]:
        """One record for each way to the backend, with what its pods have against the gateway."""
        status, how = judged
        obstacle = ""
        if product_id and status in THROUGH_THE_MESH:
            standing = standing_of(product_id, backend.namespace, backend.service, self.resources, self.setup)
            obstacle, exceptions = standing.refusal, standing.exceptions
            how = f"{how}; {exceptions}" if exceptions else how
        for chain in backend.chains or ((),):
            yield CoveredBackend(
                product_id,
                backend.via,
                backend.item,
                path,
                backend.namespace,
                backend.service,
                backend.port,
                status,
                how,
                chain,
                backend.is_reached,
                written_in,
                obstacle,
            )

    def _judged_address(self, product: Product | None, backend: Addressed) -> tuple[str, str]:
        from krm_fn.gateways.switches import ABSENT, HEADLESS_SERVICE
        from krm_fn.rules.detours import has_direct_access

        state = self.facts.state(backend.namespace, backend.service)
        if product is None:
            return UNKNOWN, f"nothing in the package tells which product reads {backend.key}"
        if state == ABSENT:
            return UNKNOWN, "the package has no such Service"
        if backend.bare and not looks_up_in(backend.namespace, product.id, self.resources):
            return UNKNOWN, f"{backend.key} names no namespace, so that the gateway's own is meant"
        if not self.facts.is_in_mesh_at(backend.namespace, backend.service):
            return OUTSIDE, _NOBODY_BEHIND
        if not backend.to_pods and state != HEADLESS_SERVICE:
            return BY_ITSELF, f"by its address, as {backend.key} has it"
        if has_direct_access(product, self.resources, self.setup):
            return DETOURED, "direct access to pods"
        if backend.to_pods:
            return BYPASSED, f"what {backend.key} names is always sent to by its pods"
        return BYPASSED, "a headless Service has no address to send to"

    def _judged(self, product: Product | None, backend: Backend) -> tuple[str, str]:
        from krm_fn.gateways.product import IMPOSSIBLE, NOTHING
        from krm_fn.gateways.switches import HEADLESS_SERVICE

        if not self.facts.is_in_mesh(backend):
            return OUTSIDE, _NOBODY_BEHIND
        if product is None:
            between = f" ({backend.basis.replace('-', ' ')}{backend.via and ': '}{backend.via})"
            return UNKNOWN, f"nothing in the package tells which product serves the route{between}"
        if product.family == IMPOSSIBLE:
            return BYPASSED, "this product can neither dial Services nor carry a sidecar"
        if backend.route.udp:
            return BYPASSED, "UDP never enters the mesh"
        if product.family == NOTHING or backend.route.kind in product.dials_service_for:
            return self._by_itself(product, backend)
        if backend.detour:
            return DETOURED, f"ExternalName Service {backend.detour}"
        if self.facts.state(backend.namespace, backend.service) == HEADLESS_SERVICE:
            return self._in_spite(product, "a headless Service has no address to send to")
        beaten = self._beaten(product, backend)
        if beaten:
            return BYPASSED, beaten
        on = self._by_setting(product, backend)
        return (SWITCHED, on) if on else self._in_spite(product, self._why_not(product, backend))

    def _beaten(self, product: Product, backend: Backend) -> str:
        """What the product looks at before its settings for Services, in words; empty where there is nothing."""
        from krm_fn.gateways.product import WINS
        from krm_fn.rules.conflicts import conflicts_of

        for _, found in conflicts_of(product, backend, self.resources):
            if found.conflict.effect == WINS:
                return f"{found.words} of {found.item.words}: {found.conflict.why}"
        return ""

    def _by_itself(self, product: Product, backend: Backend) -> tuple[str, str]:
        from krm_fn.rules.guards import named_by_guard

        found = named_by_guard(product, backend, self.resources)
        if found is None or found.dials:
            return BY_ITSELF, "the product dials the Service without any setting"
        return self._in_spite(product, found.words) if found.dials is False else (UNKNOWN, found.words)

    def _in_spite(self, product: Product, why: str) -> tuple[str, str]:
        """Direct access reaches pods in the mesh, whatever keeps the gateway from the Service."""
        from krm_fn.rules.detours import has_direct_access

        if has_direct_access(product, self.resources, self.setup):
            return DETOURED, "direct access to pods"
        return BYPASSED, why

    def _by_setting(self, product: Product, backend: Backend) -> str:
        """The setting that makes the product dial the Service, in words; empty where none does."""
        from krm_fn.rules.other_switches import some_switch_is_on
        from krm_fn.rules.own_pods import image_before
        from krm_fn.rules.product_objects import is_on_in_objects, is_planned

        for switch, holder, value in self._beside(product, backend):
            if type(value) is type(switch.value) and value == switch.value:
                if image_before(switch, product, self.resources):
                    return ""
                return f"{_words(switch)} of {holder.words}"
            if value is not None and not any(wide.prevails for wide in product.switches):
                return ""  # what the route or its Service says is heard before what holds for many routes
        if self._kuma_will_write(product, backend):
            return "the annotation that Kuma writes in the cluster"
        item = is_on_in_objects(product, backend, self.resources)
        if item is not None:
            return f"a setting in {item.words}"
        if some_switch_is_on(product, backend, self.resources):
            return "a setting of the product in the package"
        planned = None if self.facts.is_excluded(backend) else is_planned(product, backend, self.facts)
        return f"the generated {planned}" if planned else ""

    def _beside(self, product: Product, backend: Backend) -> Iterator[tuple[Switch, Item, object]]:
        """The annotations and fields that the product reads for this reference: the object and its value."""
        from krm_fn.gateways.references import value_at
        from krm_fn.gateways.switches import readable_for

        for switch, on_service, path in readable_for(product, backend):
            holder = self.resources.service(backend.namespace, backend.service) if on_service else backend.item
            if holder is not None:
                yield switch, holder, value_at(holder.data, path)

    def _kuma_will_write(self, product: Product, backend: Backend) -> bool:
        if self.resources.service(backend.namespace, backend.service) is not None:
            return False
        from krm_fn.gateways.switches import readable_for

        return any(switch.kuma_writes for switch, _, _ in readable_for(product, backend))

    def _why_not(self, product: Product, backend: Backend) -> str:
        from krm_fn.rules.other_switches import other_switches
        from krm_fn.rules.own_pods import image_before

        if self.facts.is_excluded(backend):
            return "excluded by spec.serviceUpstream.exclude"
        for switch, holder, value in self._beside(product, backend):
            image = image_before(switch, product, self.resources)
            if image:
                return f"the image {image} is older than {switch.since}, the first release that reads {switch.key}"
            if value is not None:
                return f"{holder.words} says otherwise"
            return f"{_words(switch)} is missing on {holder.words}"
        wanted = other_switches(product, backend.route.kind)
        return f"it takes a setting ({'; or '.join(wanted)})" if wanted else "the product has no setting for it"


def _words(switch: Switch) -> str:
    return f"{switch.how} {switch.key.rpartition('[].')[2] or switch.key}"
