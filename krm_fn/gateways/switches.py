"""From backends to annotations: what to write where, so that a gateway dials Services, or why it is not written.

Each Wish is one annotation on one object; a rule carries it out or reports its reason. What differs between products is
read from their `Switch` records.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    IMPOSSIBLE,
    LEAVE,
    NOTHING,
    OVERRIDE,
    TOLERATES,
    UPSTREAM,
    VETO,
)
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.resource import Item

    ServiceState = Callable[[str, str], str]

CLUSTER = "cluster"
HEADLESS_SERVICE = "headless"
EXTERNAL = "external"
ABSENT = "absent"
SERVICE_STATES = (CLUSTER, HEADLESS_SERVICE, EXTERNAL, ABSENT)
"""What a Service is: one with an address, headless, of type ExternalName, or not in the package."""

WRITE = ""
HEADLESS = "headless"
EXTERNAL_NAME = "external-name"
EXCLUDED = "excluded"
SERVICE_ABSENT = "service-absent"
UDP = "udp"
DIALS_SERVICE = "dials-service"
OTHER_SWITCH = "other-switch"
NO_SWITCH = "no-switch"
CANNOT = "impossible"
REASONS = (
    HEADLESS,
    EXTERNAL_NAME,
    EXCLUDED,
    SERVICE_ABSENT,
    UDP,
    DIALS_SERVICE,
    OTHER_SWITCH,
    NO_SWITCH,
    CANNOT,
)
"""Why nothing is written: the switch would break a headless backend; the name is dialled as it is; another annotation
forbids the switch; the Service that would carry it is elsewhere; UDP never enters the mesh; the product dials Services
by itself; its switch is no annotation; it has none for this kind of route; it cannot be in the mesh at all."""


class Wish(Record):
    """One annotation that a gateway product needs, or the reason for leaving it.

    ``on`` is "Service" or the kind of the route. ``namespace`` and ``name`` name the object to annotate (the Service
    where nothing is to be annotated), ``item`` is the route where the route is that object. ``switch`` is None where
    the product has no annotation for it. ``backends`` are the references that the wish stands for.
    """

    product: str
    on: str
    namespace: str
    name: str
    key: str
    value: str
    reason: str
    switch: Switch | None
    backends: tuple[Backend, ...]
    item: Item | None = None


def wishes(backends: Iterable[Backend], service_state: ServiceState) -> tuple[Wish, ...]:
    """Return one Wish per product, object and key, in the order of the backends.

    ``service_state`` tells for a namespace and name which of SERVICE_STATES holds. All products of a backend are heard,
    whether or not the package holds them: where that matters, `Backend.products` or `Wish.product` tells.
    """
    grouped: dict[tuple[object, ...], list[Wish]] = {}
    for backend in backends:
        for product_id in backend.products:
            for wish in _of_backend(backend, products_by_id()[product_id], service_state):
                place: object = wish.item.place if wish.item is not None else (wish.namespace, wish.name)
                grouped.setdefault((wish.product, wish.on, place, wish.key or wish.reason), []).append(wish)
    return tuple(_settle(group) for group in grouped.values())


def annotation_switches(product: Product, route_kind: str, mode: str = "") -> tuple[Switch, ...]:
    """Return the annotations that make a product dial Services for this kind of route, in a mode or in none."""
    return tuple(s for s in _switches(product, route_kind, mode) if s.how == BY_ANNOTATION)


def _switches(product: Product, route_kind: str, mode: str) -> Iterator[Switch]:
    for switch in product.switches:
        fits = not switch.routes or route_kind in switch.routes
        if fits and switch.purpose == UPSTREAM and switch.mode == mode:
            yield switch


def _of_backend(backend: Backend, product: Product, state_of: ServiceState) -> Iterator[Wish]:
    kind = backend.route.kind
    state = state_of(backend.namespace, backend.service)
    fitting = tuple(_switches(product, kind, dict(backend.modes).get(product.id, "")))
    annotations = [switch for switch in fitting if switch.how == BY_ANNOTATION]
    reason = _general_reason(product, backend, state, fitting, annotations)
    if reason:
        yield Wish(product.id, "Service", backend.namespace, backend.service, "", "", reason, None, (backend,))
        return
    for switch in annotations:
        if switch.object == "Service":
            yield _on_service(product, switch, backend, state)
        else:
            yield _on_route(product, switch, backend, state)


def _general_reason(
    product: Product, backend: Backend, state: str, fitting: tuple[Switch, ...], annotations: list[Switch]
) -> str:
    """Return why there is nothing to annotate for this backend, or WRITE."""
    if product.family == IMPOSSIBLE:
        return CANNOT
    if backend.route.udp:
        return UDP
    if product.family == NOTHING or backend.route.kind in product.dials_service_for:
        return DIALS_SERVICE
    if not annotations:
        return OTHER_SWITCH if fitting else NO_SWITCH
    return EXTERNAL_NAME if state == EXTERNAL else WRITE


def _on_service(product: Product, switch: Switch, backend: Backend, state: str) -> Wish:
    key, value, reason = switch.key, str(switch.value), WRITE
    if state == ABSENT:
        reason = SERVICE_ABSENT
    elif state == HEADLESS_SERVICE and switch.headless == OVERRIDE:
        key, value = switch.headless_key, switch.headless_value
    elif state == HEADLESS_SERVICE and switch.headless in (LEAVE, VETO):
        reason = HEADLESS
    return Wish(product.id, "Service", backend.namespace, backend.service, key, value, reason, switch, (backend,))


def _on_route(product: Product, switch: Switch, backend: Backend, state: str) -> Wish:
    item = backend.item
    reason = WRITE
    if any(item.annotations.get(key) == value for key, value in switch.unless):
        reason = EXCLUDED
    elif state == HEADLESS_SERVICE:
        reason = HEADLESS
    return Wish(
        product.id,
        item.kind,
        item.namespace,
        item.name,
        switch.key,
        str(switch.value),
        reason,
        switch,
        (backend,),
        item,
    )


def _settle(group: list[Wish]) -> Wish:
    """Make one Wish of those about the same annotation: a headless backend counts as the switch says."""
    first = group[0]
    if len(group) == 1:
        return first
    backends = tuple(backend for wish in group for backend in wish.backends)
    reasons = [wish.reason for wish in group]
    if first.item is not None and HEADLESS in reasons and first.switch is not None:
        tolerated = first.switch.headless == TOLERATES and WRITE in reasons
        return first.replace(reason=WRITE if tolerated else HEADLESS, backends=backends)
    return first.replace(backends=backends)
