from __future__ import annotations

import pytest

from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.custom_members import CustomMember, Home, homes, members_of
from tests.rules.custom_tools import ENVOY_CONTROLLER, contour, dataplane, envoy_proxy, gateway, parameters, values
from tests.rules.tools import config, deployment, namespace, package

CONTOUR_OF_GATEWAY = gateway("projectcontour.io/gateway-controller", "ContourDeployment/projectcontour.io")
OTHER_CONTROLLER = deployment("nginx", "nginx-system", image="registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5")
ENVOY_PROXIES = deployment(
    "proxy",
    "fleet",
    labels="app.kubernetes.io/name: envoy, app.kubernetes.io/component: proxy, "
    "app.kubernetes.io/managed-by: envoy-gateway",
    image="envoyproxy/envoy:v1.34.1",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(dataplane(), (Home("edge"),), id="beside the resource"),
        pytest.param(values("a: 1"), (Home("edge"),), id="beside the values"),
        pytest.param(
            gateway("gateway.nginx.org/nginx-gateway-controller"), (Home("front", "gw"),), id="a Gateway of its own"
        ),
        pytest.param(contour() + CONTOUR_OF_GATEWAY, (Home("front", "gw"),), id="beside the Gateway that names it"),
        pytest.param(contour(), (), id="named by no Gateway"),
        pytest.param(envoy_proxy() + ENVOY_CONTROLLER, (Home("envoy-system"),), id="beside the controller"),
        pytest.param(
            envoy_proxy() + ENVOY_CONTROLLER + OTHER_CONTROLLER,
            (Home("envoy-system"),),
            id="not beside the controller of another product",
        ),
        pytest.param(
            envoy_proxy() + ENVOY_CONTROLLER + ENVOY_PROXIES, (Home("envoy-system"),), id="not beside other proxies"
        ),
        pytest.param(envoy_proxy() + OTHER_CONTROLLER, (), id="no controller in the package"),
        pytest.param(parameters() + gateway("x", "GatewayParameters/example.com"), (), id="of another group"),
    ],
)
def test_where_the_pods_run(text: str, expected: tuple[Home, ...]) -> None:
    resources = package(text)
    assert homes(custom_pods(resources)[0], resources) == expected


def only_member(text: str) -> CustomMember:
    setup = config()
    resources = package(text, setup)
    (pods,) = custom_pods(resources)
    (member,) = members_of(pods, resources, setup)
    return member


def test_the_mesh_is_that_of_the_namespace_unless_the_pods_name_one() -> None:
    blue = namespace("edge", labels="kuma.io/sidecar-injection: enabled, kuma.io/mesh: blue")
    assert only_member(blue + dataplane()).mesh.name == "blue"
    assert only_member(blue + dataplane(labels="kuma.io/mesh: red")).mesh.name == "red"
    assert only_member(dataplane()).mesh.name == "default"


@pytest.mark.parametrize(
    ("text", "in_mesh"),
    [
        (namespace("edge") + dataplane(), True),
        (namespace("edge", labels="") + dataplane(), False),
        (namespace("edge") + dataplane(labels="kuma.io/sidecar-injection: disabled"), False),
        (namespace("edge") + dataplane(spec="{containers: [{name: proxy}]}"), True),
        (namespace("edge") + dataplane(spec="{containers: [{name: kuma-sidecar}]}"), False),
    ],
)
def test_who_gets_a_sidecar(text: str, in_mesh: bool) -> None:
    assert only_member(text).in_mesh is in_mesh
