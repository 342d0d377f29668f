"""Settings of gateways that nobody reads where they stand: fields, policies and objects that nothing refers to.

Misplaced annotations are told of by `krm_fn.rules.check_gateways`. Which fields there are, and where, is in the
catalog; what an object has to be named by, for its product to read it, in a table below.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.classes import GATEWAY_GROUP
from krm_fn.gateways.product import ALTERNATIVE, BY_FIELD, TARGET_REFS, UPSTREAM
from krm_fn.gateways.references import concrete_steps, is_wanted, references, value_at, walk
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.outcome import info, warning
from krm_fn.memory import cache
from krm_fn.record import Record
from krm_fn.rules.backends import Facts
from krm_fn.rules.check_gateways import SWITCH_MISPLACED
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import BackendPath, Product, Switch
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

NOT_A_BOOLEAN = "not-a-boolean"
POLICY_TARGET = "policy-target-not-found"
NOT_REFERRED_TO = "gateway-object-not-referred-to"


class Field(Record):
    """A field of a route kind that makes a product dial Services: of objects of which groups, beside which reference.

    ``beside`` is the reference, whose path leads to the mapping that holds the field.
    """

    product: Product
    switch: Switch
    groups: tuple[str, ...]
    name: str
    beside: BackendPath


class Named(Record):
    """Objects of a kind that a product reads where an annotation of another object names them, and nowhere else."""

    kind: str
    group: str
    product: str
    annotations: tuple[str, ...]
    carriers: tuple[str, ...]


_KONG = "configuration.konghq.com"
NAMED = (
    Named("KongUpstreamPolicy", _KONG, "Kong", ("konghq.com/upstream-policy",), ("Service", "KongServiceFacade")),
    Named(
        "KongIngress",
        _KONG,
        "Kong",
        ("konghq.com/override", "configuration.konghq.com"),
        ("Service", "Ingress", "TCPIngress", "UDPIngress", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"),
    ),
)
"""https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/"""


def check_fields(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Fields of routes: unread where they stand, or of the wrong type."""
    facts = Facts(resources, setup)
    for kind, fields in _fields().items():
        read = {field.switch.key for field in fields}
        for item in resources.of_kind(kind):
            found: dict[str, Result] = {}  # fields of several places have one and the same place above them
            for field in fields:
                if item.group in field.groups:
                    for result in (*_unread(item, field, read), *_mistyped(item, field, facts)):
                        found.setdefault(result.field, result)
            yield from found.values()


@cache
def _fields() -> dict[str, tuple[Field, ...]]:
    """The fields by kind of route; each once, of however many products."""
    found: dict[str, dict[str, Field]] = {}
    for product in catalog():
        for switch in product.switches:
            if switch.how != BY_FIELD or switch.purpose != UPSTREAM:
                continue
            around, _, name = switch.key.rpartition(".")
            for route in product.routes:
                for beside in route.backends:
                    if route.kind == switch.object and beside.path == around:
                        field = Field(product, switch, route.groups, name, beside)
                        found.setdefault(route.kind, {}).setdefault(switch.key, field)
    return {kind: tuple(fields.values()) for kind, fields in found.items()}


def _unread(item: Item, field: Field, read: set[str]) -> Iterator[Result]:
    """Beside a reference that is none to a Service, or above the list of references."""
    for path, node, _ in walk(item.data, field.beside.path):
        value = as_map(node).get(field.name)
        if _is_meant(value, field) and not is_wanted(node, field.beside.when):
            kind = as_str(as_map(node).get("kind"))
            where = f"beside a reference to {f'a {kind}' if kind else 'another kind'}"
            yield _misplaced(item, f"{path}.{field.name}", value, where, field)
    above = field.beside.path.rpartition(".")[0]
    while above and f"{above}.{field.name}" not in read:  # what is above a place that is read is told of from there
        for path, value, _ in walk(item.data, f"{above}.{field.name}"):
            if _is_meant(value, field):
                yield _misplaced(item, path, value, f"in {above}", field)
        above = above.rpartition(".")[0]


def _is_meant(value: object, field: Field) -> bool:
    return value is not None and shown(value) == shown(field.switch.value)


def _misplaced(item: Item, path: str, value: object, where: str, field: Field) -> Result:
    return warning(
        SWITCH_MISPLACED,
        f"nobody reads this field {where}: {field.product.name} reads it at {field.switch.key}, beside a reference to "
        "a Service. Move it there, or leave it to spec.serviceUpstream",
        item,
        path,
        value,
    )


def _mistyped(item: Item, field: Field, facts: Facts) -> Iterator[Result]:
    """Text where the product takes a boolean, unless `krm_fn.rules.product_switches` tells of it."""
    if not isinstance(field.switch.value, bool):
        return
    for ref in references(item.data, field.beside, item.namespace, facts.has_service):
        value = value_at(item.data, (*concrete_steps(ref.path), field.name))
        if value is not None and not isinstance(value, bool) and not _is_told(ref.namespace, ref.name, facts):
            yield _not_a_boolean(item, f"{ref.path}.{field.name}", value)


def _is_told(namespace: str, name: str, facts: Facts) -> bool:
    settings = facts.setup.service_upstream
    return settings.enabled and settings.scope == "mesh" and facts.is_in_mesh_at(namespace, name)


def _not_a_boolean(item: Item, path: str, value: object) -> Result:
    meant = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
    return warning(
        NOT_A_BOOLEAN,
        "this field is true or false, without quotes: the API server refuses anything else",
        item,
        path,
        value,
        meant,
    )


# --- Objects that hold for many routes --------------------------------------------------------------------------------
def check_objects(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Policies whose targets are not there, texts for booleans, and objects that nobody names."""
    for product, switch in _in_objects():
        for item in resources.of_kind(switch.object):
            if item.group == switch.group:
                yield from _text_for_boolean(item, switch)
                if switch.found_by == TARGET_REFS:
                    yield from _targets(item, product, switch, resources)
    for named in NAMED:
        yield from _not_named(named, resources)


@cache
def _in_objects() -> tuple[tuple[Product, Switch], ...]:
    return tuple((p, s) for p in catalog() for s in p.switches if s.found_by and s.group)


def _value(item: Item, switch: Switch) -> Any:
    return dig(item.data, *switch.key.split("."))


def _text_for_boolean(item: Item, switch: Switch) -> Iterator[Result]:
    """Of an object that is never written, nothing else tells."""
    value = _value(item, switch)
    if switch.purpose == ALTERNATIVE and isinstance(switch.value, bool) and isinstance(value, str):
        yield _not_a_boolean(item, switch.key, value)


def _targets(item: Item, product: Product, switch: Switch, resources: Resources) -> Iterator[Result]:
    """A policy that makes the product dial Services, for routes or Gateways of which the package has none."""
    spec = as_map(item.data.get("spec"))
    if _value(item, switch) is None or spec.get("targetSelectors"):
        return
    refs = [("spec.targetRef", spec.get("targetRef"))]
    refs += [(f"spec.targetRefs[{index}]", ref) for index, ref in enumerate(as_list(spec.get("targetRefs")))]
    known = {route.kind for route in product.routes if GATEWAY_GROUP in route.groups} | {"Gateway"}
    home = resources.namespaces.get(item.namespace)
    if home is not None and home.item is None:  # it lives elsewhere, and what is there is not in the package
        return
    for path, ref in refs:
        kind, name = as_str(dig(ref, "kind")), as_str(dig(ref, "name"))
        if not name or kind not in known or dig(ref, "group") != GATEWAY_GROUP:
            continue
        if (GATEWAY_GROUP, kind, item.namespace, name) not in resources.by_key:
            yield warning(
                POLICY_TARGET,
                f"the package has no {kind} {item.namespace}/{name}, so that {switch.key} holds for nothing in it: "
                "correct the name (a policy and its target share a namespace), or put the target into the package",
                item,
                f"{path}.name",
                name,
            )


def _not_named(named: Named, resources: Resources) -> Iterator[Result]:
    items = [item for item in resources.of_kind(named.kind) if item.group == named.group]
    if not items:
        return
    wanted = {
        (carrier.namespace, carrier.annotations.get(key))
        for kind in named.carriers
        for carrier in resources.of_kind(kind)
        for key in named.annotations
    }
    for item in items:
        if (item.namespace, item.name) not in wanted:
            yield info(
                NOT_REFERRED_TO,
                f"{named.product} reads a {named.kind} only where the annotation {named.annotations[0]} of a "
                f"{' or '.join(named.carriers[:2])} in its namespace names it, and none of the package does",
                item,
                "metadata.name",
                item.name,
            )
