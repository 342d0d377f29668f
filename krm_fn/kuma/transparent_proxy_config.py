"""The transparent proxy's configuration as a ConfigMap holds it, and as it is for one Pod.

Only where `runtime.kubernetes.injector.transparentProxyConfigMap` names a ConfigMap, which Helm does not by default.
Follows Kuma's `pkg/transparentproxy/config` (fields, defaults, how they are read) and
`pkg/transparentproxy/kubernetes` (what annotations and the control plane's configuration change).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig
from krm_fn.kuma import names
from krm_fn.kuma.probes import prefixed, probe_proxy_port_by_config_map
from krm_fn.kuma.reading import (
    KumaValueError,
    format_duration,
    parse_duration,
    read_boolean,
    read_list,
    read_switch,
    split_list,
)
from krm_fn.kuma.sidecar_annotations import readiness_port_outside_mesh
from krm_fn.kuma.transparent_proxy_yaml import EXECUTABLES
from krm_fn.yamltext.scalars import APPLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig

    Config = dict[str, Any]

RETRIEVAL_FAILED = "could not retrieve transparent proxy configuration: "
CONFIG_KEY = "config.yaml"


# --- Reading ----------------------------------------------------------------------------------------------------------
def parse_config_map(name: str, config_map: object) -> Config:
    """Return the configuration in the ConfigMap (None if it does not exist), complete with Kuma's defaults.

    Raises KumaValueError, with Kuma's text, if there is none or it cannot be read.
    """
    if not isinstance(config_map, dict):
        raise KumaValueError(f'{RETRIEVAL_FAILED}configmaps "{name}" not found')
    text = as_str(dig(config_map, "data", CONFIG_KEY))
    if not text:
        raise KumaValueError(f"{RETRIEVAL_FAILED}key '{CONFIG_KEY}' is missing or empty")
    try:
        return _laid_over(FIELDS, _load(text), "")
    except KumaValueError as wrong:
        raise prefixed(f"{RETRIEVAL_FAILED}unable to parse configuration: ", wrong) from None


def _load(text: str) -> object:
    from krm_fn.yamltext.read import YamlError, read_value

    try:
        return read_value(text, APPLY)
    except YamlError as wrong:
        raise KumaValueError(str(wrong)) from None


def _laid_over(fields: Mapping[str, Any], given: object, path: str) -> Config:
    """Lay what is given over the defaults of a table of fields; unknown keys are ignored, and case in keys is, too."""
    if given is not None and not isinstance(given, dict):
        raise KumaValueError(f"{path or 'the configuration'} is no mapping")
    by_lower = {str(key).lower(): value for key, value in as_map(given).items()}
    result = {}
    for key, field in fields.items():
        value = by_lower.get(key.lower())
        where = f"{path}.{key}" if path else key
        if isinstance(field, dict):
            result[key] = _laid_over(field, value, where)
        else:
            read, default = field
            result[key] = default if value is None else read(value, where)
    return result


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise KumaValueError(f"{path} has to be a text, not {value}")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise KumaValueError(f"{path} has to be true or false, not {value}")
    return value


def _number(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise KumaValueError(f"{path} has to be a number, not {value}")
    return value


def _duration(value: object, path: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return format_duration(value)
    return format_duration(parse_duration(_text(value, path)))


def _texts(value: object, path: str) -> list[str]:
    if not isinstance(value, list):
        raise KumaValueError(f"{path} has to be a list, not {value}")
    return [_text(part, path) for part in value]


def _port(value: object, _path: str = "") -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise KumaValueError(f"value '{value}' is not a valid port (uint16 in the range [1, 65535])")
    return value


def _ports(value: object, _path: str) -> list[int]:
    parts = value if isinstance(value, list) else [value]
    return [port for part in parts for port in (parse_ports(part) if isinstance(part, str) else [_port(part)])]


def parse_ports(text: str) -> list[int]:
    """Read ports between commas; blanks and empty parts are dropped. Raises KumaValueError for what is no port."""
    return [_port(int(part) if _digits(part) else part) for part in map(str.strip, split_list(text)) if part]


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _family(value: object, path: str) -> str:
    mode = _text(value, path)
    return checked_family(mode, f"invalid {path}")


def checked_family(mode: str, complaint: str) -> str:
    """Return the IP family mode, spelled as it is; the empty text means the default."""
    if mode and mode.lower() not in names.IP_FAMILY_MODES:
        raise KumaValueError(f"{complaint}: {mode}: must be one of 'dualstack' or 'ipv4'")
    return mode or "dualstack"


def _redirect(port: int) -> Config:
    return {
        "enabled": (_flag, True),
        "port": (_port, port),
        "includePorts": (_ports, []),
        "excludePorts": (_ports, []),
        "excludePortsForUIDs": (_texts, []),
        "excludePortsForIPs": (_texts, []),
        "insertRedirectInsteadOfAppend": (_flag, False),
    }


# How each field is read, and its default.
FIELDS: Config = {
    "kumaDPUser": (_text, ""),
    "ipFamilyMode": (_family, "dualstack"),
    "redirect": {
        "inbound": _redirect(15006),
        "outbound": _redirect(15001),
        "dns": {
            "enabled": (_flag, False),
            "port": (_port, 15053),
            "captureAll": (_flag, False),
            "skipConntrackZoneSplit": (_flag, False),
            "resolvConfigPath": (_text, "/etc/resolv.conf"),
        },
        "vnet": {"networks": (_texts, [])},
    },
    "ebpf": {
        "enabled": (_flag, False),
        "instanceIP": (_text, ""),
        "instanceIPEnvVarName": (_text, ""),
        "bpffsPath": (_text, "/run/kuma/bpf"),
        "cgroupPath": (_text, "/sys/fs/cgroup"),
        "programsSourcePath": (_text, "/tmp/kuma-ebpf"),
        "tcAttachIface": (_text, ""),
    },
    "log": {"enabled": (_flag, False), "level": (_number, 7)},
    "wait": (_number, 5),
    "waitInterval": (_number, 0),
    "retry": {"maxRetries": (_number, 4), "sleepBetweenRetries": (_duration, "2s")},
    "comments": {"disabled": (_flag, False)},
    "iptablesExecutables": dict.fromkeys(EXECUTABLES, (_text, "")),
    "dropInvalidPackets": (_flag, False),
    "storeFirewalld": (_flag, False),
    "cniMode": (_flag, False),
    "verbose": (_flag, False),
    "dryRun": (_flag, False),
}


# --- For one Pod ------------------------------------------------------------------------------------------------------
def inbound_redirected(base: Config, own: Mapping[str, str]) -> bool:
    """Return whether traffic to the Pod passes the sidecar: not for gateways."""
    return not read_switch(own, names.GATEWAY) and bool(base["redirect"]["inbound"]["enabled"])


def adjusted(base: Config, own: Mapping[str, str], config: ControlPlaneConfig) -> Config:
    """Return the configuration for a Pod with these annotations of its own. Raises KumaValueError."""
    redirect = base["redirect"]
    return {
        **base,
        "kumaDPUser": str(config.injector.sidecar_container.uid),
        "cniMode": config.injector.cni_enabled,
        "ipFamilyMode": _own_family(base, own),
        "dropInvalidPackets": read_boolean(own, names.TRAFFIC_DROP_INVALID_PACKETS, base["dropInvalidPackets"]),
        "log": {**base["log"], "enabled": read_boolean(own, names.TRAFFIC_IPTABLES_LOGS, base["log"]["enabled"])},
        "redirect": {
            **redirect,
            "dns": {**redirect["dns"], "port": config.injector.builtin_dns.port},
            "outbound": _outbound(redirect["outbound"], own, config),
            "inbound": _inbound(base, own, config),
        },
        "ebpf": _ebpf(base["ebpf"], own, config),
    }


def _own_family(base: Config, own: Mapping[str, str]) -> str:
    key = names.TRANSPARENT_PROXYING_IP_FAMILY_MODE
    if key not in own:
        return as_str(base["ipFamilyMode"])
    return checked_family(own[key], f"invalid IP Family Mode in annotation '{key}'")


def _outbound(outbound: Config, own: Mapping[str, str], config: ControlPlaneConfig) -> Config:
    ports, ips = names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS, names.TRAFFIC_EXCLUDE_OUTBOUND_IPS
    traffic = config.injector.sidecar_traffic
    uids = own.get(names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS_FOR_UIDS)
    return {
        **outbound,
        "port": config.injector.sidecar_container.redirect_port_outbound,
        "excludePorts": _excluded_ports(own, ports, outbound, traffic.exclude_outbound_ports),
        "excludePortsForUIDs": outbound["excludePortsForUIDs"] if uids is None else uids.split(";"),
        "excludePortsForIPs": _excluded_ips(own, ips, outbound, traffic.exclude_outbound_ips),
    }


def _inbound(base: Config, own: Mapping[str, str], config: ControlPlaneConfig) -> Config:
    inbound: Config = base["redirect"]["inbound"]
    ports, ips = names.TRAFFIC_EXCLUDE_INBOUND_PORTS, names.TRAFFIC_EXCLUDE_INBOUND_IPS
    traffic = config.injector.sidecar_traffic
    enabled = inbound_redirected(base, own)
    appended = [readiness_port_outside_mesh(config)]
    result = {**inbound, "enabled": enabled}
    if enabled:
        result["port"] = config.injector.sidecar_container.redirect_port_inbound
        result["excludePortsForIPs"] = _excluded_ips(own, ips, inbound, traffic.exclude_inbound_ips)
        result["excludePorts"] = _excluded_ports(own, ports, inbound, traffic.exclude_inbound_ports)
        appended.insert(0, probe_proxy_port_by_config_map(own, config.injector.application_probe_proxy_port))
    result["excludePorts"] = result["excludePorts"] + [port for port in appended if port]
    return result


def _excluded_ports(own: Mapping[str, str], key: str, section: Config, configured: tuple[int, ...]) -> list[int]:
    return parse_ports(own.get(key, "")) or section["excludePorts"] or list(configured)


def _excluded_ips(own: Mapping[str, str], key: str, section: Config, configured: tuple[str, ...]) -> list[str]:
    return read_list(own, key) or section["excludePortsForIPs"] or list(configured)


def _ebpf(ebpf: Config, own: Mapping[str, str], config: ControlPlaneConfig) -> Config:
    configured = config.injector.ebpf
    enabled = read_switch(own, names.TRANSPARENT_PROXYING_EBPF, ebpf["enabled"])
    result = {**ebpf, "enabled": enabled}
    if enabled:
        for field, key, default in (
            ("bpffsPath", names.TRANSPARENT_PROXYING_EBPF_BPF_FS_PATH, configured.bpffs_path),
            ("cgroupPath", names.TRANSPARENT_PROXYING_EBPF_CGROUP_PATH, configured.cgroup_path),
            ("tcAttachIface", names.TRANSPARENT_PROXYING_EBPF_TC_ATTACH_IFACE, configured.tc_attach_iface),
            (
                "instanceIPEnvVarName",
                names.TRANSPARENT_PROXYING_EBPF_INSTANCE_IP_ENV_VAR_NAME,
                configured.instance_ip_env_var_name,
            ),
            (
                "programsSourcePath",
                names.TRANSPARENT_PROXYING_EBPF_PROGRAMS_SOURCE_PATH,
                configured.programs_source_path,
            ),
        ):
            result[field] = own.get(key, default) or ebpf[field]
    return result
