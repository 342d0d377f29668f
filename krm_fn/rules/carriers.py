"""Where a setting stands that holds for many routes: a controller's ConfigMap, a proxy's description, a policy, the
arguments and variables of the product's own pods.

Which of them counts for a route is followed through the package: the argument of the controller, the parameters of the
class or the Gateway, the targets of a policy (``krm_fn.rules.policy_targets``), the product that the pods belong to
(``Switch.found_by``).
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import GATEWAY_GROUP
from krm_fn.gateways.product import (
    ALTERNATIVE,
    BY_FLAG,
    CLASS_PARAMETERS,
    OWN_PODS,
    PARENT_PARAMETERS,
    TARGET_REFS,
    UPSTREAM,
)
from krm_fn.gateways.references import value_at
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.memory import cache
from krm_fn.rules.own_pods import Carrier, in_own_pods
from krm_fn.rules.recognition import recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.policy_targets import Policies

BY_LABELS = (
    "it selects by labels (targetSelectors) and may hold for more than the package shows; write the field there if "
    "that is meant"
)


def shared_switches(product: Product, backend: Backend) -> tuple[Switch, ...]:
    """The settings of a product that hold for a route among many, policies first."""
    return _shared_switches(product.id, backend.route.kind, dict(backend.modes).get(product.id, ""))


@cache
def _shared_switches(product_id: str, route_kind: str, mode: str) -> tuple[Switch, ...]:
    found = (
        switch
        for switch in products_by_id()[product_id].switches
        if switch.found_by
        and switch.released
        and switch.purpose in (UPSTREAM, ALTERNATIVE)
        and (not switch.routes or route_kind in switch.routes)
        and switch.mode == mode
    )
    return tuple(sorted(found, key=lambda switch: switch.found_by != TARGET_REFS))


def carriers(switch: Switch, product: Product, backend: Backend, resources: Resources) -> tuple[Carrier, ...]:
    """What in the package holds the setting for a route, or could."""
    if switch.found_by == OWN_PODS:
        return in_own_pods(switch, product, resources)
    if switch.found_by == TARGET_REFS:
        return policies_for(switch, backend, resources)
    return tuple(carrier_in(switch, item) for item in FINDERS[switch.found_by](switch, product, backend, resources))


def policies_for(switch: Switch, backend: Backend, resources: Resources) -> tuple[Carrier, ...]:
    """The policies that decide for a reference of a route."""
    from krm_fn.rules.policy_targets import deciding  # few products have such policies

    found = deciding(switch, attached_policies(switch, backend, resources))
    return tuple(
        carrier_in(switch, each.policy).replace(hindrance=BY_LABELS if each.by_labels else "") for each in found
    )


def attached_policies(switch: Switch, backend: Backend, resources: Resources) -> Policies:
    """All policies that concern a reference of a route."""
    from krm_fn.rules.policy_targets import policies_of

    return policies_of(switch, backend, gateways_of(backend, resources), resources)


def carrier_in(switch: Switch, item: Item) -> Carrier:
    """The field of an object, which has to have the right type to be on."""
    path = tuple(switch.key.split("."))
    value = value_at(item.data, path)
    return Carrier(item, path, value, type(value) is type(switch.value) and value == switch.value, switch.value)


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
                value = value if equals else as_str(value_at(arguments, (position + 1,)))
                namespace, slash, name = value.rpartition("/")
                if name:
                    yield ("" if namespace.startswith("$(") or not slash else namespace), name


def _by_class(switch: Switch, _: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    ingress_class = resources.by_key.get(("networking.k8s.io", "IngressClass", "", backend.via))
    found = ingress_class and _referred(dig(ingress_class.data, "spec", "parameters"), "apiGroup", switch, resources)
    return (found,) if found else ()


def _by_parent(switch: Switch, _: Product, backend: Backend, resources: Resources) -> tuple[Item, ...]:
    found = [parameters_of(gateway, switch, resources) for gateway in gateways_of(backend, resources)]
    return tuple({item.place: item for item in found if item is not None}.values())


def gateways_of(backend: Backend, resources: Resources) -> list[Item]:
    """The Gateways that a route is attached to (`Backend.via` names them)."""
    names = (via.partition("/") for via in backend.via.split(", "))
    found = (resources.by_key.get((GATEWAY_GROUP, "Gateway", home, name)) for home, _, name in names)
    return [gateway for gateway in found if gateway is not None]


def parameters_of(gateway: Item, switch: Switch, resources: Resources) -> Item | None:
    """What a Gateway names as its parameters, else what its GatewayClass does."""
    own = dig(gateway.data, "spec", "infrastructure", "parametersRef")
    if own is not None:
        return _referred(own, "group", switch, resources, gateway.namespace)
    name = as_str(dig(gateway.data, "spec", "gatewayClassName"))
    gateway_class = resources.by_key.get((GATEWAY_GROUP, "GatewayClass", "", name))
    if gateway_class is None:
        return None
    return _referred(dig(gateway_class.data, "spec", "parametersRef"), "group", switch, resources)


def _referred(ref: object, group_field: str, switch: Switch, resources: Resources, namespace: str = "") -> Item | None:
    """What a reference leads to; of a namespaced object it need not name the namespace."""
    if dig(ref, "kind") != switch.object or dig(ref, group_field) != switch.group:
        return None
    home = namespace or as_str(dig(ref, "namespace"))
    return resources.by_key.get((switch.group, switch.object, home, as_str(dig(ref, "name"))))


FINDERS: dict[str, Callable[[Switch, Product, Backend, Resources], tuple[Item, ...]]] = {
    BY_FLAG: _by_flag,
    CLASS_PARAMETERS: _by_class,
    PARENT_PARAMETERS: _by_parent,
}
