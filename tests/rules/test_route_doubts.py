from __future__ import annotations

import pytest

from krm_fn.rules.route_doubts import (
    BACKEND_NOT_FOUND,
    BACKEND_PORT,
    CLASS_AMBIGUOUS,
    HEADLESS_BACKEND,
    REFERENCE_NOT_GRANTED,
    SHARED_DISAGREE,
)
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import check_noop, codes, deployment, ingress, namespace, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
NGINX = 'nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
BY_NAME = "serviceUpstream: {products: [ingress-nginx]}"
TRAEFIK_ROUTE = """
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec:
  routes:
  - match: Host(`a`)
    services: [{name: web, port: 80}]
"""


def test_a_class_that_may_mean_several_products_is_told_of_once() -> None:
    two_paths = ingress().replace("      - {path: /,", "      - {path: /a, pathType: Prefix, backend: {service: "
                                  "{name: web, port: {number: 80}}}}\n      - {path: /,")  # fmt: skip
    found = run_rule(service_upstream, MESHED + two_paths).only(CLASS_AMBIGUOUS)
    assert found.field == "spec.ingressClassName"
    by_annotation = ingress(annotations="kubernetes.io/ingress.class: nginx").replace("  ingressClassName: nginx\n", "")
    found = run_rule(service_upstream, MESHED + by_annotation).only(CLASS_AMBIGUOUS)
    assert found.field == "metadata.annotations[kubernetes.io/ingress.class]"


def test_a_headless_service_with_another_target_port() -> None:
    for target, is_said in ((8080, True), (80, False)):
        spec = f"clusterIP: None, ports: [{{port: 80, targetPort: {target}}}]"
        backend = service(annotations=BOTH).replace("ports: [{port: 80}]", spec)
        found = run_rule(service_upstream, namespace() + deployment() + backend + TRAEFIK_ROUTE).only(HEADLESS_BACKEND)
        assert ("leaves the mesh" in found.message) is is_said


@pytest.mark.parametrize(
    ("other", "disagree"),
    [
        (ingress("other", annotations=NGINX.replace("true", "false")), True),
        (ingress("other", annotations=NGINX), False),
        (ingress("other"), False),
        (ingress("other", backend="web", annotations=NGINX.replace("true", "false"), klass="elsewhere"), False),
    ],
)
def test_ingresses_that_share_a_backend(other: str, disagree: bool) -> None:
    ruled = run_rule(service_upstream, MESHED + ingress() + other, BY_NAME)
    assert bool(ruled.of(SHARED_DISAGREE)) is disagree


def test_a_backend_that_is_nowhere_is_told_of_once() -> None:
    twice = ingress(backend="none") + ingress("other", backend="none")
    assert codes(run_rule(service_upstream, MESHED + twice, BY_NAME).results) == [BACKEND_NOT_FOUND] * 2


def test_a_backend_in_a_namespace_of_another_package_is_not_missed() -> None:
    text = MESHED + ingress(where="far", backend="none")
    check_noop(service_upstream, text, BY_NAME + "\nnamespaces: [{name: far}]")


def test_a_port_that_the_service_does_not_have() -> None:
    text = namespace() + deployment() + service(annotations=BOTH, port=8080) + ingress(annotations=NGINX)
    assert codes(run_rule(service_upstream, text, BY_NAME).results) == [BACKEND_PORT]


def test_a_reference_without_a_grant() -> None:
    route = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: edge}
spec:
  parentRefs: [{name: gw}]
  rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: edge}
spec: {gatewayClassName: kong}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kong}
spec: {controllerName: konghq.com/kic-gateway-controller}
"""
    grant = """
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: web, namespace: shop}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
  to: [{group: "", kind: Service}]
"""
    assert codes(run_rule(service_upstream, MESHED + route).results) == [REFERENCE_NOT_GRANTED]
    check_noop(service_upstream, MESHED + route + grant)


# --- The class of an Ingress ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("annotations", "klass", "field"),
    [
        ("", "nginx", "spec.ingressClassName"),
        ("kubernetes.io/ingress.class: other", "nginx", "spec.ingressClassName"),
        ("kubernetes.io/ingress.class: nginx", '""', "metadata.annotations[kubernetes.io/ingress.class]"),
        ("kubernetes.io/ingress.class: nginx", "[nginx]", "metadata.annotations[kubernetes.io/ingress.class]"),
    ],
)
def test_where_an_ingress_names_its_class(annotations: str, klass: str, field: str) -> None:
    text = MESHED + ingress(klass=klass, annotations=annotations)
    found = run_rule(service_upstream, text).only(CLASS_AMBIGUOUS)
    assert (found.field, found.current) == (field, "nginx")


# --- What is said once, and what of each ------------------------------------------------------------------------------
def paths(*backends: tuple[str, object]) -> str:
    """An Ingress with a path to each of some Services and ports."""
    given = (
        f"{{path: /{index}, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: {port}}}}}}}}}"
        for index, (name, port) in enumerate(backends)
    )
    head, _, _ = ingress().rpartition("      paths:")
    return f"{head}      paths: [{', '.join(given)}]\n"


def test_two_paths_to_a_service_that_is_nowhere() -> None:
    found = run_rule(service_upstream, MESHED + paths(("none", 80), ("none", 81), ("gone", 80)), BY_NAME)
    assert [result.current for result in found.of(BACKEND_NOT_FOUND)] == ["none", "gone"]
    assert found.of(BACKEND_NOT_FOUND)[0].message == (
        "the package has no Service shop/none: if the cluster has none either, the gateway answers with an error "
        "(503); if it has, put it into the package, so that it gets its annotations"
    )


def test_each_port_that_a_service_does_not_have() -> None:
    found = run_rule(service_upstream, MESHED + paths(("web", 81), ("web", 82), ("web", 81), ("web", 80)), BY_NAME)
    assert [(result.current, result.field) for result in found.of(BACKEND_PORT)] == [
        (81, "spec.rules[0].http.paths[0].backend.service"),
        (82, "spec.rules[0].http.paths[1].backend.service"),
    ]


@pytest.mark.parametrize(
    ("ports", "port", "is_missed"),
    [
        ("[{port: 80}]", "port: 80", False),
        ("[{port: 80, name: http}]", "port: http", False),
        ("[{port: 80}, {port: 90}]", "port: 90", False),
        ("[{port: 80}]", "port: http", True),
        ("[{port: 80}]", "x: y", False),
        ("[]", "port: 80", False),
        ("text", "port: 80", False),
        ("[80]", "port: 80", True),
    ],
)
def test_ports_of_references(ports: str, port: str, is_missed: bool) -> None:
    backend = service(annotations=BOTH).replace("ports: [{port: 80}]", f"ports: {ports}")
    route = TRAEFIK_ROUTE.replace("port: 80", f"nativeLB: true, {port}")
    found = run_rule(service_upstream, namespace() + deployment() + backend + route)
    assert codes(found.results) == ([BACKEND_PORT] if is_missed else [])


def test_a_headless_service_is_told_of_once() -> None:
    backend = service(annotations=BOTH, spec="clusterIP: None") + service("db", "shop", "web", annotations=BOTH)
    route = TRAEFIK_ROUTE.replace("[{name: web, port: 80}]", "[{name: web, port: 80}, {name: web, port: 80}]")
    other = TRAEFIK_ROUTE.replace("metadata: {name: web", "metadata: {name: other")
    found = run_rule(service_upstream, namespace() + deployment() + backend + route + other).only(HEADLESS_BACKEND)
    assert found.field == "spec.clusterIP"
    assert found.message.startswith("the route IngressRoute shop/web leads to it")


# --- Ingresses that share a backend -----------------------------------------------------------------------------------
OFF = NGINX.replace("true", "false")
ON_FOR_ALL = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: shop}
data: {service-upstream: "true"}
""" + deployment("controller", image="registry.k8s.io/ingress-nginx/controller:v1.13.2").replace(
    "containers: [{", 'containers: [{args: ["--configmap=shop/conf"], '
)


@pytest.mark.parametrize(
    ("text", "spec", "disagree"),
    [
        pytest.param(ingress() + ingress("b", annotations=OFF), "{}", ["b"], id="one says no"),
        pytest.param(ingress(annotations=OFF) + ingress("b"), "{}", ["web"], id="the first says no"),
        pytest.param(ingress() + ingress("b"), "{}", [], id="none says anything"),
        pytest.param(ingress(annotations=OFF) + ingress("b", annotations=OFF), "{}", [], id="all say no"),
        pytest.param(
            ingress() + ingress("b"), "serviceUpstream: {exclude: [{kind: Ingress, name: b}]}", [], id="one is excluded"
        ),
    ],
)
def test_a_setting_for_all_counts_where_a_route_says_nothing(text: str, spec: str, disagree: list[str]) -> None:
    found = run_rule(service_upstream, MESHED + ON_FOR_ALL + text, spec).of(SHARED_DISAGREE)
    assert [result.item.name for result in found if result.item] == disagree


@pytest.mark.parametrize("excluded", ["web", "b"])
def test_an_excluded_route_says_no(excluded: str) -> None:
    spec = f"serviceUpstream: {{products: [ingress-nginx], exclude: [{{kind: Ingress, name: {excluded}}}]}}"
    found = run_rule(service_upstream, MESHED + ingress() + ingress("b"), spec).only(SHARED_DISAGREE)
    assert found.item is not None
    assert found.item.name == excluded


def test_routes_of_other_products_keep_no_disagreement_unsaid() -> None:
    text = MESHED + ingress("first", klass="kong") + ingress("a") + ingress("b", annotations=OFF)
    spec = "serviceUpstream: {products: [kong-kic, ingress-nginx]}"
    found = run_rule(service_upstream, text, spec).only(SHARED_DISAGREE)
    assert found.message == (
        "ingress-nginx (Kubernetes community) makes one upstream of shop/web for all routes that lead to it, and "
        "one of them decides: this one says no, Ingress shop/a says yes; let both say the same"
    )
    assert found.field == "spec.rules[0].http.paths[0].backend.service"


AUTH = f"{NGINX}, nginx.ingress.kubernetes.io/auth-url: 'http://%s/check'"
INSIDE = "auth.shop.svc.cluster.local"


@pytest.mark.parametrize(
    ("spec", "host", "labels", "found"),
    [
        pytest.param("clusterIP: None", INSIDE, "", 1, id="headless"),
        pytest.param("clusterIP: None", "auth.shop", "", 1, id="a short name"),
        pytest.param("", INSIDE, "", 0, id="with an address"),
        pytest.param("clusterIP: None", "auth", "", 0, id="a host in the gateway's own namespace"),
        pytest.param("clusterIP: None", INSIDE, "kuma.io/sidecar-injection: disabled", 0, id="not in a mesh"),
    ],
)
def test_a_headless_service_behind_a_url(spec: str, host: str, labels: str, found: int) -> None:
    auth = deployment("auth", labels=labels) + service("auth", spec=spec, annotations=BOTH)
    told = run_rule(service_upstream, MESHED + auth + ingress(annotations=AUTH % host), BY_NAME).of(HEADLESS_BACKEND)
    assert [(result.field, result.item and result.item.name) for result in told] == [("spec.clusterIP", "auth")] * found
    assert all("the route Ingress shop/web leads to it" in result.message for result in told)


def test_a_headless_service_behind_a_url_and_a_reference_is_told_of_once() -> None:
    auth = deployment("auth") + service("auth", spec="clusterIP: None", annotations=BOTH)
    routes = ingress(annotations=AUTH % INSIDE) + ingress("auth", backend="auth", annotations=NGINX)
    assert (
        "Ingress shop/auth"
        in run_rule(service_upstream, MESHED + auth + routes, BY_NAME).only(HEADLESS_BACKEND).message
    )


def _services(name: str, said: str) -> str:
    return f"""
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {{name: {name}, namespace: shop}}
spec: {{weighted: {{services: [{{name: web, port: 80{said}}}]}}}}
"""


@pytest.mark.parametrize(
    ("said", "disagree"),
    [("", []), (", nativeLB: true", []), (", nativeLB: false", ["b"])],
    ids=["nothing", "on", "off"],
)
def test_references_of_traefik_services_share_an_upstream(said: str, disagree: list[str]) -> None:
    found = run_rule(service_upstream, MESHED + _services("a", "") + _services("b", said)).of(SHARED_DISAGREE)
    assert [result.item.name for result in found if result.item] == disagree


def test_two_references_of_one_object_may_disagree() -> None:
    one = _services("a", "}, {name: web, port: 80, nativeLB: false")
    (found,) = run_rule(service_upstream, MESHED + one).of(SHARED_DISAGREE)
    assert found.field == "spec.weighted.services[1]"


def test_an_ingress_route_has_an_upstream_of_its_own() -> None:
    route = """
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{services: [{name: web, port: 80, nativeLB: false}]}]}
"""
    assert run_rule(service_upstream, MESHED + _services("a", "") + route).of(SHARED_DISAGREE) == []


def _virtual_server(name: str, upstreams: str, route: str = "") -> str:
    return f"""
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {{name: {name}, namespace: shop}}
spec: {{upstreams: [{upstreams}], routes: [{{path: /sub, route: {route}}}]}}
"""


_ON = "{name: a, service: web, port: 80}"
_OFF = "{name: b, service: web, port: 80, use-cluster-ip: false}"
_BELOW = """
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServerRoute
metadata: {name: below, namespace: shop}
spec: {upstreams: [%s]}
"""


@pytest.mark.parametrize(
    ("text", "disagree"),
    [
        pytest.param(_virtual_server("one", f"{_ON}, {_OFF}"), [("VirtualServer one", 1)], id="in one object"),
        pytest.param(
            _virtual_server("one", _ON, "below") + _BELOW % _OFF, [("VirtualServerRoute below", 0)], id="below it"
        ),
        pytest.param(_virtual_server("one", _OFF, "below") + _BELOW % _ON, [("VirtualServer one", 0)], id="above it"),
        pytest.param(_virtual_server("one", _ON) + _BELOW % _OFF, [], id="not below it"),
        pytest.param(_virtual_server("one", _ON) + _virtual_server("two", _OFF), [], id="two routes"),
        pytest.param(_virtual_server("one", f"{_OFF}, {_OFF}"), [], id="all say no"),
        pytest.param(
            _virtual_server("one", _ON + ", {name: b, service: web, port: 80, subselector: {a: b}}"),
            [],
            id="chosen pods",
        ),
        pytest.param(
            _virtual_server("one", _ON + ", {name: b, service: web, port: 81, use-cluster-ip: false}"),
            [],
            id="another port",
        ),
    ],
)
def test_references_that_share_an_upstream_below_one_route(text: str, disagree: list[tuple[str, int]]) -> None:
    found = run_rule(service_upstream, MESHED + text).of(SHARED_DISAGREE)
    assert [(f"{r.item.kind} {r.item.name}", r.field) for r in found if r.item] == [
        (words, f"spec.upstreams[{index}]") for words, index in disagree
    ]
    assert all("for VirtualServer shop/one and what it leads to, and one of them" in result.message for result in found)
