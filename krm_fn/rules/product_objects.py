"""Settings in objects that hold for many routes: a controller's ConfigMap, a proxy's description, a policy.

Which object counts for a route is followed through the package: the argument of the controller, the parameters of the
class or the Gateway, the targets of a policy (``Switch.found_by``). An object that is there is edited; a policy that a
product needs is generated where nothing in the package can carry its setting, one for each route.
"""

from __future__ import annotations

from functools import cache

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import GATEWAY_GROUP
from krm_fn.gateways.product import (
    ALTERNATIVE,
    BY_FLAG,
    CLASS_PARAMETERS,
    PARENT_PARAMETERS,
    TARGET_REFS,
    UPSTREAM,
)
from krm_fn.gateways.references import value_at
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.outcome import Edit, Emit, field_path, info, warning
from krm_fn.rules.editing import set_text
from krm_fn.rules.recognition import is_excluded, recognised
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Said = Iterator[Edit | Emit | Result]

OBJECT_SET = "gateway-object-switch"
OBJECT_KEPT = "gateway-object-switch-kept"
POLICY_EMITTED = "gateway-policy-generated"

NAME_LENGTH = 253  # of an object's name


def steps_of(switch: Switch) -> Path:
    """Where the setting stands in its object."""
    return tuple(switch.key.split("."))


def value_in(switch: Switch, item: Item) -> object:
    """What an object says for a setting, None where it says nothing."""
    return value_at(item.data, steps_of(switch))


def says(switch: Switch, item: Item) -> bool:
    """Whether the setting is on in an object, in the right type."""
    value = value_in(switch, item)
    return type(value) is type(switch.value) and value == switch.value


def shared_switches(product: Product, route_kind: str) -> tuple[Switch, ...]:
    """The settings of a product for a kind of route that stand in objects which can be found, policies first."""
    return _shared_switches(product.id, route_kind)


@cache
def _shared_switches(product_id: str, route_kind: str) -> tuple[Switch, ...]:
    found = (
        switch
        for switch in products_by_id()[product_id].switches
        if switch.found_by
        and switch.released
        and switch.purpose in (UPSTREAM, ALTERNATIVE)
        and (not switch.routes or route_kind in switch.routes)
    )
    return tuple(sorted(found, key=lambda switch: switch.found_by != TARGET_REFS))


def carriers(switch: Switch, product: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    """The objects of the package that hold the setting for a route."""
    return FINDERS[switch.found_by](switch, product, backend, resources)


def is_on_in_objects(product: Product, backend: Backend, resources: Resources) -> Item | None:
    """The object that turns the product's setting on for a route, if one does and none that is stronger says no."""
    for switch in shared_switches(product, backend.route.kind):
        found = carriers(switch, product, backend, resources)
        speaking = [item for item in found if value_in(switch, item) is not None]
        if not speaking:
            continue
        complete = len(speaking) == len(found) or switch.found_by == TARGET_REFS
        if switch.found_by == PARENT_PARAMETERS:
            complete = complete and _each_gateway_has_one(switch, backend, resources)
        return speaking[0] if complete and all(says(switch, item) for item in speaking) else None
    return None


def _each_gateway_has_one(switch: Switch, backend: Backend, resources: Resources) -> bool:
    gateways = _gateways(backend, resources)
    return bool(gateways) and all(_parameters_of(gateway, switch, resources) for gateway in gateways)


# --- Finding the objects ----------------------------------------------------------------------------------------------
def _by_flag(switch: Switch, product: Product, _: Backend, resources: Resources) -> tuple[Item, ...]:
    def build() -> tuple[Item, ...]:
        found = {}
        for workload, recognition in recognised(resources).values():
            if recognition.product != product.id:
                continue
            for namespace, name in _flagged(switch.flags, as_list(workload.template.spec.get("containers"))):
                key = ("", "ConfigMap", namespace or workload.item.namespace, name)
                item = resources.by_key.get(key)
                if item is not None:
                    found[key] = item
        return tuple(found.values())

    return resources.memo(("carriers", product.id, switch.key), build)


def _flagged(flags: tuple[str, ...], containers: list[Any]) -> Iterator[tuple[str, str]]:
    """Namespace (empty for that of the pod) and name of the objects that arguments name."""
    for container in containers:
        arguments = [a for key in ("command", "args") for a in as_list(as_map(container).get(key))]
        for position, argument in enumerate(arguments):
            flag, equals, value = as_str(argument).partition("=")
            if flag in flags:
                value = value if equals else as_str(next(iter(arguments[position + 1 : position + 2]), ""))
                namespace, slash, name = value.rpartition("/")
                if name:
                    yield ("" if namespace.startswith("$(") or not slash else namespace), name


def _by_class(switch: Switch, _: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    ingress_class = resources.by_key.get(("networking.k8s.io", "IngressClass", "", backend.via))
    found = ingress_class and _referred(
        dig(ingress_class.data, "spec", "parameters"), "apiGroup", switch, resources, ""
    )
    return (found,) if found else ()


def _by_parent(switch: Switch, _: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    found = [_parameters_of(gateway, switch, resources) for gateway in _gateways(backend, resources)]
    return tuple({item.place: item for item in found if item is not None}.values())


def _gateways(backend: Backend, resources: Resources) -> list[Item]:
    """The Gateways that a route is attached to (`Backend.via` names them)."""
    names = (via.partition("/") for via in backend.via.split(", "))
    found = (resources.by_key.get((GATEWAY_GROUP, "Gateway", home, name)) for home, _, name in names)
    return [gateway for gateway in found if gateway is not None]


def _parameters_of(gateway: Item, switch: Switch, resources: Resources) -> Item | None:
    """What a Gateway names as its parameters, else what its GatewayClass does."""
    own = dig(gateway.data, "spec", "infrastructure", "parametersRef")
    if own is not None:
        return _referred(own, "group", switch, resources, gateway.namespace)
    name = as_str(dig(gateway.data, "spec", "gatewayClassName"))
    gateway_class = resources.by_key.get((GATEWAY_GROUP, "GatewayClass", "", name))
    if gateway_class is None:
        return None
    return _referred(dig(gateway_class.data, "spec", "parametersRef"), "group", switch, resources, "")


def _referred(ref: object, group_field: str, switch: Switch, resources: Resources, namespace: str) -> Item | None:
    if dig(ref, "kind") != switch.object or dig(ref, group_field) != switch.group:
        return None
    home = namespace or as_str(dig(ref, "namespace"))
    return resources.by_key.get((switch.group, switch.object, home, as_str(dig(ref, "name"))))


def _by_targets(switch: Switch, _: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    """The policies of the route itself, else those of its Gateways: the former replace the latter."""
    targeted = _targets(switch, resources)
    item = backend.item
    own = targeted.get((item.group, item.kind, item.namespace, item.name), ())
    if own:
        return tuple(own)
    return tuple(
        policy
        for gateway in _gateways(backend, resources)
        for policy in targeted.get((GATEWAY_GROUP, "Gateway", gateway.namespace, gateway.name), ())
    )


def _targets(switch: Switch, resources: Resources) -> dict[tuple[str, str, str, str], list[Item]]:
    def build() -> dict[tuple[str, str, str, str], list[Item]]:
        found: dict[tuple[str, str, str, str], list[Item]] = {}
        for policy in resources.of_kind(switch.object):
            spec = as_map(policy.data.get("spec"))
            for ref in [spec.get("targetRef"), *as_list(spec.get("targetRefs"))]:
                group, kind, name = (as_str(dig(ref, field)) for field in ("group", "kind", "name"))
                if policy.group == switch.group and name:
                    found.setdefault((group, kind, policy.namespace, name), []).append(policy)
        return found

    return resources.memo(("targets", switch.object), build)


FINDERS: dict[str, Callable[[Switch, Product, Backend, Resources], tuple[Item, ...]]] = {
    BY_FLAG: _by_flag,
    CLASS_PARAMETERS: _by_class,
    PARENT_PARAMETERS: _by_parent,
    TARGET_REFS: _by_targets,
}


def _best_place(product: Product, backend: Backend, resources: Resources) -> tuple[Switch | None, tuple[Item, ...]]:
    """The setting to make for a route and the objects that carry it; none of these means that one is to be generated.

    A policy that speaks already is stronger than anything else; then what describes the proxies of all its Gateways;
    then a policy that could speak.
    """
    switches = {switch.found_by: switch for switch in shared_switches(product, backend.route.kind)}
    policy, parent = switches.get(TARGET_REFS), switches.get(PARENT_PARAMETERS)
    policies = carriers(policy, product, backend, resources) if policy else ()
    if policy and any(value_in(policy, item) is not None for item in policies):
        return policy, policies
    if parent and _each_gateway_has_one(parent, backend, resources):
        return parent, carriers(parent, product, backend, resources)
    return (policy, policies) if policy and (policies or policy.version) else (None, ())


def is_planned(product: Product, backend: Backend, resources: Resources) -> str:
    """The policy that is generated for a route, in words, empty where none is."""
    if not any(switch.purpose == UPSTREAM for switch in shared_switches(product, backend.route.kind)):
        return ""
    switch, items = _best_place(product, backend, resources)
    if switch is None or items:
        return ""
    return f"{switch.object} {backend.item.namespace}/{policy_name(backend.item)}"


# --- Writing ----------------------------------------------------------------------------------------------------------
class Objects:
    """The objects that one run of the rule writes: each is said once, whatever number of routes it holds for."""

    def __init__(self, resources: Resources, setup: MeshSetup) -> None:
        self.resources = resources
        self.setup = setup
        self._said: set[object] = set()

    def can_write(self, product: Product, backend: Backend) -> bool:
        """Whether the product has such a setting for this kind of route, as its way to dial Services."""
        return any(s.purpose == UPSTREAM for s in shared_switches(product, backend.route.kind))

    def for_route(self, product: Product, backend: Backend) -> Said:
        """Turn the setting on for one route: where somebody set it already, in the objects at hand, or in a new one."""
        switch, items = _best_place(product, backend, self.resources)
        for item in items:
            if switch is not None:
                yield from self.write(product, switch, item)
        if switch is not None and not items:
            yield from self._emit(product, switch, backend)

    def write(self, product: Product, switch: Switch, item: Item) -> Said:
        """Set the field of an object, unless somebody has."""
        if item.place in self._said or is_excluded(item, self.setup):
            return
        self._said.add(item.place)
        path = steps_of(switch)
        there, field = value_in(switch, item), field_path(*path)
        if there is None:
            yield from _set(item, path, switch.value)
        elif not says(switch, item):
            yield warning(
                OBJECT_KEPT,
                f"{product.name} reads this for all routes that it holds for; the manifest says {shown(there)!r}, "
                "which is kept: they lead to pods and bypass the mesh, which strict mTLS refuses; take the field away, "
                f"or name the {item.kind} in spec.serviceUpstream.exclude if that is meant",
                item,
                field,
                there,
                switch.value,
            )
            return
        yield info(
            OBJECT_SET,
            f"{product.name} sends to Service addresses for all routes that this object holds for",
            item,
            field,
            None,
            switch.value,
        )

    def _emit(self, product: Product, switch: Switch, backend: Backend) -> Said:
        item = backend.item
        if item.place in self._said:
            return
        self._said.add(item.place)
        name = policy_name(item)
        yield Emit(
            {
                "apiVersion": f"{switch.group}/{switch.version}",
                "kind": switch.object,
                "metadata": {"name": name, "namespace": item.namespace},
                "spec": {
                    "targetRefs": [{"group": item.group, "kind": item.kind, "name": item.name}],
                    switch.key.removeprefix("spec."): switch.value,
                },
            },
            item,
        )
        yield info(
            POLICY_EMITTED,
            f"{product.name} sends to Service addresses by the {switch.object} {item.namespace}/{name}, which is "
            f"generated for this route (read since release {switch.since})",
            item,
        )


def policy_name(item: Item) -> str:
    """The name of the policy that is generated for a route."""
    name = f"{item.name}-{item.kind.lower()}-service-routing"
    if len(name) <= NAME_LENGTH:
        return name
    from zlib import crc32

    return f"{name[: NAME_LENGTH - 9].rstrip('-.')}-{crc32(name.encode()):08x}"


def _set(item: Item, path: Path, value: str | bool) -> Iterator[Edit | Result]:
    """Set a text or a boolean, where its parents are mappings or absent."""
    for said in set_text(item, path, "") if not isinstance(value, str) else set_text(item, path, value):
        yield said.replace(value=value) if isinstance(said, Edit) else said
