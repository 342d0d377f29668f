"""ExternalName Services for mesh hostnames, so that a gateway can name services of other zones in its routes.

The forms and their ports are those of ``krm_fn.kuma.hostnames``; a legacy ``.mesh`` name answers on port 80 only and
does not exist in a mesh whose MeshServices mode is Exclusive.
"""

from __future__ import annotations

from krm_fn.config.meshsetup import Hostname, MeshExternalServiceRef, MeshMultiZoneServiceRef, MeshServiceRef
from krm_fn.krm.outcome import Emit, error, field_path, warning
from krm_fn.kuma.hostnames import (
    MeshHostname,
    external_name_doubts,
    external_name_problems,
    mesh_external_service,
    mesh_multi_zone_service,
    mesh_service,
    why_no_legacy_names,
)
from krm_fn.kuma.meshservices import DISABLED, mode_of
from krm_fn.rules.membership import NO_LABELS, control_plane_of, is_delegated_gateway, members, mesh_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import ExternalName, MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.controlplane import ControlPlaneConfig

LEGACY_HOSTNAME = "legacy-hostname-unavailable"
EXTERNAL_NAME_INVALID = "external-name-invalid"
EXTERNAL_NAME_DOUBTFUL = "external-name-doubtful"
EXTERNAL_NAME_PORT = "external-name-without-port"


def external_names(resources: Resources, setup: MeshSetup) -> Iterator[Emit | Result]:
    """Emit the Services of ``spec.externalNames``."""
    if not setup.external_names:
        return
    config = control_plane_of(resources, setup)
    for number, wanted in enumerate(setup.external_names):
        hostname = _hostname(wanted, config)
        where = field_path("functionConfig", "spec", "externalNames", number)
        problems = list(_problems(hostname, where, wanted, resources, setup, config))
        yield from problems
        if not any(problem.severity == "error" for problem in problems):
            yield Emit(_service(wanted, hostname))


def _hostname(wanted: ExternalName, config: ControlPlaneConfig) -> MeshHostname:
    """The name that the destination answers under, and its port (0: unknown)."""
    destination = wanted.destination
    if isinstance(destination, MeshServiceRef):
        return mesh_service(destination.name, destination.namespace, destination.port, destination.zone or "", config)
    if isinstance(destination, MeshMultiZoneServiceRef):
        return mesh_multi_zone_service(destination.name, destination.port)
    if isinstance(destination, MeshExternalServiceRef):
        return mesh_external_service(destination.name, destination.port)
    return _taken_as_it_is(destination, config)


def _meshes_of_gateways(resources: Resources, setup: MeshSetup) -> dict[str, set[str]]:
    """The meshes of the marked gateways in each namespace."""

    def build() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for member in members(resources, setup).values():
            if member.in_mesh and is_delegated_gateway(member.workload.template):
                found.setdefault(member.workload.item.namespace, set()).add(member.mesh.name)
        return found

    return resources.memo("meshes of gateways", build)


def _taken_as_it_is(destination: Hostname, config: ControlPlaneConfig) -> MeshHostname:
    legacy = destination.name.rstrip(".").endswith(f".{config.dns_server.domain}")
    return MeshHostname(destination.name, config.dns_server.service_vip_port if legacy else 0, legacy)


def _problems(
    hostname: MeshHostname,
    where: str,
    wanted: ExternalName,
    resources: Resources,
    setup: MeshSetup,
    config: ControlPlaneConfig,
) -> Iterator[Result]:
    for fault in external_name_problems(hostname.name):
        yield error(EXTERNAL_NAME_INVALID, f"the hostname {hostname.name} {fault}", None, where, hostname.name)
    for doubt in external_name_doubts(hostname.name):
        yield warning(EXTERNAL_NAME_DOUBTFUL, f"the hostname {hostname.name} {doubt}", None, where, hostname.name)
    if not wanted.ports and not hostname.port:
        yield warning(
            EXTERNAL_NAME_PORT,
            f"nothing tells the port of {hostname.name}, and an Ingress or route can refer to declared ports only: "
            "give `ports`",
            None,
            where,
        )
    if hostname.legacy:
        yield from _legacy(hostname, where, wanted, resources, setup, config)
    elif isinstance(wanted.destination, MeshServiceRef):
        yield from _of_a_zone(hostname, where, wanted, resources, setup)


def _of_a_zone(
    hostname: MeshHostname, where: str, wanted: ExternalName, resources: Resources, setup: MeshSetup
) -> Iterator[Result]:
    """The names of a zone exist in the others only, and where there are MeshServices at all."""
    destination = wanted.destination
    if isinstance(destination, MeshServiceRef) and destination.zone == setup.zone:
        yield warning(
            EXTERNAL_NAME_DOUBTFUL,
            f"the hostname {hostname.name} does not exist in its own zone {setup.zone}, where the Service is reached "
            f"by its Kubernetes name: let routes name {destination.namespace}/{destination.name} itself",
            None,
            where,
            hostname.name,
        )
    for mesh in _meshes_of(wanted, resources, setup):
        item = resources.meshes.get(mesh)
        if item is not None and mode_of(item.data) == DISABLED:
            yield warning(
                EXTERNAL_NAME_DOUBTFUL,
                f"the hostname {hostname.name} belongs to a MeshService, and Kuma makes none in the mesh {mesh}: set "
                "spec.meshServices.mode of the Mesh to Everywhere or Exclusive",
                item,
                "spec.meshServices.mode",
                DISABLED,
            )


def _meshes_of(wanted: ExternalName, resources: Resources, setup: MeshSetup) -> list[str]:
    """The meshes in which the name must exist: those of the gateways in its Namespace, else the Namespace's own."""
    gateways = _meshes_of_gateways(resources, setup).get(wanted.namespace)
    if gateways:
        return sorted(gateways)
    return [mesh_in(resources.namespaces.get(wanted.namespace), NO_LABELS, NO_LABELS, setup).name]


def _legacy(
    hostname: MeshHostname,
    where: str,
    wanted: ExternalName,
    resources: Resources,
    setup: MeshSetup,
    config: ControlPlaneConfig,
) -> Iterator[Result]:
    """Legacy names belong to the gateway's mesh."""
    for mesh in _meshes_of(wanted, resources, setup):
        item = resources.meshes.get(mesh)
        reason = why_no_legacy_names(config, mode_of(item.data) if item is not None else DISABLED)
        if reason is not None:
            yield error(
                LEGACY_HOSTNAME,
                f"{hostname.name} is a legacy name, and the mesh {mesh} has none ({reason}): name a zone "
                "(meshService.zone), so that the Service gets the name NAME.NAMESPACE.svc.ZONE.mesh.local, or make a "
                "MeshMultiZoneService over all zones and use meshMultiZoneService",
                item,
                "" if item is not None else where,
                hostname.name,
            )


def _service(wanted: ExternalName, hostname: MeshHostname) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": "ExternalName", "externalName": hostname.name}
    ports = _ports(wanted, hostname)
    if ports:
        spec["ports"] = ports
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": wanted.name, "namespace": wanted.namespace},
        "spec": spec,
    }


def _ports(wanted: ExternalName, hostname: MeshHostname) -> list[dict[str, Any]]:
    given = [(port.name, port.port) for port in wanted.ports or ()]
    if not given and hostname.port:
        given = [(None, hostname.port)]
    return [
        {**({"name": name} if name else {}), "port": number, "protocol": "TCP", "targetPort": number}
        for name, number in given
    ]
