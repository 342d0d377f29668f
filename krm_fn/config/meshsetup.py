"""MeshSetup: what a functionConfig says, with every default filled in.

Field names are those of the public contract (fn.kuma.io/v1alpha1), in snake case. `meshsetup.schema.json` beside this
file says the same for editors and for error messages; a test keeps names and defaults of the two equal. Values are
made by `krm_fn.config.load`, which has checked them: whoever holds a MeshSetup need not check again.
"""

from __future__ import annotations

from krm_fn.krm.target import Target
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import MappingProxyType
    from typing import Any, Literal
else:
    MappingProxyType = type(object.__dict__)  # as `types` has it, which is not worth loading for this

API_VERSION = "fn.kuma.io/v1alpha1"
KIND = "MeshSetup"
KUMA_VERSIONS = ("2.9", "2.10", "2.11", "2.12", "2.13", "2.14")
"""The Kuma minors that can be asked for, oldest first; the last one is the default."""

AUTO: Literal["auto"] = "auto"
_EMPTY: Mapping[str, Any] = MappingProxyType({})


class ControlPlane(Record):
    """Where the control plane lives and how it is configured; `config` has the keys of kuma-cp.yaml."""

    system_namespace: str = "kuma-system"
    address: str = "https://kuma-control-plane.kuma-system:5678"
    ca_cert: str | None = None
    config: Mapping[str, Any] = _EMPTY


class KnownNamespace(Record):
    """A Namespace that exists on the cluster but is not part of the package."""

    name: str
    labels: Mapping[str, str] = _EMPTY
    annotations: Mapping[str, str] = _EMPTY


class InjectionRule(Record):
    """Whether, and into which mesh, the resources of a target are injected; None: the rule does not say."""

    target: Target
    inject: bool | None = None
    mesh: str | None = None


class Injection(Record):
    """How workloads come into a mesh; the first rule that matches counts."""

    mode: Literal["webhook", "manual", "none"] = "webhook"
    rules: tuple[InjectionRule, ...] = ()
    override: bool = False


class GatewayRule(Record):
    """Workloads that are delegated gateways; `service` is the one that names the gateway."""

    target: Target
    service: str | None = None


class Gateways(Record):
    """What is done with gateway proxies."""

    detect: Literal["off", "report", "annotate"] = "report"
    rules: tuple[GatewayRule, ...] = ()
    harden: Literal["off", "report", "apply"] = "report"
    traffic_permissions: Literal["none", "emit"] = "none"


class ServiceUpstream(Record):
    """Which Services get the annotations that make gateways send to the Service address.

    `products` is AUTO or the ids of gateway products.
    """

    enabled: bool = True
    scope: Literal["mesh", "namespace"] = "mesh"
    products: Literal["auto"] | tuple[str, ...] = AUTO
    fallback: Literal["report", "directAccess", "externalName"] = "report"
    exclude: tuple[Target, ...] = ()


class Dataplanes(Record):
    """Which Dataplanes are generated, and whether only for review (`local_config`)."""

    emit: Literal["gateways", "all", "none"] = "gateways"
    local_config: bool = True


class MeshServiceRef(Record):
    """A MeshService: in one zone, or (zone None) the legacy name that reaches all zones."""

    name: str
    namespace: str
    port: int
    zone: str | None = None


class MeshMultiZoneServiceRef(Record):
    """A MeshMultiZoneService and one of its ports."""

    name: str
    port: int


class MeshExternalServiceRef(Record):
    """A MeshExternalService and the port that it matches."""

    name: str
    port: int


class Hostname(Record):
    """A mesh hostname that is taken as it is."""

    name: str


class NamedPort(Record):
    """A port of a Service; the name may be missing where there is only one."""

    port: int
    name: str | None = None


class ExternalName(Record):
    """A Service of type ExternalName for a mesh hostname; `ports` None: derived from the destination."""

    name: str
    namespace: str
    destination: MeshServiceRef | MeshMultiZoneServiceRef | MeshExternalServiceRef | Hostname
    ports: tuple[NamedPort, ...] | None = None


class WorkloadKind(Record):
    """A further kind that makes Pods; `pod_template` is a dotted path such as ``spec.template``."""

    kind: str
    pod_template: str
    group: str = ""


class MeshSetup(Record):
    """A functionConfig, checked and complete. `name` is the owner name of what is generated."""

    name: str = "mesh-setup"
    kuma_version: str = KUMA_VERSIONS[-1]
    mesh: str = "default"
    zone: str | None = None
    default_namespace: str = "default"
    control_plane: ControlPlane = ControlPlane()
    namespaces: tuple[KnownNamespace, ...] = ()
    meshes: tuple[str, ...] | None = None
    injection: Injection = Injection()
    gateways: Gateways = Gateways()
    service_upstream: ServiceUpstream = ServiceUpstream()
    dataplanes: Dataplanes = Dataplanes()
    external_names: tuple[ExternalName, ...] = ()
    mark_applied: bool = False
    workload_kinds: tuple[WorkloadKind, ...] = ()
    results_level: Literal["error", "warning", "info"] = "warning"
