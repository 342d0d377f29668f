from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.outcome import WARNING
from krm_fn.rules.traffic_permissions import NOT_DERIVED, traffic_permissions
from tests.rules.custom_tools import (
    ENVOY_CONTROLLER,
    KGATEWAY,
    KONG,
    MARK,
    SHOP,
    contour,
    custom,
    dataplane,
    envoy_proxy,
    gateway,
    parameters,
)
from tests.rules.tools import check_noop, deployment, ingress, namespace, run_rule, service

EMIT = "gateways: {trafficPermissions: emit}"
EDGE = namespace("edge")
FRONT = namespace("front")
KONG_CLASS = gateway("konghq.com/gateway-operator")
ENVOY_CLASS = gateway("gateway.envoyproxy.io/gatewayclass-controller", "EnvoyProxy/gateway.envoyproxy.io")
CONFIGURATION = custom(
    "GatewayConfiguration",
    KONG,
    f"dataPlaneOptions: {{deployment: {{podTemplateSpec: {{metadata: {{annotations: {{{MARK}}}}}}}}}}}",
)
NGINX = gateway("gateway.nginx.org/nginx-gateway-controller", infrastructure=f"annotations: {{{MARK}}}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(EDGE + SHOP + KONG_CLASS + dataplane(""), id="not marked"),
        pytest.param(namespace("edge", labels="") + SHOP + KONG_CLASS + dataplane(), id="in no mesh"),
        pytest.param(EDGE + SHOP + dataplane(), id="no route"),
        pytest.param(EDGE + SHOP + KONG_CLASS + dataplane(labels="kuma.io/mesh: other"), id="another mesh"),
        pytest.param(EDGE + SHOP + ENVOY_CLASS + dataplane(), id="routes of another product"),
        pytest.param(SHOP + envoy_proxy(), id="an unknown Namespace, and no route"),
        pytest.param(
            SHOP + ENVOY_CLASS + envoy_proxy(more="labels: {kuma.io/mesh: other}"),
            id="an unknown Namespace, but another mesh",
        ),
    ],
)
def test_left_alone(text: str) -> None:
    check_noop(traffic_permissions, text, EMIT)


def tags(text: str) -> Any:
    ruled = run_rule(traffic_permissions, text, EMIT)
    assert not ruled.of(NOT_DERIVED)
    [policy] = ruled.emits
    assert policy["metadata"]["namespace"] == "shop"
    return policy["spec"]["from"][0]["targetRef"]["tags"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            EDGE + KONG_CLASS + dataplane(labels="team: edge, kuma.io/sidecar-injection: enabled"),
            {
                "k8s.kuma.io/namespace": "edge",
                "app": "dp",
                "gateway-operator.konghq.com/managed-by": "dataplane",
                "team": "edge",
            },
        ),
        (
            FRONT
            + CONFIGURATION
            + gateway("konghq.com/gateway-operator", "GatewayConfiguration/gateway-operator.konghq.com"),
            {"k8s.kuma.io/namespace": "front", "gateway-operator.konghq.com/managed-by": "dataplane"},
        ),
        (
            namespace("envoy-system") + ENVOY_CONTROLLER + ENVOY_CLASS + envoy_proxy(),
            {
                "k8s.kuma.io/namespace": "envoy-system",
                "app.kubernetes.io/name": "envoy",
                "app.kubernetes.io/component": "proxy",
                "app.kubernetes.io/managed-by": "envoy-gateway",
            },
        ),
        (
            FRONT + contour() + gateway("projectcontour.io/gateway-controller", "ContourDeployment/projectcontour.io"),
            {"k8s.kuma.io/namespace": "front", "app": "envoy-gw"},
        ),
        (FRONT + NGINX, {"k8s.kuma.io/namespace": "front", "gateway.networking.k8s.io/gateway-name": "gw"}),
    ],
)
def test_the_gateway_is_known_by_what_its_operator_gives_the_pods(text: str, expected: dict[str, str]) -> None:
    assert tags(SHOP + text) == expected


def test_an_unknown_namespace() -> None:
    found = run_rule(traffic_permissions, SHOP + ENVOY_CLASS + envoy_proxy(), EMIT)
    assert not found.emits
    result = found.only(NOT_DERIVED)
    assert result.severity == WARNING
    assert "which Namespace" in result.message
    assert "shop/web" in result.message
    assert "app.kubernetes.io/managed-by: envoy-gateway" in result.message


def test_unknown_labels() -> None:
    gloo = parameters().replace(KGATEWAY, "gateway.gloo.solo.io/v1alpha1")
    klass = gateway("solo.io/gloo-gateway", "GatewayParameters/gateway.gloo.solo.io")
    result = run_rule(traffic_permissions, SHOP + FRONT + gloo + klass, EMIT).only(NOT_DERIVED)
    assert "which labels" in result.message
    assert result.message.endswith("selects MeshSubset {k8s.kuma.io/namespace: front, <labels of a generated pod>}")


CONTOUR_ROUTE = ingress(klass="contour")


def test_a_label_that_tells_the_gateway_stands_for_any_of_them() -> None:
    found = run_rule(traffic_permissions, SHOP + contour() + CONTOUR_ROUTE, EMIT).only(NOT_DERIVED)
    assert found.message == (
        "Contour makes the pods of this gateway, and nobody can tell from the package which Namespace they have: write "
        "a MeshTrafficPermission for shop/web whose from selects MeshSubset "
        "{k8s.kuma.io/namespace: <their Namespace>, app: envoy-<its Gateway>}"
    )


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (("a", "b"), "shop/a, shop/b"),
        (("a", "b", "c"), "shop/a, shop/b, shop/c"),
        (("a", "b", "c", "d"), "shop/a, shop/b, shop/c and 1 more"),
        (("a", "b", "c", "d", "e"), "shop/a, shop/b, shop/c and 2 more"),
    ],
)
def test_a_few_of_many_services_are_named(names: tuple[str, ...], listed: str) -> None:
    shop = namespace() + "".join(
        deployment(name) + service(name) + ingress(name, backend=name, klass="contour") for name in names
    )
    found = run_rule(traffic_permissions, shop + contour(), EMIT).only(NOT_DERIVED)
    assert f" a MeshTrafficPermission for {listed} whose from " in found.message


def test_each_gateway_of_which_something_is_unknown_is_told() -> None:
    idle = parameters()  # no route leads to its product
    found = run_rule(traffic_permissions, SHOP + idle + contour() + CONTOUR_ROUTE, EMIT).of(NOT_DERIVED)
    assert [result.item.kind for result in found if result.item] == ["ContourDeployment"]
