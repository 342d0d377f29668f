"""Settings that particular gateway products need, for the routes that they serve and whose backend is in a mesh.

From route to class or parent to product (``krm_fn.gateways.routes``), from product to annotation or field
(``krm_fn.gateways.switches``), to an object that holds for many routes (``krm_fn.rules.product_objects``) or to a
setting for all at once (``krm_fn.rules.class_wide``); here each is carried out, or it is said why not. What is doubtful
about the routes themselves is said by ``krm_fn.rules.route_doubts``.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import BY_FIELD, LOSES, WINS
from krm_fn.gateways.references import value_at
from krm_fn.gateways.switches import (
    CANNOT,
    DIALS_SERVICE,
    FORBIDDEN_BESIDE,
    HEADLESS_SERVICE,
    NO_SWITCH,
    OTHER_SWITCH,
    VETOED,
    WRITE,
    wishes,
)
from krm_fn.krm.outcome import field_path, info, warning
from krm_fn.kuma.service_upstream import UPSTREAM_ANNOTATIONS
from krm_fn.rules.backends import Facts, concerns_a_mesh
from krm_fn.rules.class_wide import ClassWide
from krm_fn.rules.conflicts import conflict_of
from krm_fn.rules.detours import (
    FALLBACKS,
    can_be_renamed,
    direct_access,
    external_name,
    external_name_hindrance,
    proxies,
    wants_direct_access,
    wants_external_name,
)
from krm_fn.rules.editing import set_value
from krm_fn.rules.other_switches import other_switches, some_switch_is_on
from krm_fn.rules.own_pods import image_before
from krm_fn.rules.product_objects import Objects, can_write_for_route
from krm_fn.rules.recognition import addressed_by, backends_of, is_excluded
from krm_fn.rules.route_doubts import Doubts
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.addresses import Addressed
    from krm_fn.gateways.product import Product
    from krm_fn.gateways.routes import Backend
    from krm_fn.gateways.switches import Wish
    from krm_fn.krm.outcome import Edit, Emit, Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Said = Iterator[Edit | Emit | Result]

SWITCH_SET = "gateway-switch"
SWITCH_KEPT = "gateway-switch-kept"
SWITCH_ELSEWHERE = "gateway-switch-elsewhere"
SWITCH_NONE = "gateway-without-switch"
SWITCH_VETOED = "gateway-switch-vetoed"
SWITCH_FORBIDDEN = "gateway-switch-forbidden"


def product_switches(resources: Resources, setup: MeshSetup) -> Said:
    """Write the settings of further products and report what stays outside the mesh, and why."""
    if not concerns_a_mesh(resources, setup):
        return
    everything = backends_of(resources, setup)
    facts = Facts(resources, setup)
    doubts, meshed = Doubts(facts), []
    for backend in everything:
        yield from doubts.about(backend)
        if facts.is_in_mesh(backend):
            meshed.append(backend.replace(products=facts.chosen(backend)))
            yield from doubts.ambiguity(backend)
    walk = _Walk(facts, everything)
    yield from walk.class_wide.settle()
    wanted = wishes(meshed, facts.state, everything)
    for wish in wanted:
        yield from walk.carried_out(wish)
    yield from doubts.headless([*meshed, *_written_out(facts)])
    yield from doubts.disagreement(wanted, walk.is_settled)


def _written_out(facts: Facts) -> Iterator[Addressed]:
    """The backends in the mesh that routes name by a URL or a host with its namespace."""
    for backend in addressed_by(facts.resources, facts.setup):
        if not backend.bare and facts.is_in_mesh_at(backend.namespace, backend.service):
            yield backend.replace(products=facts.chosen_of(backend.products, backend.basis))


class _Walk:
    """One walk over the wishes of a package."""

    def __init__(self, facts: Facts, everything: Sequence[Backend]) -> None:
        self.resources = facts.resources
        self.setup = facts.setup
        self.facts = facts
        self.objects = Objects(facts.setup)
        self.class_wide = ClassWide(facts, self.objects, everything)
        self._with_direct_access: set[str] = set()
        self._guards_told: set[tuple[int, Path]] = set()

    def is_settled(self, wish: Wish) -> bool:
        """Whether a class-wide setting stands in the place of this one."""
        return self.class_wide.is_settled(wish.product, wish.backends)

    def carried_out(self, wish: Wish) -> Said:
        """Write one setting, or say why not."""
        product = products_by_id()[wish.product]
        target = wish.item or self.resources.service(wish.namespace, wish.name)
        if target is None and wish.reason == WRITE:
            return
        if wish.reason == WRITE and target is not None:
            old = self._image_before(wish, product)
            if old:
                yield from self._bypassed(wish, SWITCH_NONE, _too_old(old, wish, target))
            else:
                yield from self._write(wish, target)
        elif wish.reason == OTHER_SWITCH:
            yield from self._elsewhere(wish, product)
        elif wish.reason == DIALS_SERVICE:
            from krm_fn.rules.guards import turned_away  # few products have such a field

            yield from turned_away(product, wish.backends, self.facts, self._guards_told)
        elif wish.reason == NO_SWITCH:
            yield from self._bypassed(wish, SWITCH_NONE, "it has no setting for that")
        elif wish.reason == CANNOT:
            yield from self._bypassed(wish, SWITCH_NONE, "it can neither do that nor carry a sidecar")
        elif wish.reason in (VETOED, FORBIDDEN_BESIDE) and target is not None:
            yield from self._refused(wish, target)

    def _elsewhere(self, wish: Wish, product: Product) -> Said:
        """A setting that stands neither on the route nor on the Service: for this route, for all, or nobody's."""
        pending = [
            backend
            for backend in wish.backends
            if not self.class_wide.is_settled(product.id, (backend,))
            and not some_switch_is_on(product, backend, self.resources)
        ]
        if not pending:
            return
        first = pending[0]
        if can_write_for_route(product, first):
            yield from self._in_objects(wish, product, pending)
            return
        yield from self._left_undone(wish, product, pending, self.class_wide.why_not(product, first))

    def _in_objects(self, wish: Wish, product: Product, pending: list[Backend]) -> Said:
        """What can be written for each route by itself; of the others it is told why not, once for each reason."""
        from krm_fn.rules.places import best_place  # few products have such objects

        undone: dict[str, list[Backend]] = {}
        for backend in pending:
            if (
                self.facts.is_excluded(backend)
                or self.facts.state(backend.namespace, backend.service) == HEADLESS_SERVICE
            ):
                continue  # a headless Service has no address to send to: that is told of the Service
            place = best_place(product, backend, self.facts)
            if place.switch is None:
                undone.setdefault(place.why, []).append(backend)
            yield from self.objects.for_route(product, backend, place)
        for why, backends in undone.items():
            yield from self._left_undone(wish, product, backends, why)

    def _left_undone(self, wish: Wish, product: Product, backends: list[Backend], why: str) -> Said:
        wanted = "; or ".join(other_switches(product, backends[0].route.kind))
        yield from self._bypassed(
            wish.replace(backends=tuple(backends)),
            SWITCH_ELSEWHERE,
            f"it takes a setting that krm-fn does not write ({wanted}){why and f': {why}'}",
        )

    def _image_before(self, wish: Wish, product: Product) -> str:
        """An image of the product that is too old for a setting."""
        if wish.switch is None or self.is_settled(wish):
            return ""
        return image_before(wish.switch, product, self.resources)

    def _held_back(self, wish: Wish, target: Item, there: object) -> Result | None:
        """What is said where something beside a setting does not go together with it, and nothing is written."""
        on_service = wish.switch is not None and wish.item is None
        found = wish.switch and conflict_of(wish.switch, on_service, wish.backends[0], self.resources)
        made = there is not None or self.is_settled(wish)
        if not found or (made and found.conflict.effect == LOSES):
            return None
        name, led = products_by_id()[wish.product].name, wish.backends[0]
        if found.conflict.effect == WINS:
            start = f"{name} looks at {found.words} before {wish.key}"
        elif made:
            start = f"{name} sends to the address of {led.namespace}/{led.service}, and {found.words} stands beside it"
        else:
            start = f"{wish.key} is not written beside {found.words}, so that {name} sends past the mesh"
        return warning(
            SWITCH_FORBIDDEN,
            f"{start}: {found.conflict.why}; take {found.path[-1]} away, or name the {target.kind} in "
            "spec.serviceUpstream.exclude if that is meant",
            found.item,
            field_path(*found.path),
            found.value,
        )

    def _refused(self, wish: Wish, target: Item) -> Iterator[Result]:
        """A setting that would do harm: nothing is written, unless somebody did."""
        product = products_by_id()[wish.product]
        if all(self.facts.is_excluded(backend) for backend in wish.backends):
            return
        there = value_at(target.data, wish.path)
        if wish.reason == FORBIDDEN_BESIDE:
            beside = ", ".join(wish.switch.not_beside) if wish.switch else ""
            does = f"{beside} counts here, so that it sends to the pods which that selects, past the mesh"
            if there == wish.value:
                does = "both stand here, so that it refuses the object, or forgets one of them"
            yield warning(
                SWITCH_FORBIDDEN,
                f"{product.name} cannot have {wish.key} together with {beside}: {does}; "
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
                if product.id not in self._with_direct_access:
                    self._with_direct_access.add(product.id)
                    yield from direct_access(product, self.resources, self.setup)
                return
            if wants_external_name(product, self.setup) and not external_name_hindrance(product, self.resources):
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
        """Why the detour that the user asked for is not taken, or which one can be asked for."""
        fallback = self.setup.service_upstream.fallback
        if fallback == "report":
            ways = [FALLBACKS[way] for way in product.fallbacks if way in FALLBACKS and wish.reason != CANNOT]
            return f"; spec.serviceUpstream.fallback: {' or '.join(ways)} leads around that" if ways else ""
        if wants_direct_access(product, self.setup) and wish.reason != CANNOT:
            places = " or ".join(product.mark_at)
            return f"; for direct access its proxy has to be in the package, or {places} to be annotated by hand"
        if wants_external_name(product, self.setup) and wish.reason != CANNOT:
            hindrance = external_name_hindrance(product, self.resources)
            return f"; {hindrance or 'an ExternalName Service cannot stand in this reference'}"
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
        overrides = wish.switch is not None and not in_field and wish.key != wish.switch.key
        held_back = None if overrides or there not in (None, wish.value) else self._held_back(wish, target, there)
        if held_back:
            yield from [held_back] * (len(excluded) < len(wish.backends))
            return
        if there is None and not overrides and self.is_settled(wish):
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
        if there is None:
            yield from set_value(target, wish.path, wish.value)
        led = ", ".join(dict.fromkeys(f"{b.namespace}/{b.service}" for b in wish.backends))
        what = (
            f"takes {led}, which has no address, by its pods" if overrides else f"sends to the Service address of {led}"
        )
        yield info(SWITCH_SET, f"{product.name} {what}", target, field, None, wish.value)


def _too_old(image: str, wish: Wish, target: Item) -> str:
    """Why nothing is written for a product whose release does not know the setting."""
    since = wish.switch.since if wish.switch else ""
    there = value_at(target.data, wish.path) is not None
    away = f"; take {wish.key} away from {target.words}, which older ones may refuse" if there else ""
    return f"the image {image} of the package is older than {since}, the first release that reads {wish.key}{away}"


def _through(routes: list[str]) -> str:
    """The further routes that a warning is about."""
    if len(routes) < 2:
        return ""
    more = f" and {len(routes) - 4} more" if len(routes) > 4 else ""
    return f"the same holds for {', '.join(routes[1:4])}{more}; "
