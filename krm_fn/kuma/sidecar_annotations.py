"""Annotations and labels that the injector writes into a Pod.

They are needed without the sidecar, too: the control plane makes a Pod's Dataplane from them. So this module does no
more work per Pod than that. Follows Kuma's `pkg/plugins/runtime/k8s/webhooks/injector` (`NewAnnotations`) and, where a
ConfigMap configures the transparent proxy, `pkg/transparentproxy/kubernetes`.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, string_map
from krm_fn.kuma import names
from krm_fn.kuma.probes import prefixed, probe_proxy_port, probe_proxy_port_by_config_map, virtual_probes_on
from krm_fn.kuma.reading import KumaValueError, read_switch, read_uint32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig

CNI_NETWORK = "kuma-cni"


def injected_metadata(
    labels: Mapping[str, Any],
    annotations: Mapping[str, Any],
    spec: Mapping[str, Any],
    mesh: str,
    config: ControlPlaneConfig,
    tproxy: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return labels and annotations of the Pod as the injector leaves them.

    `tproxy` is what `transparent_proxy_config.parse_config` made of the ConfigMap; it is needed where the configuration
    names one. Raises KumaValueError, with Kuma's text, where the injector refuses the Pod for an annotation.
    """
    own = string_map(annotations)
    generated = default_container(annotations, spec)
    generated |= legacy_annotations(own, config) if tproxy is None else config_map_annotations(own, config, tproxy)
    return {**labels, names.KUMA_MESH: mesh}, {**annotations, **generated}


def default_container(annotations: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the annotation that makes kubectl pick the application, if the Pod has just one container."""
    containers = spec.get("containers")
    if names.DEFAULT_CONTAINER in annotations or not isinstance(containers, list) or len(containers) != 1:
        return {}
    return {names.DEFAULT_CONTAINER: as_str(as_map(containers[0]).get("name"))}


def legacy_annotations(own: Mapping[str, str], config: ControlPlaneConfig) -> dict[str, str]:
    """Return what the injector writes where no ConfigMap is configured. `own` is what the Pod itself says."""
    sidecar = config.injector.sidecar_container
    virtual_probes = virtual_probes_on(own, config.injector.virtual_probes_enabled)
    proxy_port = probe_proxy_port(own, config.injector.application_probe_proxy_port)
    try:
        generated = {
            names.SIDECAR_INJECTED: "true",
            names.TRANSPARENT_PROXYING: names.ENABLED,
            names.SIDECAR_UID: str(sidecar.uid),
            names.TRANSPARENT_PROXYING_OUTBOUND_PORT: str(sidecar.redirect_port_outbound),
            names.TRANSPARENT_PROXYING_INBOUND_PORT: str(sidecar.redirect_port_inbound),
        }
        if config.injector.cni_enabled:
            generated[names.CNI_NETWORKS] = CNI_NETWORK
        _add_ebpf(generated, own, config)
        _add_dns(generated, own, config)
        generated[names.VIRTUAL_PROBES] = names.ENABLED if virtual_probes else names.DISABLED
        generated[names.VIRTUAL_PROBES_PORT] = _virtual_probes_port(own, config)
        generated[names.APPLICATION_PROBE_PROXY_PORT] = str(proxy_port)
        _add_exclusions(generated, own, config)
        generated[names.TRANSPARENT_PROXYING_IP_FAMILY_MODE] = (
            own.get(names.TRANSPARENT_PROXYING_IP_FAMILY_MODE, sidecar.ip_family_mode) or "dualstack"
        )
        generated[names.ENVOY_ADMIN_PORT] = str(
            read_uint32(own, names.ENVOY_ADMIN_PORT, config.bootstrap_server.params.admin_port)
        )
    except KumaValueError as wrong:
        raise prefixed("could not generate annotations for pod: ", wrong) from None
    return generated


def _virtual_probes_port(own: Mapping[str, str], config: ControlPlaneConfig) -> str:
    try:
        return str(read_uint32(own, names.VIRTUAL_PROBES_PORT, config.injector.virtual_probes_port))
    except KumaValueError as wrong:
        raise prefixed(f"unable to set {names.VIRTUAL_PROBES_PORT}: ", wrong) from None


def _add_ebpf(generated: dict[str, str], own: Mapping[str, str], config: ControlPlaneConfig) -> None:
    ebpf = config.injector.ebpf
    try:
        if not read_switch(own, names.TRANSPARENT_PROXYING_EBPF, ebpf.enabled):
            return
    except KumaValueError as wrong:
        raise prefixed(f"getting {names.TRANSPARENT_PROXYING_EBPF} annotation failed: ", wrong) from None
    generated[names.TRANSPARENT_PROXYING_EBPF] = names.ENABLED
    _add_text(generated, own, names.TRANSPARENT_PROXYING_EBPF_BPF_FS_PATH, ebpf.bpffs_path)
    _add_text(generated, own, names.TRANSPARENT_PROXYING_EBPF_CGROUP_PATH, ebpf.cgroup_path)
    _add_text(generated, own, names.TRANSPARENT_PROXYING_EBPF_TC_ATTACH_IFACE, ebpf.tc_attach_iface)
    _add_text(generated, own, names.TRANSPARENT_PROXYING_EBPF_PROGRAMS_SOURCE_PATH, ebpf.programs_source_path)
    # Kuma looks the configured name up among the annotations, so that it never becomes the value itself.
    mixed_up = own.get(ebpf.instance_ip_env_var_name, "")
    _add_text(generated, own, names.TRANSPARENT_PROXYING_EBPF_INSTANCE_IP_ENV_VAR_NAME, mixed_up)


def _add_dns(generated: dict[str, str], own: Mapping[str, str], config: ControlPlaneConfig) -> None:
    dns = config.injector.builtin_dns
    if read_switch(own, names.BUILTIN_DNS, dns.enabled):
        generated[names.BUILTIN_DNS] = names.ENABLED
        generated[names.BUILTIN_DNS_PORT] = str(read_uint32(own, names.BUILTIN_DNS_PORT, dns.port))
        logging = read_switch(own, names.BUILTIN_DNS_LOGGING, dns.logging)
        generated[names.BUILTIN_DNS_LOGGING] = go_bool(logging)


def _add_exclusions(generated: dict[str, str], own: Mapping[str, str], config: ControlPlaneConfig) -> None:
    traffic = config.injector.sidecar_traffic
    inbound_ports = own.get(names.TRAFFIC_EXCLUDE_INBOUND_PORTS, _listed(traffic.exclude_inbound_ports))
    readiness_port = readiness_port_outside_mesh(config)
    if readiness_port:
        inbound_ports = joined(inbound_ports, readiness_port)
    if inbound_ports:
        generated[names.TRAFFIC_EXCLUDE_INBOUND_PORTS] = inbound_ports
    _add_text(generated, own, names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS, _listed(traffic.exclude_outbound_ports))
    _add_text(generated, own, names.TRAFFIC_EXCLUDE_INBOUND_IPS, _listed(traffic.exclude_inbound_ips))
    _add_text(generated, own, names.TRAFFIC_EXCLUDE_OUTBOUND_IPS, _listed(traffic.exclude_outbound_ips))


def _add_text(generated: dict[str, str], own: Mapping[str, str], key: str, configured: str) -> None:
    """Write the Pod's own text, which may be empty, else the configured one; nothing if there is none."""
    text = own.get(key, configured)
    if text:
        generated[key] = text


def readiness_port_outside_mesh(config: ControlPlaneConfig) -> int:
    """Return the port of the sidecar's own probes where it is one of its own, not Envoy's admin port; else 0."""
    params = config.bootstrap_server.params
    return params.readiness_port if params.envoy_admin_unix_socket else 0


def _listed(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def joined(ports: str, port: int) -> str:
    """Append a port to a comma-separated list."""
    return f"{ports},{port}" if ports else str(port)


def go_bool(value: bool) -> str:
    """Print a boolean as Go does."""
    return "true" if value else "false"


def config_map_annotations(
    own: Mapping[str, str], config: ControlPlaneConfig, tproxy: dict[str, Any]
) -> dict[str, str]:
    """Return what the injector writes where a ConfigMap configures the transparent proxy."""
    # Off by default, so rarely needed.
    from krm_fn.kuma.transparent_proxy_config import adjusted
    from krm_fn.kuma.transparent_proxy_yaml import rendered

    virtual_probes = virtual_probes_on(own, config.injector.virtual_probes_enabled)
    try:
        generated = {
            names.SIDECAR_INJECTED: "true",
            names.TRAFFIC_TRANSPARENT_PROXY_CONFIG: rendered(adjusted(tproxy, own, config)),
        }
        if config.injector.cni_enabled:
            generated[names.CNI_NETWORKS] = CNI_NETWORK
        proxy_port = probe_proxy_port_by_config_map(own, config.injector.application_probe_proxy_port)
    except KumaValueError as wrong:
        raise prefixed("could not generate annotations for pod: ", wrong) from None
    generated[names.VIRTUAL_PROBES] = names.ENABLED if virtual_probes else names.DISABLED
    generated[names.VIRTUAL_PROBES_PORT] = str(config.injector.virtual_probes_port)
    generated[names.APPLICATION_PROBE_PROXY_PORT] = str(proxy_port)
    generated[names.ENVOY_ADMIN_PORT] = str(config.bootstrap_server.params.admin_port)
    return generated
