"""The container that sets up the transparent proxy (kuma-init), or under CNI the one that checks it (kuma-validation).

Follows Kuma's `pkg/plugins/runtime/k8s/webhooks/injector` (`NewInitContainer`, `NewValidationContainer`) and, for the
arguments, `pkg/transparentproxy/kubernetes` (`AsKumactlCommandLine`).
"""

from __future__ import annotations

from krm_fn.kuma import names
from krm_fn.kuma.reading import read_switch, read_uint32, split_list
from krm_fn.kuma.sidecar_annotations import joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig, Resources

INIT_TMP = "kuma-init-tmp"
SIDECAR_TMP = "kuma-sidecar-tmp"
BASE_VOLUME = "transparent-proxy-base"
CUSTOM_VOLUME = "transparent-proxy-custom"
BASE_PATH = "/tmp/transparent-proxy/base"
CUSTOM_PATH = "/tmp/transparent-proxy/custom"
CGROUP_VOLUME = "sys-fs-cgroup"
BPFFS_VOLUME = "bpf-fs"
EBPF_MEMORY_LIMIT = "80M"


def init_container(
    merged: Mapping[str, str], config: ControlPlaneConfig, by_config_map: bool, inbound_redirected: bool
) -> dict[str, Any] | None:
    """Return kuma-init, or under CNI kuma-validation, or None for a Pod under CNI that receives no redirected traffic.

    `merged` is what the Pod's annotations are with those of the injector. Raises KumaValueError.
    """
    # Kuma works these out under CNI too, so that a value which it cannot read refuses the Pod there as well.
    arguments = config_files("--config", merged) if by_config_map else list(kumactl_arguments(merged))
    if not config.injector.cni_enabled:
        return _init(merged, config, by_config_map, arguments)
    return _validation(merged, config, by_config_map) if inbound_redirected else None


def _init(
    merged: Mapping[str, str], config: ControlPlaneConfig, by_config_map: bool, arguments: list[str]
) -> dict[str, Any]:
    injector = config.injector
    container = {
        "name": names.INIT_CONTAINER,
        "image": injector.init_container.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/kumactl", "install", "transparent-proxy"],
        "args": arguments,
        "env": [{"name": "XTABLES_LOCKFILE", "value": "/tmp/xtables.lock"}],
        "resources": resources(injector.init_container.resources),
        "securityContext": {
            "runAsUser": 0,
            "runAsGroup": 0,
            "capabilities": {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": INIT_TMP, "mountPath": "/tmp"}, *config_mounts(merged, by_config_map)],
    }
    if injector.ebpf.enabled:
        _run_privileged(container, config)
    return container


def _run_privileged(container: dict[str, Any], config: ControlPlaneConfig) -> None:
    """Change kuma-init to what loading eBPF programs takes."""
    ebpf = config.injector.ebpf
    container["securityContext"] |= {"capabilities": {}, "privileged": True}
    container["env"] = [
        {"name": ebpf.instance_ip_env_var_name, "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    ]
    container["resources"]["limits"]["memory"] = EBPF_MEMORY_LIMIT
    container["volumeMounts"] += [
        {"name": CGROUP_VOLUME, "mountPath": ebpf.cgroup_path},
        {"name": BPFFS_VOLUME, "mountPath": ebpf.bpffs_path, "mountPropagation": "Bidirectional"},
    ]


def _validation(merged: Mapping[str, str], config: ControlPlaneConfig, by_config_map: bool) -> dict[str, Any]:
    injector = config.injector
    return {
        "name": names.VALIDATION_CONTAINER,
        "image": injector.init_container.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/kumactl", "install", "transparent-proxy-validator"],
        "args": ["--config-file=/tmp/.kumactl", *_validation_arguments(merged, by_config_map)],
        "resources": resources(injector.validation_container.resources),
        "securityContext": unprivileged(config),
        "volumeMounts": [{"name": SIDECAR_TMP, "mountPath": "/tmp"}, *config_mounts(merged, by_config_map)],
    }


def _validation_arguments(merged: Mapping[str, str], by_config_map: bool) -> list[str]:
    if by_config_map:
        return config_files("--transparent-proxy-config", merged)
    family = merged.get(names.TRANSPARENT_PROXYING_IP_FAMILY_MODE) or "dualstack"
    port = merged[names.TRANSPARENT_PROXYING_INBOUND_PORT]
    return [f"--ip-family-mode={family}", f"--validation-server-port={port}"]


# --- Shared with the sidecar ------------------------------------------------------------------------------------------
def unprivileged(config: ControlPlaneConfig) -> dict[str, Any]:
    """Return the security context of containers that need no rights."""
    sidecar = config.injector.sidecar_container
    return {
        "runAsUser": sidecar.uid,
        "runAsGroup": sidecar.gid,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
    }


def resources(configured: Resources, storage: tuple[str, str] | None = None) -> dict[str, Any]:
    """Return requests and limits, canonical; `storage` are request and limit of ephemeral storage."""
    requests, limits = configured.requests, configured.limits
    return {
        "requests": {
            "cpu": str(requests.cpu),
            **({"ephemeral-storage": storage[0]} if storage else {}),
            "memory": str(requests.memory),
        },
        "limits": {
            **({} if limits.cpu.is_zero else {"cpu": str(limits.cpu)}),
            **({"ephemeral-storage": storage[1]} if storage else {}),
            "memory": str(limits.memory),
        },
    }


def custom_config_map(annotations: Mapping[str, str]) -> str:
    """Return the name of the Pod's own ConfigMap for the transparent proxy; empty if there is none."""
    return annotations.get(names.TRAFFIC_TRANSPARENT_PROXY_CONFIGMAP_NAME, "")


def config_files(flag: str, annotations: Mapping[str, str]) -> list[str]:
    """Return the arguments that name the mounted configuration files."""
    paths = [BASE_PATH, CUSTOM_PATH] if custom_config_map(annotations) else [BASE_PATH]
    return [f"{flag}={path}/config.yaml" for path in paths]


def config_mounts(annotations: Mapping[str, str], by_config_map: bool) -> list[dict[str, Any]]:
    """Return the mounts of those files."""
    if not by_config_map:
        return []
    mounts = [{"name": BASE_VOLUME, "mountPath": BASE_PATH, "readOnly": True}]
    if custom_config_map(annotations):
        mounts.append({"name": CUSTOM_VOLUME, "mountPath": CUSTOM_PATH, "readOnly": True})
    return mounts


# --- Arguments of kumactl, where no ConfigMap configures it -----------------------------------------------------------
def kumactl_arguments(merged: Mapping[str, str]) -> Iterator[str]:
    """Yield what differs from the defaults of kumactl. Raises KumaValueError for values that cannot be read."""
    numbers = {key: read_uint32(merged, key, 0) or 0 for key in NUMBERS}
    dns, ebpf = read_switch(merged, names.BUILTIN_DNS), read_switch(merged, names.TRANSPARENT_PROXYING_EBPF)
    yield from _unless("--kuma-dp-user", merged.get(names.SIDECAR_UID, ""), "5678")
    yield from _unless("--ip-family-mode", merged.get(names.TRANSPARENT_PROXYING_IP_FAMILY_MODE, ""), "dualstack")
    yield from _unless("--redirect-outbound-port", numbers[names.TRANSPARENT_PROXYING_OUTBOUND_PORT], 15001)
    yield from _unless("--exclude-outbound-ports", merged.get(names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS, ""))
    yield from _unless("--exclude-outbound-ips", _trimmed(merged.get(names.TRAFFIC_EXCLUDE_OUTBOUND_IPS, "")))
    for part in merged.get(names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS_FOR_UIDS, "").split(";"):
        yield from _unless("--exclude-outbound-ports-for-uids", part)
    if read_switch(merged, names.GATEWAY):
        yield "--redirect-inbound=false"
    else:
        yield from _inbound_arguments(merged, numbers)
    if dns:
        yield "--redirect-all-dns-traffic"
        yield from _unless("--redirect-dns-port", numbers[names.BUILTIN_DNS_PORT], 15053)
    if ebpf:
        yield "--ebpf-enabled"
        yield from _ebpf_arguments(merged)
    for key, argument in PLAIN_SWITCHES.items():
        if names.BOOLEAN_VALUES.get(merged.get(key, "")):
            yield argument
    yield "--verbose"


NUMBERS = (
    names.TRANSPARENT_PROXYING_OUTBOUND_PORT,
    names.TRANSPARENT_PROXYING_INBOUND_PORT,
    names.BUILTIN_DNS_PORT,
)
PLAIN_SWITCHES = {
    names.TRAFFIC_DROP_INVALID_PACKETS: "--drop-invalid-packets",
    names.TRAFFIC_IPTABLES_LOGS: "--iptables-logs",
}
EBPF_ARGUMENTS = {
    names.TRANSPARENT_PROXYING_EBPF_BPF_FS_PATH: "--ebpf-bpffs-path",
    names.TRANSPARENT_PROXYING_EBPF_CGROUP_PATH: "--ebpf-cgroup-path",
    names.TRANSPARENT_PROXYING_EBPF_TC_ATTACH_IFACE: "--ebpf-tc-attach-iface",
    names.TRANSPARENT_PROXYING_EBPF_PROGRAMS_SOURCE_PATH: "--ebpf-programs-source-path",
}


def _inbound_arguments(merged: Mapping[str, str], numbers: Mapping[str, int]) -> Iterator[str]:
    yield from _unless("--redirect-inbound-port", numbers[names.TRANSPARENT_PROXYING_INBOUND_PORT], 15006)
    ports = merged.get(names.TRAFFIC_EXCLUDE_INBOUND_PORTS, "")
    proxy_port = read_uint32(merged, names.APPLICATION_PROBE_PROXY_PORT)
    yield from _unless("--exclude-inbound-ports", joined(ports, proxy_port) if proxy_port else ports)
    yield from _unless("--exclude-inbound-ips", _trimmed(merged.get(names.TRAFFIC_EXCLUDE_INBOUND_IPS, "")))


def _ebpf_arguments(merged: Mapping[str, str]) -> Iterator[str]:
    for key, argument in EBPF_ARGUMENTS.items():
        yield from _unless(argument, merged.get(key, ""))
    variable = merged.get(names.TRANSPARENT_PROXYING_EBPF_INSTANCE_IP_ENV_VAR_NAME, "")
    if variable:
        yield f"--ebpf-instance-ip=$({variable})"


def _unless(argument: str, value: str | int, default: str | int = "") -> Iterator[str]:
    """Yield the argument unless its value is the default, empty or zero."""
    if value and value != default:
        yield f"{argument}={value}"


def _trimmed(text: str) -> str:
    return ",".join(part for part in map(str.strip, split_list(text)) if part)
