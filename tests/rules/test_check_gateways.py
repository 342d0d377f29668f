from __future__ import annotations

import pytest

from krm_fn.rules.check_gateways import GATEWAY_NAME, GATEWAY_OUTSIDE, OTHER_MESH, SWITCH_MISPLACED
from krm_fn.rules.checks import checks
from tests.rules.tools import check_noop, codes, deployment, ingress, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
CONTROLLER = "kong/kubernetes-ingress-controller:3.4"
WEB = namespace() + deployment() + service()
EDGE = namespace("edge", labels="")
EDGE_IN_MESH = namespace("edge")


@pytest.mark.parametrize(
    "text",
    [
        namespace() + deployment(annotations=MARK),
        WEB + EDGE + deployment("nginx", "edge", image=IMAGE),
        WEB + EDGE_IN_MESH + deployment("nginx", "edge", annotations=MARK, image=IMAGE) + ingress(),
        namespace(labels="") + deployment() + service() + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress(),
        WEB + service("b", annotations="nginx.ingress.kubernetes.io/service-upstream: 'true'"),
        WEB + ingress(annotations="nginx.ingress.kubernetes.io/service-upstream: 'true'"),
        WEB + ingress(annotations="haproxy-ingress.github.io/service-upstream: 'true'", klass="haproxy"),
        WEB + ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'", klass="haproxy"),
        WEB + ingress(annotations="my.company/service-upstream-note: x"),
    ],
)
def test_nothing_to_say(text: str) -> None:
    check_noop(checks, text)


def test_a_marked_gateway_in_no_mesh() -> None:
    found = run_rule(checks, namespace(labels="") + deployment(annotations=MARK)).only(GATEWAY_OUTSIDE)
    assert "spec.injection.rules" in found.message


def test_a_marked_controller_is_not_asked_to_join() -> None:
    check_noop(checks, namespace(labels="") + deployment(annotations=MARK, image=CONTROLLER))
    text = namespace(labels="") + deployment(annotations=MARK, image=CONTROLLER)
    assert codes(run_rule(checks, text, "gateways: {detect: 'off'}").results) == [GATEWAY_OUTSIDE]


def test_a_recognised_proxy_in_no_mesh_that_leads_into_one() -> None:
    text = WEB + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress() + ingress("again")
    found = run_rule(checks, text).only(GATEWAY_OUTSIDE)
    assert "Ingress shop/web" in found.message


def test_a_gateway_in_another_mesh() -> None:
    other = namespace("edge", labels="kuma.io/sidecar-injection: enabled, kuma.io/mesh: edge")
    text = WEB + other + deployment("nginx", "edge", annotations=MARK, image=IMAGE) + ingress()
    assert codes(run_rule(checks, text).results) == [OTHER_MESH]


def test_one_proxy_in_the_mesh_is_enough() -> None:
    text = WEB + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress()
    check_noop(checks, text + namespace("inner") + deployment("nginx", "inner", annotations=MARK, image=IMAGE))


def test_where_nobody_declares_the_namespace_the_proxy_may_be_in_the_mesh() -> None:
    text = WEB + deployment("nginx", "nowhere", image=IMAGE) + ingress()
    assert GATEWAY_OUTSIDE not in codes(run_rule(checks, text).results)


def test_the_service_that_names_a_gateway() -> None:
    gateway = namespace() + deployment("kong", annotations=MARK) + service("kong-admin", app="kong")
    assert run_rule(checks, gateway).of(GATEWAY_NAME) == []
    plain = run_rule(checks, gateway + service("kong-proxy", app="kong"))
    assert plain.only(GATEWAY_NAME).severity == "info"
    exposed = gateway + service("kong-proxy", app="kong", spec="type: LoadBalancer")
    found = run_rule(checks, exposed).only(GATEWAY_NAME)
    assert found.severity == "warning"
    assert "by kong-proxy" in found.message
    ignored = exposed.replace("{name: kong-admin, namespace: shop, labels: {}, annotations: {}", "{name: kong-admin, "
                              "namespace: shop, labels: {}, annotations: {kuma.io/ignore: 'true'}")  # fmt: skip
    assert run_rule(checks, ignored).of(GATEWAY_NAME) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'"), "ingress.kubernetes.io"),
        (service("b", annotations="nginx.org/use-cluster-ip: 'true'"), "nginx.org"),
        (ingress(annotations="traefik.ingress.kubernetes.io/service.nativelb: 'true'"), "traefik"),
        (
            namespace("b", annotations="ingress.kubernetes.io/service-upstream: 'true'"),
            "ingress.kubernetes.io",
        ),
    ],
)
def test_a_switch_where_nobody_reads_it(text: str, key: str) -> None:
    found = run_rule(checks, WEB + text).only(SWITCH_MISPLACED)
    assert key in found.field
    assert "reads it on the" in found.message
