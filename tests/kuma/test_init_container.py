"""kuma-init and kuma-validation, and kumactl's arguments."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.controlplane import ControlPlaneConfig, resolve
from krm_fn.kuma.init_container import init_container, kumactl_arguments
from krm_fn.kuma.reading import KumaValueError

MERGED = {
    "kuma.io/sidecar-uid": "5678",
    "kuma.io/transparent-proxying-ip-family-mode": "dualstack",
    "kuma.io/transparent-proxying-outbound-port": "15001",
    "kuma.io/transparent-proxying-inbound-port": "15006",
    "kuma.io/application-probe-proxy-port": "0",
}
DNS, EBPF = "kuma.io/builtin-dns", "kuma.io/transparent-proxying-ebpf"
INBOUND, OUTBOUND = "traffic.kuma.io/exclude-inbound-", "traffic.kuma.io/exclude-outbound-"


@pytest.mark.parametrize(
    ("changed", "arguments"),
    [
        ({}, []),
        ({"kuma.io/sidecar-uid": "1"}, ["--kuma-dp-user=1"]),
        ({"kuma.io/transparent-proxying-ip-family-mode": "ipv4"}, ["--ip-family-mode=ipv4"]),
        ({"kuma.io/transparent-proxying-outbound-port": "1"}, ["--redirect-outbound-port=1"]),
        ({"kuma.io/transparent-proxying-outbound-port": "0"}, []),
        ({"kuma.io/transparent-proxying-inbound-port": "2"}, ["--redirect-inbound-port=2"]),
        ({OUTBOUND + "ports": "1, 2"}, ["--exclude-outbound-ports=1, 2"]),
        ({OUTBOUND + "ips": " 10.0.0.1 ,, ::1"}, ["--exclude-outbound-ips=10.0.0.1,::1"]),
        ({OUTBOUND + "ips": " , "}, []),
        (
            {OUTBOUND + "ports-for-uids": "tcp:22:1; 53:2;"},
            ["--exclude-outbound-ports-for-uids=tcp:22:1", "--exclude-outbound-ports-for-uids= 53:2"],
        ),
        ({"kuma.io/application-probe-proxy-port": "9001"}, ["--exclude-inbound-ports=9001"]),
        (
            {"kuma.io/application-probe-proxy-port": "9001", INBOUND + "ports": "1,2"},
            ["--exclude-inbound-ports=1,2,9001"],
        ),
        (
            {INBOUND + "ports": "1,2", INBOUND + "ips": "10.0.0.1"},
            ["--exclude-inbound-ports=1,2", "--exclude-inbound-ips=10.0.0.1"],
        ),
        (
            {
                "kuma.io/gateway": "enabled",
                INBOUND + "ports": "1,2",
                INBOUND + "ips": "10.0.0.1",
                "kuma.io/transparent-proxying-inbound-port": "2",
            },
            ["--redirect-inbound=false"],
        ),
        ({"kuma.io/gateway": "disabled"}, []),
        ({DNS: "enabled", f"{DNS}-port": "15053"}, ["--redirect-all-dns-traffic"]),
        ({DNS: "enabled", f"{DNS}-port": "53"}, ["--redirect-all-dns-traffic", "--redirect-dns-port=53"]),
        ({DNS: "disabled", f"{DNS}-port": "53"}, []),
        (
            {
                EBPF: "enabled",
                f"{EBPF}-programs-source-path": "/p",
                f"{EBPF}-bpf-fs-path": "/b",
                f"{EBPF}-cgroup-path": "",
                f"{EBPF}-instance-ip-env-var-name": "IP",
            },
            ["--ebpf-enabled", "--ebpf-bpffs-path=/b", "--ebpf-programs-source-path=/p", "--ebpf-instance-ip=$(IP)"],
        ),
        ({EBPF: "disabled", f"{EBPF}-bpf-fs-path": "/b"}, []),
        (
            {"traffic.kuma.io/iptables-logs": "yes", "traffic.kuma.io/drop-invalid-packets": "true"},
            ["--drop-invalid-packets", "--iptables-logs"],
        ),
        ({"traffic.kuma.io/iptables-logs": "enabled", "traffic.kuma.io/drop-invalid-packets": "false"}, []),
    ],
)
def test_arguments(changed: dict[str, str], arguments: list[str]) -> None:
    assert list(kumactl_arguments(MERGED | changed)) == [*arguments, "--verbose"]


@pytest.mark.parametrize(
    ("merged", "arguments"),
    [
        ({}, []),
        ({DNS: "enabled"}, ["--redirect-all-dns-traffic"]),
        ({EBPF: "enabled"}, ["--ebpf-enabled"]),
        ({OUTBOUND + "ports": "1"}, ["--exclude-outbound-ports=1"]),
    ],
)
def test_annotations_that_are_missing_give_no_argument(merged: dict[str, str], arguments: list[str]) -> None:
    assert list(kumactl_arguments(merged)) == [*arguments, "--verbose"]


def config(**injector: Any) -> ControlPlaneConfig:
    return resolve({"runtime": {"kubernetes": {"injector": injector}}})


@pytest.mark.parametrize("changed", [{f"{DNS}-port": "x"}, {EBPF: "on"}, {DNS: "on"}, {"kuma.io/gateway": "builtin"}])
@pytest.mark.parametrize("cni", [True, False])
def test_values_that_cannot_be_read_refuse_the_pod(changed: dict[str, str], cni: bool) -> None:
    with pytest.raises(KumaValueError):
        init_container(MERGED | changed, config(cniEnabled=cni), by_config_map=False, inbound_redirected=True)


def test_kuma_init() -> None:
    assert init_container(MERGED, config(), by_config_map=False, inbound_redirected=False) == {
        "name": "kuma-init",
        "image": "kuma/kuma-init:latest",
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/kumactl", "install", "transparent-proxy"],
        "args": ["--verbose"],
        "env": [{"name": "XTABLES_LOCKFILE", "value": "/tmp/xtables.lock"}],
        "resources": {"requests": {"cpu": "20m", "memory": "20M"}, "limits": {"memory": "50M"}},
        "securityContext": {
            "runAsUser": 0,
            "runAsGroup": 0,
            "capabilities": {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "kuma-init-tmp", "mountPath": "/tmp"}],
    }


def test_ebpf_needs_rights() -> None:
    limits = {"limits": {"cpu": "1", "memory": "60M"}}
    container = init_container(MERGED, config(ebpf={"enabled": True}, initContainer={"resources": limits}), False, True)
    assert container is not None
    assert container["securityContext"] == {
        "runAsUser": 0,
        "runAsGroup": 0,
        "capabilities": {},
        "readOnlyRootFilesystem": True,
        "privileged": True,
    }
    assert container["env"] == [{"name": "INSTANCE_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "80M"}
    assert container["volumeMounts"][1:] == [
        {"name": "sys-fs-cgroup", "mountPath": "/sys/fs/cgroup"},
        {"name": "bpf-fs", "mountPath": "/sys/fs/bpf", "mountPropagation": "Bidirectional"},
    ]


def test_ebpf_by_annotation_changes_no_rights() -> None:
    container = init_container(MERGED | {EBPF: "enabled"}, config(), by_config_map=False, inbound_redirected=True)
    assert container is not None
    assert "privileged" not in container["securityContext"]
    assert "--ebpf-enabled" in container["args"]


def test_kuma_validation() -> None:
    cni = config(cniEnabled=True, validationContainer={"resources": {"limits": {"cpu": "100m"}}})
    assert init_container(MERGED, cni, by_config_map=False, inbound_redirected=True) == {
        "name": "kuma-validation",
        "image": "kuma/kuma-init:latest",
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/kumactl", "install", "transparent-proxy-validator"],
        "args": ["--config-file=/tmp/.kumactl", "--ip-family-mode=dualstack", "--validation-server-port=15006"],
        "resources": {"requests": {"cpu": "20m", "memory": "20M"}, "limits": {"cpu": "100m", "memory": "50M"}},
        "securityContext": {
            "runAsUser": 5678,
            "runAsGroup": 5678,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
        },
        "volumeMounts": [{"name": "kuma-sidecar-tmp", "mountPath": "/tmp"}],
    }


@pytest.mark.parametrize("by_config_map", [True, False])
def test_a_gateway_under_cni_gets_neither(by_config_map: bool) -> None:
    assert init_container(MERGED, config(cniEnabled=True), by_config_map, inbound_redirected=False) is None


BASE = "/tmp/transparent-proxy/base/config.yaml"
CUSTOM = "/tmp/transparent-proxy/custom/config.yaml"


@pytest.mark.parametrize(
    ("cni", "name", "args"),
    [
        (False, "", [f"--config={BASE}"]),
        (False, "team", [f"--config={BASE}", f"--config={CUSTOM}"]),
        (True, "", ["--config-file=/tmp/.kumactl", f"--transparent-proxy-config={BASE}"]),
        (
            True,
            "team",
            [
                "--config-file=/tmp/.kumactl",
                f"--transparent-proxy-config={BASE}",
                f"--transparent-proxy-config={CUSTOM}",
            ],
        ),
    ],
)
def test_the_config_map_path(cni: bool, name: str, args: list[str]) -> None:
    merged = {"traffic.kuma.io/transparent-proxy-configmap-name": name}
    container = init_container(merged, config(cniEnabled=cni), by_config_map=True, inbound_redirected=True)
    assert container is not None
    assert container["args"] == args
    mounts = [{"name": "transparent-proxy-base", "mountPath": "/tmp/transparent-proxy/base", "readOnly": True}]
    if name:
        mounts.append(
            {"name": "transparent-proxy-custom", "mountPath": "/tmp/transparent-proxy/custom", "readOnly": True}
        )
    assert container["volumeMounts"][1:] == mounts


@pytest.mark.parametrize(("family", "argument"), [("ipv4", "ipv4"), ("dualstack", "dualstack"), ("", "dualstack")])
def test_the_family_that_is_validated(family: str, argument: str) -> None:
    merged = MERGED | {"kuma.io/transparent-proxying-ip-family-mode": family}
    container = init_container(merged, config(cniEnabled=True), by_config_map=False, inbound_redirected=True)
    assert container is not None
    assert container["args"][1:] == [f"--ip-family-mode={argument}", "--validation-server-port=15006"]
