"""Inbounds of a Dataplane: one per Service port that leads to the Pod, or the one of a Pod without Services.

Follows pkg/plugins/runtime/k8s/controllers/inbound_converter.go of Kuma 2.14.3, and of older minors
where ``krm_fn.kuma.versions`` tells a difference.
"""

from __future__ import annotations

from krm_fn.kuma.names import (
    GATEWAY,
    INSTANCE_TAG,
    KUBE_NAMESPACE,
    KUBE_SERVICE_NAME,
    KUBE_SERVICE_PORT,
    KUMA_DOMAIN,
    PROTOCOL_TAG,
    SERVICE_TAG,
    SWITCH_VALUES,
    ZONE_TAG,
)
from krm_fn.kuma.services import matches
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from krm_fn.kuma.pods import Owner, PodInput, PodState
    from krm_fn.kuma.services import ServicePort, ServiceView, TargetPort
    from krm_fn.kuma.versions import KumaVersion

SERVICE_LESS_PORT = 49151  # a reserved number: nothing listens there
READY = "Ready"
NOT_READY = "NotReady"
IGNORED = "Ignored"


class TagSources(Record):
    """What tags are made of besides Pod and Service; `written` is off with `inboundTagsDisabled`."""

    zone: str = ""
    node_labels: Mapping[str, str] = {}
    written: bool = True


def inbounds_of(
    state: PodState, services: Iterable[ServiceView], sources: TagSources, version: KumaVersion
) -> list[dict[str, Any]]:
    """Return the inbounds that Services give, in order; none for ExternalName Services and unresolved ports."""
    pod_tags = _pod_tags(state.pod)
    is_gateway = SWITCH_VALUES.get(state.pod.annotations.get(GATEWAY, ""), False)
    found = []
    for service in services:
        if service.external:
            continue
        for port in service.ports():
            target = state.ports.find(port)
            if target is None:
                continue
            protocol = service.protocol_of(port, version.protocols)
            tags: dict[str, str] = {}
            if sources.written:
                tags = _service_tags(pod_tags, state.pod, service, port, protocol, sources, is_gateway)
            name = port.name if version.inbound_named_after_service_port else target.name
            found.append(_inbound(target.port, protocol, _state(state, service, target), tags, version, name))
    return found


def _inbound(
    port: int, protocol: str, state: str, tags: dict[str, str], version: KumaVersion, name: str = ""
) -> dict[str, Any]:
    inbound: dict[str, Any] = {"health": {"ready": True} if state == READY else {}}
    if name:
        inbound["name"] = name
    if port:
        inbound["port"] = port
    if version.inbound_protocol_field:
        inbound["protocol"] = protocol
    if state != READY:
        inbound["state"] = state
    if tags:
        inbound["tags"] = tags
    return inbound


def _state(state: PodState, service: ServiceView, target: TargetPort) -> str:
    if service.selector and not matches(service.selector, state.pod.labels):
        return IGNORED
    return READY if state.inbound_ready(target.container) else NOT_READY


def _pod_tags(pod: PodInput) -> dict[str, str]:
    return {key: value for key, value in pod.labels.items() if value and KUMA_DOMAIN not in key}


def _service_tags(
    pod_tags: Mapping[str, str],
    pod: PodInput,
    service: ServiceView,
    port: ServicePort,
    protocol: str,
    sources: TagSources,
    is_gateway: bool,
) -> dict[str, str]:
    tags = dict(pod_tags)
    tags[KUBE_NAMESPACE] = pod.namespace
    tags[KUBE_SERVICE_NAME] = service.name
    tags[KUBE_SERVICE_PORT] = str(port.port)
    tags[SERVICE_TAG] = service_tag(service.name, pod.namespace, port.port)
    if sources.zone:
        tags[ZONE_TAG] = sources.zone
    tags.update(sources.node_labels)
    if protocol == "tcp" or not is_gateway:
        tags[PROTOCOL_TAG] = protocol
    if service.headless and pod.pod_name:
        tags[INSTANCE_TAG] = pod.pod_name
    return dict(sorted(tags.items()))


def service_tag(service: str, namespace: str, port: int) -> str:
    """The `kuma.io/service` tag of a Service port."""
    return f"{service}_{namespace}_svc_{port}"


def service_less_inbound(state: PodState, owner: Owner, sources: TagSources, version: KumaVersion) -> dict[str, Any]:
    """Return the one inbound of a Pod that no Service leads to."""
    readiness = READY if state.service_less_ready() else NOT_READY
    tags = _service_less_tags(state.pod, owner, sources) if sources.written else {}
    return _inbound(SERVICE_LESS_PORT, "tcp", readiness, tags, version)


def _service_less_tags(pod: PodInput, owner: Owner, sources: TagSources) -> dict[str, str]:
    tags = {key: value for key, value in pod.labels.items() if value}
    tags[KUBE_NAMESPACE] = pod.namespace
    tags[SERVICE_TAG] = service_less_tag(owner.name, pod.namespace)
    if sources.zone:
        tags[ZONE_TAG] = sources.zone
    tags[PROTOCOL_TAG] = "tcp"
    if pod.pod_name:
        tags[INSTANCE_TAG] = pod.pod_name
    tags.update(sources.node_labels)
    return dict(sorted(tags.items()))


def service_less_tag(workload: str, namespace: str) -> str:
    """The `kuma.io/service` tag of a Pod without Services."""
    return f"{workload}_{namespace}_svc"


def first_per_port(inbounds: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first inbound of each port, whatever its state."""
    found: dict[Any, dict[str, Any]] = {}
    for inbound in inbounds:
        found.setdefault(inbound.get("port"), inbound)
    return list(found.values())
