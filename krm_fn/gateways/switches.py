"""From backends to annotations and fields: what to write where, so that a gateway dials Services, or why not.

Each Wish is one annotation or field of one object; a rule carries it out or reports its reason. What differs between
products is read from their `Switch` records.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    BY_FIELD,
    IMPOSSIBLE,
    LEAVE,
    NOTHING,
    OVERRIDE,
    TOLERATES,
    UPSTREAM,
    VETO,
)
from krm_fn.gateways.references import concrete_steps, pattern, value_at
from krm_fn.memory import cache
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path
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
VETOED = "vetoed"
FORBIDDEN_BESIDE = "forbidden-beside"
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
    VETOED,
    FORBIDDEN_BESIDE,
    SERVICE_ABSENT,
    UDP,
    DIALS_SERVICE,
    OTHER_SWITCH,
    NO_SWITCH,
    CANNOT,
)
"""Why nothing is written: the switch would break a headless backend; the name is dialled as it is; another annotation
forbids the switch; another backend of the same route is headless, and the switch would break that; a field beside it
forbids the switch; the Service that would carry it is elsewhere; UDP never enters the mesh; the product dials Services
by itself; its switch is neither an annotation nor a field of the route; it has none for this kind of route; it cannot
be in the mesh at all."""


class Wish(Record):
    """One annotation or field that a gateway product needs, or the reason for leaving it.

    ``on`` is "Service" or the kind of the route. ``namespace`` and ``name`` name the object to annotate (the Service
    where nothing is to be annotated), ``item`` is the route where the route is that object. ``switch`` is None where
    the product has no annotation for it. ``backends`` are the references that the wish stands for. ``path`` is where
    the value belongs in the object.
    """

    product: str
    on: str
    namespace: str
    name: str
    key: str
    value: str | bool
    reason: str
    switch: Switch | None
    backends: tuple[Backend, ...]
    item: Item | None = None
    path: Path = ()


def wishes(
    backends: Iterable[Backend], service_state: ServiceState, others: Iterable[Backend] = ()
) -> tuple[Wish, ...]:
    """Return one Wish per product, object and key, in the order of the backends.

    ``service_state`` tells for a namespace and name which of SERVICE_STATES holds. All products of a backend are heard,
    whether or not the package holds them: where that matters, `Backend.products` or `Wish.product` tells. ``others``
    are backends that are not asked for, but stand in the same routes: a headless one among them counts there too.
    """
    grouped: dict[tuple[object, ...], list[Wish]] = {}
    with_headless = {b.item.place for b in others if service_state(b.namespace, b.service) == HEADLESS_SERVICE}
    for backend in backends:
        for product_id in backend.products:
            for wish in _of_backend(backend, products_by_id()[product_id], service_state):
                place: object = wish.item.place if wish.item is not None else (wish.namespace, wish.name)
                grouped.setdefault((wish.product, wish.on, place, wish.path or wish.reason), []).append(wish)
    return tuple(_settle(group, with_headless) for group in grouped.values())


def annotation_switches(product: Product, route_kind: str, mode: str = "") -> tuple[Switch, ...]:
    """Return the annotations that make a product dial Services for this kind of route, in a mode or in none."""
    return tuple(s for s in _switches(product, route_kind, mode) if s.how == BY_ANNOTATION)


def _switches(product: Product, route_kind: str, mode: str) -> tuple[Switch, ...]:
    return _switches_of(product.id, route_kind, mode)


@cache
def _switches_of(product_id: str, route_kind: str, mode: str) -> tuple[Switch, ...]:
    return tuple(
        switch
        for switch in products_by_id()[product_id].switches
        if (not switch.routes or route_kind in switch.routes) and switch.purpose == UPSTREAM and switch.mode == mode
    )


def _of_backend(backend: Backend, product: Product, state_of: ServiceState) -> Iterator[Wish]:
    kind = backend.route.kind
    state = state_of(backend.namespace, backend.service)
    fitting = _switches(product, kind, dict(backend.modes).get(product.id, ""))
    annotations = [switch for switch in fitting if switch.how == BY_ANNOTATION]
    fields = [switch for switch in fitting if switch.how == BY_FIELD and _stands_beside(switch, backend)]
    reason = _general_reason(product, backend, state, fitting, annotations + fields)
    if reason:
        yield Wish(product.id, "Service", backend.namespace, backend.service, "", "", reason, None, (backend,))
        return
    for switch in annotations:
        if switch.object == "Service":
            yield _on_service(product, switch, backend, state)
        else:
            yield _on_route(product, switch, backend, state)
    for switch in fields:
        yield _in_field(product, switch, backend, state)


def readable_for(product: Product, backend: Backend) -> Iterator[tuple[Switch, bool, Path]]:
    """The annotations and fields that a product reads for a reference: whether on the Service, and where there."""
    for switch in _switches(product, backend.route.kind, dict(backend.modes).get(product.id, "")):
        if switch.how == BY_ANNOTATION:
            yield switch, switch.object == "Service", annotation(switch.key)
        elif switch.how == BY_FIELD and _stands_beside(switch, backend):
            yield switch, False, (*concrete_steps(backend.path), switch.key.rpartition(".")[2])


def _stands_beside(switch: Switch, backend: Backend) -> bool:
    """Whether the field is one of the mapping that holds this reference."""
    around, _, _ = switch.key.rpartition(".")
    return switch.object == backend.item.kind and around == pattern(backend.path)


def _general_reason(
    product: Product, backend: Backend, state: str, fitting: tuple[Switch, ...], writable: list[Switch]
) -> str:
    """Return why there is nothing to write for this backend, or WRITE."""
    if product.family == IMPOSSIBLE:
        return CANNOT
    if backend.route.udp:
        return UDP
    if product.family == NOTHING or backend.route.kind in product.dials_service_for:
        return DIALS_SERVICE
    if not writable:
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
    return Wish(
        product.id,
        "Service",
        backend.namespace,
        backend.service,
        key,
        value,
        reason,
        switch,
        (backend,),
        path=annotation(key),
    )


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
        annotation(switch.key),
    )


def annotation(key: str) -> Path:
    """Where an annotation stands."""
    return ("metadata", "annotations", key)


def _in_field(product: Product, switch: Switch, backend: Backend, state: str) -> Wish:
    """The field stands beside one reference, so that a headless Service concerns that reference only."""
    item, steps = backend.item, concrete_steps(backend.path)
    around, reason = value_at(item.data, steps), WRITE
    if isinstance(around, dict) and any(around.get(field) is not None for field in switch.not_beside):
        reason = FORBIDDEN_BESIDE
    elif state == HEADLESS_SERVICE:
        reason = HEADLESS
    name = switch.key.rpartition(".")[2]
    return Wish(
        product.id,
        item.kind,
        item.namespace,
        item.name,
        name,
        switch.value,
        reason,
        switch,
        (backend,),
        item,
        (*steps, name),
    )


def _settle(group: list[Wish], with_headless: set[tuple[int, Path]]) -> Wish:
    """Make one Wish of those about the same annotation: a headless backend counts as the switch says."""
    first = group[0]
    if first.reason != EXCLUDED and _has_headless_neighbour(first, with_headless):
        return first.replace(reason=VETOED, backends=tuple(backend for wish in group for backend in wish.backends))
    if len(group) == 1:
        return first
    backends = tuple(backend for wish in group for backend in wish.backends)
    reasons = [wish.reason for wish in group]
    if first.item is not None and HEADLESS in reasons and first.switch is not None:
        tolerated = first.switch.headless == TOLERATES and WRITE in reasons
        return first.replace(reason=WRITE if tolerated else HEADLESS, backends=backends)
    return first.replace(backends=backends)


def _has_headless_neighbour(wish: Wish, with_headless: set[tuple[int, Path]]) -> bool:
    if wish.item is None or wish.switch is None or wish.switch.how != BY_ANNOTATION:
        return False
    return wish.switch.headless == VETO and wish.item.place in with_headless
