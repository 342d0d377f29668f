"""The transparentProxying block."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.transparent_proxying import reachable_backends, transparent_proxying
from krm_fn.kuma.versions import V2_14

ON = {
    "kuma.io/transparent-proxying": "enabled",
    "kuma.io/transparent-proxying-inbound-port": "15006",
    "kuma.io/transparent-proxying-outbound-port": "15001",
}
CONFIG = {"traffic.kuma.io/transparent-proxy-config": "x"}
PORTS = {"ipFamilyMode": "DualStack", "redirectPortInbound": 15006, "redirectPortOutbound": 15001}
MODE = "kuma.io/transparent-proxying-ip-family-mode"


@pytest.mark.parametrize(
    ("annotations", "block"),
    [
        ({}, {}),
        ({"kuma.io/direct-access-services": "*"}, {}),
        ({"kuma.io/transparent-proxying": "false", MODE: "junk"}, {}),
        ({"traffic.kuma.io/transparent-proxy-config": "", "kuma.io/direct-access-services": "*"}, {}),
        (CONFIG, {}),
        (CONFIG | {"kuma.io/direct-access-services": "a, b,,"}, {"directAccessServices": ["a", " b"]}),
        (CONFIG | {"kuma.io/transparent-proxying-reachable-services": ","}, {}),
        (CONFIG | {"kuma.io/reachable-backends": ""}, {"reachableBackends": {}}),
        (ON, PORTS),
        (ON | {MODE: "ipv4"}, PORTS | {"ipFamilyMode": "IPv4"}),
        (ON | {MODE: ""}, {k: v for k, v in PORTS.items() if k != "ipFamilyMode"}),
        (
            ON | {"kuma.io/transparent-proxying-inbound-port": "0"},
            {k: v for k, v in PORTS.items() if k != "redirectPortInbound"},
        ),
        (ON | {"kuma.io/transparent-proxying-reachable-services": "a,b"}, PORTS | {"reachableServices": ["a", "b"]}),
    ],
)
def test_block(annotations: dict[str, str], block: dict[str, Any]) -> None:
    found = transparent_proxying(annotations, V2_14)
    assert found == block
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("annotations", "message", "key"),
    [
        (
            {"kuma.io/transparent-proxying": "on"},
            'annotation "kuma.io/transparent-proxying" has wrong value "on"',
            "kuma.io/transparent-proxying",
        ),
        (
            {"kuma.io/transparent-proxying": "true"},
            "transparent proxying inbound port has to be set in transparent mode",
            "kuma.io/transparent-proxying",
        ),
        (
            {k: v for k, v in ON.items() if "outbound" not in k},
            "transparent proxying outbound port has to be set in transparent mode",
            "kuma.io/transparent-proxying",
        ),
        (ON | {MODE: "ipv6"}, "invalid ip family mode 'ipv6'", MODE),
        (
            ON | {"kuma.io/transparent-proxying-inbound-port": "x"},
            "failed to parse annotation",
            "kuma.io/transparent-proxying-inbound-port",
        ),
    ],
)
def test_errors(annotations: dict[str, str], message: str, key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        transparent_proxying(annotations, V2_14)
    assert message in caught.value.message
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("{}", {}),
        ("refs:", {}),
        ("refs: []", {}),
        ("other: 1", {}),
        ("refs: [{}]", {"refs": [{}]}),
        (
            "refs: [{kind: MeshService, name: 2024-01-01, namespace: shop, port: 80, extra: [1]}]",
            {"refs": [{"kind": "MeshService", "name": "2024-01-01", "namespace": "shop", "port": 80}]},
        ),
        (
            "refs:\n- kind: MeshService\n  labels: {b: yes, a: '1'}\n  name: null\n",
            {"refs": [{"kind": "MeshService", "labels": {"a": "1", "b": "yes"}}]},
        ),
        ('{"refs": [{"kind": "MeshExternalService"}]}', {"refs": [{"kind": "MeshExternalService"}]}),
    ],
)
def test_reachable_backends(text: str, found: dict[str, Any]) -> None:
    assert reachable_backends(text) == found


@pytest.mark.parametrize(
    "text",
    ["text", "[]", "- a", "refs: x", "refs: {}", "refs: [x]", "refs: [{kind: []}]", "refs: [{port: x}]", "{", "a: b: c",
     "refs: [{labels: [a]}]", "refs: [{labels: {a: [b]}}]", "? [a]\n: b", "\x00", "[" * 5000],
)  # fmt: skip
def test_unreadable_reachable_backends(text: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        reachable_backends(text)
    assert caught.value.message == "cannot parse, kuma.io/reachable-backends has invalid format"
    assert caught.value.key == "kuma.io/reachable-backends"
