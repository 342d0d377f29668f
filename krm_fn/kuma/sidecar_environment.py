"""The environment of the sidecar: what kuma-dp is told by the control plane's configuration and the Pod's annotations.

Follows Kuma's `pkg/plugins/runtime/k8s/containers/factory.go`.
"""

from __future__ import annotations

from krm_fn.kuma import names
from krm_fn.kuma.probes import prefixed, probe_proxy_port, virtual_probes_on
from krm_fn.kuma.reading import KumaValueError, format_duration, read_duration, read_map, read_switch
from krm_fn.kuma.sidecar_annotations import go_bool
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
XDS_VARIANT = "KUMA_DATAPLANE_RUNTIME_ENVOY_XDS_TRANSPORT_PROTOCOL_VARIANT"


class ControlPlane(Record):
    """How sidecars reach the control plane: its URL, and the PEM text of the CA that signed its certificate."""

    url: str
    ca_cert: str = ""


def environment(
    own: Mapping[str, str], mesh: str, config: ControlPlaneConfig, control_plane: ControlPlane
) -> list[dict[str, Any]]:
    """Return the environment of kuma-dp, sorted by name. Raises KumaValueError."""
    injector = config.injector
    variables: dict[str, str | FieldRef] = {
        "POD_NAME": FieldRef("metadata.name"),
        "POD_NAMESPACE": FieldRef("metadata.namespace"),
        "INSTANCE_IP": FieldRef("status.podIP"),
        "KUMA_CONTROL_PLANE_URL": control_plane.url,
        "KUMA_DATAPLANE_MESH": mesh,
        "KUMA_DATAPLANE_DRAIN_TIME": _drain_time(own, config),
        "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH": f"{TOKEN_PATH}/token",
        "KUMA_CONTROL_PLANE_CA_CERT": control_plane.ca_cert,
    }
    if config.experimental.delta_xds:
        variables[XDS_VARIANT] = "DELTA_GRPC"
    variables |= {name: own[key] for key, name in FROM_ANNOTATIONS.items() if key in own}
    variables |= _dns_variables(config)
    if injector.unified_resource_naming_enabled:
        variables["KUMA_DATAPLANE_RUNTIME_UNIFIED_RESOURCE_NAMING_ENABLED"] = "true"
    if injector.otel_pipe_enabled:
        variables["HOST_IP"] = FieldRef("status.hostIP")
    else:
        variables["KUMA_DATAPLANE_RUNTIME_OTEL_PIPE_ENABLED"] = "false"
    if spire_on(own, config):
        variables["KUMA_DATAPLANE_RUNTIME_SPIRE_SUPPORTED"] = "true"
    virtual_probes_on(own, injector.virtual_probes_enabled)  # for what is wrong with it: here Kuma notices
    proxy_port = probe_proxy_port(own, injector.application_probe_proxy_port)
    variables["KUMA_APPLICATION_PROBE_PROXY_PORT"] = str(proxy_port)
    variables |= dict(injector.sidecar_container.env_vars)
    variables |= read_map(own, names.SIDECAR_ENV_VARS)
    return [_variable(name, variables[name]) for name in sorted(variables)]


FROM_ANNOTATIONS = {
    names.XDS_TRANSPORT_PROTOCOL_VARIANT: XDS_VARIANT,
    names.ENVOY_LOG_LEVEL: "KUMA_DATAPLANE_RUNTIME_ENVOY_LOG_LEVEL",
    names.ENVOY_COMPONENT_LOG_LEVEL: "KUMA_DATAPLANE_RUNTIME_ENVOY_COMPONENT_LOG_LEVEL",
}


class FieldRef(Record):
    """The value of a variable that Kubernetes takes from a field of the Pod."""

    path: str


def _variable(name: str, value: str | FieldRef) -> dict[str, Any]:
    if isinstance(value, FieldRef):
        return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": value.path}}}
    return {"name": name, "value": value} if value else {"name": name}


def _drain_time(own: Mapping[str, str], config: ControlPlaneConfig) -> str:
    return format_duration(read_duration(own, names.SIDECAR_DRAIN_TIME, config.injector.sidecar_container.drain_time))


def _dns_variables(config: ControlPlaneConfig) -> dict[str, str]:
    dns = config.injector.builtin_dns
    if not dns.enabled:
        return {"KUMA_DNS_ENABLED": "false"}
    variables = {"KUMA_DNS_ENABLED": "true", "KUMA_DNS_ENABLE_LOGGING": go_bool(dns.logging)}
    if dns.experimental_proxy:
        return variables | {"KUMA_DNS_PROXY_PORT": str(dns.port)}
    return variables | {
        "KUMA_DNS_CORE_DNS_PORT": str(dns.port),
        "KUMA_DNS_ENVOY_DNS_PORT": str(dns.port + 2),
        "KUMA_DNS_CORE_DNS_BINARY_PATH": "coredns",
    }


def spire_on(own: Mapping[str, str], config: ControlPlaneConfig) -> bool:
    """Return whether the sidecar takes its identity from SPIRE. Raises KumaValueError."""
    try:
        return read_switch(own, names.SPIRE_SUPPORT, config.injector.spire.enabled)
    except KumaValueError as wrong:
        raise prefixed(f"getting {names.SPIRE_SUPPORT} annotation failed: ", wrong) from None
