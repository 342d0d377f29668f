from __future__ import annotations

import pytest

from krm_fn.rules import coverage as module
from krm_fn.rules.coverage import COVERAGE, STATUSES, coverage, gateway_coverage
from tests.rules.tools import codes, config, deployment, ingress, kong_class, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
OUT = namespace("out", labels="") + deployment(where="out") + service(where="out")
F5_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: nginx.org/ingress-controller}
"""
ON = 'nginx.org/use-cluster-ip: "true"'
OFF = 'nginx.org/use-cluster-ip: "false"'
VIRTUAL_SERVER = """
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web, namespace: shop}
spec: {upstreams: [{service: web, port: 80, use-cluster-ip: true}, {service: web, port: 80}]}
"""
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
INFORM = "results: {level: info}"
HEADLESS = namespace() + deployment() + service(annotations=BOTH, spec="clusterIP: None")


def said(text: str, spec: str = "{}") -> list[tuple[str, str, str]]:
    setup = config(spec)
    found = coverage(package(text, setup), setup)
    assert all(one.status in STATUSES and one.how for one in found)
    return [(one.product, one.service, one.status) for one in found]


@pytest.mark.parametrize(
    ("text", "spec", "expected"),
    [
        pytest.param(MESHED + F5_CLASS + ingress(annotations=ON), "{}", [("nginx-nic", "web", "switched")], id="on"),
        pytest.param(MESHED + F5_CLASS + ingress(annotations=OFF), "{}", [("nginx-nic", "web", "bypassed")], id="off"),
        pytest.param(MESHED + F5_CLASS + ingress(), "{}", [("nginx-nic", "web", "bypassed")], id="absent"),
        pytest.param(
            MESHED + VIRTUAL_SERVER,
            "{}",
            [("nginx-nic", "web", "switched"), ("nginx-nic", "web", "bypassed")],
            id="field",
        ),
        pytest.param(MESHED + ingress(klass="caddy"), "{}", [("caddy-ingress", "web", "by-itself")], id="by itself"),
        pytest.param(MESHED + ingress(klass="gce"), "{}", [("gce", "web", "bypassed")], id="impossible"),
        pytest.param(
            HEADLESS + F5_CLASS + ingress(annotations=ON), "{}", [("nginx-nic", "web", "bypassed")], id="headless"
        ),
        pytest.param(MESHED + ingress(klass="nobodys"), "{}", [("", "web", "unknown")], id="unknown"),
        pytest.param(MESHED + ingress(), "{}", [("", "web", "unknown")], id="ambiguous"),
        pytest.param(
            MESHED + OUT + F5_CLASS + ingress(where="out"), "{}", [("nginx-nic", "web", "outside")], id="outside"
        ),
        pytest.param(OUT + F5_CLASS + ingress(where="out"), "{}", [], id="no mesh at all"),
        pytest.param(MESHED, "{}", [], id="no route"),
    ],
)
def test_coverage(text: str, spec: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(text, spec) == expected


def test_one_result_for_each_backend_of_a_route() -> None:
    twice = ingress(annotations=ON).replace(
        "      - {path: /,",
        "      - {path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n      - {path: /,",
    )
    ruled = run_rule(gateway_coverage, MESHED + F5_CLASS + twice + ingress("second", annotations=ON), INFORM)
    assert codes(ruled.results, "info") == [COVERAGE, COVERAGE]
    assert [result.item.name for result in ruled.results if result.item] == ["web", "second"]
    assert not ruled.edits


@pytest.mark.parametrize("spec", ["serviceUpstream: {enabled: false}", "serviceUpstream: {scope: namespace}"])
def test_said_only_where_switches_are_written(spec: str) -> None:
    assert not run_rule(gateway_coverage, MESHED + F5_CLASS + ingress(), f"{INFORM}\n{spec}").results
    assert run_rule(gateway_coverage, MESHED + F5_CLASS + ingress(), INFORM).results


TRAEFIK_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
"""
TRAEFIK = namespace("edge", labels="") + deployment("gate", "edge", image="docker.io/traefik:v3.5.0").replace(
    'image: "', 'args: [--providers.kubernetesingress.nativelbbydefault=true], image: "'
)
NO_NATIVE = 'traefik.ingress.kubernetes.io/service.nativelb: "false"'
NOT_UPSTREAM = 'ingress.kubernetes.io/service-upstream: "false"'
NGINX_ON = 'nginx.ingress.kubernetes.io/service-upstream: "true"'
UDP_ROUTE = """
---
apiVersion: traefik.io/v1alpha1
kind: IngressRouteUDP
metadata: {name: web, namespace: shop}
spec: {routes: [{services: [{name: web, port: 80}]}]}
"""
FQDN_OPERATOR = namespace("edge", labels="") + deployment("kong", "edge", image="kong/kong-operator:2.1.0").replace(
    'image: "', 'args: [--enable-fqdn-mode], image: "'
)
ENVOY_ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edge}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: edge}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""
NGINX_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nginx, namespace: edge}
data: {service-upstream: "true"}
"""


def nginx(annotations: str = "") -> str:
    """ingress-nginx in the mesh, with a ConfigMap that turns its setting on."""
    proxy = deployment("nginx", "edge", annotations=annotations, image=NGINX)
    return namespace("edge") + proxy.replace('image: "', 'args: [--configmap=edge/nginx], image: "') + NGINX_MAP


EXCLUDED = "serviceUpstream: {exclude: [{kind: Service, name: web}]}"
DIRECT = 'kuma.io/direct-access-services: "*"'
AUTH = "nginx.ingress.kubernetes.io/auth-url: http://web.shop.svc:8080/"
ALSO_AUTH = f"{NGINX_ON}, {AUTH}"
NO_ADDRESS = "a headless Service has no address to send to"


@pytest.mark.parametrize(
    ("text", "spec", "status", "how"),
    [
        pytest.param(MESHED + UDP_ROUTE, "{}", "bypassed", "UDP never enters the mesh", id="UDP"),
        pytest.param(
            namespace() + ingress(klass="kong"),
            "serviceUpstream: {products: [kong-kic]}",
            "switched",
            "the annotation that Kuma writes in the cluster",
            id="a Service outside of the package",
        ),
        pytest.param(
            namespace() + deployment() + service() + ingress(klass="kong"),
            "serviceUpstream: {products: [kong-kic]}",
            "bypassed",
            "annotation ingress.kubernetes.io/service-upstream is missing on Service shop/web",
            id="a Service of the package that nothing is written on",
        ),
        pytest.param(
            namespace() + deployment() + service() + ingress(klass="kong") + FQDN_OPERATOR,
            "{}",
            "switched",
            "a setting of the product in the package",
            id="a flag of the operator",
        ),
        pytest.param(
            MESHED + ENVOY_ROUTE,
            "{}",
            "switched",
            "the generated BackendTrafficPolicy shop/web-httproute-service-routing",
            id="a policy to be generated",
        ),
        pytest.param(
            MESHED + ENVOY_ROUTE, EXCLUDED, "bypassed", "excluded by spec.serviceUpstream.exclude", id="excluded"
        ),
        pytest.param(
            MESHED + nginx() + ingress(), "{}", "switched", "a setting in ConfigMap edge/nginx", id="a ConfigMap"
        ),
        pytest.param(
            MESHED + nginx() + ingress(annotations=NGINX_ON.replace("true", "false")),
            "{}",
            "bypassed",
            "Ingress shop/web says otherwise",
            id="the route is heard before a ConfigMap",
        ),
        pytest.param(
            MESHED + TRAEFIK_CLASS + TRAEFIK + ingress(klass="traefik"),
            "{}",
            "switched",
            "a setting in Deployment edge/gate",
            id="an argument",
        ),
        pytest.param(
            MESHED.replace(BOTH, NO_NATIVE) + TRAEFIK_CLASS + TRAEFIK + ingress(klass="traefik"),
            "{}",
            "bypassed",
            "Service shop/web says otherwise",
            id="the Service is heard before an argument",
        ),
    ],
)
def test_how_a_backend_is_reached(text: str, spec: str, status: str, how: str) -> None:
    setup = config(spec)
    (covered,) = coverage(package(text, setup), setup)
    assert (covered.status, covered.how) == (status, how)


@pytest.mark.parametrize(
    ("value", "status", "how"),
    [
        ("true", "switched", "a setting in IngressClassParameters edge/kong"),
        ("false", "bypassed", "Service shop/web says otherwise"),
    ],
)
def test_nobody_is_heard_against_the_parameters_of_kongs_class(value: str, status: str, how: str) -> None:
    setup = config()
    text = MESHED.replace(BOTH, NOT_UPSTREAM) + kong_class(spec=f"serviceUpstream: {value}") + ingress(klass="kong")
    found = {covered.product: (covered.status, covered.how) for covered in coverage(package(text, setup), setup)}
    assert found["kong-kic"] == (status, how)


@pytest.mark.parametrize(
    ("backends", "proxies", "status", "how"),
    [
        (MESHED, nginx(), "by-itself", "by its address, as auth-url has it"),
        (MESHED, nginx(DIRECT), "by-itself", "by its address, as auth-url has it"),
        (HEADLESS, nginx(), "bypassed", NO_ADDRESS),
        (HEADLESS, nginx(DIRECT), "detoured", "direct access to pods"),
        (HEADLESS, nginx(DIRECT.replace("*", "web")), "bypassed", NO_ADDRESS),
    ],
)
def test_how_a_backend_in_a_url_is_reached(backends: str, proxies: str, status: str, how: str) -> None:
    setup = config()
    *_, covered = coverage(package(backends + proxies + ingress(annotations=ALSO_AUTH), setup), setup)
    assert (covered.written_in, covered.status, covered.how) == ("auth-url", status, how)
    assert (covered.port, covered.via, covered.product) == (8080, "nginx", "ingress-nginx")


def test_direct_access_leads_to_what_has_no_address() -> None:
    setup = config()
    (covered,) = coverage(package(HEADLESS + nginx(DIRECT) + ingress(), setup), setup)
    assert (covered.status, covered.how) == ("detoured", "direct access to pods")
    (covered,) = coverage(package(HEADLESS + nginx() + ingress(), setup), setup)
    assert (covered.status, covered.how) == ("bypassed", NO_ADDRESS)


def test_a_record_names_class_and_port() -> None:
    setup = config()
    (covered,) = coverage(package(MESHED + F5_CLASS + ingress(annotations=ON), setup), setup)
    assert (covered.via, covered.port, covered.path) == (
        "nginx",
        80,
        "spec.rules[0].http.paths[0].backend.service",
    )


def test_every_status_has_words() -> None:
    assert set(module._STATUS_WORDS) == set(STATUSES)
    assert set(module.THROUGH_THE_MESH) < set(STATUSES)


BY_NGINX = MESHED + ingress(annotations='nginx.ingress.kubernetes.io/service-upstream: "true"')
EDGE = namespace("edge", labels="") + deployment("nginx", "edge", image=NGINX)
INNER = namespace("inner") + deployment("nginx", "inner", image=NGINX)
BLUE = namespace("blue", labels="kuma.io/sidecar-injection: enabled, kuma.io/mesh: blue") + deployment(
    "nginx", "blue", image=NGINX
)
NOWHERE = deployment("nginx", "nowhere", image=NGINX)
NO_MESH = "in no mesh: plain traffic, which strict mTLS refuses"
OTHER_MESH = "in mesh blue, the pods behind it in mesh default, and no mesh trusts another"


@pytest.mark.parametrize(
    ("proxies", "obstacle"),
    [
        pytest.param(EDGE, f"the gateway itself is {NO_MESH}", id="in no mesh"),
        pytest.param(BLUE, f"the gateway itself is {OTHER_MESH}", id="in another mesh"),
        pytest.param(
            EDGE + BLUE, f"Deployment edge/nginx is {NO_MESH}; Deployment blue/nginx is {OTHER_MESH}", id="one of each"
        ),
        pytest.param(
            EDGE + EDGE.replace("edge", "far"),
            f"Deployment edge/nginx and Deployment far/nginx are {NO_MESH}",
            id="two",
        ),
        pytest.param(
            "".join(EDGE.replace("edge", f"edge-{number}") for number in range(5)),
            "Deployment edge-0/nginx, Deployment edge-1/nginx, Deployment edge-2/nginx and 2 more are " + NO_MESH,
            id="many",
        ),
        pytest.param(INNER, "", id="in the mesh"),
        pytest.param(INNER + EDGE, "", id="one in the mesh"),
        pytest.param(NOWHERE, "", id="in a Namespace that nobody declares"),
        pytest.param(NOWHERE + EDGE, "", id="one nobody knows about"),
    ],
)
def test_pods_refuse_a_gateway_outside_of_their_mesh(proxies: str, obstacle: str) -> None:
    setup = config()
    (covered,) = coverage(package(BY_NGINX + proxies, setup), setup)
    assert (covered.status, covered.obstacle, covered.in_mesh) == ("switched", obstacle, not obstacle)
    ruled = run_rule(gateway_coverage, BY_NGINX + proxies, INFORM)
    assert ("not through the mesh" in ruled.only(COVERAGE).message) is bool(obstacle)


@pytest.mark.parametrize(
    ("proxies", "exceptions"),
    [
        (INNER + EDGE, "; but of its proxies Deployment edge/nginx is in no mesh"),
        (INNER + BLUE, "; but of its proxies Deployment blue/nginx is in mesh blue"),
        (NOWHERE + EDGE, "; but of its proxies Deployment edge/nginx is in no mesh"),
        (INNER, "of Ingress shop/web"),
    ],
)
def test_some_proxies_outside_of_the_mesh_are_named(proxies: str, exceptions: str) -> None:
    setup = config()
    (covered,) = coverage(package(BY_NGINX + proxies, setup), setup)
    assert covered.how.endswith(exceptions)


def test_the_proxies_do_not_matter_where_the_product_sends_past_the_mesh() -> None:
    setup = config()
    (covered,) = coverage(package(namespace() + deployment() + service() + ingress() + EDGE, setup), setup)
    assert (covered.status, covered.obstacle) == ("bypassed", "")
