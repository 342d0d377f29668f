"""Settings of gateway products that are no annotation: which they are, and whether somebody has made them already.

Some of them only a person makes. This looks where the catalog says they stand: in the field beside the reference, in
the object that configures the product, in the environment and the arguments of its pods.
"""

from __future__ import annotations

from krm_fn.gateways.product import ALTERNATIVE, BY_ANNOTATION, BY_FIELD, UPSTREAM
from krm_fn.gateways.references import concrete_steps, value_at, walk
from krm_fn.krm.fields import as_list, as_map
from krm_fn.rules.product_objects import is_on_in_objects
from krm_fn.rules.recognition import recognised
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.resource import Workload
    from krm_fn.krm.resources import Resources

    Look = Callable[[Switch, Product, Resources], bool]


def other_switches(product: Product, route_kind: str) -> list[str]:
    """The settings for a kind of route, in words."""
    return [
        f"{switch.object}: {switch.key}: {shown(switch.value)}"
        for switch in product.switches
        if switch.purpose == UPSTREAM and switch.how != BY_ANNOTATION and _serves(switch, route_kind)
    ]


def _serves(switch: Switch, route_kind: str) -> bool:
    return not switch.routes or route_kind in switch.routes


def some_switch_is_on(product: Product, backend: Backend, resources: Resources) -> bool:
    """Whether the package shows one of a product's settings made for a reference."""
    return is_on_in_objects(product, backend, resources) is not None or any(
        _is_on(switch, product, backend, resources)
        for switch in product.switches
        if switch.purpose in (UPSTREAM, ALTERNATIVE)
        and not switch.found_by
        and (switch.how in LOOKS or switch.how == BY_FIELD)
        and _serves(switch, backend.route.kind)
    )


def _is_on(switch: Switch, product: Product, backend: Backend, resources: Resources) -> bool:
    """Ask once for all references, unless the setting stands beside each of them."""
    look = LOOKS.get(switch.how)
    if look is None:
        return _beside_the_reference(switch, backend)
    return resources.memo(("switch", product.id, switch.object, switch.key), lambda: look(switch, product, resources))


def _beside_the_reference(switch: Switch, backend: Backend) -> bool:
    """In the mapping that holds the reference: ``spec.routes[0].services[1]`` for nativeLB of a Traefik route."""
    if switch.object != backend.item.kind:
        return False
    beside = value_at(backend.item.data, concrete_steps(backend.path))
    return as_map(beside).get(switch.key.rpartition(".")[2]) == switch.value


def _in_an_object(switch: Switch, product: Product, resources: Resources) -> bool:
    """In any object of the kind that configures the product."""
    return any(
        value == switch.value
        for item in resources.of_kind(switch.object)
        for _, value, _ in walk(item.data, switch.key)
    )


def _in_the_environment(switch: Switch, product: Product, resources: Resources) -> bool:
    return any(_variable(container, switch.key) == switch.value for container in _containers(product, resources))


def _variable(container: dict[str, Any], name: str) -> object:
    """What the container's environment says; of a variable that is there twice, the last one counts."""
    variables = map(as_map, as_list(container.get("env")))
    said = [variable.get("value") for variable in variables if variable.get("name") == name]
    return said[-1] if said else None


def _in_the_arguments(switch: Switch, product: Product, resources: Resources) -> bool:
    """As a flag, bare or with its value, whatever its case."""
    flag, value = switch.key.lstrip("-").lower(), shown(switch.value).lower()
    wanted = {flag, f"{flag}={value}"} if value == "true" else {f"{flag}={value}"}
    return any(
        isinstance(argument, str) and argument.lstrip("-").lower() in wanted
        for container in _containers(product, resources)
        for key in ("command", "args")
        for argument in as_list(container.get(key))
    )


def _containers(product: Product, resources: Resources) -> Iterator[dict[str, Any]]:
    for workload, recognition in recognised(resources).values():
        if recognition.product == product.id:
            yield from _of(workload)


def _of(workload: Workload) -> Iterator[dict[str, Any]]:
    for container in as_list(workload.template.spec.get("containers")):
        yield as_map(container)


LOOKS: dict[str, Look] = {
    "policy": _in_an_object,
    "proxy": _in_an_object,
    "environment": _in_the_environment,
    "controller": _in_the_arguments,
    "configuration": _in_the_arguments,
}
