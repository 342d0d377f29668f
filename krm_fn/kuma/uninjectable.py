"""Pods that Kuma's injector would take but that cannot have a sidecar in their manifest.

At admission such pods do not occur, or nobody looks; in a repository they do, and a sidecar would do harm there or not
be accepted.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map
from krm_fn.kuma.injection import Reason, because

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.injection import Decision

ON_HOST_NETWORK = Reason(
    "host-network",
    False,
    "Not injected: the pods use the host's network, where the sidecar's redirection would hit the whole node. Say so "
    "with the label kuma.io/sidecar-injection: disabled, which keeps Kuma's webhook from injecting them, too",
    "warning",
)
STATIC_POD = Reason(
    "static-pod",
    False,
    "Not injected: this is a static pod ({}), which the kubelet starts without the ServiceAccount token that a sidecar "
    "needs. Say so with the label kuma.io/sidecar-injection: disabled",
    "warning",
)
RUNNING_POD = Reason(
    "running-pod",
    False,
    "Not injected: this Pod has a status, so it was read from a cluster, where nobody can add containers to it. Inject "
    "the workload that it comes from, or take the status out",
    "warning",
)

STATIC_POD_FILES = "kubernetes/manifests/"  # the end of the folder that kubeadm has the kubelet watch
MIRROR = "kubernetes.io/config.mirror"
SOURCE = "kubernetes.io/config.source"


def uninjectable(pod: Mapping[str, Any] | None, spec: Mapping[str, Any], file: str = "") -> Decision | None:
    """Say why pods cannot have a sidecar in their manifest; None if they can.

    `pod` is the whole object where it is a Pod, None for the template of a workload; `file` is where it was read from.
    """
    if spec.get("hostNetwork") is True:
        return because(ON_HOST_NETWORK)
    if pod is None:
        return None
    metadata = as_map(pod.get("metadata"))
    annotations = as_map(metadata.get("annotations"))
    if MIRROR in annotations:
        return because(STATIC_POD, f"annotation {MIRROR}")
    if annotations.get(SOURCE) in ("file", "http"):
        return because(STATIC_POD, f"annotation {SOURCE}: {annotations[SOURCE]}")
    if any(as_map(owner).get("kind") == "Node" for owner in as_list(metadata.get("ownerReferences"))):
        return because(STATIC_POD, "its owner is a Node")
    if STATIC_POD_FILES in file:
        return because(STATIC_POD, f"its file is in a folder {STATIC_POD_FILES}")
    return because(RUNNING_POD) if as_map(pod.get("status")) else None
