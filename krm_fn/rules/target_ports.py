"""Settings with which a product dials the address of a Service at its *target* port.

The address answers at the Service's own ports only, so that such a setting serves where both are the same number.
"""

from __future__ import annotations

from krm_fn.gateways.switches import CLUSTER
from krm_fn.krm.fields import as_list, dig
from krm_fn.krm.outcome import field_path, warning
from krm_fn.kuma.services import service_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Result
    from krm_fn.kuma.services import ServicePort
    from krm_fn.rules.backends import Facts

TARGET_PORT_DIALLED = "target-port-dialled"


def port_unlike_target(backend: Backend, facts: Facts) -> tuple[int, ServicePort] | None:
    """The port of the Service that a route names, and its index, where the target port is another one."""
    service = facts.resources.service(backend.namespace, backend.service)
    for index, entry in enumerate(as_list(dig(service.data, "spec", "ports")) if service is not None else ()):
        found = service_port(entry)
        if found is not None and backend.port in (found.port, found.name) and found.target != found.port:
            return index, found
    return None


def target_ports(product: Product, switch: Switch, backends: Sequence[Backend], facts: Facts) -> Iterator[Result]:
    """Tell of the Services that a product cannot reach with a setting that is on, once for each port."""
    told = set()
    for backend in backends if switch.at_target_port else ():
        found = port_unlike_target(backend, facts)
        if found is None or facts.state(backend.namespace, backend.service) != CLUSTER:
            continue
        index, port = found
        key = (backend.namespace, backend.service, index)
        if key in told:
            continue
        told.add(key)
        yield warning(
            TARGET_PORT_DIALLED,
            f"{product.name} is set ({switch.key}) to dial the address of this Service at the target port, "
            f"{port.target}, and the address answers at {port.port}: {backend.item.words} leads nowhere; give both "
            "ports the same number, or take the setting out",
            facts.resources.service(backend.namespace, backend.service),
            field_path("spec", "ports", index, "targetPort"),
            port.target,
        )
