"""The probes block of a Dataplane: the application's own probes behind the virtual ones that the injector wrote.

Follows pkg/plugins/runtime/k8s/controllers/probes.go and pkg/plugins/runtime/k8s/probes of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int, as_list, as_map, as_str
from krm_fn.kuma.names import APPLICATION_PROBE_PROXY_PORT, SIDECAR_CONTAINER, VIRTUAL_PROBES, VIRTUAL_PROBES_PORT
from krm_fn.kuma.reading import DIGITS, KumaValueError, read_switch, read_uint32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
OTHER_PROTOCOLS = ("tcp", "grpc")
INT32_MAX = 2**31 - 1


def probes_of(annotations: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the block, None unless virtual probes are on. Raise on probes that do not lead to the virtual port."""
    if not read_switch(annotations, VIRTUAL_PROBES):
        return None
    virtual_port = read_uint32(annotations, VIRTUAL_PROBES_PORT)
    if virtual_port is None:
        raise KumaValueError(f"{VIRTUAL_PROBES_PORT} annotation doesn't exist", VIRTUAL_PROBES_PORT)
    proxy_port = read_uint32(annotations, APPLICATION_PROBE_PROXY_PORT) or 0
    endpoints = []
    for http_get in _http_probes(spec):
        endpoint = _endpoint(http_get, virtual_port, proxy_port)
        if endpoint is not None:
            endpoints.append(endpoint)
    values = {"endpoints": endpoints, "port": virtual_port}
    return {field: value for field, value in values.items() if value}


def _http_probes(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for container in _probed_containers(spec):
        for name in PROBES:
            http_get = as_map(container.get(name)).get("httpGet")
            if isinstance(http_get, dict):
                yield http_get


def _probed_containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Native sidecars that start after Kuma's, then the containers themselves."""
    sidecar_seen = False
    for container in map(as_map, as_list(spec.get("initContainers"))):
        if container.get("name") == SIDECAR_CONTAINER:
            sidecar_seen = True
        elif sidecar_seen and container.get("restartPolicy") == "Always":
            yield container
    for container in map(as_map, as_list(spec.get("containers"))):
        if container.get("name") != SIDECAR_CONTAINER:
            yield container


def _endpoint(http_get: Mapping[str, Any], virtual_port: int, proxy_port: int) -> dict[str, Any] | None:
    port = as_int(http_get.get("port")) or 0
    if proxy_port and port == proxy_port:
        port = virtual_port
    if port != virtual_port:
        raise _not_virtual(f"probe's port {port} should be equal to virtual port {virtual_port}")
    path = as_str(http_get.get("path"))
    segments = path.split("/")
    if len(segments) < 2 or segments[0]:
        raise _not_virtual("not enough segments in probe's path")
    first = segments[1]
    if first in OTHER_PROTOCOLS:
        return None
    values = {"inboundPath": "/" + "/".join(segments[2:]), "inboundPort": _port(first), "path": path}
    return {field: value for field, value in values.items() if value}


def _port(segment: str) -> int:
    significant = segment.lstrip("0") or "0"
    if not segment or not DIGITS.issuperset(segment) or len(significant) > 10 or int(significant) > INT32_MAX:
        raise _not_virtual(f"invalid port value {segment}")
    return int(significant)


def _not_virtual(reason: str) -> KumaValueError:
    return KumaValueError(f"unable to convert virtual probe to real: {reason}", VIRTUAL_PROBES_PORT)
