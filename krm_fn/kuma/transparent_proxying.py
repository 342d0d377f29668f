"""The transparentProxying block of a Dataplane, from the annotations that the injector leaves on a Pod.

Follows pkg/plugins/runtime/k8s/controllers/pod_converter.go of Kuma 2.14.3, and of older minors where
``krm_fn.kuma.versions`` tells a difference.
"""

from __future__ import annotations

from krm_fn.kuma.names import (
    DIRECT_ACCESS_SERVICES,
    IP_FAMILY_MODES,
    REACHABLE_BACKENDS,
    TRAFFIC_TRANSPARENT_PROXY_CONFIG,
    TRANSPARENT_PROXYING,
    TRANSPARENT_PROXYING_INBOUND_PORT,
    TRANSPARENT_PROXYING_IP_FAMILY_MODE,
    TRANSPARENT_PROXYING_OUTBOUND_PORT,
    TRANSPARENT_PROXYING_REACHABLE_SERVICES,
)
from krm_fn.kuma.reading import KumaValueError, parse_uint32, read_list, read_switch, read_uint32
from krm_fn.yamltext.scalars import APPLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.versions import KumaVersion

LISTS = {
    "directAccessServices": DIRECT_ACCESS_SERVICES,
    "reachableServices": TRANSPARENT_PROXYING_REACHABLE_SERVICES,
}
PORTS = (
    ("inbound", "redirectPortInbound", TRANSPARENT_PROXYING_INBOUND_PORT),
    ("outbound", "redirectPortOutbound", TRANSPARENT_PROXYING_OUTBOUND_PORT),
)
DEFAULT_IP_FAMILY_MODE = "dualstack"


def transparent_proxying(annotations: Mapping[str, str], version: KumaVersion) -> dict[str, Any]:
    """Return the block, empty if there is nothing to say. Raise on annotations that Kuma cannot read."""
    on = read_switch(annotations, TRANSPARENT_PROXYING)
    block: dict[str, Any] = {}
    if on:
        block |= _redirection(annotations)
    if on or (version.proxying_by_config and annotations.get(TRAFFIC_TRANSPARENT_PROXY_CONFIG)):
        block |= {field: names for field, key in LISTS.items() if (names := read_list(annotations, key))}
        if REACHABLE_BACKENDS in annotations:
            block["reachableBackends"] = reachable_backends(annotations[REACHABLE_BACKENDS])
    return dict(sorted(block.items()))


def _redirection(annotations: Mapping[str, str]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for direction, field, key in PORTS:
        port = read_uint32(annotations, key)
        if port is None:
            raise KumaValueError(
                f"transparent proxying {direction} port has to be set in transparent mode", TRANSPARENT_PROXYING
            )
        if port:
            block[field] = port
    mode = annotations.get(TRANSPARENT_PROXYING_IP_FAMILY_MODE, DEFAULT_IP_FAMILY_MODE)
    if mode:
        if mode not in IP_FAMILY_MODES:
            raise KumaValueError(f"invalid ip family mode '{mode}'", TRANSPARENT_PROXYING_IP_FAMILY_MODE)
        block["ipFamilyMode"] = IP_FAMILY_MODES[mode]
    return block


# --- kuma.io/reachable-backends ---------------------------------------------------------------------------------------
NULLS = ("", "~", "null", "Null", "NULL")


class _WrongShape(Exception):
    pass


def reachable_backends(text: str) -> dict[str, Any]:
    """Read the annotation. `{}` means that nothing is reachable. Raise if it does not have the wanted shape."""
    import yaml

    from krm_fn.yamltext.read import YamlError, read_value  # few packages have this annotation

    try:
        read_value(text, APPLY)  # it has limits; the composer of libyaml's binding recurses until the process ends
        # The base loader keeps scalars as they are written, so that a name like 2024-01-01 stays one.
        value = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        refs = [_ref(_mapping(entry)) for entry in _sequence(_mapping(value).get("refs"))]
    except (YamlError, yaml.YAMLError, RecursionError, TypeError, ValueError, _WrongShape):
        raise KumaValueError(f"cannot parse, {REACHABLE_BACKENDS} has invalid format", REACHABLE_BACKENDS) from None
    return {"refs": refs} if refs else {}


def _ref(entry: Mapping[str, object]) -> dict[str, Any]:
    ref: dict[str, Any] = {}
    for field in ("kind", "name", "namespace"):
        text = _scalar(entry.get(field))
        if text:
            ref[field] = text
    labels = {_scalar(key): _scalar(value) for key, value in _mapping(entry.get("labels")).items()}
    if labels:
        ref["labels"] = dict(sorted(labels.items()))
    port = _scalar(entry.get("port"))
    if port:
        ref["port"] = _number(port)
    return dict(sorted(ref.items()))


def _number(text: str) -> int:
    try:
        return parse_uint32(text)
    except KumaValueError:
        raise _WrongShape from None


def _scalar(value: object) -> str:
    if value is None or value in NULLS:
        return ""
    if isinstance(value, str):
        return value
    raise _WrongShape


def _mapping(value: object) -> dict[str, object]:
    if value is None or value in NULLS:
        return {}
    if isinstance(value, dict):
        return value
    raise _WrongShape


def _sequence(value: object) -> list[object]:
    if value is None or value in NULLS:
        return []
    if isinstance(value, list):
        return value
    raise _WrongShape
