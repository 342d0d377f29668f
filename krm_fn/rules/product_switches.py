"""Settings that particular gateway products need, for the routes that they serve and whose backend is in a mesh.

From route to class or parent to product (``krm_fn.gateways.routes``), from product to annotation or field
(``krm_fn.gateways.switches``) or to an object that holds for many routes (``krm_fn.rules.product_objects``); here it is
decided which products count, which backends are in a mesh, and what is said about the rest.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import BY_FIELD, UPSTREAM
from krm_fn.gateways.references import value_at
from krm_fn.gateways.routes import NOT_GRANTED
from krm_fn.gateways.switches import (
    ABSENT,
    CANNOT,
    CLUSTER,
    FORBIDDEN_BESIDE,
    HEADLESS_SERVICE,
    NO_SWITCH,
    OTHER_SWITCH,
    VETOED,
    WRITE,
    wishes,
)
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.krm.outcome import Edit, field_path, info, warning
from krm_fn.kuma.service_upstream import UPSTREAM_ANNOTATIONS
from krm_fn.kuma.services import HEADLESS as NO_CLUSTER_IP
from krm_fn.rules.backends import Facts, concerns_a_mesh
from krm_fn.rules.detours import (
    can_be_renamed,
    direct_access,
    external_name,
    proxies,
    wants_direct_access,
    wants_external_name,
)
from krm_fn.rules.editing import set_text
from krm_fn.rules.other_switches import other_switches, some_switch_is_on
from krm_fn.rules.product_objects import Objects, carriers, says, shared_switches, value_in
from krm_fn.rules.recognition import backends_of, is_excluded
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.gateways.switches import Wish
    from krm_fn.krm.outcome import Emit, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Said = Iterator[Edit | Emit | Result]

SWITCH_SET = "gateway-switch"
SWITCH_KEPT = "gateway-switch-kept"
SWITCH_ELSEWHERE = "gateway-switch-elsewhere"
SWITCH_NONE = "gateway-without-switch"
SWITCH_VETOED = "gateway-switch-vetoed"
SWITCH_FORBIDDEN = "gateway-switch-forbidden"
SHARED_DISAGREE = "shared-backend-disagrees"
HEADLESS_BACKEND = "headless-backend"
BACKEND_NOT_FOUND = "backend-not-found"
BACKEND_PORT = "backend-port-not-found"
CLASS_AMBIGUOUS = "class-ambiguous"
REFERENCE_NOT_GRANTED = "reference-not-granted"

CLASS_ANNOTATION = "kubernetes.io/ingress.class"


def product_switches(resources: Resources, setup: MeshSetup) -> Said:
    """Write the settings of further products and report what stays outside the mesh, and why."""
    if not concerns_a_mesh(resources, setup):
        return
    walk = _Walk(resources, setup)
    meshed = []
    everything = backends_of(resources, setup)
    for backend in everything:
        yield from walk.doubts(backend)
        if walk.facts.is_in_mesh(backend):
            meshed.append(backend.replace(products=walk.facts.chosen(backend)))
            yield from walk.ambiguity(backend)
    yield from walk.class_wide(everything)
    wanted = wishes(meshed, walk.facts.state, everything)
    for wish in wanted:
        yield from walk.carried_out(wish)
    yield from walk.headless(meshed)
    yield from walk.shared(wanted)


class _Walk:
    """One walk over the routes of a package."""

    def __init__(self, resources: Resources, setup: MeshSetup) -> None:
        self.resources = resources
        self.setup = setup
        self.facts = Facts(resources, setup)
        self.objects = Objects(resources, setup)
        self._told: set[tuple[object, ...]] = set()
        self._settled: set[str] = set()

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

    def doubts(self, backend: Backend) -> Iterator[Result]:
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

    def class_wide(self, everything: Sequence[Backend]) -> Said:
        """Prefer one setting for all routes where that is sturdier and everything that it holds for is in a mesh.

        Products settled in this way need no annotation on each route.
        """
        candidates: dict[str, list[Backend]] = {}
        for backend in everything:
            for product_id in self.facts.chosen(backend):
                if backend.route.udp or dict(backend.modes).get(product_id):
                    continue
                if any(_is_sturdier(s) for s in shared_switches(products_by_id()[product_id], backend.route.kind)):
                    candidates.setdefault(product_id, []).append(backend)
        for product_id, backends in candidates.items():
            product = products_by_id()[product_id]
            switch = next(s for s in shared_switches(product, backends[0].route.kind) if _is_sturdier(s))
            items = carriers(switch, product, backends[0], self.resources)
            if len(items) != 1 or is_excluded(items[0], self.setup):
                continue
            if says(switch, items[0]) or (value_in(switch, items[0]) is None and all(map(self._is_plain, backends))):
                self._settled.add(product_id)
                yield from self.objects.write(product, switch, items[0])

    def _is_plain(self, backend: Backend) -> bool:
        """Whether nothing speaks against sending to the Service address."""
        is_plain = self.facts.state(backend.namespace, backend.service) == CLUSTER and self.facts.is_in_mesh(backend)
        return is_plain and not self.facts.is_excluded(backend)

    def carried_out(self, wish: Wish) -> Said:
        """Write one setting, or say why not."""
        product = products_by_id()[wish.product]
        target = wish.item or self.resources.service(wish.namespace, wish.name)
        if target is None and wish.reason == WRITE:
            return
        if wish.reason == WRITE and target is not None:
            yield from self._write(wish, target)
        elif wish.reason == OTHER_SWITCH:
            pending = [b for b in wish.backends if not some_switch_is_on(product, b, self.resources)]
            if not pending:
                return
            if self.objects.can_write(product, pending[0]):
                for backend in pending:
                    if not self.facts.is_excluded(backend):
                        yield from self.objects.for_route(product, backend)
                return
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
        elif wish.reason in (VETOED, FORBIDDEN_BESIDE) and target is not None:
            yield from self._refused(wish, target)

    def _refused(self, wish: Wish, target: Item) -> Iterator[Result]:
        """A setting that would do harm: nothing is written, unless somebody did."""
        product = products_by_id()[wish.product]
        if all(self.facts.is_excluded(backend) for backend in wish.backends):
            return
        there = value_at(target.data, wish.path)
        if wish.reason == FORBIDDEN_BESIDE:
            beside = ", ".join(wish.switch.not_beside) if wish.switch else ""
            yield warning(
                SWITCH_FORBIDDEN,
                f"{product.name} refuses {wish.key} together with {beside}, so that it sends to pods, past the mesh; "
                f"take {beside} away, or name the {target.kind} in spec.serviceUpstream.exclude",
                target,
                field_path(*wish.path),
                there,
            )
        else:
            yield warning(
                SWITCH_VETOED,
                f"{wish.key} is not written: another backend of this route is headless, and {product.name} would apply "
                "the setting to that one too and break; give it a Service with a cluster IP, or a route of its own",
                target,
                field_path(*wish.path),
                there,
            )

    def _bypassed(self, wish: Wish, code: str, why: str) -> Said:
        """A detour where one is asked for, else one warning for all references of a product to a Service."""
        product = products_by_id()[wish.product]
        backends = [backend for backend in wish.backends if not self.facts.is_excluded(backend)]
        if not backends:
            return
        if wish.reason != CANNOT:
            if wants_direct_access(product, self.setup) and proxies(product, self.resources, self.setup):
                if ("direct", product.id) not in self._told:
                    self._told.add(("direct", product.id))
                    yield from direct_access(product, self.resources, self.setup)
                return
            if wants_external_name(product, self.setup):
                possible = [b for b in backends if can_be_renamed(b, self.resources, self.setup)]
                if possible:
                    yield from external_name(product, possible, self.resources)
                backends = [b for b in backends if b not in possible]
                if not backends:
                    return
        first = backends[0]
        routes = list(dict.fromkeys(backend.item.words for backend in backends))
        yield warning(
            code,
            f"{product.name} sends to the pods of Service {first.namespace}/{first.service} instead of its "
            f"address, past the mesh: {why}{self._no_detour(product, wish)}; {_through(routes)}what is seen to in "
            "another way can be named in spec.serviceUpstream.exclude",
            first.item,
            first.path,
            first.service,
        )

    def _no_detour(self, product: Product, wish: Wish) -> str:
        """Why the detour that the user asked for is not taken."""
        fallback = self.setup.service_upstream.fallback
        if fallback == "report":
            return ""
        if wants_direct_access(product, self.setup) and wish.reason != CANNOT:
            places = " or ".join(product.mark_at)
            return f"; for direct access its proxy has to be in the package, or {places} to be annotated by hand"
        if wants_external_name(product, self.setup) and wish.reason != CANNOT:
            return "; an ExternalName Service cannot stand in this reference"
        return f"; {fallback} is no way around it for this product"

    def _write(self, wish: Wish, target: Item) -> Iterator[Edit | Result]:
        if target.kind == "Service" and wish.key in UPSTREAM_ANNOTATIONS:
            return  # the annotation that Kuma writes itself: see krm_fn.rules.service_upstream
        in_field = wish.switch is not None and wish.switch.how == BY_FIELD
        field = field_path(*wish.path)
        product = products_by_id()[wish.product]
        excluded = [backend for backend in wish.backends if self.facts.is_excluded(backend)]
        if is_excluded(target, self.setup) or (in_field and len(excluded) == len(wish.backends)):
            return
        there = value_at(target.data, wish.path)
        if there is None and not in_field and wish.item is not None and wish.product in self._settled:
            return
        if there is not None and (type(there) is not type(wish.value) or there != wish.value):
            if isinstance(there, str) or in_field:
                name = "field" if in_field else "annotation"
                said = f'"{there}"' if isinstance(there, str) else shown(there)
                kind = f"; it must be {shown(wish.value)}, without quotes" if there == "true" and in_field else ""
                yield warning(
                    SWITCH_KEPT,
                    f"{product.name} reads this {name}; the manifest says {said}, which is kept{kind}: it sends to "
                    f"the pods and bypasses the mesh, which strict mTLS refuses; take the {name} away, or name the "
                    f"{target.kind} in spec.serviceUpstream.exclude if that is meant",
                    target,
                    field,
                    there,
                    wish.value,
                )
            return
        if there is None and isinstance(wish.value, str) and not in_field:
            yield from set_text(target, wish.path, wish.value)
        elif there is None:
            yield Edit(target, wish.path, wish.value)  # beside a reference, so that its parents are there
        led = ", ".join(dict.fromkeys(f"{b.namespace}/{b.service}" for b in wish.backends))
        overrides = wish.switch is not None and not in_field and wish.key != wish.switch.key
        what = (
            f"takes {led}, which has no address, by its pods" if overrides else f"sends to the Service address of {led}"
        )
        yield info(SWITCH_SET, f"{product.name} {what}", target, field, None, wish.value)

    def shared(self, wanted: Sequence[Wish]) -> Iterator[Result]:
        """Ingresses that share a backend of which one route decides for all, and do not say the same."""
        by_upstream: dict[tuple[object, ...], dict[tuple[object, ...], tuple[bool, Backend]]] = {}
        for wish in wanted:
            if wish.switch is None or not wish.switch.shared or wish.item is None or wish.product in self._settled:
                continue
            there = value_at(wish.item.data, wish.path)
            on = there == wish.value or (
                there is None and wish.reason == WRITE and not is_excluded(wish.item, self.setup)
            )
            for backend in wish.backends:
                key = (wish.product, backend.namespace, backend.service, backend.port)
                by_upstream.setdefault(key, {})[backend.item.place] = (on, backend)
        for (product_id, namespace, service, _), routes in by_upstream.items():
            off = [backend for on, backend in routes.values() if not on]
            agree = [backend for on, backend in routes.values() if on]
            if off and agree and self._is_new(SHARED_DISAGREE, off[0]):
                yield warning(
                    SHARED_DISAGREE,
                    f"{products_by_id()[str(product_id)].name} makes one upstream of {namespace}/{service} for all "
                    f"routes that lead to it, and the first decides: this one says no, {agree[0].item.words} says yes; "
                    "let both say the same",
                    off[0].item,
                    off[0].path,
                    service,
                )

    def headless(self, meshed: list[Backend]) -> Iterator[Result]:
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


def _is_sturdier(switch: Switch) -> bool:
    """Whether it is another way than an annotation on each route, and the better one for a whole class."""
    return switch.preferred and switch.purpose != UPSTREAM


def _through(routes: list[str]) -> str:
    """The further routes that a warning is about."""
    if len(routes) < 2:
        return ""
    more = f" and {len(routes) - 4} more" if len(routes) > 4 else ""
    return f"the same holds for {', '.join(routes[1:4])}{more}; "


def _class_field(item: Item) -> str:
    """Where a route names its class, empty where it is not an Ingress or names none."""
    if item.kind != "Ingress":
        return ""
    if CLASS_ANNOTATION in item.annotations:
        return field_path("metadata", "annotations", CLASS_ANNOTATION)
    return "spec.ingressClassName" if dig(item.data, "spec", "ingressClassName") else ""
