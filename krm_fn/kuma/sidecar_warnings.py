"""What Kuma's injector warns about while it injects a Pod: settings that do not take effect.

The warnings for every Pod, injected or not, are `injection.deprecations`. Follows Kuma's
`pkg/plugins/runtime/k8s/webhooks/injector` and `pkg/transparentproxy/kubernetes`.
"""

from __future__ import annotations

from krm_fn.krm.fields import dig, string_map
from krm_fn.kuma import names
from krm_fn.kuma.injection import Remark, containers_with_uid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig

# Annotations that a configured ConfigMap makes void, the field of it that they stand for, and that field's default.
CONFIG_MAP_FIELDS: dict[str, tuple[tuple[str, ...], object]] = {
    names.SIDECAR_UID: (("kumaDPUser",), ""),
    names.TRANSPARENT_PROXYING_INBOUND_PORT: (("redirect", "inbound", "port"), 15006),
    names.TRANSPARENT_PROXYING_OUTBOUND_PORT: (("redirect", "outbound", "port"), 15001),
    names.BUILTIN_DNS_PORT: (("redirect", "dns", "port"), 15053),
    names.BUILTIN_DNS: (("redirect", "dns", "enabled"), False),
}


def injection_warnings(
    annotations: Mapping[str, Any], spec: Mapping[str, Any], config: ControlPlaneConfig, by_config_map: bool = False
) -> list[Remark]:
    """List what does not take effect in a Pod that is injected, and the init containers that bypass the sidecar."""
    return [*_init_containers(spec, config), *_overridden(string_map(annotations), config, by_config_map)]


def _init_containers(spec: Mapping[str, Any], config: ControlPlaneConfig) -> Iterator[Remark]:
    uid = config.injector.sidecar_container.uid
    for name in containers_with_uid(spec, "initContainers", uid):
        message = (
            f"The init container {name} runs with the user id of the sidecar, {uid}: its traffic bypasses the mesh."
        )
        yield Remark("init-container-with-sidecar-uid", "", message)


def _overridden(own: Mapping[str, str], config: ControlPlaneConfig, by_config_map: bool) -> Iterator[Remark]:
    configured = _configured(config)
    for key in CONFIG_MAP_FIELDS if by_config_map else LEGACY_KEYS:
        if key in own and _same_words(own[key]) != _same_words(configured[key]):
            message = f"The annotation {key}: {own[key]} has no effect; the control plane's {configured[key]} is used."
            yield Remark("annotation-overridden", key, message, configured[key])


LEGACY_KEYS = (
    names.TRANSPARENT_PROXYING,
    names.TRANSPARENT_PROXYING_INBOUND_PORT,
    names.TRANSPARENT_PROXYING_OUTBOUND_PORT,
)


def _configured(config: ControlPlaneConfig) -> dict[str, str]:
    sidecar, dns = config.injector.sidecar_container, config.injector.builtin_dns
    return {
        names.TRANSPARENT_PROXYING: names.ENABLED,
        names.SIDECAR_UID: str(sidecar.uid),
        names.TRANSPARENT_PROXYING_INBOUND_PORT: str(sidecar.redirect_port_inbound),
        names.TRANSPARENT_PROXYING_OUTBOUND_PORT: str(sidecar.redirect_port_outbound),
        names.BUILTIN_DNS_PORT: str(dns.port),
        names.BUILTIN_DNS: names.ENABLED if dns.enabled else names.DISABLED,
    }


def _same_words(value: object) -> str:
    """Return what a value says, so that different spellings of one switch or number are equal."""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    switch = names.SWITCH_VALUES.get(text)
    return text.lstrip("0") if switch is None else str(switch)


def config_map_warnings(tproxy: Mapping[str, Any], config: ControlPlaneConfig) -> list[Remark]:
    """List the fields of the transparent proxy's ConfigMap that differ from the control plane's configuration."""
    found = []
    configured = _configured(config)
    for key, (path, default) in CONFIG_MAP_FIELDS.items():
        value = dig(tproxy, *path)
        if value != default and _same_words(value) != _same_words(configured[key]):
            field = ".".join(path)
            message = f"The ConfigMap's {field}: {value} differs from the control plane's {configured[key]}."
            found.append(Remark("transparent-proxy-config-differs", field, message, configured[key]))
    return found
