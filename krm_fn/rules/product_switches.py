"""Annotations that particular gateway products need, for the routes that they serve and whose backend is in a mesh.

From route to class or parent to product (``krm_fn.gateways.routes``), from product to annotation
(``krm_fn.gateways.switches``); here it is decided which products count, which backends are in a mesh, and what is
said about the rest.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import BY_CLASS_NAME
from krm_fn.gateways.routes import NOT_GRANTED
from krm_fn.gateways.switches import (
    ABSENT,
    CANNOT,
    CLUSTER,
    EXTERNAL,
    HEADLESS_SERVICE,
    NO_SWITCH,
    OTHER_SWITCH,
    WRITE,
    wishes,
)
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.krm.outcome import field_path, info, warning
from krm_fn.kuma.service_upstream import UPSTREAM_ANNOTATIONS
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.kuma.services import HEADLESS as NO_CLUSTER_IP
from krm_fn.rules.editing import set_text
from krm_fn.rules.membership import is_labelled, members, selected_by
from krm_fn.rules.other_switches import other_switches, some_switch_is_on
from krm_fn.rules.recognition import backends_of, presence_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.gateways.switches import Wish
    from krm_fn.krm.outcome import Edit, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

SWITCH_SET = "gateway-switch"
SWITCH_KEPT = "gateway-switch-kept"
SWITCH_ELSEWHERE = "gateway-switch-elsewhere"
SWITCH_NONE = "gateway-without-switch"
HEADLESS_BACKEND = "headless-backend"
BACKEND_NOT_FOUND = "backend-not-found"
BACKEND_PORT = "backend-port-not-found"
CLASS_AMBIGUOUS = "class-ambiguous"
REFERENCE_NOT_GRANTED = "reference-not-granted"

CLASS_ANNOTATION = "kubernetes.io/ingress.class"


def product_switches(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Write the annotations of further products and report what stays outside the mesh, and why."""
    if not _concerns_a_mesh(resources, setup):
        return
    walk = _Walk(resources, setup)
    meshed = []
    for backend in backends_of(resources, setup):
        yield from walk.doubts(backend)
        if walk.is_in_mesh(backend):
            meshed.append(backend.replace(products=walk.chosen(backend)))
            yield from walk.ambiguity(backend)
    for wish in wishes(meshed, walk.state):
        yield from walk.carried_out(wish)
    yield from walk.headless(meshed)


def is_excluded(item: Item, setup: MeshSetup) -> bool:
    """Whether ``spec.serviceUpstream.exclude`` names the item."""
    return any(
        target.matches(item.api_version, item.kind, item.name, item.namespace, item.labels, item.annotations)
        for target in setup.service_upstream.exclude
    )


def _concerns_a_mesh(resources: Resources, setup: MeshSetup) -> bool:
    if any(is_labelled(namespace) for namespace in resources.namespaces.values()):
        return True
    return any(member.in_mesh for member in members(resources, setup).values())


class _Walk:
    """The Services of a package as its routes see them."""

    def __init__(self, resources: Resources, setup: MeshSetup) -> None:
        self.resources = resources
        self.setup = setup
        self.present = presence_of(resources, setup).products
        self.generated = {(wanted.namespace, wanted.name) for wanted in setup.external_names}
        self._told: set[tuple[object, ...]] = set()

    def _is_new(self, code: str, backend: Backend, *more: object) -> bool:
        """Whether something has not been said of this route yet: many of its paths may lead to one Service."""
        key = (code, backend.item.place, backend.namespace, backend.service, *more)
        new = key not in self._told
        self._told.add(key)
        return new

    def state(self, namespace: str, name: str) -> str:
        """What a Service is, in the words of ``krm_fn.gateways.switches``."""
        if (namespace, name) in self.generated:
            return EXTERNAL
        service = self.resources.service(namespace, name)
        if service is None:
            return ABSENT
        if dig(service.data, "spec", "type") == EXTERNAL_NAME:
            return EXTERNAL
        return HEADLESS_SERVICE if dig(service.data, "spec", "clusterIP") == NO_CLUSTER_IP else CLUSTER

    def is_in_mesh(self, backend: Backend) -> bool:
        """Whether pods behind the Service are in a mesh, as far as the package tells."""
        selected = selected_by(self.resources, self.setup).get((backend.namespace, backend.service))
        if selected:
            return any(member.in_mesh for member in selected)
        labelled = is_labelled(self.resources.namespaces.get(backend.namespace))
        return labelled and self.state(backend.namespace, backend.service) != EXTERNAL

    def chosen(self, backend: Backend) -> tuple[str, ...]:
        """The products to write for: those named or recognised, or the only one that the class can mean."""
        if self.setup.service_upstream.products != "auto":
            return tuple(product for product in backend.products if product in self.setup.service_upstream.products)
        present = tuple(product for product in backend.products if product in self.present)
        if present:
            return present
        return backend.products if backend.basis != BY_CLASS_NAME or len(backend.products) == 1 else _same(backend)

    def ambiguity(self, backend: Backend) -> Iterator[Result]:
        """A class that may mean several products, of which nobody says which."""
        if self.setup.service_upstream.products != "auto" or len(backend.products) < 2 or self.chosen(backend):
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

    def doubts(self, backend: Backend) -> Iterator[Result]:
        """References that lead nowhere, or that the gateway may not follow."""
        where = f"{backend.namespace}/{backend.service}"
        state = self.state(backend.namespace, backend.service)
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

    def carried_out(self, wish: Wish) -> Iterator[Edit | Result]:
        """Write one annotation, or say why not."""
        product = products_by_id()[wish.product]
        target = wish.item or self.resources.service(wish.namespace, wish.name)
        if target is None:
            return
        if wish.reason == WRITE:
            yield from self._write(wish, target)
        elif wish.reason == OTHER_SWITCH:
            pending = [b for b in wish.backends if not some_switch_is_on(product, b, self.resources)]
            if pending:
                wanted = "; or ".join(other_switches(product, pending[0].route.kind))
                yield from self._bypassed(
                    wish.replace(backends=tuple(pending)),
                    SWITCH_ELSEWHERE,
                    f"it takes a setting that krm-fn does not write: {wanted}",
                )
        elif wish.reason == NO_SWITCH:
            yield from self._bypassed(wish, SWITCH_NONE, "it has no setting for that")
        elif wish.reason == CANNOT:
            yield from self._bypassed(wish, SWITCH_NONE, "it can neither do that nor carry a sidecar")

    def _bypassed(self, wish: Wish, code: str, why: str) -> Iterator[Result]:
        """One warning for all references of a product to a Service, unless the user has excluded them."""
        product = products_by_id()[wish.product]
        backends = [backend for backend in wish.backends if not is_excluded(backend.item, self.setup)]
        service = self.resources.service(wish.namespace, wish.name)
        if not backends or (service is not None and is_excluded(service, self.setup)):
            return
        first = backends[0]
        yield warning(
            code,
            f"{product.name} sends to the pods of Service {first.namespace}/{first.service} instead of its "
            f"address, past the mesh: {why}; what is seen to in another way can be named in "
            "spec.serviceUpstream.exclude",
            first.item,
            first.path,
            first.service,
        )

    def _write(self, wish: Wish, target: Item) -> Iterator[Edit | Result]:
        if target.kind == "Service" and wish.key in UPSTREAM_ANNOTATIONS:
            return  # the annotation that Kuma writes itself: see krm_fn.rules.service_upstream
        path = ("metadata", "annotations", wish.key)
        there = as_map(target.metadata.get("annotations")).get(wish.key)
        field = field_path(*path)
        product = products_by_id()[wish.product]
        if is_excluded(target, self.setup):
            return
        if there is not None and there != wish.value:
            if isinstance(there, str):
                yield warning(
                    SWITCH_KEPT,
                    f'{product.name} reads this annotation; the manifest says "{there}", which is kept: it sends to '
                    "the pods and bypasses the mesh, which strict mTLS refuses; take the annotation away, or name the "
                    f"{target.kind} in spec.serviceUpstream.exclude if that is meant",
                    target,
                    field,
                    there,
                    wish.value,
                )
            return
        if there is None:
            yield from set_text(target, path, wish.value)
        led = ", ".join(dict.fromkeys(f"{b.namespace}/{b.service}" for b in wish.backends))
        overrides = wish.switch is not None and wish.key != wish.switch.key
        what = (
            f"takes {led}, which has no address, by its pods" if overrides else f"sends to the Service address of {led}"
        )
        yield info(SWITCH_SET, f"{product.name} {what}", target, field, None, wish.value)

    def headless(self, meshed: list[Backend]) -> Iterator[Result]:
        """Headless Services have no address to send to: say once for each what the gateway will do."""
        seen = set()
        for backend in meshed:
            key = (backend.namespace, backend.service)
            if key in seen or self.state(*key) != HEADLESS_SERVICE:
                continue
            seen.add(key)
            products = [products_by_id()[product] for product in backend.products]
            notes = [f" {product.name}: {product.headless_note}" for product in products if product.headless_note]
            yield warning(
                HEADLESS_BACKEND,
                f"the route {backend.item.words} leads to it, and a headless Service has no address that the mesh "
                f"could route.{''.join(notes)} "
                "Give the gateway a Service with a cluster IP",
                self.resources.service(*key),
                "spec.clusterIP",
                NO_CLUSTER_IP,
            )


def _is_for(switch: Switch, wish: Wish) -> bool:
    """Whether the product looks at the switch for the kind of route that is concerned."""
    return not switch.routes or wish.backends[0].route.kind in switch.routes


def _class_field(item: Item) -> str:
    """Where a route names its class, empty where it is not an Ingress or names none."""
    if item.kind != "Ingress":
        return ""
    if CLASS_ANNOTATION in item.annotations:
        return field_path("metadata", "annotations", CLASS_ANNOTATION)
    return "spec.ingressClassName" if dig(item.data, "spec", "ingressClassName") else ""


def _same(backend: Backend) -> tuple[str, ...]:
    """All products that a class may mean, if they read the same annotations; else none."""
    keys = {
        tuple(
            (s.object, s.key)
            for s in products_by_id()[product].switches
            if s.how == "annotation" and s.purpose == "upstream"
        )
        for product in backend.products
    }
    return backend.products if len(keys) == 1 else ()
