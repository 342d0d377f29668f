"""The traps of ``krm_fn.rules.traps`` in pods that an operator makes, where an edit of the resource mends them.

Kong Operator merges a whole pod template into its own, Envoy Gateway and Contour take volumes, Helm values of Traefik
what the chart offers. Other resources have no such field: then the finding names the volume and where it belongs.
Whether an operator mounts a token was read in the source of Envoy Gateway 1.9 and Contour 1.33, else in the catalog.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import COMBINED
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.krm.outcome import INFO, REMOVED, WARNING, field_path
from krm_fn.kuma import names
from krm_fn.rules.check_pods import MESH_AS_ANNOTATION, NO_CREDENTIALS
from krm_fn.rules.credentials import mounts_token, token_changes
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.custom_members import members_of
from krm_fn.rules.membership import control_plane_of
from krm_fn.rules.traps import (
    DNS_ORDER,
    PORT_CURES,
    START_ORDER,
    Finding,
    is_open,
    port_trap,
    routed_with_several_ports,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods
    from krm_fn.rules.traps import Finds

MOUNTED = frozenset({"nginx-gateway-fabric", "traefik"})
NOT_MOUNTED = frozenset({"agentgateway", "contour", "envoy-gateway", "kgateway"})
"""Products whose operator gives the pods a ServiceAccount token, and those whose operator does not."""

_KGATEWAY_VOLUMES = "spec.kube.podTemplate.extraVolumes, if the installed release has that field,"
VOLUMES_ELSEWHERE = {
    ("gloo-edge", "GatewayParameters"): _KGATEWAY_VOLUMES,
    ("kgateway", "GatewayParameters"): _KGATEWAY_VOLUMES,
    ("kgateway", "Gateway"): "a GatewayParameters that spec.infrastructure.parametersRef names, there to "
    + _KGATEWAY_VOLUMES,
    ("agentgateway", "Gateway"): "an AgentgatewayParameters that spec.infrastructure.parametersRef names, there to "
    "spec.template.spec.volumes of the overlay of its Deployment,",
}
"""Where the volumes of pods belong whose resource has no field for them that is sure to be there."""


def _concerned(resources: Resources, setup: MeshSetup) -> Iterator[Pods]:
    """Pods that get a sidecar; where nobody knows their Namespace, those that are marked as gateways."""
    for pods in custom_pods(resources):
        found = members_of(pods, resources, setup)
        marked = pods.marked == names.ENABLED
        if any(member.in_mesh for member in found) or (not found and marked):
            yield pods


def _mesh_annotation(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    for pods in _concerned(resources, setup):
        mesh = pods.annotations.get(names.KUMA_MESH)
        if not mesh or pods.labels.get(names.KUMA_MESH):
            continue
        why = "the mesh of its pods is named by an annotation, which Kuma's next major version ignores"
        annotation = (*pods.row.annotations, names.KUMA_MESH)
        if not pods.row.labels:
            advice = f"It passes no labels on: label the Namespace of the pods {names.KUMA_MESH}: {mesh} instead"
            yield Finding(pods.item, why, ((annotation, REMOVED),), WARNING, pods, advice)
            continue
        emptied = len(as_map(dig(pods.data, *pods.row.annotations))) == 1  # no empty mapping stays behind
        edits = (((*pods.row.labels, names.KUMA_MESH), mesh), (annotation[:-1] if emptied else annotation, REMOVED))
        yield Finding(pods.item, why, edits, WARNING, pods)


def _token_volume(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """A volume for the sidecar alone does no harm where the operator mounts the token after all."""
    for pods in _concerned(resources, setup):
        if names.SERVICE_ACCOUNT_TOKEN_VOLUME in pods.annotations or _has_token(pods):
            continue
        off = pods.product in NOT_MOUNTED or pods.spec.get("automountServiceAccountToken") is False
        why = (
            "the pods made of it mount no ServiceAccount token, without which the control plane refuses the sidecar"
            if off
            else "nothing says whether the pods made of it mount a ServiceAccount token, which the sidecar needs"
        )
        edits = _token_edits(pods)
        if edits:
            advice = "" if pods.row.volumes else _by_hand(pods, edits)
            yield Finding(pods.item, why, edits, WARNING if off else INFO, pods, advice)


def _has_token(pods: Pods) -> bool:
    own = pods.spec.get("automountServiceAccountToken")
    if mounts_token(pods.spec) or own is True:
        return True
    return pods.product in MOUNTED and own is not False


def _token_edits(pods: Pods) -> tuple[tuple[Path, Any], ...]:
    annotation = (*pods.row.annotations, names.SERVICE_ACCOUNT_TOKEN_VOLUME)
    listed = dig(pods.data, *pods.row.volumes) if pods.row.volumes else None
    changes = token_changes(listed, pods.row.volumes, annotation)
    if not pods.row.volumes:
        return tuple(reversed(changes))
    if pods.row.spec and changes and pods.spec.get("containers") is None:  # a pod spec without any is refused
        return (*changes, ((*pods.row.spec, "containers"), [{"name": pods.row.container}]))
    return changes


def _by_hand(pods: Pods, edits: tuple[tuple[Path, Any], ...]) -> str:
    (annotation, name), (_, volumes) = edits
    where = VOLUMES_ELSEWHERE.get((pods.product, pods.item.kind), "the pods, by whatever means the product has,")
    sources = "serviceAccountToken with path token, ConfigMap kube-root-ca.crt, downwardAPI with the namespace"
    kind = f"{volumes[-1]['name']} (projected: {sources})"
    return f"Add the volume {kind} to {where} and set {field_path(*annotation)} to {name}"


def _port_by_dns(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    proxies = [pods for pods in _concerned(resources, setup) if pods.product in PORT_CURES and pods.row.spec]
    routed = routed_with_several_ports(resources, setup) if proxies else {}
    for pods in proxies:
        services, cure = routed.get(pods.product), PORT_CURES[pods.product]
        listed = pods.spec.get("containers")
        if not services or not (listed is None or isinstance(listed, list)):
            continue
        at, variable = (*pods.row.spec, "containers"), {"name": cure.variable, "value": cure.value}
        containers = as_list(listed)
        index = next((i for i, c in enumerate(containers) if as_map(c).get("name") == pods.row.container), None)
        if index is None:
            edit: tuple[Path, Any] = (at, [*containers, {"name": pods.row.container, "env": [variable]}])
        else:
            env = containers[index].get("env")
            if not is_open(containers[index], cure) or not (env is None or isinstance(env, list)):
                continue
            edit = ((*at, index, "env"), [*as_list(env), variable])
        why = f"{port_trap(services)}: the container {pods.row.container} needs {cure.variable}={cure.value}"
        yield Finding(pods.item, why, (edit,), WARNING, pods)


def _start_order(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    control_plane = control_plane_of(resources, setup)
    if control_plane.experimental.sidecar_containers or (
        control_plane.injector.sidecar_container.wait_for_dataplane_ready
    ):
        return
    for pods in _concerned(resources, setup):
        combined = any(labels.role == COMBINED for labels in products_by_id()[pods.product].pod_labels)
        if combined and names.WAIT_FOR_DATAPLANE_READY not in pods.annotations:
            path = (*pods.row.annotations, names.WAIT_FOR_DATAPLANE_READY)
            why = "the controller in its pods calls the API server before the sidecar is ready, and may fail at start"
            yield Finding(pods.item, why, ((path, "true"),), INFO, pods)


CUSTOM_TRAPS: dict[str, Finds] = {
    MESH_AS_ANNOTATION: _mesh_annotation,
    NO_CREDENTIALS: _token_volume,
    DNS_ORDER: _port_by_dns,
    START_ORDER: _start_order,
}
