from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.outcome import INFO, WARNING, Emit
from krm_fn.rules.traffic_permissions import BY_IDENTITY, NOT_DERIVED, is_behind, traffic_permissions
from tests.rules.custom_tools import dataplane
from tests.rules.custom_tools import gateway as gateway_api
from tests.rules.tools import check_noop, config, deployment, ingress, namespace, package, run_rule, service

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
        pytest.param(GATEWAY + namespace() + service() + ingress(), EMIT, id="a Service that leads to no pods"),
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


def test_an_identity_that_names_no_mesh_is_one_of_the_default_mesh() -> None:
    unlabelled = IDENTITY.replace(", labels: {kuma.io/mesh: default}", "")
    assert run_rule(traffic_permissions, WEB + GATEWAY + unlabelled, EMIT).only(BY_IDENTITY).item
    elsewhere = f"{{mesh: payments, {EMIT}}}"
    meshed = WEB + GATEWAY.replace("labels: {app: nginx}", "labels: {app: nginx, kuma.io/mesh: default}")
    assert not run_rule(traffic_permissions, meshed + unlabelled, elsewhere).of(BY_IDENTITY)


def test_dataplanes_without_tags() -> None:
    spec = "{gateways: {trafficPermissions: emit}, controlPlane: {config: {experimental: {inboundTagsDisabled: true}}}}"
    result = run_rule(traffic_permissions, WEB + GATEWAY, spec).only(BY_IDENTITY)
    assert (result.severity, result.item, result.field) == (WARNING, None, "functionConfig.spec.controlPlane.config")
    assert result.message == (
        "experimental.inboundTagsDisabled takes the tags out of Dataplanes, so that the MeshTrafficPermissions of "
        "spec.gateways.trafficPermissions cannot select the gateway by them: write them with spec.rules"
    )


def test_a_policy_comes_from_the_service_that_it_opens() -> None:
    setup = config(EMIT)
    [policy] = [one for one in traffic_permissions(package(WEB + GATEWAY), setup) if isinstance(one, Emit)]
    assert policy.origin is not None
    assert policy.origin.words == "Service shop/web"


def policies(text: str) -> list[str]:
    return [policy["metadata"]["name"] for policy in run_rule(traffic_permissions, text, EMIT).emits]


def test_every_gateway_and_every_service_is_looked_at() -> None:
    """One of an unknown product, and a Service outside of the mesh, do not hide what comes after them."""
    outside = service("away", app="away") + ingress("away", backend="away")
    unknown = deployment("edge", "edge", annotations=MARK)
    text = namespace() + outside + deployment() + service() + ingress() + namespace("edge") + unknown
    assert policies(text + GATEWAY) == ["edge-nginx-to-web"]


def test_gateways_of_operators_and_others_side_by_side() -> None:
    custom = dataplane() + gateway_api("konghq.com/gateway-operator")
    assert policies(WEB + GATEWAY + custom) == ["edge-nginx-to-web", "edge-dp-to-web"]


def named(name: str) -> str:
    return GATEWAY.replace("name: nginx,", f"name: {name},")


A = "a" * 246


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(A[:241], f"edge-{A[:241]}-to-web", id="the longest that is whole"),
        pytest.param(A, f"edge-{A}-t", id="cut off"),
        pytest.param(A + "a", f"edge-{A}a", id="cut off at a hyphen"),
        pytest.param(A + "a.b", f"edge-{A}a", id="cut off at a dot"),
    ],
)
def test_a_long_name_ends_as_names_may(name: str, expected: str) -> None:
    assert policies(WEB + named(name)) == [expected]


def backend(name: str) -> str:
    return deployment(name) + service(name) + ingress(name, backend=name)


def opened(text: str) -> list[tuple[str, str, list[str]]]:
    """The name of each policy, the pods that it is for, and the gateways that it allows."""
    return [
        (
            policy["metadata"]["name"],
            policy["spec"]["targetRef"]["labels"]["app"],
            [source["targetRef"]["tags"]["app"] for source in policy["spec"]["from"]],
        )
        for policy in run_rule(traffic_permissions, text, EMIT).emits
    ]


def test_names_that_two_pairs_come_to_are_told_apart() -> None:
    other = deployment("nginx-to-x", "edge", image=NGINX, annotations=MARK)
    assert opened(namespace() + backend("y") + backend("x-to-y") + GATEWAY + other) == [
        ("edge-nginx-to-y", "y", ["nginx"]),
        ("edge-nginx-to-x-to-y", "x-to-y", ["nginx"]),
        ("edge-nginx-to-x-to-y-2", "y", ["nginx-to-x"]),
        ("edge-nginx-to-x-to-x-to-y", "x-to-y", ["nginx-to-x"]),
    ]


def test_the_order_of_resources_does_not_decide_which_name_is_numbered() -> None:
    other = deployment("nginx-to-x", "edge", image=NGINX, annotations=MARK)
    forth = opened(namespace() + backend("y") + backend("x-to-y") + GATEWAY + other)
    back = opened(namespace() + other + GATEWAY + backend("x-to-y") + backend("y"))
    assert sorted(map(str, forth)) == sorted(map(str, back))


def test_a_number_that_is_taken_is_passed_over() -> None:
    other = deployment("nginx-to-x", "edge", image=NGINX, annotations=MARK)
    names = [
        name
        for name, _, _ in opened(namespace() + backend("y") + backend("x-to-y") + backend("x-to-y-2") + GATEWAY + other)
    ]
    assert [name for name in names if name.startswith("edge-nginx-to-x-to-y")] == [
        "edge-nginx-to-x-to-y",
        "edge-nginx-to-x-to-y-2",
        "edge-nginx-to-x-to-y-3",
    ]


def test_numbers_of_different_names_do_not_meet() -> None:
    names = [f"{A[:240]}{letter * 6}" for letter in "bc"]
    text = namespace() + backend("one") + backend("two") + named(names[0]) + named(names[1])
    assert [name for name, _, _ in opened(text)] == [
        f"edge-{names[0]}-t",
        f"edge-{A[:240]}-2",
        f"edge-{names[1]}-t",
        f"edge-{A[:240]}-3",
    ]


def test_names_that_are_cut_off_alike_are_told_apart() -> None:
    assert opened(namespace() + backend("one") + backend("two") + named(A)) == [
        (f"edge-{A}-t", "one", ["nginx"]),
        (f"edge-{A[:240]}-2", "two", ["nginx"]),
    ]
    dotted = f"{A[:239]}.{A[:7]}"
    assert opened(namespace() + backend("one") + backend("two") + named(dotted)) == [
        (f"edge-{dotted}", "one", ["nginx"]),
        (f"edge-{A[:239]}-2", "two", ["nginx"]),
    ]


def test_gateways_of_one_name_in_two_meshes() -> None:
    """Each has a policy of its mesh; pods of both stand behind the Service."""
    both = deployment() + deployment("paid", labels="kuma.io/mesh: payments") + service(spec="selector: {tier: web}")
    both = both.replace("labels: {app:", "labels: {tier: web, app:")
    other = deployment("nginx", "edge", image=NGINX, annotations=MARK, labels="kuma.io/mesh: payments")
    text = namespace() + both + ingress() + GATEWAY + other.replace("kind: Deployment", "kind: DaemonSet")
    metadata = [policy["metadata"] for policy in run_rule(traffic_permissions, text, EMIT).emits]
    assert [(data["name"], data["labels"]["kuma.io/mesh"]) for data in metadata] == [
        ("edge-nginx-to-web", "default"),
        ("edge-nginx-to-web-2", "payments"),
    ]


@pytest.mark.parametrize(
    ("mesh", "expected"), [pytest.param("default", True, id="its mesh"), pytest.param("other", False, id="another")]
)
def test_pods_of_which_mesh_stand_behind_a_service(mesh: str, expected: bool) -> None:
    resources = package(WEB)
    [web] = resources.services
    assert is_behind(web, mesh, resources, config()) is expected
