"""The environment variables of kuma-dp."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.controlplane import ControlPlaneConfig, resolve
from krm_fn.kuma.sidecar_environment import ControlPlane, environment

CONTROL_PLANE = ControlPlane("https://cp:5678", "PEM\n")


def config(**injector: Any) -> ControlPlaneConfig:
    return resolve({"runtime": {"kubernetes": {"injector": injector}}})


def variables(annotations: dict[str, str] | None = None, used: ControlPlaneConfig | None = None) -> dict[str, Any]:
    entries = environment(annotations or {}, "default", used or config(), CONTROL_PLANE)
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


XDS = "KUMA_DATAPLANE_RUNTIME_ENVOY_XDS_TRANSPORT_PROTOCOL_VARIANT"
DELTA = resolve({"experimental": {"deltaXds": True}})


@pytest.mark.parametrize(
    ("annotations", "used", "expected"),
    [
        ({}, config(), {"KUMA_CONTROL_PLANE_CA_CERT": "PEM\n", "KUMA_DATAPLANE_DRAIN_TIME": "30s"}),
        ({}, config(), {"HOST_IP": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.hostIP"}}, XDS: None}),
        ({"kuma.io/sidecar-drain-time": "90s"}, config(), {"KUMA_DATAPLANE_DRAIN_TIME": "1m30s"}),
        ({}, DELTA, {XDS: "DELTA_GRPC"}),
        ({"kuma.io/xds-transport-protocol-variant": "GRPC"}, DELTA, {XDS: "GRPC"}),
        ({"kuma.io/xds-transport-protocol-variant": ""}, DELTA, {XDS: None}),
        (
            {"kuma.io/builtin-dns": "disabled", "kuma.io/builtin-dns-port": "1"},
            config(),
            {"KUMA_DNS_ENABLED": "true", "KUMA_DNS_PROXY_PORT": "15053"},
        ),
        (
            {},
            config(builtinDNS={"experimentalProxy": False, "port": 100, "logging": True}),
            {
                "KUMA_DNS_CORE_DNS_PORT": "100",
                "KUMA_DNS_ENVOY_DNS_PORT": "102",
                "KUMA_DNS_CORE_DNS_BINARY_PATH": "coredns",
                "KUMA_DNS_ENABLE_LOGGING": "true",
                "KUMA_DNS_PROXY_PORT": None,
            },
        ),
        (
            {"kuma.io/builtin-dns": "enabled"},
            config(builtinDNS={"enabled": False}),
            {"KUMA_DNS_ENABLED": "false", "KUMA_DNS_ENABLE_LOGGING": None, "KUMA_DNS_PROXY_PORT": None},
        ),
        (
            {"kuma.io/envoy-log-level": "trace", "kuma.io/envoy-component-log-level": "http:debug"},
            config(),
            {
                "KUMA_DATAPLANE_RUNTIME_ENVOY_LOG_LEVEL": "trace",
                "KUMA_DATAPLANE_RUNTIME_ENVOY_COMPONENT_LOG_LEVEL": "http:debug",
            },
        ),
        (
            {},
            config(unifiedResourceNamingEnabled=True),
            {"KUMA_DATAPLANE_RUNTIME_UNIFIED_RESOURCE_NAMING_ENABLED": "true"},
        ),
        (
            {},
            config(otelPipeEnabled=False),
            {"KUMA_DATAPLANE_RUNTIME_OTEL_PIPE_ENABLED": "false", "HOST_IP": None},
        ),
        ({"k8s.kuma.io/spire-support": "true"}, config(), {"KUMA_DATAPLANE_RUNTIME_SPIRE_SUPPORTED": "true"}),
        ({}, config(spire={"enabled": True}), {"KUMA_DATAPLANE_RUNTIME_SPIRE_SUPPORTED": "true"}),
        (
            {"k8s.kuma.io/spire-support": "false"},
            config(spire={"enabled": True}),
            {"KUMA_DATAPLANE_RUNTIME_SPIRE_SUPPORTED": None},
        ),
        ({"kuma.io/gateway": "disabled"}, config(), {"KUMA_APPLICATION_PROBE_PROXY_PORT": "0"}),
        ({"kuma.io/application-probe-proxy-port": "07"}, config(), {"KUMA_APPLICATION_PROBE_PROXY_PORT": "7"}),
        (
            {"kuma.io/sidecar-env-vars": "B=annotation;POD_NAME=me;EMPTY="},
            config(sidecarContainer={"envVars": {"A": "config", "B": "config", "KUMA_DATAPLANE_MESH": "other"}}),
            {"A": "config", "B": "annotation", "POD_NAME": "me", "KUMA_DATAPLANE_MESH": "other", "EMPTY": None},
        ),
    ],
)
def test_environment(annotations: dict[str, str], used: ControlPlaneConfig, expected: dict[str, Any]) -> None:
    found = variables(annotations, used)
    assert {name: found.get(name) for name in expected} == expected


def test_the_environment_is_sorted_by_bytes() -> None:
    used = config(sidecarContainer={"envVars": {"a": "1", "_": "1", "Z": "1", "é": "1", "0": "1"}})
    found = list(variables({}, used))
    assert found == sorted(found, key=str.encode)


def test_an_empty_value_is_left_out() -> None:
    entries = environment({}, "default", config(), ControlPlane("http://cp:5681"))
    assert {"name": "KUMA_CONTROL_PLANE_CA_CERT"} in entries
