from __future__ import annotations

import pytest

from krm_fn.rules.product_switches import (
    SWITCH_ELSEWHERE,
    SWITCH_FORBIDDEN,
    SWITCH_KEPT,
    SWITCH_NONE,
    SWITCH_VETOED,
)
from krm_fn.rules.route_doubts import (
    HEADLESS_BACKEND,
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


def test_a_headless_backend_gets_the_annotation_that_overrides_kumas() -> None:
    headless = "clusterIP: None"
    override = BOTH + ', haproxy-ingress.github.io/service-upstream: "false"'
    before = namespace() + deployment() + service(annotations=BOTH, spec=headless)
    after = namespace() + deployment() + service(annotations=override, spec=headless)
    route = HAPROXY_CLASS + ingress(klass="haproxy")
    ruled = check_edit(service_upstream, before + route, "{}", after + route)
    assert codes(ruled.results) == [HEADLESS_BACKEND]


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
