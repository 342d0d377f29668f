from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.rules.other_switches import other_switches, some_switch_is_on
from krm_fn.rules.recognition import backends_of
from tests.rules.tools import config, deployment, ingress, package, service

VIRTUAL_SERVER = """
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web, namespace: shop}
spec:
  host: a.example.com
  upstreams: [{name: web, service: web, port: 80}]
"""
TRAEFIK = """
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{match: Host(`a`), services: [{name: web, port: 80}]}]}
"""
FLAG = "--providers.kubernetescrd.nativeLBByDefault=true"
TRAEFIK_POD = deployment("traefik", image="docker.io/traefik:v3.3").replace(
    'image: "', 'args: [--providers.kubernetescrd], image: "'
)


@pytest.mark.parametrize(
    ("product", "text", "is_on"),
    [
        ("nginx-nic", VIRTUAL_SERVER, False),
        ("nginx-nic", VIRTUAL_SERVER.replace("port: 80", "port: 80, use-cluster-ip: true"), True),
        ("nginx-nic", VIRTUAL_SERVER.replace("port: 80", "port: 80, use-cluster-ip: false"), False),
        ("traefik", TRAEFIK, False),
        ("traefik", TRAEFIK.replace("port: 80", "port: 80, nativeLB: true"), True),
        ("traefik", TRAEFIK + TRAEFIK_POD, False),
        (
            "traefik",
            TRAEFIK + TRAEFIK_POD.replace("--providers.kubernetescrd", FLAG + ", --providers.kubernetescrd"),
            True,
        ),
    ],
)
def test_settings_that_somebody_made(product: str, text: str, is_on: bool) -> None:
    setup = config(f"serviceUpstream: {{products: [{product}]}}")
    resources = package(service() + text, setup)
    (backend,) = backends_of(resources, setup)
    assert some_switch_is_on(products_by_id()[product], backend, resources) is is_on


def test_an_ingress_has_no_field_for_it() -> None:
    setup = config("serviceUpstream: {products: [nginx-nic]}")
    resources = package(service() + ingress(), setup)
    (backend,) = backends_of(resources, setup)
    assert not some_switch_is_on(products_by_id()["nginx-nic"], backend, resources)


def test_settings_in_words() -> None:
    assert other_switches(products_by_id()["nginx-nic"], "VirtualServer") == [
        "VirtualServer: spec.upstreams[].use-cluster-ip: true"
    ]
    assert other_switches(products_by_id()["nginx-nic"], "Ingress") == []


NGINX_FABRIC = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nginx}
spec: {controllerName: gateway.nginx.org/nginx-gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: shop}
spec: {gatewayClassName: nginx}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""
POLICY = "\n---\napiVersion: gateway.nginx.org/v1alpha1\nkind: UpstreamSettingsPolicy\nspec: {useClusterIP: %s}"
PROXY = "\n---\napiVersion: gateway.nginx.org/v1alpha2\nkind: NginxProxy\nspec: {useClusterIP: %s}"


@pytest.mark.parametrize(
    ("text", "is_on"),
    [
        ("", False),
        (POLICY % "true", True),
        (PROXY % "true", True),
        (POLICY % "false" + PROXY % "true", True),
        (POLICY % "true" + PROXY % "false", True),
        (POLICY % "false" + PROXY % "false", False),
        (PROXY % '"true"', False),
        (PROXY % "{}", False),
    ],
)
def test_a_product_with_two_objects_for_it(text: str, is_on: bool) -> None:
    resources = package(service() + NGINX_FABRIC + text)
    (backend,) = backends_of(resources, config())
    assert some_switch_is_on(products_by_id()["nginx-gateway-fabric"], backend, resources) is is_on
