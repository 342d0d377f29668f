"""Which backends of which gateway are reached through the mesh: how, or why not.

One place that the results and further commands (print it, draw it) ask. It reads a package as it is: asked after the
rules that write settings, it tells what they achieved.
"""

from __future__ import annotations

from krm_fn.krm.outcome import INFO, info
from krm_fn.record import Record
from krm_fn.rules.recognition import backends_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
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
pods, past the mesh; nothing tells which product serves the route; no pod behind the Service is in a mesh."""
THROUGH_THE_MESH = (SWITCHED, BY_ITSELF, DETOURED)

_STATUS_WORDS = {
    SWITCHED: "through the mesh",
    BY_ITSELF: "through the mesh",
    DETOURED: "through the mesh by a detour",
    BYPASSED: "past the mesh",
    UNKNOWN: "unknown",
    OUTSIDE: "not in a mesh",
}


class CoveredBackend(Record):
    """One reference of a route to a Service, as one gateway product treats it.

    ``product`` is its id, empty where nobody knows; ``via`` names the class or the Gateways between. ``path`` is where
    the reference stands in ``route``. ``status`` is one of STATUSES, ``how`` says on what it rests, for people.
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

    @property
    def in_mesh(self) -> bool:
        """Whether the gateway reaches the backend through the mesh."""
        return self.status in THROUGH_THE_MESH


def coverage(resources: Resources, setup: MeshSetup) -> tuple[CoveredBackend, ...]:
    """Return one record for each reference and product, in the order of the routes; none where nothing is in a mesh."""

    def build() -> tuple[CoveredBackend, ...]:
        found = backends_of(resources, setup)
        if not found:
            return ()
        from krm_fn.rules.backends import Facts, concerns_a_mesh

        if not concerns_a_mesh(resources, setup):
            return ()
        judge = _Judge(Facts(resources, setup))
        return tuple(covered for backend in found for covered in judge.covered(backend))

    return resources.memo("coverage", build)


def gateway_coverage(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Tell for each backend whether it is reached through the mesh; problems are other rules' warnings."""
    wanted = setup.service_upstream.enabled and setup.service_upstream.scope == "mesh"
    if not wanted or setup.results_level != INFO:  # nothing but decisions here
        return
    told = set()
    for covered in coverage(resources, setup):
        key = (covered.product, covered.route.place, covered.namespace, covered.service, covered.port)
        if key in told:
            continue
        told.add(key)
        yield info(
            COVERAGE,
            f"{_name(covered.product)} to Service {covered.namespace}/{covered.service}: "
            f"{_STATUS_WORDS[covered.status]}: {covered.how}",
            covered.route,
            covered.path,
        )


def _name(product_id: str) -> str:
    from krm_fn.gateways.catalog import products_by_id

    return products_by_id()[product_id].name if product_id else "an unknown gateway"


class _Judge:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.resources = facts.resources
        self.setup = facts.setup

    def covered(self, backend: Backend) -> Iterator[CoveredBackend]:
        from krm_fn.gateways.catalog import products_by_id

        for product_id in self.facts.chosen(backend) or ("",):
            product = products_by_id().get(product_id)
            status, how = self._judged(product, backend)
            yield CoveredBackend(
                product_id,
                backend.via,
                backend.item,
                backend.path,
                backend.namespace,
                backend.service,
                backend.port,
                status,
                how,
            )

    def _judged(self, product: Product | None, backend: Backend) -> tuple[str, str]:
        from krm_fn.gateways.product import IMPOSSIBLE, NOTHING
        from krm_fn.gateways.switches import HEADLESS_SERVICE

        if not self.facts.is_in_mesh(backend):
            return OUTSIDE, "no pods behind it are known to be in a mesh"
        if product is None:
            between = f" ({backend.basis.replace('-', ' ')}{backend.via and ': '}{backend.via})"
            return UNKNOWN, f"nothing in the package tells which product serves the route{between}"
        if product.family == IMPOSSIBLE:
            return BYPASSED, "this product can neither dial Services nor carry a sidecar"
        if backend.route.udp:
            return BYPASSED, "UDP never enters the mesh"
        if product.family == NOTHING or backend.route.kind in product.dials_service_for:
            return BY_ITSELF, "the product dials the Service without any setting"
        if backend.detour:
            return DETOURED, f"ExternalName Service {backend.detour}"
        if self.facts.state(backend.namespace, backend.service) == HEADLESS_SERVICE:
            return self._in_spite(product, backend, "a headless Service has no address to send to")
        on = self._by_setting(product, backend)
        return (SWITCHED, on) if on else self._in_spite(product, backend, self._why_not(product, backend))

    def _in_spite(self, product: Product, backend: Backend, why: str) -> tuple[str, str]:
        """Direct access reaches pods in the mesh, whatever keeps the gateway from the Service."""
        from krm_fn.rules.detours import has_direct_access

        if has_direct_access(product, self.resources, self.setup):
            return DETOURED, "direct access to pods"
        return BYPASSED, why

    def _by_setting(self, product: Product, backend: Backend) -> str:
        """The setting that makes the product dial the Service, in words; empty where none does."""
        from krm_fn.rules.other_switches import some_switch_is_on
        from krm_fn.rules.product_objects import is_on_in_objects, is_planned

        for switch, holder, value in self._beside(product, backend):
            if type(value) is type(switch.value) and value == switch.value:
                return f"{_words(switch)} of {holder.words}"
            if holder is backend.item and value is not None:
                return ""  # what stands on the route itself decides
        if self._kuma_will_write(product, backend):
            return "the annotation that Kuma writes in the cluster"
        item = is_on_in_objects(product, backend, self.resources)
        if item is not None:
            return f"a setting in {item.words}"
        if some_switch_is_on(product, backend, self.resources):
            return "a setting of the product in the package"
        planned = None if self.facts.is_excluded(backend) else is_planned(product, backend, self.resources)
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

        if self.facts.is_excluded(backend):
            return "excluded by spec.serviceUpstream.exclude"
        for switch, holder, value in self._beside(product, backend):
            if value is not None:
                return f"{holder.words} says otherwise"
            return f"{_words(switch)} is missing on {holder.words}"
        wanted = other_switches(product, backend.route.kind)
        return f"it takes {'; or '.join(wanted)}" if wanted else "the product has no setting for it"


def _words(switch: Switch) -> str:
    return f"{switch.how} {switch.key.rpartition('[].')[2] or switch.key}"
