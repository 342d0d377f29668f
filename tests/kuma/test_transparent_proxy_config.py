"""The transparent proxy's ConfigMap: read, adjusted to a Pod, written into its annotation."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from krm_fn.kuma.controlplane import ControlPlaneConfig, resolve
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.sidecar_annotations import injected_metadata
from krm_fn.kuma.transparent_proxy_config import adjusted, inbound_redirected, parse_config_map
from krm_fn.kuma.transparent_proxy_yaml import rendered

RETRIEVAL = "could not retrieve transparent proxy configuration: "


def base(text: str = "{}") -> dict[str, Any]:
    return parse_config_map("tproxy", {"data": {"config.yaml": text}})


def config(params: dict[str, Any] | None = None, **injector: Any) -> ControlPlaneConfig:
    return resolve({"runtime": {"kubernetes": {"injector": injector}}, "bootstrapServer": {"params": params or {}}})


def written(text: str, own: dict[str, str], used: ControlPlaneConfig | None = None) -> Any:
    return yaml.safe_load(rendered(adjusted(base(text), own, used or config())))


DEFAULTS = """\
ipFamilyMode: dualstack
kumaDPUser: "5678"
redirect:
  dns:
    captureAll: false
    enabled: false
    port: 15053
    resolvConfigPath: /etc/resolv.conf
    skipConntrackZoneSplit: false
  inbound:
    enabled: true
    excludePorts:
    - 9001
    - 9902
    port: 15006
  outbound:
    enabled: true
    port: 15001
retry:
  maxRetries: 4
  sleepBetweenRetries: 2s
wait: 5
waitInterval: 0
"""


def test_an_empty_configuration_is_written_with_its_defaults() -> None:
    assert rendered(adjusted(base(), {}, config())) == DEFAULTS


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("kumadpuser: x", "kumaDPUser", "x"),
        ("REDIRECT: {Inbound: {Enabled: false}}", "redirect.inbound.enabled", False),
        ("redirect: {inbound: null}", "redirect.inbound.port", 15006),
        ("unknown: 1", "wait", 5),
        ("ipFamilyMode: IPv4", "ipFamilyMode", "IPv4"),
        ("ipFamilyMode: ''", "ipFamilyMode", "dualstack"),
        ("redirect: {outbound: {excludePorts: '1, 2,'}}", "redirect.outbound.excludePorts", [1, 2]),
        ("redirect: {outbound: {excludePorts: 7}}", "redirect.outbound.excludePorts", [7]),
        ("redirect: {outbound: {excludePorts: [7, '8', '9,10']}}", "redirect.outbound.excludePorts", [7, 8, 9, 10]),
        ("redirect: {outbound: {excludePortsForUIDs: ['1']}}", "redirect.outbound.excludePortsForUIDs", ["1"]),
        ("retry: {sleepBetweenRetries: 90s}", "retry.sleepBetweenRetries", "1m30s"),
        ("retry: {sleepBetweenRetries: 1500000}", "retry.sleepBetweenRetries", "1.5ms"),
        ("iptablesExecutables: {iptables-save: /x}", "iptablesExecutables.iptables-save", "/x"),
    ],
)
def test_reading(text: str, path: str, value: object) -> None:
    found: Any = base(text)
    for key in path.split("."):
        found = found[key]
    assert found == value


@pytest.mark.parametrize(
    ("config_map", "message"),
    [
        (None, 'configmaps "tproxy" not found'),
        ({}, "key 'config.yaml' is missing or empty"),
        ({"data": {"config.yaml": ""}}, "key 'config.yaml' is missing or empty"),
        ({"data": "config.yaml"}, "key 'config.yaml' is missing or empty"),
    ],
)
def test_no_configuration(config_map: object, message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        parse_config_map("tproxy", config_map)
    assert caught.value.message == RETRIEVAL + message


NO_PORT = "value '{}' is not a valid port (uint16 in the range [1, 65535])"


@pytest.mark.parametrize("text", ["a: [", "a: b\n--- \nc: d", "a: \x00", "[" * 10_000])
def test_what_is_no_yaml(text: str) -> None:
    with pytest.raises(KumaValueError, match="^" + RETRIEVAL + "unable to parse configuration: ") as caught:
        base(text)
    assert "\n" not in caught.value.message


def test_the_words_of_the_yaml_reader_are_told_in_one_line() -> None:
    with pytest.raises(KumaValueError, match=r"line \d.*node content"):
        base("a: [")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("just text", "the configuration is no mapping"),
        ("- a", "the configuration is no mapping"),
        ("redirect: []", "redirect is no mapping"),
        ("redirect: {inbound: x}", "redirect.inbound is no mapping"),
        ("redirect: {inbound: {port: '15006'}}", NO_PORT.format(15006)),
        ("redirect: {inbound: {port: 0}}", NO_PORT.format(0)),
        ("redirect: {inbound: {port: 65536}}", NO_PORT.format(65536)),
        ("redirect: {inbound: {excludePorts: 1-5}}", NO_PORT.format("1-5")),
        (f"redirect: {{inbound: {{excludePorts: '{'9' * 20}'}}}}", NO_PORT.format("9" * 20)),
        ("redirect: {inbound: {enabled: 'yes'}}", "redirect.inbound.enabled has to be true or false, not yes"),
        ("redirect: {vnet: {networks: docker0}}", "redirect.vnet.networks has to be a list, not docker0"),
        ("redirect: {vnet: {networks: [1]}}", "redirect.vnet.networks has to be a text, not 1"),
        ("kumaDPUser: 5678", "kumaDPUser has to be a text, not 5678"),
        ("wait: soon", "wait has to be a number, not soon"),
        ("wait: -1", "wait has to be a number, not -1"),
        ("ipFamilyMode: 4", "ipFamilyMode has to be a text, not 4"),
        ("ipFamilyMode: ipv6", "invalid ipFamilyMode: ipv6: must be one of 'dualstack' or 'ipv4'"),
        ("retry: {sleepBetweenRetries: 2}\nwait: 1.5", "wait has to be a number, not 1.5"),
        ("retry: {sleepBetweenRetries: 2 s}", 'time: unknown unit " s" in duration "2 s"'),
    ],
)
def test_what_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        base(text)
    assert caught.value.message == f"{RETRIEVAL}unable to parse configuration: {complaint}"
    assert caught.value.key == "", "it is no annotation or field of the pod"


@pytest.mark.parametrize("text", ["log: {level: true}", "retry: {sleepBetweenRetries: true}"])
def test_a_switch_is_no_number(text: str) -> None:
    with pytest.raises(KumaValueError, match=r"^.*: (log\.level|retry\.sleepBetweenRetries) has to be a "):
        base(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("log: {level: 0}", {"level": 0}),
        ("log: {enabled: true, level: 9}", {"enabled": True, "level": 9}),
    ],
)
def test_numbers_begin_at_zero(text: str, value: dict[str, Any]) -> None:
    assert base(text)["log"] == {"enabled": False} | value


@pytest.mark.parametrize("port", [1, 65535])
def test_limits_of_ports(port: int) -> None:
    assert base(f"redirect: {{inbound: {{port: {port}}}}}")["redirect"]["inbound"]["port"] == port


OUTBOUND, INBOUND = "traffic.kuma.io/exclude-outbound-", "traffic.kuma.io/exclude-inbound-"
WITH_LISTS = """
redirect:
  outbound: {excludePorts: [1], excludePortsForIPs: [10.0.0.1], excludePortsForUIDs: ["5"]}
  inbound: {excludePorts: [2], excludePortsForIPs: [10.0.0.2]}
"""
TRAFFIC = {
    "excludeOutboundPorts": [3],
    "excludeOutboundIPs": ["10.0.0.3"],
    "excludeInboundPorts": [4],
    "excludeInboundIPs": ["10.0.0.4"],
}


@pytest.mark.parametrize(
    ("text", "own", "outbound", "inbound"),
    [
        ("{}", {}, ([3], ["10.0.0.3"], None), ([4, 9001, 9902], ["10.0.0.4"])),
        (WITH_LISTS, {}, ([1], ["10.0.0.1"], ["5"]), ([2, 9001, 9902], ["10.0.0.2"])),
        (
            WITH_LISTS,
            {OUTBOUND + "ports": " 6 ,7", OUTBOUND + "ips": "a, b", INBOUND + "ports": "8", INBOUND + "ips": "::1"},
            ([6, 7], ["a", " b"], ["5"]),
            ([8, 9001, 9902], ["::1"]),
        ),
        (
            WITH_LISTS,
            {OUTBOUND + "ports": "", OUTBOUND + "ips": ",", INBOUND + "ports": " ", INBOUND + "ips": ""},
            ([1], ["10.0.0.1"], ["5"]),
            ([2, 9001, 9902], ["10.0.0.2"]),
        ),
        (WITH_LISTS, {OUTBOUND + "ports-for-uids": "a;b"}, ([1], ["10.0.0.1"], ["a", "b"]), None),
        (WITH_LISTS, {OUTBOUND + "ports-for-uids": ""}, ([1], ["10.0.0.1"], [""]), None),
        ("{}", {"kuma.io/application-probe-proxy-port": "9902"}, None, ([4, 9902, 9902], ["10.0.0.4"])),
        ("{}", {"kuma.io/virtual-probes": "disabled"}, None, ([4, 9902], ["10.0.0.4"])),
        (WITH_LISTS, {"kuma.io/gateway": "enabled"}, None, ([2, 9902], ["10.0.0.2"])),
    ],
)
def test_exclusions(
    text: str,
    own: dict[str, str],
    outbound: tuple[list[int], list[str], list[str] | None] | None,
    inbound: tuple[list[int], list[str]] | None,
) -> None:
    redirect = written(text, own, config(sidecarTraffic=TRAFFIC))["redirect"]
    if outbound is not None:
        fields = ("excludePorts", "excludePortsForIPs", "excludePortsForUIDs")
        assert tuple(redirect["outbound"].get(field) for field in fields) == outbound
    if inbound is not None:
        assert tuple(redirect["inbound"].get(field) for field in ("excludePorts", "excludePortsForIPs")) == inbound


EBPF: dict[str, Any] = {
    "enabled": True,
    "instanceIP": "",
    "instanceIPEnvVarName": "INSTANCE_IP",
    "cgroupPath": "/sys/fs/cgroup",
    "programsSourcePath": "/tmp/kuma-ebpf",
    "tcAttachIface": "",
}


@pytest.mark.parametrize(
    ("text", "own", "used", "changed"),
    [
        ("kumaDPUser: '1'", {}, config(sidecarContainer={"uid": 9}), {"kumaDPUser": "9"}),
        ("{}", {}, config(cniEnabled=True), {"cniMode": True}),
        ("ipFamilyMode: ipv4", {}, config(sidecarContainer={"ipFamilyMode": "dualstack"}), {"ipFamilyMode": "ipv4"}),
        (
            "ipFamilyMode: ipv4",
            {"kuma.io/transparent-proxying-ip-family-mode": ""},
            config(),
            {"ipFamilyMode": "dualstack"},
        ),
        ("{}", {"kuma.io/transparent-proxying-ip-family-mode": "IPV4"}, config(), {"ipFamilyMode": "IPV4"}),
        ("{}", {"traffic.kuma.io/drop-invalid-packets": "true"}, config(), {"dropInvalidPackets": True}),
        ("dropInvalidPackets: true", {"traffic.kuma.io/drop-invalid-packets": "no"}, config(), {}),
        ("{}", {"traffic.kuma.io/iptables-logs": "yes"}, config(), {"log": {"enabled": True, "level": 7}}),
        ("log: {enabled: true}", {"traffic.kuma.io/iptables-logs": "false"}, config(), {}),
        ("dropInvalidPackets: true", {}, config(), {"dropInvalidPackets": True}),
        ("log: {enabled: true}", {}, config(), {"log": {"enabled": True, "level": 7}}),
        ("ebpf: {enabled: true}", {}, config(), {"ebpf": EBPF | {"bpffsPath": "/sys/fs/bpf"}}),
        (
            "{}",
            {"kuma.io/transparent-proxying-ebpf": "yes", "kuma.io/transparent-proxying-ebpf-bpf-fs-path": "/own"},
            config(),
            {"ebpf": EBPF | {"bpffsPath": "/own"}},
        ),
        ("verbose: true\ncomments: {disabled: true}", {}, config(), {"verbose": True, "comments": {"disabled": True}}),
        (
            "iptablesExecutables: {iptables: /sbin/x}",
            {},
            config(),
            {"iptablesExecutables": {"iptables": "/sbin/x"}},
        ),
        ("{}", {}, config(ebpf={"enabled": True}), {}),
        (
            "{}",
            {"kuma.io/transparent-proxying-ebpf": "true", "kuma.io/transparent-proxying-ebpf-cgroup-path": ""},
            config(ebpf={"tcAttachIface": "eth1"}),
            {
                "ebpf": {
                    "enabled": True,
                    "instanceIP": "",
                    "instanceIPEnvVarName": "INSTANCE_IP",
                    "bpffsPath": "/sys/fs/bpf",
                    "cgroupPath": "/sys/fs/cgroup",
                    "programsSourcePath": "/tmp/kuma-ebpf",
                    "tcAttachIface": "eth1",
                }
            },
        ),
        ("ebpf: {enabled: true}", {"kuma.io/transparent-proxying-ebpf": "disabled"}, config(), {}),
    ],
)
def test_settings(text: str, own: dict[str, str], used: ControlPlaneConfig, changed: dict[str, Any]) -> None:
    assert written(text, own, used) == yaml.safe_load(DEFAULTS) | changed


def test_dns_keeps_its_switch_and_loses_its_port() -> None:
    text = "redirect: {dns: {enabled: true, port: 1}, outbound: {port: 2}, inbound: {port: 3, enabled: false}}"
    redirect = written(text, {"kuma.io/builtin-dns": "false"}, config({"readinessPort": 0}))["redirect"]
    assert (redirect["dns"]["enabled"], redirect["dns"]["port"]) == (True, 15053)
    assert redirect["outbound"] == {"enabled": True, "port": 15001}
    assert redirect["inbound"] == {"enabled": False, "port": 3}


@pytest.mark.parametrize(
    ("text", "own", "redirected"),
    [
        ("{}", {}, True),
        ("{}", {"kuma.io/gateway": "disabled"}, True),
        ("{}", {"kuma.io/gateway": "enabled"}, False),
        ("redirect: {inbound: {enabled: false}}", {}, False),
    ],
)
def test_whether_inbound_traffic_is_redirected(text: str, own: dict[str, str], redirected: bool) -> None:
    assert inbound_redirected(base(text), own) is redirected


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"kuma.io/transparent-proxying-ip-family-mode": "ipv6"}, "invalid IP Family Mode in annotation 'kuma.io/"),
        ({"traffic.kuma.io/drop-invalid-packets": "enabled"}, 'annotation "traffic.kuma.io/drop-invalid-packets" has'),
        ({"traffic.kuma.io/iptables-logs": ""}, 'annotation "traffic.kuma.io/iptables-logs" has wrong value ""'),
        ({OUTBOUND + "ports": "80-90"}, "value '80-90' is not a valid port"),
        ({INBOUND + "ports": "0"}, "value '0' is not a valid port"),
        ({"kuma.io/transparent-proxying-ebpf": "on"}, 'annotation "kuma.io/transparent-proxying-ebpf" has wrong'),
    ],
)
def test_refused(own: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        injected_metadata({}, own, {}, "default", config(), base())
    assert caught.value.message.startswith("could not generate annotations for pod: " + message)


def test_annotations_beside_it() -> None:
    own = {"kuma.io/envoy-admin-port": "1", "kuma.io/virtual-probes-port": "2", "kuma.io/builtin-dns": "no"}
    spec = {"containers": [{"name": "web"}]}
    _labels, annotations = injected_metadata({}, own, spec, "default", config(cniEnabled=True), base())
    config_text = annotations.pop("traffic.kuma.io/transparent-proxy-config")
    assert yaml.safe_load(config_text)["cniMode"] is True
    assert annotations == {
        "kubectl.kubernetes.io/default-container": "web",
        "kuma.io/sidecar-injected": "true",
        "k8s.v1.cni.cncf.io/networks": "kuma-cni",
        "kuma.io/virtual-probes": "disabled",
        "kuma.io/virtual-probes-port": "9000",
        "kuma.io/application-probe-proxy-port": "9001",
        "kuma.io/envoy-admin-port": "9901",
        "kuma.io/builtin-dns": "no",
    }


def test_nothing_given_is_changed() -> None:
    given, own = base(WITH_LISTS), {OUTBOUND + "ports": "1", "kuma.io/transparent-proxying-ebpf": "true"}
    before = copy.deepcopy(given)
    adjusted(given, own, config(sidecarTraffic=TRAFFIC))
    assert given == before


NUMBERS_AND_DATES = ["1003", "22:10", "0x1f", "1e3", ".5", "0o17", "1_000", "2026-01-01"]
READ_AS_ANOTHER_TYPE = [*NUMBERS_AND_DATES, "", "yes", "true", "~", "null", "="]
NEEDING_QUOTES = [" a", "a ", "a: b", "a #b", "a:", "- a", "*a", "%a", "@a", "'a'", '"a"', "é\n"]
PLAIN = ["tcp:22:1000", "fe80::/10", "10.0.0.0/8", "/etc/resolv.conf"]


@pytest.mark.parametrize("text", [*READ_AS_ANOTHER_TYPE, *NEEDING_QUOTES, *PLAIN])
def test_texts_stay_texts(text: str) -> None:
    assert written("{}", {OUTBOUND + "ports-for-uids": text})["redirect"]["outbound"]["excludePortsForUIDs"] == [text]
