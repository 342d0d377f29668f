"""Outbounds of a Dataplane, written only where `experimental.kubeOutboundsAsVIPs` is off.

Follows pkg/plugins/runtime/k8s/controllers/outbound_converter.go of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int, as_list, as_map, as_str, dig, string_map
from krm_fn.kuma.inbounds import IGNORED, SERVICE_LESS_PORT
from krm_fn.kuma.names import INSTANCE_TAG, SERVICE_TAG
from krm_fn.kuma.reading import DIGITS
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from krm_fn.kuma.services import ServiceView

    FindService = Callable[[str, str], ServiceView | None]


class Endpoint(Record):
    """Where one inbound of the mesh answers."""

    address: str
    port: int
    instance: str = ""


def endpoints_by_service(dataplanes: Iterable[Mapping[str, Any]], mesh: str) -> dict[str, list[Endpoint]]:
    """Collect, per `kuma.io/service` tag, the endpoints of all Dataplanes of a mesh; Ignored inbounds are none."""
    found: dict[str, list[Endpoint]] = {}
    for dataplane in dataplanes:
        if (dataplane.get("mesh") or "default") != mesh:
            continue
        networking = as_map(dig(dataplane, "spec", "networking"))
        for inbound in map(as_map, as_list(networking.get("inbound"))):
            tags = string_map(inbound.get("tags"))
            if SERVICE_TAG in tags and inbound.get("state") != IGNORED:
                address = as_str(inbound.get("address")) or as_str(networking.get("address"))
                endpoint = Endpoint(address, as_int(inbound.get("port")) or 0, tags.get(INSTANCE_TAG, ""))
                found.setdefault(tags[SERVICE_TAG], []).append(endpoint)
    return found


def outbounds_of(
    endpoints: Mapping[str, list[Endpoint]], address: str, reachable: Collection[str], find_service: FindService
) -> list[dict[str, Any]]:
    """Return the outbounds of the Dataplane at `address`, by service tag in byte order.

    `reachable` restricts the tags if it is not empty; `find_service` takes name and namespace of a Service.
    """
    found = []
    for tag in sorted(endpoints):
        parts = tag.split("_")
        if (reachable and tag not in reachable) or len(parts) != 4 or parts[2] != "svc":
            continue
        name, namespace, _, digits = parts
        port = int(digits) if DIGITS.issuperset(digits) and 0 < len(digits) <= 10 else 0
        service = find_service(name, namespace)
        if service is None or service.external or port in (0, SERVICE_LESS_PORT):
            continue
        if service.headless:
            found += [_to_instance(e, tag) for e in endpoints[tag] if e.address != address]
        else:
            found.append(_outbound(service.cluster_ip, port, {SERVICE_TAG: tag}))
    return found


def _to_instance(endpoint: Endpoint, tag: str) -> dict[str, Any]:
    return _outbound(endpoint.address, endpoint.port, {INSTANCE_TAG: endpoint.instance, SERVICE_TAG: tag})


def _outbound(address: str, port: int, tags: dict[str, str]) -> dict[str, Any]:
    values = {"address": address, "port": port, "tags": tags}
    return {field: value for field, value in values.items() if value}
