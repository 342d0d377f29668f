"""All backends of a package: which Service which route sends to, and which gateway products carry it there."""

from __future__ import annotations

from krm_fn.gateways.catalog import route_kinds
from krm_fn.gateways.classes import GATEWAY_GROUP, NOBODY, Classes
from krm_fn.gateways.glimpse import ROUTE_KINDS
from krm_fn.gateways.references import references, walk
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.gateways.addresses import Addressed
    from krm_fn.gateways.chains import Chain
    from krm_fn.gateways.classes import Presence, Served
    from krm_fn.gateways.product import BackendPath, RouteKind
    from krm_fn.gateways.references import HasService
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Grants = set[tuple[str, str, str, str, str]]

NOT_NEEDED = ""
GRANTED = "granted"
NOT_GRANTED = "not-granted"


class Backend(Record):
    """One reference from a route to a Service.

    ``path`` is where the reference stands in ``item``; ``namespace`` and ``service`` name the Service, which the
    package need not have. ``products`` are the ids of the gateway products that serve the route, empty where that is
    unknown; ``basis`` says on what it rests (`krm_fn.gateways.classes.BASES`) and ``via`` names the class or Gateway;
    ``modes`` pairs the products that serve it by a `Mode` with its id.
    ``grant`` is NOT_NEEDED, or tells for a Gateway API route to another namespace whether the package has a
    ReferenceGrant for it: GRANTED or NOT_GRANTED. ``written`` tells how the route writes the reference, and ``detour``
    names the ExternalName Service that stands in the route in place of the Service, if one does.

    Where ``item`` is an object between routes and Services (`krm_fn.gateways.chains`), ``chains`` are the ways that
    lead to it: each begins with a route and ends before ``item``. Empty there, no route of the package leads to it.
    """

    item: Item
    route: RouteKind
    path: str
    namespace: str
    service: str
    port: int | str | None
    products: tuple[str, ...]
    basis: str
    via: str = ""
    grant: str = NOT_NEEDED
    modes: tuple[tuple[str, str], ...] = ()
    written: BackendPath | None = None
    detour: str = ""
    chains: tuple[Chain, ...] = ()

    @property
    def is_reached(self) -> bool:
        """Whether a route of the package leads here: it is one, or one refers to the object that it is."""
        from krm_fn.gateways.chains import Intermediate

        return not isinstance(self.route, Intermediate) or self.route.is_led_to(self.item, self.chains)


class Walked(Record):
    """What the routes of a package lead to: by references, and by URLs and annotations."""

    backends: tuple[Backend, ...] = ()
    addressed: tuple[Addressed, ...] = ()


def routes(resources: Resources, presence: Presence = NOBODY) -> tuple[Backend, ...]:
    """Return the backends of all routes that may concern a gateway, by kind of route and then in input order.

    ``presence`` are the products known to be there (`Presence.of`): they decide where a class could mean several.
    """
    return walked(resources, presence).backends


def walked(resources: Resources, presence: Presence = NOBODY) -> Walked:
    """Return the backends of `routes`, with those that are written as URLs or in annotations."""
    if not presence.named and not any(resources.of_kind(kind) for kind in ROUTE_KINDS):
        return Walked()
    written: list[Addressed] = []
    found = tuple(_all_backends(resources, Classes(resources, presence), written))
    return Walked(found, tuple(written))


def _all_backends(resources: Resources, classes: Classes, written: list[Addressed]) -> Iterator[Backend]:
    """Yield the references, and gather the rest, which stands in the same objects."""
    from krm_fn.gateways.addresses import addressed  # most packages have no route and need none of it
    from krm_fn.gateways.chains import chains

    grants: Grants | None = None
    ways = chains(resources).ways

    def has_service(namespace: str, name: str) -> bool:
        return resources.service(namespace, name) is not None

    for route, owners in route_kinds():
        for item in resources.of_kind(route.kind):
            if item.group not in route.groups or not _concerns_gateways(item, route):
                continue
            served = classes.serving(item, route, owners)
            if served is None:
                continue
            own = ways.get(item.place, ())
            written += addressed(item, route, served, has_service, own)
            for backend in _backends(item, route, served, has_service, own):
                if item.group == GATEWAY_GROUP and backend.namespace != item.namespace:
                    grants = _grants(resources) if grants is None else grants
                    yield backend.replace(grant=_grant(backend, grants))
                else:
                    yield backend


def _backends(
    item: Item, route: RouteKind, served: Served, has_service: HasService, ways: tuple[Chain, ...]
) -> Iterator[Backend]:
    for path in route.backends:
        for ref in references(item.data, path, item.namespace, has_service):
            yield Backend(
                item,
                route,
                ref.path,
                ref.namespace,
                ref.name,
                ref.port,
                served.products,
                served.basis,
                served.via,
                modes=served.modes,
                written=path,
                chains=ways,
            )


def _concerns_gateways(item: Item, route: RouteKind) -> bool:
    if not route.wanted:
        return True
    return any(
        isinstance(entry, str) and entry not in route.unwanted
        for _, node, _ in walk(item.data, route.wanted)
        for entry in as_list(node)
    )


def _grants(resources: Resources) -> Grants:
    """Return what ReferenceGrants allow: namespace and name (or "") of the target; group, kind, namespace of routes."""
    found: Grants = set()
    for item in resources.of_kind("ReferenceGrant"):
        if item.group != GATEWAY_GROUP:
            continue
        for target in as_list(dig(item.data, "spec", "to")):
            if as_map(target).get("kind") != "Service" or as_map(target).get("group") not in (None, ""):
                continue
            name = as_map(target).get("name")
            for source in as_list(dig(item.data, "spec", "from")):
                parts = [as_map(source).get(field) for field in ("group", "kind", "namespace")]
                if all(isinstance(part, str) for part in (*parts, name or "")):
                    found.add((item.namespace, name or "", *parts))  # type: ignore[arg-type]  # all strings, see above
    return found


def _grant(backend: Backend, grants: Grants) -> str:
    source = (backend.item.group, backend.item.kind, backend.item.namespace)
    targets = ((backend.namespace, name, *source) for name in ("", backend.service))
    return GRANTED if any(target in grants for target in targets) else NOT_GRANTED
