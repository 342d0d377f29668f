from __future__ import annotations

import pytest

from krm_fn.rules.product_switches import (
    BACKEND_NOT_FOUND,
    BACKEND_PORT,
    CLASS_AMBIGUOUS,
    HEADLESS_BACKEND,
    REFERENCE_NOT_GRANTED,
    SHARED_DISAGREE,
    SWITCH_ELSEWHERE,
    SWITCH_FORBIDDEN,
    SWITCH_KEPT,
    SWITCH_NONE,
    SWITCH_VETOED,
)
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import check_edit, check_noop, codes, deployment, ingress, namespace, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
NGINX = 'nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
BY_NAME = "serviceUpstream: {products: [ingress-nginx]}"

HAPROXY_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: haproxy}
spec: {controller: haproxy-ingress.github.io/controller}
"""
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


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(MESHED + ingress(annotations=NGINX), BY_NAME, id="there already"),
        pytest.param(MESHED + ingress(klass="kong"), "{}", id="Kong reads what Kuma writes"),
        pytest.param(MESHED + ingress(), "serviceUpstream: {products: [ingress-nginx], scope: namespace}", id="scope"),
        pytest.param(MESHED + ingress(), BY_NAME[:-1] + ", exclude: [{kind: Ingress}]}", id="excluded"),
        pytest.param(
            namespace(labels="") + deployment() + service() + ingress(backend="none"), BY_NAME, id="no mesh at all"
        ),
        pytest.param(
            namespace()
            + namespace("out", labels="")
            + deployment(where="out")
            + service(where="out")
            + ingress(where="out"),
            BY_NAME,
            id="backend outside of the mesh",
        ),
        pytest.param(
            MESHED + TRAEFIK_ROUTE.replace("port: 80", "port: 80, nativeLB: true"), "{}", id="field set by hand"
        ),
        pytest.param(MESHED + TRAEFIK_ROUTE, "serviceUpstream: {exclude: [{kind: IngressRoute}]}", id="route excluded"),
        pytest.param(MESHED + TRAEFIK_ROUTE, "serviceUpstream: {exclude: [{kind: Service}]}", id="Service excluded"),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(service_upstream, text, spec)


def test_an_annotation_on_the_ingress() -> None:
    check_edit(service_upstream, MESHED + ingress(), BY_NAME, MESHED + ingress(annotations=NGINX))


def test_a_value_that_somebody_wrote_is_kept_and_reported() -> None:
    ruled = run_rule(service_upstream, MESHED + ingress(annotations=NGINX.replace("true", "false")), BY_NAME)
    assert codes(ruled.results) == [SWITCH_KEPT]
    assert not ruled.edits


def test_a_setting_that_is_no_annotation() -> None:
    text = MESHED + ingress(klass="skipper")
    found = run_rule(service_upstream, text, "serviceUpstream: {products: [skipper]}").only(SWITCH_ELSEWHERE)
    assert "-kubernetes-force-service" in found.message
    assert found.field == "spec.rules[0].http.paths[0].backend.service"


def test_a_field_beside_the_reference() -> None:
    check_edit(
        service_upstream,
        MESHED + TRAEFIK_ROUTE,
        "{}",
        MESHED + TRAEFIK_ROUTE.replace("port: 80", "port: 80, nativeLB: true"),
    )


@pytest.mark.parametrize("value", ["false", '"true"', "1", "[]"])
def test_a_field_that_somebody_wrote_is_kept_and_reported(value: str) -> None:
    text = MESHED + TRAEFIK_ROUTE.replace("port: 80", f"port: 80, nativeLB: {value}")
    ruled = run_rule(service_upstream, text)
    assert not ruled.edits
    assert ruled.only(SWITCH_KEPT).field == "spec.routes[0].services[0].nativeLB"


def test_a_field_is_never_set_for_a_headless_service() -> None:
    text = namespace() + deployment() + service(annotations=BOTH, spec="clusterIP: None") + TRAEFIK_ROUTE
    ruled = run_rule(service_upstream, text)
    assert not ruled.edits
    assert codes(ruled.results) == [HEADLESS_BACKEND]


def test_a_product_without_a_setting() -> None:
    text = MESHED + ingress(klass="contour")
    assert codes(run_rule(service_upstream, text, "serviceUpstream: {products: [contour]}").results) == [SWITCH_NONE]


def test_a_class_that_may_mean_several_products_is_told_of_once() -> None:
    two_paths = ingress().replace("      - {path: /,", "      - {path: /a, pathType: Prefix, backend: {service: "
                                  "{name: web, port: {number: 80}}}}\n      - {path: /,")  # fmt: skip
    found = run_rule(service_upstream, MESHED + two_paths).only(CLASS_AMBIGUOUS)
    assert found.field == "spec.ingressClassName"
    by_annotation = ingress(annotations="kubernetes.io/ingress.class: nginx").replace("  ingressClassName: nginx\n", "")
    found = run_rule(service_upstream, MESHED + by_annotation).only(CLASS_AMBIGUOUS)
    assert found.field == "metadata.annotations[kubernetes.io/ingress.class]"


def test_a_headless_backend_gets_the_annotation_that_overrides_kumas() -> None:
    headless = "clusterIP: None"
    override = BOTH + ', haproxy-ingress.github.io/service-upstream: "false"'
    before = namespace() + deployment() + service(annotations=BOTH, spec=headless)
    after = namespace() + deployment() + service(annotations=override, spec=headless)
    route = HAPROXY_CLASS + ingress(klass="haproxy")
    ruled = check_edit(service_upstream, before + route, "{}", after + route)
    assert codes(ruled.results) == [HEADLESS_BACKEND]


def test_a_headless_service_with_another_target_port() -> None:
    for target, is_said in ((8080, True), (80, False)):
        spec = f"clusterIP: None, ports: [{{port: 80, targetPort: {target}}}]"
        backend = service(annotations=BOTH).replace("ports: [{port: 80}]", spec)
        found = run_rule(service_upstream, namespace() + deployment() + backend + TRAEFIK_ROUTE).only(HEADLESS_BACKEND)
        assert ("leaves the mesh" in found.message) is is_said


F5_CLASS = HAPROXY_CLASS.replace("name: haproxy", "name: nginx").replace(
    "haproxy-ingress.github.io/controller", "nginx.org/ingress-controller"
)
TWO_PATHS = ingress().replace(
    "      - {path: /,",
    "      - {path: /db, pathType: Prefix, backend: {service: {name: db, port: {number: 80}}}}\n      - {path: /,",
)


@pytest.mark.parametrize(("spec", "vetoed"), [("clusterIP: None", True), ("type: ClusterIP", False)])
def test_a_headless_backend_outside_of_the_mesh_counts_too(spec: str, vetoed: bool) -> None:
    outside = deployment("db", labels="kuma.io/sidecar-injection: disabled") + service(
        "db", annotations=BOTH, spec=spec
    )
    ruled = run_rule(service_upstream, MESHED + outside + F5_CLASS + TWO_PATHS)
    assert codes(ruled.results) == ([SWITCH_VETOED] if vetoed else [])
    assert bool(ruled.edits) is not vetoed


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


def test_a_field_that_another_forbids() -> None:
    route = """
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web, namespace: shop}
spec: {upstreams: [{service: web, port: 80, subselector: {a: b}}]}
"""
    ruled = run_rule(service_upstream, MESHED + route)
    assert not ruled.edits
    assert codes(ruled.results) == [SWITCH_FORBIDDEN]


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
