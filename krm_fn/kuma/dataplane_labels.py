"""Labels of a Dataplane: those of its Pod, and those that Kuma computes.

Follows pkg/core/resources/labels/compute.go and pod_converter.go of Kuma 2.14.3, with the outcome that is stored in the
end: the converter computes from the spec of last time, the webhook again from that at hand. Which labels a minor
computes, its record in ``krm_fn.kuma.versions`` tells.
"""

from __future__ import annotations

from krm_fn.kuma.names import (
    ENABLED,
    ENV,
    KUBE_NAMESPACE,
    KUMA_MESH,
    LISTENER_ZONE_EGRESS,
    LISTENER_ZONE_INGRESS,
    ORIGIN,
    PROXY_TYPE,
    SERVICE_ACCOUNT,
    WORKLOAD,
    ZONE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from krm_fn.kuma.pods import PodInput
    from krm_fn.kuma.versions import KumaVersion

ORIGIN_ZONE = "zone"
ORIGIN_GLOBAL = "global"
SIDECAR = "sidecar"
BUILTIN_GATEWAY = "gateway"
LISTENER_LABELS = {LISTENER_ZONE_INGRESS: "ZoneIngress", LISTENER_ZONE_EGRESS: "ZoneEgress"}


def dataplane_labels(
    pod: PodInput,
    mesh: str,
    zone: str,
    version: KumaVersion,
    *,
    base: Mapping[str, str],
    node_labels: Mapping[str, str],
    proxy_type: str = SIDECAR,
    listener_types: Iterable[str] = (),
    workload: str = "",
) -> dict[str, str]:
    """Return the labels, sorted. `base` are those of an existing Dataplane of that name, which stay underneath."""
    labels = {**base, **(pod.labels if version.pod_labels_copied else {}), **node_labels}
    _add_origin(labels, pod.namespace, mesh, zone)
    present = set(listener_types)
    listeners = {label: ENABLED if kind in present else "" for label, kind in LISTENER_LABELS.items()}
    computed = {PROXY_TYPE: proxy_type, SERVICE_ACCOUNT: pod.service_account, WORKLOAD: workload, **listeners}
    for label, value in computed.items():
        if label in version.computed_labels:
            if value:
                labels[label] = value
            elif label in listeners:
                labels.pop(label, None)
    return dict(sorted(labels.items()))


def _add_origin(labels: dict[str, str], namespace: str, mesh: str, zone: str) -> None:
    """Add the labels of every version, which a Pod may preset: whatever value it gives them stays."""
    labels.setdefault(KUMA_MESH, mesh)
    origin = labels.setdefault(ORIGIN, ORIGIN_ZONE)
    if origin != ORIGIN_GLOBAL:
        if zone:
            labels.setdefault(ZONE, zone)
        labels.setdefault(ENV, "kubernetes")
    if origin == ORIGIN_ZONE:
        labels.setdefault(KUBE_NAMESPACE, namespace)


def workload_name(pod: PodInput, workload_labels: Iterable[str]) -> str:
    """The value of `kuma.io/workload`: the first configured Pod label that is not empty, else the service account."""
    return next((value for key in workload_labels if (value := pod.labels.get(key))), pod.service_account)
