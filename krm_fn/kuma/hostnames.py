"""The names under which services of a mesh answer, and what an ExternalName Service may point at.

Legacy names follow pkg/dns/vips of Kuma 2.14.3, the others the HostnameGenerators that a global control plane installs
by default. A generator that somebody wrote gives other names; its template is not evaluated here.
"""

from __future__ import annotations

from krm_fn.kuma.addresses import canonical_ip, is_subdomain
from krm_fn.kuma.meshservices import EXCLUSIVE
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.kuma.controlplane import ControlPlaneConfig

LEGACY_PORT = 80
GENERATED_DOMAIN = "mesh.local"
NAME_LENGTH = 253
LABEL_LENGTH = 63

# --- Why legacy names do not exist ------------------------------------------------------------------------------------
MODE_EXCLUSIVE = "mesh-services-exclusive"
SERVICE_VIPS_DISABLED = "service-vips-disabled"
INBOUND_TAGS_DISABLED = "inbound-tags-disabled"


class MeshHostname(Record):
    """A name and the port on which it answers."""

    name: str
    port: int
    legacy: bool = False


def legacy_name(service: str, namespace: str, port: int, domain: str = "mesh") -> str:
    """The dotted name of a Service port, over all zones. The port is part of the name; it answers on another."""
    return f"{service}.{namespace}.svc.{port}.{domain}"


def legacy_tag_name(service_tag: str, domain: str = "mesh") -> str:
    """The name made of a `kuma.io/service` tag as it stands; its underscores keep it out of ExternalName Services."""
    return f"{service_tag}.{domain}"


def mesh_service(
    name: str, namespace: str, port: int, zone: str = "", config: ControlPlaneConfig | None = None
) -> MeshHostname:
    """A Service of Kubernetes zone `zone`, seen from another zone; without a zone the legacy name over all zones."""
    if zone:
        return MeshHostname(f"{name}.{namespace}.svc.{zone}.{GENERATED_DOMAIN}", port)
    domain = config.dns_server.domain if config else "mesh"
    vip_port = config.dns_server.service_vip_port if config else LEGACY_PORT
    return MeshHostname(legacy_name(name, namespace, port, domain), vip_port, legacy=True)


def headless_mesh_service(pod: str, service: str, namespace: str, port: int, zone: str) -> MeshHostname:
    """One Pod behind a headless Service of another Kubernetes zone."""
    return MeshHostname(f"{pod}.{service}.{namespace}.svc.{zone}.{GENERATED_DOMAIN}", port)


def universal_mesh_service(name: str, port: int, zone: str) -> MeshHostname:
    """A MeshService of another zone that is not on Kubernetes."""
    return MeshHostname(f"{name}.svc.{zone}.{GENERATED_DOMAIN}", port)


def mesh_multi_zone_service(name: str, port: int) -> MeshHostname:
    """A MeshMultiZoneService of the global control plane."""
    return MeshHostname(f"{name}.mzsvc.{GENERATED_DOMAIN}", port)


def mesh_external_service(name: str, port: int) -> MeshHostname:
    """A MeshExternalService; the port is that of `spec.match`."""
    return MeshHostname(f"{name}.extsvc.{GENERATED_DOMAIN}", port)


def why_no_legacy_names(config: ControlPlaneConfig, mode: str) -> str | None:
    """The id of the reason why a mesh of that MeshServices mode has no legacy names, None if it has them."""
    if mode == EXCLUSIVE:
        return MODE_EXCLUSIVE
    if not config.dns_server.service_vip_enabled:
        return SERVICE_VIPS_DISABLED
    return INBOUND_TAGS_DISABLED if config.experimental.inbound_tags_disabled else None


def external_name_problems(name: str) -> list[str]:
    """Return what the Kubernetes API refuses in `spec.externalName`; each text continues "it ..."."""
    if not name:
        return ["must not be empty"]
    bare = name.removesuffix(".")
    found = []
    if len(name) > NAME_LENGTH:
        found.append(f"must not be longer than {NAME_LENGTH} characters")
    if "_" in bare:
        found.append("must not contain underscores; use the name with dots")
    if bare != bare.lower():
        found.append("must be in lower case")
    if not is_subdomain(bare.replace("_", "0").lower()):
        found.append("must be an RFC 1123 name: labels of letters, digits and inner dashes, separated by dots")
    return found


def external_name_doubts(name: str) -> list[str]:
    """Return why a name that the API accepts would not work; each text continues "it ..."."""
    found = []
    if canonical_ip(name) is not None:
        found.append("is an IP address, which Kubernetes takes for a name")
    if any(len(label) > LABEL_LENGTH for label in name.split(".")):
        found.append(f"has a label of more than {LABEL_LENGTH} characters, which DNS cannot ask for")
    return found
