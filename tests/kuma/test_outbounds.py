"""Endpoints of a mesh, and the outbounds made of them."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.outbounds import Endpoint, endpoints_by_service, outbounds_of
from krm_fn.kuma.services import ServiceView, service_view
from tests.kuma.worlds import service


def dataplane(*inbounds: Any, mesh: object = "default", address: object = "10.0.0.1") -> dict[str, Any]:
    return {"mesh": mesh, "spec": {"networking": {"address": address, "inbound": list(inbounds)}}}


def inbound(tag: str = "web_shop_svc_80", **more: Any) -> dict[str, Any]:
    return {"port": 8080, "tags": {"kuma.io/service": tag}, **more}


@pytest.mark.parametrize(
    ("dataplanes", "endpoints"),
    [
        ([dataplane(inbound())], [Endpoint("10.0.0.1", 8080)]),
        ([dataplane(inbound(), mesh=None)], [Endpoint("10.0.0.1", 8080)]),
        ([dataplane(inbound(), mesh="")], [Endpoint("10.0.0.1", 8080)]),
        ([dataplane(inbound(), mesh="other"), dataplane(inbound())], [Endpoint("10.0.0.1", 8080)]),
        ([dataplane(inbound(address="10.0.0.2"))], [Endpoint("10.0.0.2", 8080)]),
        ([dataplane(inbound(address=""))], [Endpoint("10.0.0.1", 8080)]),
        ([dataplane(inbound(port="80"), address=7)], [Endpoint("", 0)]),
        (
            [dataplane(inbound(tags={"kuma.io/service": "web_shop_svc_80", "kuma.io/instance": "web-1"}))],
            [Endpoint("10.0.0.1", 8080, "web-1")],
        ),
        (
            [dataplane(inbound(state="NotReady")), dataplane(inbound(), address="10.0.0.9")],
            [Endpoint("10.0.0.1", 8080), Endpoint("10.0.0.9", 8080)],
        ),
        ([dataplane(inbound(state="Ignored"), None, {"tags": {}}, {"tags": "x"}), {}], None),
    ],
)
def test_endpoints(dataplanes: list[dict[str, Any]], endpoints: list[Endpoint] | None) -> None:
    expected = {} if endpoints is None else {"web_shop_svc_80": endpoints}
    assert endpoints_by_service(dataplanes, "default") == expected


def find(name: str, namespace: str) -> ServiceView | None:
    known = {
        ("web", "shop"): service(clusterIP="10.9.9.9"),
        ("db", "shop"): service(clusterIP="None"),
        ("out", "shop"): service(type="ExternalName"),
    }
    found = known.get((name, namespace))
    return None if found is None else service_view(found)


@pytest.mark.parametrize(
    ("tag", "port"),
    [
        ("web_shop_svc_80", 80),
        ("web_shop_svc_1", 1),
        ("web_shop_svc_080", 80),
        ("web_shop_svc_1234567890", 1234567890),
        ("web_shop_svc_12345678901", None),
        ("web_shop_svc_0", None),
        ("web_shop_svc_", None),
        ("web_shop_svc_http", None),
        ("web_shop_svc_-80", None),
        ("web_shop_svc_49151", None),
        ("web_shop_svc", None),
        ("web_shop_svc_80_x", None),
        ("web_shop_service_80", None),
        ("web_other_svc_80", None),
        ("out_shop_svc_80", None),
    ],
)
def test_tags_that_name_a_service_port(tag: str, port: int | None) -> None:
    outbounds = outbounds_of({tag: [Endpoint("10.0.0.2", 8080)]}, "10.0.0.1", (), find)
    assert outbounds == ([{"address": "10.9.9.9", "port": port, "tags": {"kuma.io/service": tag}}] if port else [])


def test_headless_services_have_one_for_each_other_instance() -> None:
    endpoints = [Endpoint("10.0.0.1", 5432, "db-0"), Endpoint("10.0.0.2", 5432, "db-1"), Endpoint("", 0, "db-2")]
    tag = "db_shop_svc_5432"
    assert outbounds_of({tag: endpoints}, "10.0.0.1", (), find) == [
        {"address": "10.0.0.2", "port": 5432, "tags": {"kuma.io/instance": "db-1", "kuma.io/service": tag}},
        {"tags": {"kuma.io/instance": "db-2", "kuma.io/service": tag}},
    ]


def test_reachable_services_restrict_the_rest() -> None:
    endpoints = {"web_shop_svc_80": [Endpoint("10.0.0.2", 1)], "web_shop_svc_443": [Endpoint("10.0.0.2", 2)]}
    assert [entry["port"] for entry in outbounds_of(endpoints, "10.0.0.1", (), find)] == [443, 80]
    assert [entry["port"] for entry in outbounds_of(endpoints, "10.0.0.1", {"web_shop_svc_80"}, find)] == [80]
