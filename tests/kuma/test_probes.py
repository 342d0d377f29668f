"""Which mechanism serves an application's probes, and what it makes of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from krm_fn.kuma import probes
from krm_fn.kuma.reading import KumaValueError

PORT, VIRTUAL, GATEWAY = "kuma.io/application-probe-proxy-port", "kuma.io/virtual-probes", "kuma.io/gateway"


@pytest.mark.parametrize(
    ("own", "configured", "on"),
    [
        ({}, False, False),
        ({}, True, True),
        ({VIRTUAL: "enabled"}, False, True),
        ({VIRTUAL: "no"}, True, False),
        ({PORT: "0"}, False, True),
        ({PORT: "00"}, False, True),
        ({PORT: "0", VIRTUAL: "disabled"}, False, True),
        ({PORT: "9001"}, False, False),
        ({PORT: ""}, False, False),
        ({PORT: "X"}, False, False),
        ({GATEWAY: "enabled"}, True, False),
        ({GATEWAY: "enabled", PORT: "0"}, True, False),
        ({GATEWAY: "enabled", VIRTUAL: "disabled"}, True, False),
        ({GATEWAY: "disabled"}, True, True),
    ],
)
def test_virtual_probes(own: dict[str, str], configured: bool, on: bool) -> None:
    assert probes.virtual_probes_on(own, configured) is on


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({VIRTUAL: "on"}, 'annotation "kuma.io/virtual-probes" has wrong value "on"'),
        ({GATEWAY: "builtin"}, 'annotation "kuma.io/gateway" has wrong value "builtin"'),
        ({GATEWAY: "true", VIRTUAL: "true"}, "virtual probes can't be enabled in gateway mode"),
    ],
)
def test_virtual_probes_refused(own: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        probes.virtual_probes_on(own, True)
    assert caught.value.message == f"unable to set kuma.io/virtual-probes: {message}"
    assert caught.value.key == list(own)[-1]


REFUSED = -1


@pytest.mark.parametrize(
    ("own", "legacy", "by_config_map"),
    [
        ({}, 9001, 9001),
        ({PORT: "19000"}, 19000, 19000),
        ({PORT: "0"}, 0, 0),
        ({VIRTUAL: "enabled"}, 9001, 9001),
        ({VIRTUAL: "disabled"}, 9001, 0),
        ({VIRTUAL: "nonsense"}, 9001, 0),
        ({VIRTUAL: "disabled", PORT: "19000"}, 19000, 19000),
        ({GATEWAY: "enabled"}, 0, 0),
        ({GATEWAY: "disabled"}, 0, 9001),
        ({GATEWAY: "builtin"}, 0, 9001),
        ({GATEWAY: "enabled", PORT: "0"}, 0, 0),
        ({GATEWAY: "enabled", PORT: "1"}, REFUSED, REFUSED),
        ({GATEWAY: "disabled", PORT: "1"}, REFUSED, 1),
        ({PORT: "-1"}, REFUSED, REFUSED),
        ({PORT: ""}, REFUSED, REFUSED),
    ],
)
def test_the_two_rules_for_the_port(own: dict[str, str], legacy: int, by_config_map: int) -> None:
    for rule, expected in (
        (probes.probe_proxy_port, legacy),
        (probes.probe_proxy_port_by_config_map, by_config_map),
    ):
        if expected == REFUSED:
            with pytest.raises(KumaValueError, match=f"^unable to set {PORT}: ") as caught:
                rule(own, 9001)
            assert caught.value.key == PORT
            words = "application probe proxies probes can't be enabled in gateway mode"
            assert caught.value.message.endswith(words) is (own[PORT] == "1")
        else:
            assert rule(own, 9001) == expected


WEB: dict[str, Any] = {"name": "web", "ports": [{"name": "http", "containerPort": 8080}, {"name": "http"}, "x"]}


@pytest.mark.parametrize(
    ("port", "number"),
    [(80, 80), ("80", 80), ("http", 8080), ("grpc", 0), ("", 0), (0, 0), (None, 0), (True, 0), ([], 0), ("-1", 0)],
)
def test_port_resolution(port: object, number: int) -> None:
    assert probes.resolve_port(WEB, port) == number
    unnamed = {"ports": [{"name": port}, {"name": port, "containerPort": 1}]}
    assert probes.resolve_port(unnamed, port) == (number if port != "http" else 0)
    assert probes.resolve_port(WEB, port, named=False) == (number if port != "http" else 0)


@pytest.mark.parametrize(
    ("probe", "path", "headers"),
    [
        ({"httpGet": {"path": "/healthz", "port": "http"}}, "/8080/healthz", None),
        ({"httpGet": {"path": "healthz", "port": 81}}, "/81/healthz", None),
        ({"httpGet": {"port": "missing"}}, "/0/", None),
        ({"httpGet": {"port": 81, "scheme": "HTTP", "host": "h"}, "timeoutSeconds": 1}, "/81/", None),
        (
            {"httpGet": {"port": 81, "scheme": "HTTPS"}, "timeoutSeconds": 2},
            "/81/",
            [("X-Kuma-Probes-Scheme", "HTTPS"), ("X-Kuma-Probes-Timeout", "2")],
        ),
        (
            {
                "httpGet": {
                    "port": 81,
                    "httpHeaders": [{"name": n, "value": v} for n, v in (("A", "1"), ("Host", "h"), ("Host", "i"))],
                }
            },
            "/81/",
            [("A", "1"), ("X-Kuma-Probes-Host", "h"), ("Host", "i")],
        ),
        ({"tcpSocket": {"port": "http", "host": "h"}}, "/tcp/8080", None),
        ({"tcpSocket": {"port": 5}, "timeoutSeconds": 3}, "/tcp/5", [("X-Kuma-Probes-Timeout", "3")]),
        ({"grpc": {"port": 6, "service": ""}}, "/grpc/6", None),
        ({"grpc": {"port": "http"}}, "/grpc/0", None),
        (
            {"grpc": {"port": 6, "service": "live"}, "timeoutSeconds": 3},
            "/grpc/6",
            [("X-Kuma-Probes-Timeout", "3"), ("X-Kuma-Probes-GRPC-Service", "live")],
        ),
    ],
)
def test_the_probe_proxy(probe: dict[str, Any], path: str, headers: list[tuple[str, str]] | None) -> None:
    before = copy.deepcopy(probe)
    handler: dict[str, Any] = {"path": path, "port": 9001}
    if headers:
        handler["httpHeaders"] = [{"name": name, "value": value} for name, value in headers]
    timing = {key: value for key, value in probe.items() if key == "timeoutSeconds"}
    assert probes.proxied(WEB, probe, 9001) == {"httpGet": handler, **timing}
    assert probe == before


@pytest.mark.parametrize("probe", [{"exec": {"command": ["true"]}}, {}, {"httpGet": None}, {"tcpSocket": "80"}])
def test_the_probe_proxy_leaves_other_probes(probe: dict[str, Any]) -> None:
    assert probes.proxied(WEB, probe, 9001) is None


def test_virtual_probes_keep_host_scheme_and_headers() -> None:
    handler = {"host": "h", "scheme": "HTTPS", "httpHeaders": [{"name": "Host", "value": "h"}], "port": "http"}
    assert probes.virtualized(WEB, {"httpGet": handler, "timeoutSeconds": 5}, 9000) == {
        "httpGet": {**handler, "path": "/8080/", "port": 9000},
        "timeoutSeconds": 5,
    }


@pytest.mark.parametrize("probe", [{"tcpSocket": {"port": 80}}, {"grpc": {"port": 80}}, {"exec": {}}, {}])
def test_virtual_probes_leave_other_probes(probe: dict[str, Any]) -> None:
    assert probes.virtualized(WEB, probe, 9000) is None


def http(port: object) -> dict[str, Any]:
    return {"httpGet": {"path": "/", "port": port}}


def merged_annotations(proxy: int, virtual: str = "disabled") -> dict[str, str]:
    return {PORT: str(proxy), VIRTUAL: virtual, "kuma.io/virtual-probes-port": "9000"}


SPEC: dict[str, Any] = {
    "initContainers": [
        {"name": "before", "restartPolicy": "Always", "readinessProbe": http(1)},
        {"name": "kuma-sidecar", "restartPolicy": "Always", "readinessProbe": http(2)},
        {"name": "once", "readinessProbe": http(3)},
        {"name": "behind", "restartPolicy": "Always", "readinessProbe": http(4)},
    ],
    "containers": [
        {"name": "web", "livenessProbe": http(5), "startupProbe": http(6), "lifecycle": {"preStop": http(7)}},
        {"name": "kuma-sidecar", "readinessProbe": http(8)},
        "no container",
    ],
}


def paths(spec: dict[str, Any]) -> list[str]:
    containers = [c for key in ("initContainers", "containers") for c in spec[key] if isinstance(c, dict)]
    return [
        str(handler["httpGet"]["port"]) + str(handler["httpGet"]["path"])
        for container in containers
        for handler in (*(container.get(key) for key in probes.PROBES), container.get("lifecycle", {}).get("preStop"))
        if handler
    ]


@pytest.mark.parametrize(
    ("merged", "expected"),
    [
        (merged_annotations(9001), ["1/", "2/", "3/", "9001/4/", "9001/5/", "9001/6/", "7/", "8/"]),
        (merged_annotations(9001, "enabled"), ["1/", "2/", "3/", "9001/4/", "9001/5/", "9001/6/", "7/", "8/"]),
        (merged_annotations(0, "enabled"), ["1/", "2/", "3/", "9000/4/", "9000/5/", "9000/6/", "7/", "8/"]),
        (merged_annotations(0), ["1/", "2/", "3/", "4/", "5/", "6/", "7/", "8/"]),
    ],
)
def test_which_containers(merged: dict[str, str], expected: list[str]) -> None:
    before = copy.deepcopy(SPEC)
    spec = {key: list(containers) for key, containers in SPEC.items()}
    probes.rewrite_probes(spec, merged)
    assert paths(spec) == expected
    assert before == SPEC


def test_virtual_probes_know_the_ports_of_their_container() -> None:
    spec: dict[str, Any] = {"initContainers": []}
    spec["containers"] = [{**WEB, "livenessProbe": http("http")}, {"name": "other", "livenessProbe": http("http")}]
    probes.rewrite_probes(spec, merged_annotations(0, "enabled"))
    assert paths(spec) == ["9000/8080/", "9000/0/"]


@pytest.mark.parametrize(
    ("merged", "key"),
    [
        (merged_annotations(9001) | {PORT: "x"}, PORT),
        (merged_annotations(0, "enabled") | {"kuma.io/virtual-probes-port": "x"}, "kuma.io/virtual-probes-port"),
    ],
)
def test_a_port_that_is_no_number_is_named(merged: dict[str, str], key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        probes.rewrite_probes({}, merged)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("probe", "merged", "port"),
    [
        (http(9001), merged_annotations(9001), 9001),
        ({"tcpSocket": {"port": "9001"}}, merged_annotations(9001), 9001),
        ({"grpc": {"port": 9001}}, merged_annotations(9001), 9001),
        (http(9000), merged_annotations(0, "enabled"), 9000),
    ],
)
def test_the_reserved_port(probe: dict[str, Any], merged: dict[str, str], port: int) -> None:
    with pytest.raises(KumaValueError) as caught:
        probes.rewrite_probes({"containers": [{"name": "web", "readinessProbe": probe}]}, merged)
    assert caught.value.message == (
        f"cannot override Pod's probes. Port for probe cannot be set to {port}. "
        "It is reserved for the dataplane that will serve pods without mTLS."
    )
