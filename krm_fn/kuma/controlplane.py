"""The configuration of the control plane: the keys of kuma-cp.yaml that matter before apply, with their defaults.

The records below are the defaults of Kuma 2.14 (pkg/config in Kuma), those of older minors are what they say otherwise.
Field names are the keys of the file in snake case; keys match without regard to case, as in Kuma's own reader. The type
of a default says how its key is read.
"""

from __future__ import annotations

from krm_fn.kuma.overlay import Duration, Numbers, TextMap, Texts, overlay
from krm_fn.kuma.reading import SECOND, Quantity, parse_quantity
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def _quantity(text: str) -> Quantity:
    return parse_quantity(text)


# --- runtime.kubernetes.injector --------------------------------------------------------------------------------------
class Probe(Record):
    """Timing of a probe of the sidecar."""

    initial_delay_seconds: int = 1
    timeout_seconds: int = 3
    period_seconds: int = 5
    success_threshold: int = 1
    failure_threshold: int = 12


class Amounts(Record):
    """CPU and memory; a CPU of zero means none."""

    cpu: Quantity = Quantity(0)
    memory: Quantity = Quantity(0)


class Resources(Record):
    """Requests and limits of a container."""

    requests: Amounts = Amounts()
    limits: Amounts = Amounts()


SMALL = Resources(
    Amounts(_quantity("20m"), _quantity("20M")),
    Amounts(_quantity("0"), _quantity("50M")),
)


class SidecarContainer(Record):
    image: str = "kuma/kuma-dp:latest"
    redirect_port_inbound: int = 15006
    redirect_port_outbound: int = 15001
    ip_family_mode: str = "dualstack"
    uid: int = 5678
    gid: int = 5678
    admin_port: int = 0
    drain_time: Duration = Duration(30 * SECOND)
    readiness_probe: Probe = Probe()
    liveness_probe: Probe = Probe(initial_delay_seconds=60)
    startup_probe: Probe = Probe()
    resources: Resources = Resources(
        Amounts(_quantity("50m"), _quantity("64Mi")), Amounts(_quantity("0"), _quantity("512Mi"))
    )
    env_vars: TextMap = TextMap()
    wait_for_dataplane_ready: bool = False


class InitContainer(Record):
    image: str = "kuma/kuma-init:latest"
    resources: Resources = SMALL


class ValidationContainer(Record):
    resources: Resources = SMALL


class Exceptions(Record):
    labels: TextMap = TextMap((("openshift.io/build.name", "*"), ("openshift.io/deployer-pod-for.name", "*")))


class SidecarTraffic(Record):
    exclude_inbound_ports: Numbers = Numbers()
    exclude_outbound_ports: Numbers = Numbers()
    exclude_inbound_ips: Texts = Texts()
    exclude_outbound_ips: Texts = Texts()


class BuiltinDns(Record):
    enabled: bool = True
    port: int = 15053
    logging: bool = False
    experimental_proxy: bool = True


class Ebpf(Record):
    enabled: bool = False
    instance_ip_env_var_name: str = "INSTANCE_IP"
    bpffs_path: str = "/sys/fs/bpf"
    cgroup_path: str = "/sys/fs/cgroup"
    tc_attach_iface: str = ""
    programs_source_path: str = "/tmp/kuma-ebpf"


class Spire(Record):
    enabled: bool = False
    mount_path: str = "/run/spire/sockets"
    socket_file_name: str = "socket"


class Injector(Record):
    cni_enabled: bool = False
    exceptions: Exceptions = Exceptions()
    virtual_probes_enabled: bool = False
    virtual_probes_port: int = 9000
    application_probe_proxy_port: int = 9001
    ca_cert_file: str = ""
    sidecar_container: SidecarContainer = SidecarContainer()
    init_container: InitContainer = InitContainer()
    validation_container: ValidationContainer = ValidationContainer()
    container_patches: Texts = Texts()
    sidecar_traffic: SidecarTraffic = SidecarTraffic()
    builtin_dns: BuiltinDns = BuiltinDns()
    ebpf: Ebpf = Ebpf()
    transparent_proxy_config_map: str = ""
    unified_resource_naming_enabled: bool = False
    otel_pipe_enabled: bool = True
    spire: Spire = Spire()
    ignored_service_selector_labels: Texts = Texts()
    node_labels_to_copy: Texts = Texts(
        ("topology.kubernetes.io/zone", "topology.kubernetes.io/region", "kubernetes.io/hostname")
    )


# --- The rest of the file ---------------------------------------------------------------------------------------------
class Kubernetes(Record):
    """`runtime.kubernetes`."""

    injector: Injector = Injector()
    control_plane_service_name: str = "kuma-control-plane"
    workload_labels: Texts = Texts()
    disallow_multiple_meshes_per_namespace: bool = False


class Runtime(Record):
    kubernetes: Kubernetes = Kubernetes()


class Experimental(Record):
    sidecar_containers: bool = True
    delta_xds: bool = False
    kube_outbounds_as_vips: bool = True
    inbound_tags_disabled: bool = False


class BootstrapParams(Record):
    """`bootstrapServer.params`."""

    admin_port: int = 9901
    envoy_admin_unix_socket: bool = True
    readiness_port: int = 9902


class BootstrapServer(Record):
    params: BootstrapParams = BootstrapParams()


class KubernetesStore(Record):
    """`store.kubernetes`."""

    system_namespace: str = "kuma-system"


class Store(Record):
    kubernetes: KubernetesStore = KubernetesStore()


class DpServer(Record):
    port: int = 5678


class Zone(Record):
    """`multizone.zone`; an empty name means that the file does not say (Kuma then takes `default`)."""

    name: str = ""


class Multizone(Record):
    zone: Zone = Zone()


class DnsServer(Record):
    domain: str = "mesh"
    service_vip_enabled: bool = True
    service_vip_port: int = 80
    cidr: str = "240.0.0.0/4"


class Defaults(Record):
    skip_hostname_generators: bool = False


class ControlPlaneConfig(Record):
    """The configuration. The fields mirror the file; the properties are short cuts."""

    mode: str = "zone"
    runtime: Runtime = Runtime()
    experimental: Experimental = Experimental()
    bootstrap_server: BootstrapServer = BootstrapServer()
    store: Store = Store()
    dp_server: DpServer = DpServer()
    multizone: Multizone = Multizone()
    dns_server: DnsServer = DnsServer()
    defaults: Defaults = Defaults()

    @property
    def injector(self) -> Injector:
        return self.runtime.kubernetes.injector

    @property
    def workload_labels(self) -> Texts:
        return self.runtime.kubernetes.workload_labels

    @property
    def system_namespace(self) -> str:
        return self.store.kubernetes.system_namespace

    @property
    def control_plane_url(self) -> str:
        """Where sidecars find the control plane unless told otherwise."""
        service = self.runtime.kubernetes.control_plane_service_name
        return f"https://{service}.{self.system_namespace}:{self.dp_server.port}"


DEFAULTS_2_14 = ControlPlaneConfig()


# --- Laying a file over the defaults ----------------------------------------------------------------------------------
def resolve(
    config: Mapping[str, Any], defaults: ControlPlaneConfig = DEFAULTS_2_14, unknown: Iterable[str] = ()
) -> ControlPlaneConfig:
    """Return the defaults with the keys of a kuma-cp.yaml laid over them; unknown keys are ignored.

    `unknown` are dotted paths of keys that have a default here, but which the version at hand does not know yet.
    Raise KumaValueError, whose key is the path of the value, where a value has the wrong type or cannot be read.
    """
    if not config:
        return defaults
    known: object = config
    for path in unknown:
        known = _without(known, path.lower().split("."))
    return overlay(defaults, known)


def _without(values: object, path: list[str]) -> object:
    if not isinstance(values, dict):
        return values
    found = {}
    for key, value in values.items():
        if not isinstance(key, str) or key.lower() != path[0]:
            found[key] = value
        elif len(path) > 1:
            found[key] = _without(value, path[1:])
    return found


DEFAULTS_2_13 = resolve({"experimental": {"sidecarContainers": False}}, DEFAULTS_2_14)
DEFAULTS_2_9 = resolve({"runtime": {"kubernetes": {"injector": {"virtualProbesEnabled": True}}}}, DEFAULTS_2_13)


# --- What the control plane refuses to start with ---------------------------------------------------------------------
def problems(config: ControlPlaneConfig) -> list[tuple[str, str]]:
    """Return pairs of key path and reason for each value with which the control plane would not start."""
    sidecar, prefix = config.injector.sidecar_container, "runtime.kubernetes.injector."
    checks = [
        ("sidecarContainer.image", bool(sidecar.image), "must not be empty"),
        ("initContainer.image", bool(config.injector.init_container.image), "must not be empty"),
        ("sidecarContainer.ipFamilyMode", sidecar.ip_family_mode in IP_FAMILIES, "must be ipv4 or dualstack"),
        ("sidecarContainer.redirectPortInbound", sidecar.redirect_port_inbound <= PORT_MAX, PORT_RANGE),
        ("sidecarContainer.redirectPortOutbound", sidecar.redirect_port_outbound <= PORT_MAX, PORT_RANGE),
        ("sidecarContainer.adminPort", sidecar.admin_port <= PORT_MAX, PORT_RANGE),
        ("sidecarContainer.drainTime", sidecar.drain_time > 0, "must be positive"),
        ("sidecarContainer.readinessProbe", _positive(sidecar.readiness_probe), "must have numbers of at least 1"),
        ("sidecarContainer.livenessProbe", _positive(sidecar.liveness_probe), "must have numbers of at least 1"),
    ]
    return [(prefix + path, reason) for path, fine, reason in checks if not fine]


PORT_MAX = 65535
PORT_RANGE = "must be in the range [0, 65535]"
IP_FAMILIES = ("", "ipv4", "dualstack")


def _positive(probe: Probe) -> bool:
    return all(getattr(probe, field) >= 1 for field in probe._fields)
