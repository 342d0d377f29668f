"""The probes block."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.virtual_probes import probes_of

ON = {"kuma.io/virtual-probes": "enabled", "kuma.io/virtual-probes-port": "9000"}


WRONG_SWITCH = 'annotation "kuma.io/virtual-probes" has wrong value "1"'
KEY_OF_ERROR = {WRONG_SWITCH: "kuma.io/virtual-probes"}


def get(path: Any, port: Any = 9000) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port}}


def spec(**probes: Any) -> dict[str, Any]:
    return {"containers": [{"name": "kuma-sidecar", "livenessProbe": get("/x", 1)}, {"name": "app", **probes}]}


@pytest.mark.parametrize("annotations", [{}, {"kuma.io/virtual-probes": "disabled"}])
def test_off(annotations: dict[str, str]) -> None:
    assert probes_of(annotations, spec(livenessProbe=get("/x", 80))) is None


def test_order_and_containers() -> None:
    pod = spec(startupProbe=get("/3/"), readinessProbe=get("/2/r?x=1"), livenessProbe=get("/1"))
    pod["initContainers"] = [
        {"name": "before", "restartPolicy": "Always", "livenessProbe": get("/81/no")},
        {"name": "kuma-sidecar", "restartPolicy": "Always"},
        {"name": "once", "livenessProbe": get("/82/no")},
        {"name": "native", "restartPolicy": "Always", "livenessProbe": get("/83/yes")},
    ]
    assert probes_of(ON, pod) == {
        "endpoints": [
            {"inboundPath": "/yes", "inboundPort": 83, "path": "/83/yes"},
            {"inboundPath": "/", "inboundPort": 1, "path": "/1"},
            {"inboundPath": "/r?x=1", "inboundPort": 2, "path": "/2/r?x=1"},
            {"inboundPath": "/", "inboundPort": 3, "path": "/3/"},
        ],
        "port": 9000,
    }


@pytest.mark.parametrize(
    "probe", [{"exec": {}}, {"tcpSocket": {"port": 1}}, {"grpc": {"port": 1}}, None, "x", {"httpGet": None}]
)
def test_other_probes_are_left_out(probe: Any) -> None:
    assert probes_of(ON, spec(livenessProbe=probe)) == {"port": 9000}


@pytest.mark.parametrize("path", ["/tcp/80", "/grpc/80"])
def test_the_probe_proxy_counts_as_the_virtual_port(path: str) -> None:
    annotations = ON | {"kuma.io/application-probe-proxy-port": "9001"}
    assert probes_of(annotations, spec(livenessProbe=get(path, 9001))) == {"port": 9000}


@pytest.mark.parametrize(
    ("path", "port", "inbound_path"),
    [
        ("/8080", 8080, "/"),
        ("/008080/", 8080, "/"),
        ("/8080/a/b//c", 8080, "/a/b//c"),
        ("/2147483647/x", 2147483647, "/x"),
        ("/0000000000008/x", 8, "/x"),
    ],
)
def test_the_path_names_the_port(path: str, port: int, inbound_path: str) -> None:
    assert probes_of(ON, spec(livenessProbe=get(path))) == {
        "endpoints": [{"inboundPath": inbound_path, "inboundPort": port, "path": path}],
        "port": 9000,
    }


@pytest.mark.parametrize("path", ["/0", "/000/"])
def test_port_zero_of_the_application_is_not_written(path: str) -> None:
    (endpoint,) = (probes_of(ON, spec(livenessProbe=get(path))) or {})["endpoints"]
    assert "inboundPort" not in endpoint


def test_port_zero_is_not_written() -> None:
    assert probes_of(ON | {"kuma.io/virtual-probes-port": "0"}, spec()) == {}


@pytest.mark.parametrize(
    ("annotations", "probe", "message"),
    [
        ({"kuma.io/virtual-probes": "true"}, None, "kuma.io/virtual-probes-port annotation doesn't exist"),
        ({"kuma.io/virtual-probes": "1"}, None, WRONG_SWITCH),
        (
            ON | {"kuma.io/virtual-probes-port": "0"},
            get("/80/x"),
            "probe's port 9000 should be equal to virtual port 0",
        ),
        (ON, get("/x", 8080), "probe's port 8080 should be equal to virtual port 9000"),
        (ON, get("/80/x", 1), "probe's port 1 should be equal to virtual port 9000"),
        (ON, get("/x", "http"), "probe's port 0 should be equal to virtual port 9000"),
        (ON, get("/x"), "invalid port value x"),
        (ON, get("//x"), "invalid port value "),
        (ON, get("/X80/x"), "invalid port value X80"),
        (ON, get("/2147483648/x"), "invalid port value 2147483648"),
        (ON, get("/10000000000/x"), "invalid port value 10000000000"),
        (ON, get("/99999999999/x"), "invalid port value 99999999999"),
        (ON, get("8080/x"), "not enough segments in probe's path"),
        (ON, get(None), "not enough segments in probe's path"),
    ],
)
def test_errors(annotations: dict[str, str], probe: Any, message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        probes_of(annotations, spec(livenessProbe=probe))
    assert caught.value.message.endswith(message)
    assert caught.value.key == KEY_OF_ERROR.get(message, "kuma.io/virtual-probes-port")
