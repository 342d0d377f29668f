from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules.traffic_permissions import BY_IDENTITY, NOT_DERIVED, traffic_permissions
from tests.rules.tools import check_noop, deployment, ingress, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
EMIT = "gateways: {trafficPermissions: emit}"
WEB = namespace() + deployment() + service() + ingress()
GATEWAY = namespace("edge") + deployment("nginx", "edge", image=NGINX, annotations=MARK)
IDENTITY = """
---
apiVersion: kuma.io/v1alpha1
kind: MeshIdentity
metadata: {name: identity, namespace: kuma-system, labels: {kuma.io/mesh: default}}
"""


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(WEB + GATEWAY, "{}", id="not asked for"),
        pytest.param(WEB + namespace("edge") + deployment("nginx", "edge", image=NGINX), EMIT, id="not marked"),
        pytest.param(
            WEB + namespace("edge", labels="") + deployment("nginx", "edge", image=NGINX, annotations=MARK),
            EMIT,
            id="a gateway in no mesh",
        ),
        pytest.param(GATEWAY + namespace() + deployment() + service(), EMIT, id="no route"),
        pytest.param(GATEWAY + ingress(), EMIT, id="a Service that is not in the package"),
        pytest.param(
            GATEWAY + namespace(labels="") + deployment() + service() + ingress(), EMIT, id="a backend in no mesh"
        ),
        pytest.param(
            GATEWAY + namespace() + deployment(labels="kuma.io/mesh: payments") + service() + ingress(),
            EMIT,
            id="a backend in another mesh",
        ),
        pytest.param(GATEWAY + namespace() + deployment() + service() + ingress(klass="kong"), EMIT, id="of others"),
        pytest.param(
            GATEWAY + namespace() + deployment() + service().replace("selector: {app: web}, ", "") + ingress(),
            EMIT,
            id="a Service without a selector",
        ),
    ],
)
def test_nothing_to_allow(text: str, spec: str) -> None:
    check_noop(traffic_permissions, text, spec)


AUTH = namespace() + deployment("auth") + service("auth")
URL_KEY = "nginx.ingress.kubernetes.io/auth-url"


@pytest.mark.parametrize(
    ("url", "where", "expected"),
    [
        pytest.param("http://auth.shop.svc/", "edge", ["edge-nginx-to-auth"], id="with its namespace"),
        pytest.param("http://auth/", "shop", ["shop-nginx-to-auth"], id="bare, beside the gateway"),
        pytest.param("http://auth/", "edge", [], id="bare, and the gateway elsewhere"),
        pytest.param("http://gone.shop.svc/", "edge", [], id="absent"),
        pytest.param("http://auth.example.com/", "edge", [], id="no Service"),
    ],
)
def test_backends_in_urls(url: str, where: str, expected: list[str]) -> None:
    gateway = namespace("edge") + deployment("nginx", where, image=NGINX, annotations=MARK)
    text = AUTH + gateway + ingress("other", annotations=f"{URL_KEY}: '{url}'")
    assert [policy["metadata"]["name"] for policy in run_rule(traffic_permissions, text, EMIT).emits] == expected


def emitted(text: str, spec: str = EMIT) -> dict[str, Any]:
    [policy] = run_rule(traffic_permissions, text, spec).emits
    return dict(policy)


def test_both_ends_are_selected_by_labels() -> None:
    assert emitted(WEB + GATEWAY) == {
        "apiVersion": "kuma.io/v1alpha1",
        "kind": "MeshTrafficPermission",
        "metadata": {"name": "edge-nginx-to-web", "namespace": "shop", "labels": {"kuma.io/mesh": "default"}},
        "spec": {
            "targetRef": {"kind": "Dataplane", "labels": {"app": "web"}},
            "from": [
                {
                    "targetRef": {
                        "kind": "MeshSubset",
                        "tags": {"k8s.kuma.io/namespace": "edge", "app": "nginx"},
                    },
                    "default": {"action": "Allow"},
                }
            ],
        },
    }


def test_several_routes_to_one_service_need_one_permission() -> None:
    emitted(WEB + GATEWAY + ingress("again"))


def test_an_older_version_selects_by_tags() -> None:
    assert emitted(WEB + GATEWAY, f"{{kumaVersion: '2.9', {EMIT}}}")["spec"]["targetRef"] == {
        "kind": "MeshSubset",
        "tags": {"app": "web"},
    }


def test_a_zone_says_where_the_policy_comes_from() -> None:
    labels = emitted(WEB + GATEWAY, f"{{zone: east, {EMIT}}}")["metadata"]["labels"]
    assert labels == {"kuma.io/mesh": "default", "kuma.io/origin": "zone"}


def test_a_pod_without_a_selector_is_known_by_its_lasting_labels() -> None:
    pod = f"""
---
apiVersion: v1
kind: Pod
metadata:
  name: nginx
  namespace: edge
  labels: {{app: nginx, pod-template-hash: abc, kuma.io/mesh: default, empty: ""}}
  annotations: {{{MARK}}}
spec: {{containers: [{{name: controller, image: "{NGINX}"}}]}}
"""
    policy = emitted(WEB + namespace("edge") + pod)
    assert policy["spec"]["from"][0]["targetRef"]["tags"] == {"k8s.kuma.io/namespace": "edge", "app": "nginx"}


def test_workloads_of_one_name_share_a_policy() -> None:
    other = deployment("nginx", "edge", image=NGINX, annotations=MARK).replace("app: nginx", "app: more")
    policy = emitted(WEB + GATEWAY + other.replace("kind: Deployment", "kind: DaemonSet"))
    assert [source["targetRef"]["tags"]["app"] for source in policy["spec"]["from"]] == ["nginx", "more"]


def test_an_unknown_gateway_is_told_of() -> None:
    ruled = run_rule(traffic_permissions, WEB + namespace("edge") + deployment("edge", "edge", annotations=MARK), EMIT)
    assert not ruled.emits
    assert ruled.only(NOT_DERIVED).severity == INFO


def test_certificates_without_tags() -> None:
    assert run_rule(traffic_permissions, WEB + GATEWAY + IDENTITY, EMIT).only(BY_IDENTITY).severity == WARNING
    other = IDENTITY.replace("mesh: default", "mesh: payments")
    assert not run_rule(traffic_permissions, WEB + GATEWAY + other, EMIT).of(BY_IDENTITY)
    spec = "{gateways: {trafficPermissions: emit}, controlPlane: {config: {experimental: {inboundTagsDisabled: true}}}}"
    assert run_rule(traffic_permissions, WEB + GATEWAY, spec).of(BY_IDENTITY)
