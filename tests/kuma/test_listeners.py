"""Listeners of zone proxies; whole Dataplanes with them are in test_dataplane."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.listeners import listeners_of
from krm_fn.kuma.pods import PodState, observed_pod
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import service_view
from tests.kuma.worlds import pod, service

ZONE_PROXY_TYPE = "k8s.kuma.io/zone-proxy-type"


def zone_proxy(name: str, value: str, *ports: dict[str, Any]) -> dict[str, Any]:
    return service(name, *ports, labels={ZONE_PROXY_TYPE: value})


def listeners(*services: dict[str, Any], **described: Any) -> list[dict[str, Any]]:
    state = PodState(observed_pod(pod(**described)))
    return listeners_of(state, [service_view(entry) for entry in services])


def test_ports_that_lead_nowhere_are_passed_over() -> None:
    ports = ({"port": 1, "targetPort": "unknown"}, {"port": 10001, "targetPort": 8080, "name": "zi"})
    assert listeners(zone_proxy("zi", "ingress", *ports)) == [
        {"address": "10.0.0.1", "name": "zi", "port": 8080, "type": "ZoneIngress"}
    ]


@pytest.mark.parametrize(("ready", "state"), [(True, None), (False, "NotReady")])
def test_a_listener_is_as_ready_as_its_container(ready: bool, state: str | None) -> None:
    status = {"podIP": "10.0.0.1", "containerStatuses": [{"name": "app", "ready": ready}]}
    ports = ({"port": 10001, "targetPort": 8080}, {"port": 10002, "targetPort": 9090})
    declared, undeclared = listeners(zone_proxy("ze", "egress", *ports), status=status)
    assert declared.get("state") == state
    assert "state" not in undeclared


@pytest.mark.parametrize(
    ("services", "message"),
    [
        (
            [zone_proxy("zi", "Ingress")],
            'service shop/zi has invalid k8s.kuma.io/zone-proxy-type label value "Ingress"; '
            'allowed: "ingress", "egress"',
        ),
        (
            [zone_proxy("a", "ingress"), zone_proxy("b", "ingress"), zone_proxy("c", "egress")],
            'conflicting listener types on port 8080: services "a" and "c" have different '
            "k8s.kuma.io/zone-proxy-type labels, please remove one of the Services",
        ),
    ],
)
def test_refused(services: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        listeners(*services)
    assert (caught.value.message, caught.value.key) == (message, ZONE_PROXY_TYPE)
