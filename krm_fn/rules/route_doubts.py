"""What is doubtful about the references of routes, whatever the settings of the product that serves them.

Services and ports that do not exist, references that the gateway may not follow, classes that may mean several
products, Services without an address, routes that contradict each other.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import INGRESS_CLASS_ANNOTATION
from krm_fn.gateways.references import value_at
from krm_fn.gateways.routes import NOT_GRANTED
from krm_fn.gateways.switches import ABSENT, CLUSTER, FORBIDDEN_BESIDE, HEADLESS_SERVICE, WRITE
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.outcome import field_path, warning
from krm_fn.kuma.services import HEADLESS as NO_CLUSTER_IP
from krm_fn.rules.recognition import is_excluded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from krm_fn.gateways.addresses import Addressed
    from krm_fn.gateways.routes import Backend
    from krm_fn.gateways.switches import Wish
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.rules.backends import Facts

SHARED_DISAGREE = "shared-backend-disagrees"
HEADLESS_BACKEND = "headless-backend"
BACKEND_NOT_FOUND = "backend-not-found"
BACKEND_PORT = "backend-port-not-found"
CLASS_AMBIGUOUS = "class-ambiguous"
REFERENCE_NOT_GRANTED = "reference-not-granted"


class Doubts:
    """The doubts about the routes of a package, each said once."""

    def __init__(self, facts: Facts) -> None:
        self.resources = facts.resources
        self.setup = facts.setup
        self.facts = facts
        self._told: set[tuple[object, ...]] = set()

    def _is_new(self, code: str, backend: Backend, *more: object) -> bool:
        """Whether something has not been said of this route yet: many of its paths may lead to one Service."""
        key = (code, backend.item.place, backend.namespace, backend.service, *more)
        new = key not in self._told
        self._told.add(key)
        return new

    def ambiguity(self, backend: Backend) -> Iterator[Result]:
        """A class that may mean several products, of which nobody says which."""
        if self.setup.service_upstream.products != "auto" or len(backend.products) < 2 or self.facts.chosen(backend):
            return
        if (CLASS_AMBIGUOUS, backend.item.place) not in self._told:
            self._told.add((CLASS_AMBIGUOUS, backend.item.place))
            yield warning(
                CLASS_AMBIGUOUS,
                f"the class {backend.via} may mean {' or '.join(backend.products)}, and nothing in the package "
                "tells which, so no "
                "annotation is written: put the IngressClass into the package, or name the product in "
                "spec.serviceUpstream.products",
                backend.item,
                _class_field(backend.item),
                backend.via,
            )

    def about(self, backend: Backend) -> Iterator[Result]:
        """References that lead nowhere, or that the gateway may not follow."""
        where = f"{backend.namespace}/{backend.service}"
        state = self.facts.state(backend.namespace, backend.service)
        namespace = self.resources.namespaces.get(backend.namespace)
        lives_elsewhere = namespace is not None and namespace.item is None
        if state == ABSENT and not lives_elsewhere and self._is_new(BACKEND_NOT_FOUND, backend):
            yield warning(
                BACKEND_NOT_FOUND,
                f"the package has no Service {where}: if the cluster has none either, the gateway answers with an "
                "error (503); if it has, "
                "put it into the package, so that it gets its annotations",
                backend.item,
                backend.path,
                backend.service,
            )
        elif (
            state in (CLUSTER, HEADLESS_SERVICE)
            and not self._has_port(backend)
            and self._is_new(BACKEND_PORT, backend, backend.port)
        ):
            yield warning(
                BACKEND_PORT,
                f"the Service {where} has no port {backend.port!r}: the gateway has nothing to connect to",
                backend.item,
                backend.path,
                backend.port,
            )
        if backend.grant == NOT_GRANTED and self._is_new(REFERENCE_NOT_GRANTED, backend):
            yield warning(
                REFERENCE_NOT_GRANTED,
                f"the Service {where} is in another namespace and no ReferenceGrant of the package allows the "
                "reference: the gateway refuses it "
                f"unless the cluster has one in namespace {backend.namespace}",
                backend.item,
                backend.path,
                backend.service,
            )

    def _has_port(self, backend: Backend) -> bool:
        service = self.resources.service(backend.namespace, backend.service)
        ports = [as_map(port) for port in as_list(dig(service.data, "spec", "ports"))] if service else []
        if backend.port is None or not ports:
            return True
        asked = str(backend.port)
        return any(asked in (str(port.get("port")), port.get("name")) for port in ports)

    def disagreement(self, wanted: Sequence[Wish], is_settled: Callable[[Wish], bool]) -> Iterator[Result]:
        """Routes that share a backend of which one decides for all, and do not say the same.

        What a route itself says counts before a class-wide setting.
        """
        by_upstream: dict[tuple[object, ...], dict[tuple[object, ...], tuple[bool, Backend]]] = {}
        for wish in wanted:
            if wish.switch is None or not wish.switch.shared or wish.item is None:
                continue
            if wish.reason == FORBIDDEN_BESIDE:  # what forbids it chooses among the pods: an upstream of its own
                continue
            there = value_at(wish.item.data, wish.path)
            made = is_settled(wish) or (wish.reason == WRITE and not is_excluded(wish.item, self.setup))
            on = there == wish.value or (there is None and made)
            for backend in wish.backends:
                for root in _roots(backend) if wish.switch.shared_below else ("",):
                    key = (wish.product, backend.namespace, backend.service, backend.port, root)
                    by_upstream.setdefault(key, {})[(backend.item.place, wish.path)] = (on, backend)
        for (product_id, namespace, service, _, above), routes in by_upstream.items():
            off = [backend for on, backend in routes.values() if not on]
            agree = [backend for on, backend in routes.values() if on]
            if off and agree and self._is_new(SHARED_DISAGREE, off[0]):
                among = f"{above} and what it leads to" if above else "all routes that lead to it"
                yield warning(
                    SHARED_DISAGREE,
                    f"{products_by_id()[str(product_id)].name} makes one upstream of {namespace}/{service} for {among}"
                    f", and one of them decides: this one says no, {agree[0].item.words} says yes; let both say the "
                    "same",
                    off[0].item,
                    off[0].path,
                    service,
                )

    def headless(self, meshed: Sequence[Backend | Addressed]) -> Iterator[Result]:
        """Headless Services have no address to send to: say once for each what the gateway will do."""
        seen = set()
        for backend in meshed:
            key = (backend.namespace, backend.service)
            if key in seen or self.facts.state(*key) != HEADLESS_SERVICE:
                continue
            seen.add(key)
            products = [products_by_id()[product] for product in backend.products]
            notes = [f" {product.name}: {product.headless_note}" for product in products if product.headless_note]
            yield warning(
                HEADLESS_BACKEND,
                f"the route {backend.item.words} leads to it, and a headless Service has no address that the mesh "
                f"could route.{''.join(notes)}{_shifted(self.resources.service(*key))} "
                "Give the gateway a Service with a cluster IP",
                self.resources.service(*key),
                "spec.clusterIP",
                NO_CLUSTER_IP,
            )


def _roots(backend: Backend) -> list[str]:
    """The routes that a reference belongs to, in words: its own object, or those that lead to that."""
    return list(dict.fromkeys(chain[0].words for chain in backend.chains)) or [backend.item.words]


def _shifted(service: Item | None) -> str:
    """What a headless Service with another target port means to gateways that send to its pods."""
    for port in as_list(dig(service.data, "spec", "ports")) if service is not None else ():
        number, target = as_map(port).get("port"), as_map(port).get("targetPort")
        if isinstance(number, int) and isinstance(target, int) and number != target:
            return (
                f" Port {number} leads to port {target} of the pods: the sidecar listens for the pods' addresses at "
                f"{number}, so that a gateway which sends to {target} leaves the mesh."
            )
    return ""


def _class_field(ingress: Item) -> str:
    """Where an Ingress names its class; the field counts before the annotation."""
    if as_str(dig(ingress.data, "spec", "ingressClassName")):
        return "spec.ingressClassName"
    return field_path("metadata", "annotations", INGRESS_CLASS_ANNOTATION)
