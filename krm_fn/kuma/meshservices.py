"""MeshServices: the mode of a Mesh, and which Services become a MeshService.

Follows api/mesh/v1alpha1/mesh_helpers.go and pkg/core/resources/apis/meshservice/k8s of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig, string_map
from krm_fn.kuma.names import (
    GATEWAY,
    KUMA_MESH,
    MESH_SERVICES_MODES,
    SIDECAR_INJECTION,
    SWITCH_VALUES,
    ZONE_PROXY_TYPE,
)
from krm_fn.kuma.services import EXTERNAL_NAME, is_ignored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DISABLED, EVERYWHERE, REACHABLE_BACKENDS_MODE, EXCLUSIVE = MESH_SERVICES_MODES


def mode_of(mesh: Mapping[str, Any]) -> str:
    """Return the mode of a Mesh resource: Disabled unless it says one of the others."""
    mode = as_str(dig(mesh, "spec", "meshServices", "mode"))
    return mode if mode in MESH_SERVICES_MODES else DISABLED


def becomes_mesh_service(
    service: Mapping[str, Any],
    namespace: Mapping[str, Any] | None,
    endpoint_annotations: Mapping[str, str] | None = None,
) -> bool:
    """Whether a MeshService is made from a Service, in a mesh whose mode is not Disabled.

    `endpoint_annotations` are those of the first Pod behind it. A cluster IP need not be written down: the API server
    allocates one for every Service that is not an ExternalName.
    """
    metadata = as_map(service.get("metadata"))
    labels, annotations = string_map(metadata.get("labels")), string_map(metadata.get("annotations"))
    if dig(service, "spec", "type") == EXTERNAL_NAME or is_ignored(annotations):
        return False
    if GATEWAY in annotations or ZONE_PROXY_TYPE in labels or GATEWAY in (endpoint_annotations or {}):
        return False
    namespace_labels = string_map(dig(namespace, "metadata", "labels"))
    return KUMA_MESH in labels or SWITCH_VALUES.get(namespace_labels.get(SIDECAR_INJECTION, ""), False)
