from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules.check_routes import (
    EXTERNAL_NAME_HOST,
    EXTERNAL_NAME_REFUSED,
    PERMISSIONS,
    PRODUCT_RETIRED,
    TLS_ON_HTTP,
)
from krm_fn.rules.checks import checks
from tests.rules.tools import codes, deployment, ingress, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
EXTERNAL = service("legacy", spec="type: ExternalName, externalName: legacy.example.com").replace(
    "selector: {app: legacy}, ", ""
)
TRAEFIK = namespace("edge") + deployment("traefik", "edge", annotations=MARK, image="traefik:v3.3")
ALLOW = "--providers.kubernetesIngress.allowExternalNameServices"


def traefik(*arguments: str) -> str:
    given = ", ".join(f"'{argument}'" for argument in ("--providers.kubernetesingress", *arguments))
    return TRAEFIK.replace('image: "traefik:v3.3"', f'image: "traefik:v3.3", args: [{given}]')


def config_map(text: str, where: str = "edge") -> str:
    return f"""
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: config, namespace: {where}}}
data: {{traefik.yaml: "{text}"}}
"""


ROUTE = EXTERNAL + ingress(backend="legacy", klass="traefik")


@pytest.mark.parametrize(
    "text",
    [
        traefik(),
        traefik(f"{ALLOW}=false"),
        traefik() + config_map("allowExternalNameServices: true", "elsewhere"),
        traefik() + config_map("allowExternalNameServices: false"),
    ],
)
def test_refused(text: str) -> None:
    found = run_rule(checks, text + ROUTE).only(EXTERNAL_NAME_REFUSED)
    assert found.severity == WARNING
    assert "shop/legacy" in found.message


@pytest.mark.parametrize(
    "text",
    [traefik(ALLOW), traefik(f"{ALLOW}=true"), traefik() + config_map("allowExternalNameServices: true")],
)
def test_allowed(text: str) -> None:
    ruled = run_rule(checks, text + ROUTE)
    assert not ruled.of(EXTERNAL_NAME_REFUSED)
    assert ruled.only(EXTERNAL_NAME_HOST).severity == INFO


def test_a_configuration_out_of_sight() -> None:
    assert run_rule(checks, ROUTE).only(EXTERNAL_NAME_REFUSED).severity == INFO


def test_a_declared_external_name_counts() -> None:
    spec = "externalNames: [{name: legacy, namespace: shop, hostname: legacy.example.com, ports: [{port: 80}]}]"
    text = traefik() + ingress(backend="legacy", klass="traefik")
    assert run_rule(checks, text, spec).of(EXTERNAL_NAME_REFUSED)
    assert not run_rule(checks, text).of(EXTERNAL_NAME_REFUSED)


@pytest.mark.parametrize("spec", ["gateways: {harden: 'off'}", "gateways: {detect: 'off'}"])
def test_silent(spec: str) -> None:
    ruled = run_rule(checks, traefik() + ROUTE + namespace() + tls_backend() + tls_route(), spec)
    assert codes(ruled.results, "warning", "error") == []
    assert not ruled.of(EXTERNAL_NAME_HOST) + ruled.of(PRODUCT_RETIRED)


def test_a_flag_that_forbids() -> None:
    image = "haproxytech/kubernetes-ingress:3.1"
    edge = namespace("edge") + deployment("haproxy", "edge", annotations=MARK, image=image)
    text = EXTERNAL + ingress(backend="legacy", klass="haproxy")
    assert not run_rule(checks, edge + text).of(EXTERNAL_NAME_REFUSED)
    forbids = edge.replace(f'image: "{image}"', f'image: "{image}", args: [--disable-service-external-name]')
    assert run_rule(checks, forbids + text).only(EXTERNAL_NAME_REFUSED).severity == WARNING


def tls_backend(protocol: str = "appProtocol: http", annotations: str = "") -> str:
    return deployment() + service(annotations=annotations, spec=f"ports: [{{name: http, port: 80, {protocol}}}]")


def tls_route(value: str = "HTTPS", port: int = 80) -> str:
    route = ingress("tls", annotations=f"nginx.ingress.kubernetes.io/backend-protocol: {value}")
    return route.replace("number: 80", f"number: {port}")


@pytest.mark.parametrize(
    "text",
    [
        tls_backend() + tls_route("HTTP"),
        tls_backend() + tls_route(port=8080),
        tls_backend("appProtocol: tcp") + tls_route(),
        tls_backend("appProtocol: [1]") + tls_route(),
        tls_backend(annotations="80.service.kuma.io/protocol: tcp") + tls_route(),
        deployment(labels="kuma.io/sidecar-injection: disabled")
        + service(spec="ports: [{port: 80, appProtocol: http}]")
        + tls_route(),
    ],
)
def test_tls_that_passes(text: str) -> None:
    assert not run_rule(checks, namespace() + text).of(TLS_ON_HTTP)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (tls_backend() + tls_route(), "spec.ports[0].appProtocol"),
        (tls_backend() + tls_route("grpcs"), "spec.ports[0].appProtocol"),
        (
            tls_backend("appProtocol: tcp", "80.service.kuma.io/protocol: http") + tls_route(),
            "metadata.annotations[80.service.kuma.io/protocol]",
        ),
        (tls_backend(annotations="konghq.com/protocol: https") + ingress(klass="kong"), "spec.ports[0].appProtocol"),
    ],
)
def test_tls_to_a_port_of_http(text: str, field: str) -> None:
    found = run_rule(checks, namespace() + text).only(TLS_ON_HTTP)
    assert (found.severity, found.field, found.proposed) == (WARNING, field, "tcp")


def test_a_retired_product() -> None:
    edge = namespace("edge") + deployment("nginx", "edge", annotations=MARK, image=NGINX)
    assert run_rule(checks, edge).only(PRODUCT_RETIRED).severity == INFO
    assert not run_rule(checks, TRAEFIK).of(PRODUCT_RETIRED)


def test_permissions_are_of_products_in_the_catalog() -> None:
    assert PERMISSIONS.keys() <= products_by_id().keys()
