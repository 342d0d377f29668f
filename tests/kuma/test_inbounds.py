"""Inbounds of Services and of Pods without Services; whole Dataplanes are in test_dataplane."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.inbounds import TagSources, first_per_port, inbounds_of, service_less_inbound
from krm_fn.kuma.pods import Owner, PodState, observed_pod
from krm_fn.kuma.services import service_view
from krm_fn.kuma.versions import NEWEST
from tests.kuma.worlds import pod, service

ALL_TAGS = TagSources("east")
NO_TAGS = TagSources("east", written=False)


def inbounds(*services: dict[str, Any], sources: TagSources = ALL_TAGS, **described: Any) -> list[dict[str, Any]]:
    state = PodState(observed_pod(pod(**described)))
    return inbounds_of(state, [service_view(entry) for entry in services], sources, NEWEST)


def test_services_and_ports_without_use_are_passed_over() -> None:
    web = service(
        "web",
        {"port": 80, "targetPort": "unknown"},
        {"port": 53, "protocol": "UDP"},
        {"port": 443, "targetPort": 8080},
    )
    found = inbounds(service("a", type="ExternalName"), web)
    assert [inbound["tags"]["kuma.io/service"] for inbound in found] == ["web_shop_svc_443"]


@pytest.mark.parametrize(
    ("annotation", "written"),
    [
        (None, True),
        ("enabled", False),
        ("true", False),
        ("disabled", True),
        ("builtin", True),
        ("provided", True),
    ],
)
def test_gateways_have_no_protocol_tag_but_tcp(annotation: str | None, written: bool) -> None:
    """Also `provided` has one: it is no switch that is on."""
    annotations = {} if annotation is None else {"kuma.io/gateway": annotation}
    ports = ({"port": 80, "targetPort": 8080, "appProtocol": "http"}, {"port": 81, "targetPort": 8080})
    http, tcp = inbounds(service("web", *ports), annotations=annotations)
    assert http["tags"].get("kuma.io/protocol") == ("http" if written else None)
    assert tcp["tags"]["kuma.io/protocol"] == "tcp"


def test_tags_may_be_switched_off() -> None:
    (inbound,) = inbounds(service(), sources=NO_TAGS)
    assert inbound == {"health": {"ready": True}, "name": "http", "port": 8080, "protocol": "tcp"}
    state = PodState(observed_pod(pod()))
    assert service_less_inbound(state, Owner("Pod", "web-1"), NO_TAGS, NEWEST) == {
        "health": {"ready": True},
        "port": 49151,
        "protocol": "tcp",
    }


@pytest.mark.parametrize(
    ("ports", "kept"),
    [
        ([], []),
        ([80], [0]),
        ([80, 443], [0, 1]),
        ([80, 443, 80, 443, 8080], [0, 1, 4]),
        ([443, None, 80, None], [0, 1, 2]),
    ],
)
def test_the_first_inbound_of_each_port_stays(ports: list[int | None], kept: list[int]) -> None:
    numbered: list[dict[str, Any]] = [
        {"name": str(index), **({} if port is None else {"port": port})} for index, port in enumerate(ports)
    ]
    assert first_per_port(numbered) == [numbered[index] for index in kept]
