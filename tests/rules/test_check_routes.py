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
    assert (found.severity, found.field, found.current, found.proposed) == (WARNING, field, "http", "tcp")
    assert found.item is not None
    assert found.item.words == "Service shop/web"
    assert found.message.endswith(
        " makes the gateway speak TLS to this port, which is declared as http: the sidecar takes TLS for broken HTTP; "
        "let the gateway speak plain HTTP, as the mesh encrypts anyway, or declare the port as tcp"
    )


def test_a_retired_product() -> None:
    edge = namespace("edge") + deployment("nginx", "edge", annotations=MARK, image=NGINX)
    assert run_rule(checks, edge).only(PRODUCT_RETIRED).severity == INFO
    assert not run_rule(checks, TRAEFIK).of(PRODUCT_RETIRED)


def test_permissions_are_of_products_in_the_catalog() -> None:
    assert PERMISSIONS.keys() <= products_by_id().keys()


# --- Which product is told of, and once -------------------------------------------------------------------------------
def product_in(name: str, image: str) -> str:
    return namespace("edge") + deployment(name, "edge", annotations=MARK, image=image)


NIC = deployment("nic", "edge", annotations=MARK, image="nginx/nginx-ingress:5.0")
PUBLIC_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: public}
spec: {controller: k8s.io/ingress-nginx}
"""


def test_an_external_name_behind_other_routes_is_told_of_once() -> None:
    routes = ingress("web") + ingress("a", backend="legacy", klass="traefik") + ROUTE
    found = run_rule(checks, traefik() + service() + routes).only(EXTERNAL_NAME_REFUSED)
    assert found.item is not None
    assert found.item.name == "a"


def test_a_class_that_may_be_of_several_products_says_nothing_of_those_that_are_not_there() -> None:
    for klass in ("haproxy", "nginx", "kong"):
        ruled = run_rule(checks, EXTERNAL + ingress(backend="legacy", klass=klass))
        assert not ruled.of(EXTERNAL_NAME_REFUSED) + ruled.of(EXTERNAL_NAME_HOST)


def test_each_of_two_products_that_share_a_class_is_told_of() -> None:
    text = product_in("nginx", NGINX) + NIC + PUBLIC_CLASS + EXTERNAL
    ruled = run_rule(
        checks, text + ingress("a", backend="legacy", klass="public") + ingress("b", backend="legacy", klass="nginx")
    )
    host, refused = ruled.only(EXTERNAL_NAME_HOST), ruled.only(EXTERNAL_NAME_REFUSED)
    assert "ingress-nginx (Kubernetes community) sends the client's Host there" in host.message
    assert host.item is not None
    assert refused.item is not None
    assert (host.item.name, refused.item.name, refused.severity) == ("a", "b", WARNING)


@pytest.mark.parametrize("klass", ["alb", "unknown"])
def test_products_that_follow_an_external_name_and_have_no_word_about_its_host(klass: str) -> None:
    ruled = run_rule(checks, EXTERNAL + ingress(backend="legacy", klass=klass))
    assert not ruled.of(EXTERNAL_NAME_REFUSED) + ruled.of(EXTERNAL_NAME_HOST)


GATEWAY_API = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: legacy, port: 80}]}]}
"""


def test_a_product_that_never_follows_an_external_name() -> None:
    found = run_rule(checks, EXTERNAL + GATEWAY_API).only(EXTERNAL_NAME_REFUSED)
    assert found.severity == WARNING
    assert found.message.endswith(
        "does not follow: let the route lead to a Backend (gateway.envoyproxy.io) with the name as fqdn"
    )


def test_what_is_said_where_the_configuration_decides() -> None:
    unseen = " unless its configuration, which is not in the package, allows it: set allowExternalNameServices"
    assert f"does not follow{unseen}" in run_rule(checks, ROUTE).only(EXTERNAL_NAME_REFUSED).message
    seen = run_rule(checks, traefik() + ROUTE).only(EXTERNAL_NAME_REFUSED).message
    assert "does not follow: set allowExternalNameServices" in seen


# --- Where a product is told that it may ------------------------------------------------------------------------------
def pod_of_traefik(fields: str) -> str:
    return TRAEFIK.replace('image: "traefik:v3.3"', f'image: "traefik:v3.3", {fields}')


VARIABLE = "TRAEFIK_PROVIDERS_KUBERNETESINGRESS_ALLOWEXTERNALNAMESERVICES"
HELM = """
---
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: traefik, namespace: edge}
spec: {valuesContent: "providers: {kubernetesIngress: {allowExternalNameServices: true}}"}
"""


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (pod_of_traefik(f"command: [traefik, '{ALLOW}']"), True),
        (pod_of_traefik(f"env: [{{name: {VARIABLE}, value: 'true'}}]"), True),
        (pod_of_traefik(f"env: [{{name: {VARIABLE}, value: 'false'}}]"), False),
        (pod_of_traefik("env: [{name: OTHER, value: 'true'}, 1, {name: [1]}]"), False),
        (pod_of_traefik("env: {a: b}, args: 7, command: [1]"), False),
        (TRAEFIK + HELM, True),
        (TRAEFIK + HELM.replace("true", "false"), False),
        (TRAEFIK + HELM.replace("namespace: edge", "namespace: kube-system"), False),
        (TRAEFIK + config_map("a: {allowExternalNameServices: false}, b: {allowExternalNameServices: true}"), True),
        (TRAEFIK + config_map("a: {allowExternalNameServices: false}, b: {allowExternalNameServices: false}"), False),
        (TRAEFIK + config_map("''").replace("data: {traefik.yaml", "data: {allowExternalNameServices"), True),
    ],
)
def test_every_place_in_which_traefik_is_allowed_to_follow(text: str, allowed: bool) -> None:
    assert (not run_rule(checks, text + ROUTE).of(EXTERNAL_NAME_REFUSED)) is allowed


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ("enableExternalNameService: true", True),
        ("enableExternalNameService: false", False),
        ("enableExternalNameService: true, ingress: {statusAddress: a}", True),
        ("ingress: {statusAddress: a}, enableExternalNameService: true", True),
        ("ingress: [1]", False),
    ],
)
def test_the_configuration_of_contour(spec: str, allowed: bool) -> None:
    configuration = f"""
---
apiVersion: projectcontour.io/v1alpha1
kind: ContourConfiguration
metadata: {{name: contour, namespace: edge}}
spec: {{{spec}}}
"""
    text = product_in("contour", "ghcr.io/projectcontour/contour:v1.30.0") + configuration
    ruled = run_rule(checks, text + EXTERNAL + ingress(backend="legacy", klass="contour"))
    assert (not ruled.of(EXTERNAL_NAME_REFUSED)) is allowed


# --- TLS to several ports ---------------------------------------------------------------------------------------------
TWO_PORTS = "ports: [{name: plain, port: 80, appProtocol: http}, {name: tls, port: 443, appProtocol: http}]"


def test_routes_before_the_one_that_speaks_tls_do_not_hide_it() -> None:
    before = ingress("a", backend="absent") + ingress("b", backend="other") + service("other")
    assert run_rule(checks, namespace() + tls_backend() + before + tls_route()).only(TLS_ON_HTTP)


def test_a_port_that_two_routes_lead_to_is_told_of_once() -> None:
    again = tls_route().replace("name: tls", "name: again")
    assert run_rule(checks, namespace() + tls_backend() + tls_route() + again).only(TLS_ON_HTTP)


@pytest.mark.parametrize(
    ("port", "fields"),
    [
        ("number: 443", ["spec.ports[1].appProtocol"]),
        ("name: tls", ["spec.ports[1].appProtocol"]),
        ("name: plain", ["spec.ports[0].appProtocol"]),
        ("name: absent", []),
    ],
)
def test_the_port_that_the_route_means(port: str, fields: list[str]) -> None:
    text = namespace() + deployment() + service(spec=TWO_PORTS) + tls_route().replace("number: 80", port)
    assert [result.field for result in run_rule(checks, text).of(TLS_ON_HTTP)] == fields


def test_each_port_that_is_led_to_is_told_of() -> None:
    second = tls_route(port=443).replace("name: tls", "name: second")
    text = namespace() + deployment() + service(spec=TWO_PORTS) + tls_route() + second
    assert len(run_rule(checks, text).of(TLS_ON_HTTP)) == 2


def test_tls_to_a_service_without_pods_or_with_odd_annotations() -> None:
    bare = service(app="absent", spec="ports: [{port: 80, appProtocol: http}]")
    assert not run_rule(checks, namespace() + bare + tls_route()).of(TLS_ON_HTTP)
    odd = tls_route("[HTTPS]")
    assert not run_rule(checks, namespace() + tls_backend() + odd).of(TLS_ON_HTTP)
