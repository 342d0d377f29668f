"""From a Pod and the Services that lead to it to its Dataplane.

Follows pkg/plugins/runtime/k8s/controllers (pod_controller.go, pod_converter.go, gateway_converter.go) of Kuma 2.14.3,
and of older minors where ``krm_fn.kuma.versions`` tells a difference.
``convert`` decides for an observed Pod as the controller does; ``build`` makes the Dataplane, also for the Pods that a
manifest will have (``krm_fn.kuma.preview``).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig, string_map
from krm_fn.kuma.dataplane_labels import BUILTIN_GATEWAY, dataplane_labels, workload_name
from krm_fn.kuma.inbounds import TagSources, first_per_port, inbounds_of, service_less_inbound, service_less_tag
from krm_fn.kuma.listeners import listeners_of
from krm_fn.kuma.mesh import mesh_of
from krm_fn.kuma.meshservices import DISABLED, EXCLUSIVE
from krm_fn.kuma.names import (
    EGRESS,
    ENABLED,
    ENVOY_ADMIN_PORT,
    GATEWAY,
    GATEWAY_BUILTIN,
    GATEWAY_PROVIDED,
    GATEWAY_SERVICE_NAME,
    INGRESS,
    SIDECAR_INJECTED,
    TAGS,
    ZONE_TAG,
)
from krm_fn.kuma.outbounds import outbounds_of
from krm_fn.kuma.pods import PodState, service_less_owner
from krm_fn.kuma.prometheus import metrics_of
from krm_fn.kuma.reading import KumaValueError, read_switch, read_uint32
from krm_fn.kuma.transparent_proxying import transparent_proxying
from krm_fn.kuma.virtual_probes import probes_of
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig
    from krm_fn.kuma.outbounds import Endpoint, FindService
    from krm_fn.kuma.pods import FindOwner, PodInput
    from krm_fn.kuma.services import ServiceIndex, ServiceView
    from krm_fn.kuma.versions import KumaVersion

API_VERSION = "kuma.io/v1alpha1"

# --- Why there is no Dataplane ----------------------------------------------------------------------------------------
GLOBAL_CONTROL_PLANE = "global-control-plane"
ZONE_INGRESS = "zone-ingress"
ZONE_EGRESS = "zone-egress"
NO_SIDECAR = "no-sidecar"
NAMESPACE_TERMINATING = "namespace-terminating"
SUCCEEDED = "pod-succeeded"
NO_ADDRESS = "pod-without-address"
EVICTED = "pod-evicted"
GATEWAY_TAGS_UNREADABLE = "builtin-gateway-tags-unreadable"

# --- Warning events ---------------------------------------------------------------------------------------------------
LISTENERS_SKIPPED = "zone-proxy-listeners-skipped"


class Surroundings(Record):
    """What a Pod meets in its Namespace, zone and cluster. The callables answer None for what does not exist.

    `mode_of_mesh` gives the MeshServices mode of a Mesh by name, `node_labels` the labels of a Node by name,
    `find_owner` a ReplicaSet or Job of the Namespace by kind and name, `find_service` a Service by name and namespace.
    """

    namespace: Mapping[str, Any] | None
    services: ServiceIndex
    version: KumaVersion
    config: ControlPlaneConfig
    mode_of_mesh: Callable[[str], str | None]
    node_labels: Callable[[str], Mapping[str, str] | None]
    find_owner: FindOwner
    find_service: FindService
    zone: str = ""
    default_mesh: str = "default"
    system_namespace: str = "kuma-system"


class Conversion(Record):
    """A Dataplane, or None and the reason; `events` are ids of warnings that Kuma would record on the Pod."""

    dataplane: dict[str, Any] | None = None
    reason: str = ""
    events: tuple[str, ...] = ()


# --- Which Pods -------------------------------------------------------------------------------------------------------
ZONE_PROXIES = ((INGRESS, "Ingress", ZONE_INGRESS), (EGRESS, "Egress", ZONE_EGRESS))


def convert(
    pod: PodInput,
    around: Surroundings,
    existing: Mapping[str, Any] | None = None,
    endpoints: Mapping[str, list[Endpoint]] | None = None,
) -> Conversion:
    """Decide for an observed Pod. Raise KumaValueError where Kuma fails and makes nothing.

    `existing` is a Dataplane of the Pod's name, `endpoints` those of all Dataplanes of the mesh (for outbounds; see
    ``krm_fn.kuma.outbounds.endpoints_by_service``).
    """
    reason = why_none(pod, around)
    if reason is None:
        reason = _why_not_yet(pod, around)
    if reason:
        return Conversion(reason=reason)
    return build(pod, around, mesh_of_pod(pod, around), existing=existing, endpoints=endpoints)


def why_none(pod: PodInput, around: Surroundings) -> str | None:
    """What the annotations alone say against a Dataplane; None if nothing. Raise on wrong booleans."""
    if around.config.mode == "global":
        return GLOBAL_CONTROL_PLANE
    for key, product, reason in ZONE_PROXIES:
        if read_switch(pod.annotations, key):
            system = around.system_namespace
            if pod.address and pod.namespace != system:
                raise KumaValueError(f'{product} can only be deployed in system namespace "{system}"', key)
            return reason
    if is_builtin_gateway(pod.annotations) or read_switch(pod.annotations, SIDECAR_INJECTED):
        return None
    return NO_SIDECAR


def is_builtin_gateway(annotations: Mapping[str, str]) -> bool:
    """Whether a Pod belongs to a gateway of Kuma's own, which has another life than a sidecar."""
    return annotations.get(GATEWAY) == GATEWAY_BUILTIN


def _why_not_yet(pod: PodInput, around: Surroundings) -> str | None:
    if is_builtin_gateway(pod.annotations):
        return None if pod.address else NO_ADDRESS
    if around.namespace is None:
        raise KumaValueError(f'namespaces "{pod.namespace}" not found', "metadata.namespace")
    if dig(around.namespace, "status", "phase") == "Terminating":
        return NAMESPACE_TERMINATING
    if pod.status.get("phase") == "Succeeded":
        return SUCCEEDED
    if not pod.address:
        return NO_ADDRESS
    return EVICTED if pod.status.get("reason") == "Evicted" else None


def mesh_of_pod(pod: PodInput, around: Surroundings) -> str:
    """The name of the Pod's mesh."""
    metadata = as_map(as_map(around.namespace).get("metadata"))
    namespace_labels, namespace_annotations = map(string_map, (metadata.get("labels"), metadata.get("annotations")))
    return mesh_of(pod.labels, pod.annotations, namespace_labels, namespace_annotations, around.default_mesh).name


# --- The Dataplane ----------------------------------------------------------------------------------------------------
def build(
    pod: PodInput,
    around: Surroundings,
    mesh: str,
    *,
    existing: Mapping[str, Any] | None = None,
    endpoints: Mapping[str, list[Endpoint]] | None = None,
) -> Conversion:
    """Make the Dataplane of a Pod. Raise KumaValueError where Kuma fails."""
    base = string_map(dig(existing, "metadata", "labels"))
    if is_builtin_gateway(pod.annotations):
        return _builtin_gateway(pod, around, mesh, base)
    config, version = around.config, around.version
    mode = around.mode_of_mesh(mesh)
    if mode is None:
        if version.dataplane_needs_mesh:
            raise KumaValueError(f'meshes.kuma.io "{mesh}" not found', "kuma.io/mesh")
        mode = DISABLED
    disabled = config.experimental.inbound_tags_disabled
    node_labels = _node_labels(pod, around)
    sources = TagSources(around.zone, node_labels, not disabled)
    networking, events = _networking(PodState(pod), around, mode, sources)
    if not config.experimental.kube_outbounds_as_vips:
        _add_outbounds(networking, pod, around, endpoints or {})
    spec: dict[str, Any] = {}
    metrics = metrics_of(pod.annotations)
    if metrics:
        spec["metrics"] = metrics
    spec["networking"] = dict(sorted(networking.items()))
    probes = probes_of(pod.annotations, pod.spec)
    if probes is not None:
        spec["probes"] = probes
    labels = dataplane_labels(
        pod,
        mesh,
        around.zone,
        version,
        base=base,
        node_labels=node_labels if disabled else {},
        listener_types=(listener["type"] for listener in networking.get("listeners", ())),
        workload=workload_name(pod, config.workload_labels),
    )
    return Conversion(_resource(pod, mesh, labels, spec), events=events)


def _resource(pod: PodInput, mesh: str, labels: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Dataplane",
        "mesh": mesh,
        "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": labels},
        "spec": spec,
    }


def _node_labels(pod: PodInput, around: Surroundings) -> dict[str, str]:
    node, wanted = as_str(pod.spec.get("nodeName")), around.config.injector.node_labels_to_copy
    if not node or not wanted:
        return {}
    labels = around.node_labels(node)
    if labels is None:
        raise KumaValueError(f"unable to get Node {node}", "spec.nodeName")
    return {key: labels[key] for key in wanted if key in labels}


def _networking(
    state: PodState, around: Surroundings, mode: str, sources: TagSources
) -> tuple[dict[str, Any], tuple[str, ...]]:
    pod = state.pod
    networking: dict[str, Any] = {"address": pod.address}
    events: tuple[str, ...] = ()
    services = around.services.of_pod(pod.labels, pod.uid)
    block = transparent_proxying(pod.annotations, around.version)
    if GATEWAY in pod.annotations:
        networking["gateway"] = _delegated_gateway(state, around, services, sources)
    else:
        ports, events = _inbounds_and_listeners(state, around, services, mode, sources)
        networking |= ports
        if "listeners" in ports and "inbound" not in ports:
            block = dict(sorted(({"reachableBackends": {}} | block).items()))
    if block:
        networking["transparentProxying"] = block
    admin_port = read_uint32(pod.annotations, ENVOY_ADMIN_PORT)
    if admin_port is not None:
        networking["admin"] = {"port": admin_port} if admin_port else {}
    return networking, events


def _inbounds_and_listeners(
    state: PodState, around: Surroundings, services: list[ServiceView], mode: str, sources: TagSources
) -> tuple[dict[str, Any], tuple[str, ...]]:
    zone_proxies = [service for service in services if service.zone_proxy] if around.version.mesh_zone_proxies else []
    regular = [service for service in services if not service.zone_proxy] if zone_proxies else services
    found: dict[str, Any] = {}
    if regular or not zone_proxies:
        inbounds = _inbounds(state, around, regular, sources)
        if mode == EXCLUSIVE and (around.version.tagged_inbounds_deduplicated or not sources.written):
            inbounds = first_per_port(inbounds)
        found["inbound"] = inbounds
    if zone_proxies and mode != EXCLUSIVE:
        return found, (LISTENERS_SKIPPED,)
    listeners = listeners_of(state, zone_proxies)
    if listeners:
        found["listeners"] = listeners
    return found, ()


def _inbounds(
    state: PodState, around: Surroundings, services: list[ServiceView], sources: TagSources
) -> list[dict[str, Any]]:
    inbounds = inbounds_of(state, services, sources, around.version)
    if inbounds:
        return inbounds
    owner = service_less_owner(state.pod, around.find_owner)
    return [service_less_inbound(state, owner, sources, around.version)]


# --- Gateways ---------------------------------------------------------------------------------------------------------
def _delegated_gateway(
    state: PodState, around: Surroundings, services: list[ServiceView], sources: TagSources
) -> dict[str, Any]:
    pod = state.pod
    kind = pod.annotations[GATEWAY]
    if kind not in (ENABLED, GATEWAY_PROVIDED):
        raise KumaValueError(f"invalid delegated gateway type '{kind}'", GATEWAY)
    if not sources.written:
        return {}
    if kind == GATEWAY_PROVIDED:
        owner = service_less_owner(pod, around.find_owner)
        if owner.kind == "Deployment":
            return {"tags": {GATEWAY_SERVICE_NAME: service_less_tag(owner.name, pod.namespace)}}
    return {"tags": _inbounds(state, around, services, sources)[0]["tags"]}


def _builtin_gateway(pod: PodInput, around: Surroundings, mesh: str, base: Mapping[str, str]) -> Conversion:
    tags = _json_tags(pod.annotations.get(TAGS, ""))
    if tags is None:
        return Conversion(reason=GATEWAY_TAGS_UNREADABLE, events=(GATEWAY_TAGS_UNREADABLE,))
    if around.zone:
        tags[ZONE_TAG] = around.zone
    gateway: dict[str, Any] = {"tags": dict(sorted(tags.items()))} if tags else {}
    gateway["type"] = "BUILTIN"
    labels = dataplane_labels(
        pod, mesh, around.zone, around.version, base=base, node_labels={}, proxy_type=BUILTIN_GATEWAY
    )
    spec = {"networking": {"address": pod.address, "gateway": gateway}}
    return Conversion(_resource(pod, mesh, labels, spec))


def _json_tags(text: str) -> dict[str, str] | None:
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not all(isinstance(tag, str) for tag in value.values()):
        return None
    return value


# --- Outbounds --------------------------------------------------------------------------------------------------------
def _add_outbounds(
    networking: dict[str, Any], pod: PodInput, around: Surroundings, endpoints: Mapping[str, list[Endpoint]]
) -> None:
    reachable = networking.get("transparentProxying", {}).get("reachableServices", ())
    outbounds = outbounds_of(endpoints, pod.address, reachable, around.find_service)
    if outbounds:
        networking["outbound"] = outbounds
