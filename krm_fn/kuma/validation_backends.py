"""References to backends in a Dataplane: those of outbounds, and the reachable ones.

Follows pkg/core/resources/apis/mesh/dataplane_validator.go of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.kuma.addresses import is_subdomain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.kuma.findings import Findings

MESH_EXTERNAL_SERVICE = "MeshExternalService"
KINDS = (MESH_EXTERNAL_SERVICE, "MeshMultiZoneService", "MeshService")
WRONG_KIND = f"invalid value. Available values are: {','.join(KINDS)}"
NAME_LENGTH = 253
WRONG_NAME = (
    "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
    ", and must start and end with an alphanumeric character"
)


def check_backend_ref(findings: Findings, value: object, path: str) -> None:
    """Check the backendRef of an outbound."""
    ref = findings.mapping(value, path)
    kind = findings.text(ref.get("kind"), f"{path}.kind")
    findings.require(kind in KINDS, f"{path}.kind", WRONG_KIND)
    name, labels = findings.text(ref.get("name"), f"{path}.name"), findings.texts(ref.get("labels"), f"{path}.labels")
    findings.require(bool(name or labels), path, "either 'name' or 'labels' should be specified")
    findings.port(ref.get("port"), f"{path}.port", optional=kind == MESH_EXTERNAL_SERVICE)


def check_reachable_backends(findings: Findings, value: object, path: str) -> None:
    """Check `transparentProxying.reachableBackends`."""
    backends = findings.mapping(value, path)
    for ref, where in findings.mappings(backends.get("refs"), f"{path}.refs"):
        kind = findings.text(ref.get("kind"), f"{where}.kind")
        findings.require(kind in KINDS, f"{where}.kind", WRONG_KIND)
        name = findings.text(ref.get("name"), f"{where}.name")
        namespace = findings.text(ref.get("namespace"), f"{where}.namespace")
        labels = findings.texts(ref.get("labels"), f"{where}.labels")
        _check_selection(findings, name, namespace, bool(labels), where)


def _check_selection(findings: Findings, name: str, namespace: str, labels: bool, path: str) -> None:
    if name:
        too_long = f"value length must less or equal {NAME_LENGTH}"
        findings.require(len(name) <= NAME_LENGTH, f"{path}.name", too_long)
        findings.require(is_subdomain(name), f"{path}.name", WRONG_NAME)
    findings.require(bool(name or namespace or labels), f"{path}.name", "name or labels are required")
    if namespace and not name:
        findings.add(f"{path}.name", "name is required, when namespace is defined")
    if labels and (name or namespace):
        findings.add(f"{path}.labels", "labels cannot be defined when name is specified")
