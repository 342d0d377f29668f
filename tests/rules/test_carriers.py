from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import OWN_PODS
from krm_fn.gateways.routes import Backend
from krm_fn.rules.carriers import carriers, shared_switches
from krm_fn.rules.own_pods import Carrier
from krm_fn.rules.recognition import backends_of
from tests.rules.tools import config, deployment, ingress, package, service

CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec:
  controller: ingress-controllers.konghq.com/kong
  parameters: %s
"""
PARAMETERS = """
---
apiVersion: configuration.konghq.com/v1alpha1
kind: IngressClassParameters
metadata: {name: all, namespace: edge}
spec: {%s}
"""
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.13.2"
REFERENCE = "{apiGroup: configuration.konghq.com, kind: IngressClassParameters, name: all, namespace: edge}"


def of(product_id: str, text: str) -> list[tuple[object, bool]]:
    """What the carriers for the only backend say."""
    named = f"serviceUpstream: {{products: [{product_id}]}}"
    return [(carrier.value, carrier.is_on) for _, carrier in carried(text, named)]


def carried(text: str, spec: str = "") -> list[tuple[Backend, Carrier]]:
    """The carriers for each backend."""
    setup = config(spec)
    resources = package(service() + text, setup)
    return [
        (backend, carrier)
        for backend in backends_of(resources, setup)
        for product in map(products_by_id().__getitem__, backend.products)
        for switch in shared_switches(product, backend)
        for carrier in carriers(switch, product, backend, resources)
    ]


def holders(text: str) -> list[tuple[str, str]]:
    """The names of routes, and of the objects that hold a setting for them."""
    return [(backend.item.name, carrier.item.name) for backend, carrier in carried(text)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", (None, False)),
        ("serviceUpstream: true", (True, True)),
        ("serviceUpstream: false", (False, False)),
        ('serviceUpstream: "true"', ("true", False)),
        ("serviceUpstream: 1", (1, False)),
        ("other: {}", (None, False)),
    ],
)
def test_what_parameters_of_a_class_say(said: str, expected: tuple[object, bool]) -> None:
    assert of("kong-kic", CLASS % REFERENCE + PARAMETERS % said + ingress(klass="kong")) == [expected]


@pytest.mark.parametrize(
    "reference",
    [
        "null",
        "text",
        "[]",
        "{}",
        REFERENCE.replace("name: all", "name: other"),
        REFERENCE.replace("name: all", "name: [all]"),
        REFERENCE.replace("edge", "shop"),
        REFERENCE.replace("konghq.com", "example.com"),
        REFERENCE.replace("IngressClassParameters", "ConfigMap"),
    ],
)
def test_parameters_that_are_none(reference: str) -> None:
    assert of("kong-kic", CLASS % reference + PARAMETERS % "" + ingress(klass="kong")) == []


def conf(argument: str, name: str = "conf", key: str = "args", image: str = NGINX) -> str:
    controller = deployment(name, "edge", image=image).replace("{name: ", f"{{{key}: [{argument}], name: ")
    return f"{controller}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: edge}}\n"


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("--configmap=edge/conf", 1),
        ('"--configmap=$(POD_NAMESPACE)/conf"', 1),
        ("--configmap, edge/conf", 1),
        ("--v=2, --configmap, edge/conf, --http-port=8080", 1),
        ("--configmap, 7, edge/conf", 0),
        ("--configmap=conf", 1),
        ("--configmap=other/conf", 0),
        ("--configmap=edge/", 0),
        ("--configmap", 0),
        ("--config=edge/conf", 0),
        ("1, null, {}", 0),
    ],
)
def test_the_config_map_that_a_flag_names(argument: str, found: int) -> None:
    assert len(of("ingress-nginx", conf(argument) + ingress())) == found


def test_a_flag_in_the_command_counts_too() -> None:
    assert len(of("ingress-nginx", conf("/nginx, --configmap=edge/conf", key="command") + ingress())) == 1


def test_workloads_of_other_products_do_not_hide_the_controller() -> None:
    other = deployment("traefik", "edge", image="docker.io/traefik:v3.5.0")
    assert len(of("ingress-nginx", other + conf("--configmap=edge/conf") + ingress())) == 1


def test_controllers_of_two_products_have_a_config_map_each() -> None:
    haproxy = conf("--configmap=edge/other", "other", image="quay.io/jcmoraisjr/haproxy-ingress:v0.14.7")
    text = conf("--configmap=edge/conf") + haproxy + ingress("one") + ingress("two", klass="haproxy")
    assert holders(text) == [("one", "conf"), ("two", "other")]


def test_a_mode_has_settings_of_its_own() -> None:
    traefik = deployment("traefik", "edge", image="docker.io/traefik:v3.5.0").replace(
        "{name: ", "{args: [--providers.kubernetesingress, --providers.kubernetesingressnginx], name: "
    )
    assert of("traefik", traefik + ingress(klass="traefik")) == [(None, False)]
    assert of("traefik", traefik + ingress()) == []


def test_each_provider_of_traefik_has_an_argument() -> None:
    switches = [switch for switch in products_by_id()["traefik"].switches if switch.found_by == OWN_PODS]
    kinds = [kind for switch in switches for kind in switch.routes]
    assert len(kinds) == len(set(kinds))
    without = {"TraefikService", "Middleware"}
    assert set(kinds) == {route.kind for route in products_by_id()["traefik"].routes} - without


ENVOY = "gateway.envoyproxy.io"
GATEWAY_API = "gateway.networking.k8s.io"


def envoy_gateway(name: str, parameters: str) -> str:
    """A Gateway whose own parameters are the EnvoyProxy of that name, in its namespace."""
    return f"""
---
apiVersion: {GATEWAY_API}/v1
kind: GatewayClass
metadata: {{name: eg}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: {GATEWAY_API}/v1
kind: Gateway
metadata: {{name: {name}, namespace: shop}}
spec:
  gatewayClassName: eg
  infrastructure: {{parametersRef: {{group: {ENVOY}, kind: EnvoyProxy, name: {parameters}}}}}
---
apiVersion: {ENVOY}/v1alpha1
kind: EnvoyProxy
metadata: {{name: {parameters}, namespace: shop}}
spec: {{routingType: Service}}
"""


def route(*parents: str) -> str:
    return f"""
---
apiVersion: {GATEWAY_API}/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec:
  parentRefs: [{", ".join(f"{{name: {parent}}}" for parent in parents)}]
  rules: [{{backendRefs: [{{name: web, port: 80}}]}}]
"""


def policy(kind: str, target: str, group: str = ENVOY, name: str = "policy") -> str:
    return f"""
---
apiVersion: {group}/v1alpha1
kind: BackendTrafficPolicy
metadata: {{name: {name}, namespace: shop}}
spec: {{targetRefs: [{{group: {GATEWAY_API}, kind: {kind}, name: {target}}}]}}
"""


TWO = envoy_gateway("in", "inner") + envoy_gateway("out", "outer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(TWO + route("in"), ["inner"], id="its Gateway"),
        pytest.param(TWO + route("in", "out"), ["inner", "outer"], id="each of its Gateways"),
        pytest.param(TWO + route("in", "gone"), ["inner"], id="the one that is there"),
        pytest.param(
            envoy_gateway("in", "same") + envoy_gateway("out", "same") + route("in", "out"), ["same"], id="once"
        ),
        pytest.param(
            TWO + route("in") + policy("Gateway", "in") + policy("Gateway", "out", name="other"),
            ["policy", "inner"],
            id="a policy for the Gateway",
        ),
        pytest.param(
            TWO + route("in") + policy("Gateway", "in", name="all") + policy("HTTPRoute", "web", name="own"),
            ["own", "inner"],
            id="a policy for the route replaces it",
        ),
        pytest.param(
            TWO + route("in") + policy("Gateway", "in", "example.com"), ["inner"], id="a namesake of another group"
        ),
    ],
)
def test_what_holds_for_a_route_of_a_gateway(text: str, expected: list[str]) -> None:
    assert [name for _, name in holders(text)] == expected
