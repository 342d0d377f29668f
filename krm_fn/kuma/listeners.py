"""Listeners of a zone proxy: the ports of Services whose label says that the Pod is one.

Follows pkg/plugins/runtime/k8s/controllers/pod_converter.go of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.kuma.inbounds import NOT_READY
from krm_fn.kuma.names import ZONE_PROXY_TYPE, ZONE_PROXY_TYPES
from krm_fn.kuma.reading import KumaValueError, go_quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from krm_fn.kuma.pods import PodState
    from krm_fn.kuma.services import ServicePort, ServiceView


def listeners_of(state: PodState, services: Iterable[ServiceView]) -> list[dict[str, Any]]:
    """Return one listener per container port. Raise on an unknown type, or two types on one port."""
    found: dict[int, dict[str, Any]] = {}
    first: dict[int, ServiceView] = {}
    for service in services:
        kind = _listener_type(service)
        for port in service.ports():
            target = state.ports.find(port)
            if target is None:
                continue
            known = found.get(target.port)
            if known is None:
                first[target.port] = service
                found[target.port] = _listener(kind, state, port, target.port, target.container)
            elif known["type"] != kind:
                raise _conflict(target.port, first[target.port], service)
    return list(found.values())


def _listener_type(service: ServiceView) -> str:
    value = service.labels[ZONE_PROXY_TYPE]
    if value not in ZONE_PROXY_TYPES:
        raise KumaValueError(
            f"service {service.namespace}/{service.name} has invalid {ZONE_PROXY_TYPE} label value {go_quote(value)}; "
            'allowed: "ingress", "egress"',
            ZONE_PROXY_TYPE,
        )
    return ZONE_PROXY_TYPES[value]


def _listener(kind: str, state: PodState, port: ServicePort, number: int, container: str) -> dict[str, Any]:
    listener: dict[str, Any] = {"address": state.pod.address, "name": port.name or str(port.port), "port": number}
    if not state.inbound_ready(container):
        listener["state"] = NOT_READY
    listener["type"] = kind
    return listener


def _conflict(port: int, first: ServiceView, second: ServiceView) -> KumaValueError:
    return KumaValueError(
        f'conflicting listener types on port {port}: services "{first.name}" and "{second.name}" have different '
        f"{ZONE_PROXY_TYPE} labels, please remove one of the Services",
        ZONE_PROXY_TYPE,
    )
