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
