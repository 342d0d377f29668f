from __future__ import annotations

import pytest

from krm_fn.rules.product_switches import (
    BACKEND_NOT_FOUND,
    BACKEND_PORT,
    CLASS_AMBIGUOUS,
    HEADLESS_BACKEND,
    REFERENCE_NOT_GRANTED,
    SWITCH_ELSEWHERE,
    SWITCH_KEPT,
    SWITCH_NONE,
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
    found = run_rule(service_upstream, MESHED + TRAEFIK_ROUTE).only(SWITCH_ELSEWHERE)
    assert "nativeLB: true" in found.message
    assert found.field == "spec.routes[0].services[0]"


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
