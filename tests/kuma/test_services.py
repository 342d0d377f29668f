"""Services of a Pod and their container ports."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.kuma.services import ContainerPorts, ServiceIndex, matches, service_port, service_view
from krm_fn.kuma.versions import V2_14


def service(name: str, selector: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"selector": selector, **spec}}


def names(index: ServiceIndex, labels: dict[str, str], uid: str = "") -> list[str]:
    return [view.name for view in index.of_pod(labels, uid)]


LABELS = {"app": "web", "tier": "front", "hash": "x1", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ({"app": "web"}, True),
        ({"app": "web", "tier": "front"}, True),
        ({"app": "web", "tier": "back"}, False),
        ({"app": "other"}, False),
        ({"missing": ""}, False),
        ({}, False),
        (None, False),
        ({"app": "web", "hash": "ignored-anyway"}, True),
        ({"hash": "ignored-anyway"}, True),
        ({"app": 1}, False),
        ({"app": "web", "tier": 1}, False),
        ({"app": "web", 7: "x"}, False),
        ({"app": "web", "empty": None}, True),
        ({"app": "web", "tier": None}, False),
        ("app=web", False),
        (["app"], False),
    ],
)
def test_selectors(selector: Any, taken: bool) -> None:
    assert names(ServiceIndex([service("s", selector)], ignored_labels=["hash"]), LABELS) == (["s"] if taken else [])


def test_order_is_by_name_in_bytes() -> None:
    index = ServiceIndex([service(name, {"app": "web"}) for name in ("b", "a10", "a-1", "a")])
    assert names(index, LABELS) == ["a", "a-1", "a10", "b"]


def test_a_selector_that_can_never_match_is_none() -> None:
    """Not the same as no selector, with which EndpointSlices decide."""
    endpoints = [{"targetRef": {"uid": "u"}}]
    endpoint_slice = {"metadata": {"labels": {"kubernetes.io/service-name": "s"}}, "endpoints": endpoints}
    never: list[Any] = [{"app": 1}, {7: "x"}, "app=web", []]
    for wrong in never:
        assert service_view(service("s", wrong)).selector is None
        assert names(ServiceIndex([service("s", wrong)], [endpoint_slice]), LABELS, "u") == []
    assert service_view(service("s")).selector == {}
    assert service_view(service("s", {"a": None})).selector == {"a": ""}


@pytest.mark.parametrize(
    ("value", "taken"), [("true", False), ("enabled", False), ("false", True), ("on", True), ("", True)]
)
def test_ignored_services(value: str, taken: bool) -> None:
    ignored = service("s", {"app": "web"})
    ignored["metadata"]["annotations"] = {"kuma.io/ignore": value}
    index = ServiceIndex([ignored])
    assert bool(names(index, LABELS)) is taken
    assert index.named("s") is not None
    assert index.named("t") is None


def test_services_without_selector_go_by_endpoint_slices() -> None:
    def endpoint_slice(name: str, *endpoints: Any) -> dict[str, Any]:
        return {"metadata": {"labels": {"kubernetes.io/service-name": name}}, "endpoints": list(endpoints)}

    index = ServiceIndex(
        [service("open"), service("other"), service("selecting", {"app": "no"}), service("unnamed")],
        [
            endpoint_slice("open", {"targetRef": {"uid": "u1"}}, {"targetRef": {"uid": "u1"}}),
            endpoint_slice("other", {"targetRef": {"uid": "u2"}}, None, "x"),
            endpoint_slice("selecting", {"targetRef": {"uid": "u1"}}),
            endpoint_slice("unnamed", {"addresses": ["10.0.0.1"]}),
        ],
    )
    assert names(index, LABELS, "u1") == ["open"]
    assert names(index, LABELS, "u2") == ["other"]
    assert names(index, LABELS) == []


small = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)


@settings(max_examples=150)
@given(st.lists(small, max_size=8), small)
def test_the_index_finds_what_a_scan_finds(selectors: list[dict[str, str]], labels: dict[str, str]) -> None:
    index = ServiceIndex([service(f"s{i}", selector) for i, selector in enumerate(selectors)])
    assert names(index, labels) == [f"s{i}" for i, s in enumerate(selectors) if s and matches(s, labels)]


@pytest.mark.parametrize(
    ("entry", "target"),
    [
        ({"port": 80}, 80),
        ({"port": 80, "targetPort": 8080}, 8080),
        ({"port": 80, "targetPort": 0}, 80),
        ({"port": 80, "targetPort": ""}, 80),
        ({"port": 80, "targetPort": True}, 80),
        ({"port": 80, "targetPort": "http", "protocol": "TCP"}, "http"),
    ],
)
def test_target_port_is_filled_in(entry: dict[str, Any], target: int | str) -> None:
    port = service_port(entry)
    assert port is not None
    assert port.target == target


@pytest.mark.parametrize("entry", [{"port": 53, "protocol": "UDP"}, {"port": "80"}, {}, None, [], {"port": True}])
def test_unusable_ports(entry: Any) -> None:
    assert service_port(entry) is None


CONTAINERS = [
    {"name": "dns", "ports": [{"containerPort": 53, "name": "dns", "protocol": "UDP"}]},
    {"name": "web", "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9090}]},
    {"name": "late", "ports": [{"containerPort": 8080, "name": "again"}, {"containerPort": 1, "name": "http"}]},
    "nonsense",
    {"name": "broken", "ports": [None, {"containerPort": "80"}]},
]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("http", (8080, "http", "web")),
        (8080, (8080, "http", "web")),
        (9090, (9090, "", "web")),
        (7070, (7070, "", "")),
        (53, (53, "", "")),
        ("dns", None),
        ("missing", None),
        ("8080", None),
    ],
)
def test_container_ports(target: int | str, found: tuple[int, str, str] | None) -> None:
    port = service_port({"port": 80, "targetPort": target})
    assert port is not None
    answer = ContainerPorts(CONTAINERS).find(port)
    assert (answer and (answer.port, answer.name, answer.container)) == found


@pytest.mark.parametrize(
    ("app_protocol", "annotation", "protocol"),
    [
        (None, None, "tcp"),
        ("HTTP", "grpc", "http"),
        ("mysql", None, "mysql"),
        ("kubernetes.io/h2c", "GRPC", "grpc"),
        ("", "MONGO", "mongo"),
        ("MONGO", "", "tcp"),
        (7, None, "tcp"),
    ],
)
def test_protocol(app_protocol: Any, annotation: str | None, protocol: str) -> None:
    data = service("s", {"app": "web"}, ports=[{"port": 80, "targetPort": 8080, "appProtocol": app_protocol}])
    data["metadata"]["annotations"] = {"8080.service.kuma.io/protocol": "http2"}
    if annotation is not None:
        data["metadata"]["annotations"]["80.service.kuma.io/protocol"] = annotation
    view = service_view(data)
    assert [view.protocol_of(port, V2_14.protocols) for port in view.ports()] == [protocol]


@pytest.mark.parametrize("junk", [{}, {"metadata": 1, "spec": "x"}, {"spec": {"ports": 3, "selector": None}}])
def test_services_of_any_shape(junk: dict[str, Any]) -> None:
    assert ServiceIndex([junk], [{"endpoints": 4}, {}]).of_pod(LABELS, "u") == []
