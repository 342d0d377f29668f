"""Settings that hold for all routes of a class or of a product at once: made where all of them are better off with it.

A controller's ConfigMap, the parameters of an ingress class, an argument or a variable of the product's pods. They
leave no choice of routes, so one is made only where the package shows what serves the routes, and every backend that it
would hold for is a Service with an address that leads into a mesh. Else routes get a setting each, where the product
has one, and the reason is told.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import FOREIGN_CONTROLLER, INGRESS_CLASS_ANNOTATION
from krm_fn.gateways.product import CLASS_PARAMETERS, TOLERATES, UPSTREAM
from krm_fn.gateways.references import value_at
from krm_fn.gateways.switches import ABSENT, CLUSTER, EXTERNAL, HEADLESS_SERVICE, readable_for
from krm_fn.krm.outcome import field_path, info
from krm_fn.rules.carriers import carriers, shared_switches
from krm_fn.rules.conflicts import conflicts_of
from krm_fn.rules.recognition import is_excluded
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path
    from krm_fn.rules.backends import Facts
    from krm_fn.rules.own_pods import Carrier
    from krm_fn.rules.product_objects import Objects, Said

    Key = tuple[str, str, str]

CLASS_WIDE_LEFT = "gateway-class-switch-left"

STATE_WORDS = {
    HEADLESS_SERVICE: "is headless",
    EXTERNAL: "is of type ExternalName",
    ABSENT: "is not in the package",
}
NOT_HERE = "what holds it is not in the package; put that in, or set it by hand"


class ClassWide:
    """The class-wide settings of one walk: which routes they settle, and why others were not made."""

    def __init__(self, facts: Facts, objects: Objects, everything: Sequence[Backend]) -> None:
        self.facts = facts
        self.objects = objects
        self.everything = everything
        self._settled: set[tuple[str, tuple[int, Path]]] = set()
        self._why: dict[Key, str] = {}

    def is_settled(self, product_id: str, backends: Sequence[Backend]) -> bool:
        """Whether a class-wide setting, or what somebody says in its place, decides for all of these references."""
        return bool(backends) and all((product_id, backend.item.place) in self._settled for backend in backends)

    def why_not(self, product: Product, backend: Backend) -> str:
        """Why the settings that the product has for a route are not made; empty where nothing is known."""
        reasons = [
            switch.left or self._why.get(_key(product, switch), "")
            for switch in product.switches
            if switch.purpose == UPSTREAM and (not switch.routes or backend.route.kind in switch.routes)
        ]
        return "; ".join(dict.fromkeys(filter(None, reasons)))

    def settle(self) -> Said:
        """Make the settings that can be made, before anything is made for single routes."""
        wanted: dict[Key, tuple[Product, Switch, list[Backend]]] = {}
        for backend in self.everything:
            for product_id in () if backend.route.udp else self.facts.chosen(backend):
                product = products_by_id()[product_id]
                for switch in shared_switches(product, backend):
                    if switch.is_class_wide:
                        wanted.setdefault(_key(product, switch), (product, switch, []))[2].append(backend)
        for product, switch, backends in wanted.values():
            for found, same in self._by_carriers(product, switch, backends):
                yield from self._for_all(product, switch, found, same)

    def _by_carriers(
        self, product: Product, switch: Switch, backends: list[Backend]
    ) -> Iterator[tuple[tuple[Carrier, ...], list[Backend]]]:
        """The backends, by what carries the setting for them: each class may have parameters of its own."""
        grouped: dict[object, tuple[tuple[Carrier, ...], list[Backend]]] = {}
        for backend in backends:
            found = carriers(switch, product, backend, self.facts.resources)
            grouped.setdefault(tuple(carrier.item.place for carrier in found), (found, []))[1].append(backend)
        yield from grouped.values()

    def _for_all(self, product: Product, switch: Switch, found: tuple[Carrier, ...], backends: list[Backend]) -> Said:
        if not found:
            self._why[_key(product, switch)] = NOT_HERE
            return
        if all(carrier.is_on for carrier in found):
            yield from self._made(product, found, backends)
            return
        if any(carrier.value is not None and not carrier.is_on for carrier in found):
            if switch.purpose == UPSTREAM:  # nothing else can be made: who said so is told, and nobody told again
                yield from self._made(product, [carrier for carrier in found if carrier.value is not None], backends)
            return
        if not any(map(self.facts.is_in_mesh, backends)):
            return
        if switch.purpose != UPSTREAM and _all_say(product, backends, self.facts):
            return
        obstacle = self._obstacle(product, switch, found, backends)
        if not obstacle:
            yield from self._made(product, found, backends)
            return
        self._why[_key(product, switch)] = obstacle
        if switch.purpose != UPSTREAM:
            carrier = found[0]
            yield info(
                CLASS_WIDE_LEFT,
                f"{product.name} reads {switch.argument or switch.key}: {shown(switch.value)} for all routes at once; "
                f"it is not written, and what leads into a mesh gets a setting of its own: {obstacle}",
                carrier.item,
                field_path(*carrier.path),
                None,
                carrier.wanted,
            )

    def _made(self, product: Product, found: Sequence[Carrier], backends: list[Backend]) -> Said:
        self._settled.update((product.id, backend.item.place) for backend in backends)
        for carrier in found:
            yield from self.objects.write(product, carrier)

    def _obstacle(self, product: Product, switch: Switch, found: tuple[Carrier, ...], backends: list[Backend]) -> str:
        """What keeps a setting from being made, empty if nothing does."""
        for carrier in found:
            if is_excluded(carrier.item, self.facts.setup):
                return f"{carrier.item.words} is excluded by spec.serviceUpstream.exclude"
            if carrier.value is None and carrier.hindrance:
                return carrier.hindrance
        if len(found) > 1 and switch.purpose != UPSTREAM:
            return "the package holds several of them, and does not tell which of them serves which routes"
        classes = {backend.via for backend in backends}
        for backend in self.everything:
            if self._may_hold_for(product, switch, backend, classes):
                against = self._against(product, switch, backend) or self._said_on_the_route(product, backend)
                if against:
                    return against
        return ""

    def _may_hold_for(self, product: Product, switch: Switch, backend: Backend, classes: set[str]) -> bool:
        """Whether the setting may concern a backend: also one whose product nobody knows may be served by this one."""
        if switch.found_by == CLASS_PARAMETERS and not _may_be_of(backend, classes):
            return False
        if switch.routes and backend.route.kind not in switch.routes:
            return False
        if dict(backend.modes).get(product.id, "") != switch.mode:
            return False
        if not backend.products:
            return (
                backend.basis != FOREIGN_CONTROLLER and product.route(backend.item.group, backend.item.kind) is not None
            )
        return product.id in backend.products

    def _against(self, product: Product, switch: Switch, backend: Backend) -> str:
        """What speaks against sending to the Service address for one backend."""
        state = self.facts.state(backend.namespace, backend.service)
        if state == HEADLESS_SERVICE and switch.headless == TOLERATES:
            return ""  # nothing changes for it
        where = f"{backend.item.words} leads to Service {backend.namespace}/{backend.service}, which"
        if state != CLUSTER:
            return f"{where} {STATE_WORDS[state]}"
        if backend.route.udp:
            return f"{where} is reached by UDP"
        if not self.facts.is_in_mesh(backend):
            return f"{where} is not in a mesh"
        if self.facts.is_excluded(backend):
            return f"{where} is excluded by spec.serviceUpstream.exclude, or its route"
        found = next((found for _, found in conflicts_of(product, backend, self.facts.resources)), None)
        return f"{found.item.words} says {found.words}" if found else ""

    def _said_on_the_route(self, product: Product, backend: Backend) -> str:
        """Somebody's other wish for one route, which some releases would not hear any more."""
        for key, value, wanted in _beside(product, backend, self.facts):
            if value is not None and value != wanted:
                return f"{backend.item.words} or its Service says {key}: {shown(value)}"
        return ""


def _may_be_of(backend: Backend, classes: set[str]) -> bool:
    """Whether the controller of one of these classes may serve a route; one without a class may be any controller's."""
    if backend.route.attach == "ingress-class":
        return backend.via in classes
    named = backend.item.annotations.get(INGRESS_CLASS_ANNOTATION)
    return named is None or named in classes


def _key(product: Product, switch: Switch) -> Key:
    return product.id, switch.object, switch.key


def _beside(product: Product, backend: Backend, facts: Facts) -> Iterator[tuple[str, object, str | bool]]:
    """Keys, values and wanted values of the settings that the product reads for one route alone."""
    for switch, on_service, path in readable_for(product, backend):
        holder = facts.resources.service(backend.namespace, backend.service) if on_service else backend.item
        if holder is not None:
            yield switch.key, value_at(holder.data, path), switch.value


def _all_say(product: Product, backends: list[Backend], facts: Facts) -> bool:
    """Whether each route has its own setting already; what Kuma writes by itself is no sign of anybody's choice."""
    if any(own.kuma_writes for backend in backends for own, _, _ in readable_for(product, backend)):
        return False
    return all(any(value == wanted for _, value, wanted in _beside(product, backend, facts)) for backend in backends)
