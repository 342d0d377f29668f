from __future__ import annotations

import pytest

from krm_fn.rules.detours import DETOUR_SET, DIRECT_ACCESS_KEPT, DIRECT_ACCESS_SET
from krm_fn.rules.product_switches import SWITCH_NONE
from krm_fn.rules.route_doubts import BACKEND_NOT_FOUND
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import check_edit, codes, deployment, ingress, namespace, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: haproxy}
spec: {controller: haproxy.org/ingress-controller}
"""
ROUTE = CLASS + ingress(klass="haproxy")
DIRECT = "serviceUpstream: {fallback: directAccess}"
BY_NAME = "serviceUpstream: {fallback: externalName}"
ANY = 'kuma.io/direct-access-services: "*"'


def proxy(annotations: str = "", where: str = "edge") -> str:
    return namespace("edge") + deployment(
        "gate", where, annotations=annotations, image="haproxytech/kubernetes-ingress"
    )


def test_direct_access_on_the_proxy() -> None:
    ruled = check_edit(service_upstream, MESHED + proxy() + ROUTE, DIRECT, MESHED + proxy(ANY) + ROUTE)
    assert codes(ruled.results, "warning") == []
    assert len(ruled.of(DIRECT_ACCESS_SET)) == 1


@pytest.mark.parametrize(
    ("text", "spec", "expected"),
    [
        pytest.param(MESHED + proxy() + ROUTE, "{}", [SWITCH_NONE], id="not asked for"),
        pytest.param(MESHED + ROUTE, DIRECT, [SWITCH_NONE], id="proxy elsewhere"),
        pytest.param(MESHED + proxy(where="out") + ROUTE, DIRECT, [SWITCH_NONE], id="proxy not in a mesh"),
        pytest.param(MESHED + proxy(ANY) + ROUTE, DIRECT, [], id="there already"),
        pytest.param(
            MESHED + proxy(ANY.replace("*", "web_shop_svc_80")) + ROUTE, DIRECT, [DIRECT_ACCESS_KEPT], id="a list"
        ),
        pytest.param(MESHED + ingress(klass="gce"), DIRECT, [SWITCH_NONE], id="impossible"),
        pytest.param(MESHED + ingress(klass="kong"), DIRECT, [], id="has a switch"),
        pytest.param(MESHED + ingress(klass="kong"), BY_NAME, [], id="has a switch, by name"),
        pytest.param(MESHED + ingress(klass="gce"), BY_NAME, [SWITCH_NONE], id="impossible, by name"),
        pytest.param(
            MESHED + service("web-mesh", app="web", annotations=BOTH) + ROUTE, BY_NAME, [SWITCH_NONE], id="name taken"
        ),
        pytest.param(
            MESHED + CLASS + ingress(klass="haproxy", backend="far"),
            BY_NAME,
            [SWITCH_NONE, BACKEND_NOT_FOUND],
            id="nowhere",
        ),
        pytest.param(
            MESHED + proxy() + ROUTE,
            "serviceUpstream: {fallback: directAccess, exclude: [{kind: Ingress}]}",
            [],
            id="excluded",
        ),
    ],
)
def test_left_alone(text: str, spec: str, expected: list[str]) -> None:
    ruled = run_rule(service_upstream, text, spec)
    assert not ruled.edits
    assert not ruled.emits
    assert codes(ruled.results) == sorted(expected)


def test_an_external_name_in_place_of_the_service() -> None:
    after = CLASS + ingress(klass="haproxy", backend="web-mesh")
    ruled = check_edit(service_upstream, MESHED + ROUTE, BY_NAME, MESHED + after)
    assert codes(ruled.results, "warning") == []
    assert ruled.only(DETOUR_SET).field == "spec.rules[0].http.paths[0].backend.service.name"
    again = run_rule(service_upstream, MESHED + after, BY_NAME)
    assert ruled.emits == again.emits
    assert ruled.emits[0]["spec"] == {
        "type": "ExternalName",
        "externalName": "web.shop.svc.cluster.local",
        "ports": [{"port": 80, "targetPort": 80}],
    }


def test_names_that_the_config_declares_are_not_taken() -> None:
    declared = "\nexternalNames: [{name: web-mesh, namespace: shop, hostname: a.b.mesh}]"
    ruled = run_rule(service_upstream, MESHED + ROUTE, BY_NAME + declared)
    assert not ruled.edits
    assert not ruled.emits
    assert codes(ruled.results) == [SWITCH_NONE]
