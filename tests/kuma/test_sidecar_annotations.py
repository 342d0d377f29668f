"""Labels and annotations of an injected Pod, where no ConfigMap configures the transparent proxy."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.controlplane import ControlPlaneConfig, resolve
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.sidecar_annotations import injected_metadata

ONE: dict[str, Any] = {"containers": [{"name": "web"}]}
TWO: dict[str, Any] = {"containers": [{"name": "web"}, {"name": "helper"}]}

# What a Pod without annotations of its own gets from Kuma 2.14 with nothing configured.
DEFAULTS = {
    "kubectl.kubernetes.io/default-container": "web",
    "kuma.io/sidecar-injected": "true",
    "kuma.io/transparent-proxying": "enabled",
    "kuma.io/sidecar-uid": "5678",
    "kuma.io/transparent-proxying-outbound-port": "15001",
    "kuma.io/transparent-proxying-inbound-port": "15006",
    "kuma.io/builtin-dns": "enabled",
    "kuma.io/builtin-dns-port": "15053",
    "kuma.io/builtin-dns-logging": "false",
    "kuma.io/virtual-probes": "disabled",
    "kuma.io/virtual-probes-port": "9000",
    "kuma.io/application-probe-proxy-port": "9001",
    "traffic.kuma.io/exclude-inbound-ports": "9902",
    "kuma.io/transparent-proxying-ip-family-mode": "dualstack",
    "kuma.io/envoy-admin-port": "9901",
}


def configured(injector: dict[str, Any] | None = None, **params: Any) -> ControlPlaneConfig:
    return resolve(
        {"runtime": {"kubernetes": {"injector": injector or {}}}, "bootstrapServer": {"params": params}},
    )


def annotated(
    own: dict[str, Any], config: ControlPlaneConfig | None = None, spec: dict[str, Any] = ONE
) -> dict[str, Any]:
    return injected_metadata({}, own, spec, "default", config or configured())[1]


def test_defaults() -> None:
    assert annotated({}) == DEFAULTS


def test_the_mesh_becomes_a_label() -> None:
    labels = {"app": "web", "kuma.io/mesh": ""}
    new, _annotations = injected_metadata(labels, {}, ONE, "payments", configured())
    assert new == {"app": "web", "kuma.io/mesh": "payments"}
    assert labels == {"app": "web", "kuma.io/mesh": ""}


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        ({"team": "a", "kuma.io/tags": "{}"}, {"team": "a", "kuma.io/tags": "{}"}),
        ({"kubectl.kubernetes.io/default-container": "x"}, {"kubectl.kubernetes.io/default-container": "x"}),
        ({"kubectl.kubernetes.io/default-container": ""}, {"kubectl.kubernetes.io/default-container": ""}),
        # overwritten
        ({"kuma.io/sidecar-injected": "false", "kuma.io/sidecar-uid": "1"}, {}),
        ({"kuma.io/transparent-proxying": "disabled"}, {}),
        ({"kuma.io/transparent-proxying-inbound-port": "x", "kuma.io/transparent-proxying-outbound-port": ""}, {}),
        # printed again
        ({"kuma.io/envoy-admin-port": "09902"}, {"kuma.io/envoy-admin-port": "9902"}),
        ({"kuma.io/envoy-admin-port": "0"}, {"kuma.io/envoy-admin-port": "0"}),
        ({"kuma.io/virtual-probes-port": "0123"}, {"kuma.io/virtual-probes-port": "123"}),
        ({"kuma.io/application-probe-proxy-port": "019000"}, {"kuma.io/application-probe-proxy-port": "19000"}),
        (
            {"kuma.io/application-probe-proxy-port": "0"},
            {"kuma.io/application-probe-proxy-port": "0", "kuma.io/virtual-probes": "enabled"},
        ),
        ({"kuma.io/virtual-probes": "yes"}, {"kuma.io/virtual-probes": "enabled"}),
        (
            {"kuma.io/gateway": "enabled"},
            {"kuma.io/gateway": "enabled", "kuma.io/application-probe-proxy-port": "0"},
        ),
        ({"kuma.io/builtin-dns": "true"}, {}),
        (
            {"kuma.io/builtin-dns-port": "053", "kuma.io/builtin-dns-logging": "yes"},
            {"kuma.io/builtin-dns-port": "53", "kuma.io/builtin-dns-logging": "true"},
        ),
        # texts as they are
        ({"traffic.kuma.io/exclude-inbound-ports": "1, 2"}, {"traffic.kuma.io/exclude-inbound-ports": "1, 2,9902"}),
        ({"traffic.kuma.io/exclude-inbound-ports": ""}, {}),
        ({"traffic.kuma.io/exclude-outbound-ports": " 3"}, {"traffic.kuma.io/exclude-outbound-ports": " 3"}),
        ({"traffic.kuma.io/exclude-outbound-ips": ""}, {"traffic.kuma.io/exclude-outbound-ips": ""}),
        ({"kuma.io/transparent-proxying-ip-family-mode": ""}, {}),
        (
            {"kuma.io/transparent-proxying-ip-family-mode": "ipv5"},
            {"kuma.io/transparent-proxying-ip-family-mode": "ipv5"},
        ),
        # without an annotation of their own
        ({"kuma.io/sidecar-proxy-concurrency": "4"}, {"kuma.io/sidecar-proxy-concurrency": "4"}),
        ({"example.com/number": 5}, {"example.com/number": 5}),
    ],
)
def test_annotations_of_the_pod(own: dict[str, Any], changed: dict[str, Any]) -> None:
    before = dict(own)
    assert annotated(own) == DEFAULTS | changed
    assert own == before


def test_dns_switched_off_stays_as_it_is_written() -> None:
    off = {key: value for key, value in DEFAULTS.items() if "builtin-dns" not in key}
    assert annotated({"kuma.io/builtin-dns": "false"}) == off | {"kuma.io/builtin-dns": "false"}
    assert annotated({}, configured({"builtinDNS": {"enabled": False}})) == off


@pytest.mark.parametrize("containers", [TWO, {"containers": []}, {"containers": "web"}, {}])
def test_no_default_container(containers: dict[str, Any]) -> None:
    assert "kubectl.kubernetes.io/default-container" not in annotated({}, spec=containers)


EBPF = "kuma.io/transparent-proxying-ebpf"


@pytest.mark.parametrize(
    ("own", "injector", "changed"),
    [
        ({}, {"cniEnabled": True}, {"k8s.v1.cni.cncf.io/networks": "kuma-cni"}),
        (
            {"k8s.v1.cni.cncf.io/networks": "multus"},
            {"cniEnabled": True},
            {"k8s.v1.cni.cncf.io/networks": "kuma-cni"},
        ),
        (
            {},
            {"sidecarTraffic": {"excludeInboundPorts": [1, 2], "excludeOutboundIPs": ["10.0.0.0/8", "::1"]}},
            {
                "traffic.kuma.io/exclude-inbound-ports": "1,2,9902",
                "traffic.kuma.io/exclude-outbound-ips": "10.0.0.0/8,::1",
            },
        ),
        (
            {"traffic.kuma.io/exclude-inbound-ports": ""},
            {"sidecarTraffic": {"excludeInboundPorts": [1, 2]}},
            {"traffic.kuma.io/exclude-inbound-ports": "9902"},
        ),
        (
            {},
            {
                "sidecarContainer": {
                    "uid": 1,
                    "redirectPortInbound": 2,
                    "redirectPortOutbound": 3,
                    "ipFamilyMode": "ipv4",
                }
            },
            {
                "kuma.io/sidecar-uid": "1",
                "kuma.io/transparent-proxying-inbound-port": "2",
                "kuma.io/transparent-proxying-outbound-port": "3",
                "kuma.io/transparent-proxying-ip-family-mode": "ipv4",
            },
        ),
        (
            {},
            {"sidecarTraffic": {"excludeOutboundPorts": [3, 4], "excludeInboundIPs": ["10.1.0.0/16"]}},
            {
                "traffic.kuma.io/exclude-outbound-ports": "3,4",
                "traffic.kuma.io/exclude-inbound-ips": "10.1.0.0/16",
            },
        ),
        (
            {"traffic.kuma.io/exclude-outbound-ports": "5", "traffic.kuma.io/exclude-inbound-ips": "::1"},
            {"sidecarTraffic": {"excludeOutboundPorts": [3, 4], "excludeInboundIPs": ["10.1.0.0/16"]}},
            {"traffic.kuma.io/exclude-outbound-ports": "5", "traffic.kuma.io/exclude-inbound-ips": "::1"},
        ),
        ({}, {"virtualProbesEnabled": True}, {"kuma.io/virtual-probes": "enabled"}),
        (
            {},
            {"builtinDNS": {"enabled": True, "port": 53, "logging": True}},
            {
                "kuma.io/builtin-dns": "enabled",
                "kuma.io/builtin-dns-port": "53",
                "kuma.io/builtin-dns-logging": "true",
            },
        ),
        (
            {"kuma.io/builtin-dns-logging": "no"},
            {"builtinDNS": {"enabled": True, "logging": True}},
            {
                "kuma.io/builtin-dns": "enabled",
                "kuma.io/builtin-dns-port": "15053",
                "kuma.io/builtin-dns-logging": "false",
            },
        ),
        (
            {},
            {"ebpf": {"enabled": True, "tcAttachIface": "eth0"}},
            {
                EBPF: "enabled",
                f"{EBPF}-bpf-fs-path": "/sys/fs/bpf",
                f"{EBPF}-cgroup-path": "/sys/fs/cgroup",
                f"{EBPF}-tc-attach-iface": "eth0",
                f"{EBPF}-programs-source-path": "/tmp/kuma-ebpf",
            },
        ),
        (
            {},
            {"ebpf": {"enabled": True}},
            {
                EBPF: "enabled",
                f"{EBPF}-bpf-fs-path": "/sys/fs/bpf",
                f"{EBPF}-cgroup-path": "/sys/fs/cgroup",
                f"{EBPF}-programs-source-path": "/tmp/kuma-ebpf",
            },
        ),
        (
            {EBPF: "true", "INSTANCE_IP": "MIXED_UP", f"{EBPF}-cgroup-path": "", f"{EBPF}-tc-attach-iface": "eth1"},
            {},
            {
                EBPF: "enabled",
                "INSTANCE_IP": "MIXED_UP",
                f"{EBPF}-instance-ip-env-var-name": "MIXED_UP",
                f"{EBPF}-bpf-fs-path": "/sys/fs/bpf",
                f"{EBPF}-cgroup-path": "",
                f"{EBPF}-tc-attach-iface": "eth1",
                f"{EBPF}-programs-source-path": "/tmp/kuma-ebpf",
            },
        ),
        ({EBPF: "disabled"}, {"ebpf": {"enabled": True}}, {EBPF: "disabled"}),
    ],
)
def test_configuration(own: dict[str, Any], injector: dict[str, Any], changed: dict[str, str]) -> None:
    assert annotated(own, configured(injector)) == DEFAULTS | changed


@pytest.mark.parametrize(
    ("params", "ports"),
    [
        ({"envoyAdminUnixSocket": False}, None),
        ({"readinessPort": 0}, None),
        ({"readinessPort": 7}, "7"),
    ],
)
def test_the_readiness_port(params: dict[str, Any], ports: str | None) -> None:
    assert annotated({}, configured(**params)).get("traffic.kuma.io/exclude-inbound-ports") == ports


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"kuma.io/gateway": "builtin"}, 'unable to set kuma.io/virtual-probes: annotation "kuma.io/gateway" has'),
        ({"kuma.io/application-probe-proxy-port": "x"}, "unable to set kuma.io/application-probe-proxy-port: failed"),
        ({EBPF: ""}, f"could not generate annotations for pod: getting {EBPF} annotation failed: annotation"),
        ({"kuma.io/builtin-dns": "on"}, 'could not generate annotations for pod: annotation "kuma.io/builtin-dns" has'),
        ({"kuma.io/builtin-dns-port": "x"}, "could not generate annotations for pod: failed to parse annotation"),
        (
            {"kuma.io/virtual-probes-port": "x"},
            "could not generate annotations for pod: unable to set kuma.io/virtual-probes-port: failed to parse",
        ),
        ({"kuma.io/envoy-admin-port": ""}, "could not generate annotations for pod: failed to parse annotation"),
    ],
)
def test_refused(own: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        annotated(own)
    assert caught.value.message.startswith(message)
