"""Gateways: those outside of the mesh they lead into, their names, and switches where nobody reads them."""

from __future__ import annotations

from krm_fn.gateways.product import BY_ANNOTATION
from krm_fn.krm.fields import as_map
from krm_fn.krm.outcome import field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.service_upstream import UPSTREAM_ANNOTATIONS
from krm_fn.memory import cache
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.membership import is_delegated_gateway, is_undeclared, members, services_of
from krm_fn.rules.recognition import backends_of, presence_of, recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Product
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member
    from krm_fn.rules.proxies import Standing

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]

GATEWAY_OUTSIDE = "gateway-outside-mesh"
GATEWAY_NAME = "gateway-named-by-service"
OTHER_MESH = "gateway-in-other-mesh"
SWITCH_MISPLACED = "gateway-switch-misplaced"

EXPOSED = ("LoadBalancer", "NodePort")
SWITCH_WORDS = ("service-upstream", "use-cluster-ip", "nativelb", "service_proxy_upstream")
"""Parts of the keys of all annotations that make a product dial Services: others need no look at the catalog."""


def _outside(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """A marked gateway whose pods get no sidecar sends past every policy of the mesh.

    A mere controller shall lose its mark, not join: ``krm_fn.rules.gateways`` tells of it where detection is on.
    """
    found = recognised(resources) if setup.gateways.detect != "off" else {}
    controllers = {place for place, (_, recognition) in found.items() if not recognition.carries_traffic}
    for place, member in members(resources, setup).items():
        if not is_delegated_gateway(member.workload.template) or member.in_mesh or place in controllers:
            continue
        if not _is_told(member) and not is_undeclared(member, setup):
            yield warning(
                GATEWAY_OUTSIDE,
                f"it is marked as a gateway, but is in no mesh: {member.decision.message} {_remedy(member)}",
                member.workload.item,
                field_path(*member.workload.template.path, "metadata", "annotations", names.GATEWAY),
                names.ENABLED,
            )


def _made_by_operators(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The same of pods that an operator makes; of these nothing else is told."""
    if not custom_pods(resources):
        return
    from krm_fn.rules.check_custom import check_custom

    yield from check_custom(resources, setup)


def _is_told(member: Member) -> bool:
    """Whether the decision itself is an error or warning already."""
    return member.decision.severity != "info"


def _remedy(member: Member) -> str:
    labels = field_path(*member.workload.template.path, "metadata", "labels", names.SIDECAR_INJECTION)
    return f"Label its Namespace or its pods ({labels}: {names.ENABLED}), or add a rule to spec.injection.rules"


def _recognised(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Recognised proxies in no mesh, or in another one, than the Services that their routes lead to."""
    products = {r.product for _, r in recognised(resources).values() if r.carries_traffic}
    if not products:
        return
    from krm_fn.rules.proxies import standing_of

    asked: set[tuple[str, str, str]] = set()
    told: set[tuple[int, Path]] = set()
    for backend in backends_of(resources, setup):
        for product in backend.products:
            key = (product, backend.namespace, backend.service)
            if product not in products or key in asked:
                continue
            asked.add(key)
            standing = standing_of(*key, resources, setup)
            if standing.meshes and standing.is_refused:
                yield from _refused(standing, backend, told)


def _refused(standing: Standing, backend: Backend, told: set[tuple[int, Path]]) -> Iterator[Result]:
    """Those in another mesh are told of once for each Service; those in none once, and not if another check does."""
    where = f"{backend.namespace}/{backend.service} in mesh {', '.join(standing.meshes)}"
    leads = f"{backend.item.words} leads it to the Service {where}"
    for member in [proxy.member for proxy in standing.strangers if proxy.member is not None][:1]:
        template = member.workload.template
        yield warning(
            OTHER_MESH,
            f"it is in mesh {member.mesh.name}, but {leads}: no mesh trusts the certificates of another, and strict "
            "mTLS refuses it; put both into one mesh",
            member.workload.item,
            field_path(*template.path, "metadata", "labels", names.KUMA_MESH),
            template.labels.get(names.KUMA_MESH),
        )
    for member in [proxy.member for proxy in standing.outside if proxy.member is not None]:
        item, template = member.workload.item, member.workload.template
        if item.place in told or _is_told(member) or is_delegated_gateway(template):
            continue
        told.add(item.place)
        yield warning(
            GATEWAY_OUTSIDE,
            f"it is in no mesh, but {leads}, which refuses it under strict mTLS: {member.decision.message} "
            f"{_remedy(member)}, and mark it as a gateway in spec.gateways.rules",
            item,
            field_path(*template.path, "metadata", "labels", names.SIDECAR_INJECTION),
        )


def _names(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Of several Services that select a gateway, Kuma takes the first by name: often that of an admin port."""
    for member in members(resources, setup).values():
        if not (member.in_mesh and is_delegated_gateway(member.workload.template)):
            continue
        views = [view for view in services_of(member.workload, resources, setup) if any(view.ports())]
        views = [view for view in views if not view.external]
        if len(views) < 2:
            continue
        first, others = views[0], views[1:]
        front = [view.name for view in others if view.type in EXPOSED]
        say = warning if front and first.type not in EXPOSED else info
        yield say(
            GATEWAY_NAME,
            f"Kuma knows the gateway by the Service {first.name}, the first by name of those that select it "
            f"({', '.join(view.name for view in views)})"
            + (f", although clients come in by {front[0]}" if say is warning else "")
            + f": name another in spec.gateways.rules[].service, or annotate {first.name} with {names.IGNORE}: "
            '"true"',
            member.workload.item,
        )


def _misplaced(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Annotations that make some product dial Services, on an object where no product reads them."""
    for item in resources.items:
        annotations = item.metadata.get("annotations")
        for key in annotations if isinstance(annotations, dict) else ():
            if not _names_a_switch(key):
                continue
            if item.kind == "Service" and key in UPSTREAM_ANNOTATIONS:  # Kuma writes both, read or not
                continue
            yield from _switch(item, key, as_map(annotations)[key], resources, setup)


@cache
def _names_a_switch(key: object) -> bool:
    """Whether an annotation looks like one that makes a product dial Services; asked of few different keys."""
    return isinstance(key, str) and any(word in key for word in SWITCH_WORDS)


def _switch(item: Item, key: str, value: object, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    # The catalog is large, and hardly ever needed here.
    from krm_fn.gateways.catalog import catalog

    readers = [
        (product, switch.object)
        for product in catalog()
        for switch in product.switches
        if switch.how == BY_ANNOTATION and switch.key == key
    ]
    if not readers or any(kind == item.kind for _, kind in readers):
        return
    if any(_reads_it_here(product, item, key, resources, setup) for product, _ in readers):
        return
    where = dict.fromkeys(f"{product.name} reads it on the {kind}" for product, kind in readers)
    yield warning(
        SWITCH_MISPLACED,
        f"nobody reads this annotation on an object of kind {item.kind}: {'; '.join(where)}. Move it there, or leave "
        "it to spec.serviceUpstream",
        item,
        field_path("metadata", "annotations", key),
        value,
    )


def _reads_it_here(product: Product, item: Item, key: str, resources: Resources, setup: MeshSetup) -> bool:
    """Whether a product that is there reads the setting on this kind of object too, if under another prefix."""
    name = key.rpartition("/")[2]
    if not any(s.object == item.kind and s.key.rpartition("/")[2] == name for s in product.switches):
        return False
    if product.id in presence_of(resources, setup).products:
        return True
    return product.id in _serving(resources, setup).get(item.place, ())


def _serving(resources: Resources, setup: MeshSetup) -> dict[tuple[int, Path], set[str]]:
    """The products that may serve each route."""

    def build() -> dict[tuple[int, Path], set[str]]:
        found: dict[tuple[int, Path], set[str]] = {}
        for backend in backends_of(resources, setup):
            found.setdefault(backend.item.place, set()).update(backend.products)
        return found

    return resources.memo("products of routes", build)


GATEWAY_CHECKS: tuple[Check, ...] = (_outside, _made_by_operators, _recognised, _names, _misplaced)
