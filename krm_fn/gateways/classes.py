"""Which product serves a route: by ingress class, by parent Gateway, by the kind itself, or by a controller's flag.

Ingress: ``spec.ingressClassName``, then the old annotation, then the default class. The class's controller decides,
where the IngressClass is in the package; class names alone are shared (``nginx``, ``haproxy``).
https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class

Gateway API: parentRefs name Gateways, those a GatewayClass, and that its controller.
https://gateway-api.sigs.k8s.io/api-types/gatewayclass/
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog, products_by_id
from krm_fn.krm.fields import as_list, as_str, dig
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from krm_fn.gateways.detect import Recognition
    from krm_fn.gateways.product import RouteKind
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

GATEWAY_GROUP = "gateway.networking.k8s.io"
INGRESS_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"

BY_CONTROLLER = "controller"
BY_CLASS_NAME = "class-name"
BY_KIND = "kind"
BY_FLAG = "flag"
FOREIGN_CONTROLLER = "foreign-controller"
UNKNOWN_CLASS = "unknown-class"
NO_CLASS = "no-class"
NO_GATEWAY = "no-gateway"
NO_GATEWAY_CLASS = "no-gateway-class"
BASES = (
    BY_CONTROLLER,
    BY_CLASS_NAME,
    BY_KIND,
    BY_FLAG,
    FOREIGN_CONTROLLER,
    UNKNOWN_CLASS,
    NO_CLASS,
    NO_GATEWAY,
    NO_GATEWAY_CLASS,
)
"""On what a route's products rest; from FOREIGN_CONTROLLER on, why there are none."""


class Presence(Record):
    """Which products a package holds, with the modes they run in and the objects their flags name."""

    modes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Product id and its modes, sorted by id."""
    named: tuple[tuple[str, str, str, str], ...] = ()
    """Product id, kind, namespace and name of objects that only a flag ties to the product."""

    @property
    def products(self) -> frozenset[str]:
        """The ids of the products."""
        return frozenset(product_id for product_id, _ in self.modes)

    @classmethod
    def of(cls, recognised: Iterable[tuple[Recognition, str]], also: Iterable[str] = ()) -> Presence:
        """Sum up recognitions, each with the namespace of its workload; ``also`` are ids that a person has named."""
        modes: dict[str, set[str]] = {product_id: set() for product_id in also}
        named = set()
        for recognition, namespace in recognised:
            modes.setdefault(recognition.product, set()).update(recognition.modes)
            for kind, home, name in recognition.named:
                named.add((recognition.product, kind, home or namespace, name))
        return cls(tuple((key, tuple(sorted(modes[key]))) for key in sorted(modes)), tuple(sorted(named)))


NOBODY = Presence()


class Served(Record):
    """Who serves a route: product ids, on what that rests (see BASES), and the class or Gateway between."""

    products: tuple[str, ...]
    basis: str
    via: str = ""
    modes: tuple[tuple[str, str], ...] = ()
    """Those products that serve it by a mode, and the mode."""


class _Offer(Record):
    """A product, or a mode of it that is on, with the ingress classes and controllers it serves."""

    product: str
    mode: str
    classes: tuple[str, ...]
    controllers: tuple[str, ...]


class Classes:
    """The ingress classes and Gateways of a package, and the products behind them."""

    def __init__(self, resources: Resources, presence: Presence = NOBODY) -> None:
        self._resources = resources
        self._present = presence.products
        self._offers = tuple(_offers(dict(presence.modes)))
        self._named = {(kind, home, name): product for product, kind, home, name in presence.named}
        self._known: dict[str, Served] = {}
        self._controllers: dict[str, str] = {}
        defaults = []
        for item in resources.of_kind("IngressClass"):
            if item.name not in self._controllers:
                self._controllers[item.name] = as_str(dig(item.data, "spec", "controller"))
                if item.annotations.get(DEFAULT_CLASS_ANNOTATION) == "true":
                    defaults.append(item.name)
        # Kubernetes refuses an Ingress without a class while two classes claim to be the default.
        self._default = defaults[0] if len(defaults) == 1 else ""

    def serving(self, item: Item, route: RouteKind, owners: tuple[str, ...]) -> Served | None:
        """Return who serves a route object of that kind; None where no gateway is concerned at all."""
        return ATTACHMENTS[route.attach](self, item, owners)

    def products_of_class(self, name: str) -> Served:
        """Return the products that an ingress class of this name leads to."""
        served = self._known.get(name)
        if served is None:
            served = self._known[name] = self._resolve(name)
        return served

    def _resolve(self, name: str) -> Served:
        controller = self._controllers.get(name)
        if controller is None:
            found = {offer.product: offer.mode for offer in self._offers if name in offer.classes}
            basis = BY_CLASS_NAME if found else UNKNOWN_CLASS
        else:
            found = {offer.product: offer.mode for offer in self._offers if _matches(controller, offer.controllers)}
            basis = BY_CONTROLLER if found else FOREIGN_CONTROLLER
        products = self._narrow(list(found))
        return Served(products, basis, name, tuple((p, found[p]) for p in products if found[p]))

    def _narrow(self, found: list[str]) -> tuple[str, ...]:
        """Keep the products that the package holds, where it holds any of them."""
        return tuple([p for p in found if p in self._present] or found)

    def _of_ingress(self, item: Item, _: tuple[str, ...]) -> Served:
        name = as_str(dig(item.data, "spec", "ingressClassName"))
        name = name or item.annotations.get(INGRESS_CLASS_ANNOTATION) or self._default
        return self.products_of_class(name) if name else Served((), NO_CLASS)

    def _of_parents(self, item: Item, _: tuple[str, ...]) -> Served | None:
        found = [self._of_parent(p, item.namespace) for p in as_list(dig(item.data, "spec", "parentRefs"))]
        parents = [served for served in found if served is not None]
        if not parents:
            return None
        known = [served for served in parents if served.products] or parents[:1]
        products = dict.fromkeys(product for served in known for product in served.products)
        return Served(tuple(products), known[0].basis, ", ".join(dict.fromkeys(served.via for served in known)))

    def _of_parent(self, ref: Any, namespace: str) -> Served | None:
        """Return who stands behind a parent; None where it is no Gateway, or one whose routes are not ours to touch.

        A ListenerSet adds listeners to a Gateway, and never to another ListenerSet.
        """
        group, kind = dig(ref, "group"), dig(ref, "kind")
        name, home = as_str(dig(ref, "name")), as_str(dig(ref, "namespace")) or namespace
        if not name or (group is not None and group != GATEWAY_GROUP) or kind not in (None, "Gateway", "ListenerSet"):
            return None
        parent = self._resources.by_key.get((GATEWAY_GROUP, kind or "Gateway", home, name))
        if parent is None:
            return Served((), NO_GATEWAY, f"{home}/{name}")
        if kind == "ListenerSet":
            above = dig(parent.data, "spec", "parentRef")
            return None if dig(above, "kind") == "ListenerSet" else self._of_parent(above, home)
        return self._of_gateway(parent)

    def _of_gateway(self, gateway: Item) -> Served | None:
        via = f"{gateway.namespace}/{gateway.name}"
        name = as_str(dig(gateway.data, "spec", "gatewayClassName"))
        gateway_class = self._resources.by_key.get((GATEWAY_GROUP, "GatewayClass", "", name))
        if gateway_class is None:
            return Served((), NO_GATEWAY_CLASS, via)
        controller = as_str(dig(gateway_class.data, "spec", "controllerName"))
        found = [p for p in catalog() if _matches(controller, p.gateway_controllers)]
        if found and all(p.leave_routes for p in found):
            return None
        return Served(self._narrow([p.id for p in found]), BY_CONTROLLER if found else FOREIGN_CONTROLLER, via)

    def _of_kind(self, _: Item, owners: tuple[str, ...]) -> Served:
        return Served(self._narrow(list(owners)), BY_KIND)

    def _of_flag(self, item: Item, owners: tuple[str, ...]) -> Served | None:
        product = self._named.get((item.kind, item.namespace, item.name))
        return Served((product,), BY_FLAG) if product in owners and product in products_by_id() else None


def _offers(modes: dict[str, tuple[str, ...]]) -> Iterator[_Offer]:
    for product in catalog():
        for mode in product.modes:
            if mode.id in modes.get(product.id, ()):
                yield _Offer(product.id, mode.id, mode.ingress_classes, mode.ingress_controllers)
        yield _Offer(product.id, "", product.ingress_classes, product.ingress_controllers)


def _matches(value: str, patterns: tuple[str, ...]) -> bool:
    """Whether a controller name equals one of the patterns, or begins like one that ends with a star."""
    return any(value == p or (p.endswith("*") and value.startswith(p[:-1])) for p in patterns)


ATTACHMENTS: dict[str, Callable[[Classes, Item, tuple[str, ...]], Served | None]] = {
    "ingress-class": Classes._of_ingress,
    "parent-gateway": Classes._of_parents,
    "owner": Classes._of_kind,
    "flag": Classes._of_flag,
}
"""What `RouteKind.attach` may say: each finds the products behind one route object."""
