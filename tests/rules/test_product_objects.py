from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import Emit
from krm_fn.krm.resource import Item
from krm_fn.rules.editing import NOT_A_MAPPING
from krm_fn.rules.product_objects import (
    NAME_LENGTH,
    OBJECT_KEPT,
    OBJECT_SET,
    POLICY_EMITTED,
    is_on_in_objects,
    policy_name,
)
from krm_fn.rules.recognition import backends_of
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import (
    check_edit,
    codes,
    config,
    deployment,
    ingress,
    kong_class,
    namespace,
    package,
    run_rule,
    service,
)

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
NGINX_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""


def controller(argument: str = "--configmap=$(POD_NAMESPACE)/conf", where: str = "edge") -> str:
    image = "registry.k8s.io/ingress-nginx/controller:v1.13.2"
    return deployment("controller", where, image=image).replace(
        "containers: [{", f'containers: [{{args: ["{argument}"], '
    )


def conf(data: str = "", where: str = "edge") -> str:
    return f"""
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: conf, namespace: {where}}}
data: {{{data}}}
"""


ON = 'service-upstream: "true"'
EDGE = namespace("edge") + NGINX_CLASS


def test_the_config_map_of_the_controller() -> None:
    before = MESHED + EDGE + controller() + conf() + ingress()
    after = MESHED + EDGE + controller() + conf(ON) + ingress()
    assert codes(check_edit(service_upstream, before, "{}", after).results, "info").count(OBJECT_SET) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(MESHED + EDGE + controller("--configmap=other/conf") + conf() + ingress(), id="another ConfigMap"),
        pytest.param(MESHED + EDGE + controller() + conf('service-upstream: "false"') + ingress(), id="off"),
        pytest.param(
            MESHED + EDGE + controller() + conf() + ingress() + ingress("none", backend="none"), id="Service unknown"
        ),
        pytest.param(
            MESHED + EDGE + controller() + conf() + controller("--configmap=b/conf", "b") + conf(where="b") + ingress(),
            id="two controllers",
        ),
        pytest.param(MESHED + EDGE + controller().replace("edge", "b") + conf() + ingress(), id="of another namespace"),
    ],
)
def test_annotations_where_the_config_map_will_not_do(text: str) -> None:
    ruled = run_rule(service_upstream, text)
    assert {edit.item.kind for edit in ruled.edits if edit.item.kind != "Service"} == {"Ingress"}


def test_an_excluded_config_map_stays() -> None:
    text = MESHED + EDGE + controller() + conf() + ingress()
    ruled = run_rule(service_upstream, text, "serviceUpstream: {exclude: [{kind: ConfigMap}]}")
    assert {edit.item.kind for edit in ruled.edits} == {"Ingress"}


GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: all, namespace: edge}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gate, namespace: shop}
spec: {gatewayClassName: eg}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: gate}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def envoy_proxy(spec: str = "", name: str = "all", where: str = "edge") -> str:
    return f"""
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: {name}, namespace: {where}}}
spec: {{{spec}}}
"""


def policy(spec: str, target: str = "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}") -> str:
    return f"""
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {{name: mine, namespace: shop}}
spec: {{targetRef: {target}{spec and ", "}{spec}}}
"""


SERVICE = "routingType: Service"


def test_the_description_of_the_proxies() -> None:
    check_edit(
        service_upstream, MESHED + GATEWAY + envoy_proxy(), "{}", MESHED + GATEWAY + envoy_proxy("routingType: Service")
    )


def test_a_policy_that_speaks_is_stronger() -> None:
    ruled = run_rule(service_upstream, MESHED + GATEWAY + envoy_proxy(SERVICE) + policy("routingType: Endpoint"))
    assert not ruled.edits
    assert codes(ruled.results) == [OBJECT_KEPT]


@pytest.mark.parametrize("other", ["", envoy_proxy(name="other"), policy("", "{kind: HTTPRoute, name: other}")])
def test_a_policy_is_generated_where_nothing_carries_the_setting(other: str) -> None:
    ruled = run_rule(service_upstream, MESHED + GATEWAY + other)
    assert not ruled.edits
    assert ruled.of(POLICY_EMITTED)
    (emitted,) = ruled.emits
    assert emitted["metadata"] == {"name": "web-httproute-service-routing", "namespace": "shop"}
    assert emitted["spec"]["routingType"] == "Service"
    assert emitted["spec"]["mergeType"] == "StrategicMerge"
    assert emitted["spec"]["targetRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "web"}]


@pytest.mark.parametrize(
    ("text", "is_on"),
    [
        (envoy_proxy(SERVICE), True),
        (envoy_proxy("routingType: Endpoint"), False),
        (envoy_proxy(), False),
        (envoy_proxy(SERVICE, "other"), False),
        (policy(SERVICE), True),
        (policy("routingType: Endpoint") + envoy_proxy(SERVICE), False),
        (policy("") + envoy_proxy(SERVICE), True),
        (policy(SERVICE, "[]"), False),
        ("", False),
    ],
)
def test_which_object_decides(text: str, is_on: bool) -> None:
    resources = package(MESHED + GATEWAY + text)
    (backend,) = backends_of(resources, config())
    found = is_on_in_objects(products_by_id()["envoy-gateway"], backend, resources)
    assert (found is not None) is is_on


def test_parameters_of_a_class() -> None:
    text = MESHED + ingress(klass="kong") + kong_class(spec="serviceUpstream: true")
    for given, is_on in (
        (text, True),
        (text.replace("IngressClassParameters, name: kong,", "IngressClassParameters, name: other,"), False),
    ):
        resources = package(given)
        (backend,) = backends_of(resources, config())
        assert (is_on_in_objects(products_by_id()["kong-kic"], backend, resources) is not None) is is_on


def test_names_of_generated_policies_fit() -> None:
    def route(name: str) -> Item:
        return Item({"kind": "HTTPRoute", "metadata": {"name": name}}, 0, (), "")

    long, longer = policy_name(route("a" * 253)), policy_name(route("a" * 252 + "b"))
    assert len(long) <= NAME_LENGTH
    assert long != longer


@pytest.mark.parametrize(("name", "fits"), [(253 - len("-httproute-service-routing"), True), (228, False)])
def test_a_name_that_just_fits_is_kept(name: int, fits: bool) -> None:
    item = Item({"kind": "HTTPRoute", "metadata": {"name": "a" * name}}, 0, (), "")
    assert policy_name(item).endswith("a-httproute-service-routing") is fits


@pytest.mark.parametrize(
    ("route", "start"),
    [
        ("a" * 253, "a" * 244),
        ("a" * 243 + "." + "a" * 9, "a" * 243),
        ("a" * 242 + "-." + "a" * 9, "a" * 242),
    ],
)
def test_a_name_that_was_cut_is_a_name(route: str, start: str) -> None:
    name, _, digest = policy_name(Item({"kind": "HTTPRoute", "metadata": {"name": route}}, 0, (), "")).rpartition("-")
    assert name == start
    assert len(digest) == 8


# --- Which objects decide together ------------------------------------------------------------------------------------
def second_gateway(parameters: str) -> str:
    """Another Gateway of the route, with parameters of its own."""
    return (
        GATEWAY.replace("parentRefs: [{name: gate}]", "parentRefs: [{name: gate}, {name: second}]")
        + f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: second, namespace: shop}}
spec:
  gatewayClassName: eg
  infrastructure: {{parametersRef: {{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: {parameters}}}}}
"""
    )


OTHER_POLICY = policy("").replace("name: mine", "name: other")


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        (second_gateway("own") + envoy_proxy(SERVICE) + envoy_proxy(SERVICE, "own", "shop"), "all"),
        (second_gateway("own") + envoy_proxy(SERVICE) + envoy_proxy("", "own", "shop"), ""),
        (second_gateway("own") + envoy_proxy() + envoy_proxy(SERVICE, "own", "shop"), ""),
        (second_gateway("own") + envoy_proxy(SERVICE) + envoy_proxy("routingType: Endpoint", "own", "shop"), ""),
        (second_gateway("none") + envoy_proxy(SERVICE), ""),
        (GATEWAY + policy(SERVICE) + OTHER_POLICY, "mine"),
        (GATEWAY + OTHER_POLICY + policy(SERVICE), "mine"),
        (GATEWAY + policy(SERVICE) + OTHER_POLICY.replace("web}}", "web}, routingType: Endpoint}"), ""),
    ],
)
def test_which_objects_decide_together(text: str, holder: str) -> None:
    resources = package(MESHED + text)
    (backend,) = backends_of(resources, config())
    found = is_on_in_objects(products_by_id()["envoy-gateway"], backend, resources)
    assert (found.name if found else "") == holder


# --- What is written for many routes ----------------------------------------------------------------------------------
def test_the_result_about_a_generated_policy() -> None:
    twice = GATEWAY.replace("{name: web, port: 80}]}]", "{name: web, port: 80}]}, {backendRefs: [{name: web}]}]")
    other = GATEWAY.rpartition("---")[2].replace("metadata: {name: web", "metadata: {name: other")
    ruled = run_rule(service_upstream, f"{MESHED}{twice}\n---{other}")
    assert [emitted["metadata"]["name"] for emitted in ruled.emits] == [
        "web-httproute-service-routing",
        "other-httproute-service-routing",
    ]
    first, second = ruled.of(POLICY_EMITTED)
    assert first.item is not None
    assert second.item is not None
    assert (first.item.name, second.item.name) == ("web", "other")
    assert first.message == (
        "Envoy Gateway sends to Service addresses by the BackendTrafficPolicy shop/web-httproute-service-routing, "
        "which is generated for this route (read since release 1.8.0)"
    )


def test_a_headless_backend_before_the_other_keeps_no_policy_from_it() -> None:
    both = GATEWAY.replace("{backendRefs: [", "{backendRefs: [{name: db, port: 80}, ")
    text = MESHED + service("db", app="web", spec="clusterIP: None", annotations=BOTH) + both
    assert [emitted["metadata"]["name"] for emitted in run_rule(service_upstream, text).emits] == [
        "web-httproute-service-routing"
    ]


def test_a_generated_policy_stands_beside_its_route() -> None:
    said = service_upstream(package(MESHED + GATEWAY), config())
    assert [one.origin.name for one in said if isinstance(one, Emit) and one.origin] == ["web"]


@pytest.mark.parametrize(
    ("exclude", "edited"),
    [
        ("{kind: BackendTrafficPolicy}", []),
        ("{kind: BackendTrafficPolicy, name: other}", ["mine"]),
        ("{kind: HTTPRoute}", []),
    ],
)
def test_an_excluded_policy_stays(exclude: str, edited: list[str]) -> None:
    text = MESHED + GATEWAY + policy("")
    ruled = run_rule(service_upstream, text, f"serviceUpstream: {{exclude: [{exclude}]}}")
    assert [edit.item.name for edit in ruled.edits] == edited
    assert not ruled.emits


@pytest.mark.parametrize("spec", ["text", "[a]", "1"])
def test_parameters_that_kubernetes_refuses_are_reported_and_left(spec: str) -> None:
    text = MESHED + GATEWAY + envoy_proxy().replace("spec: {}", f"spec: {spec}")
    ruled = run_rule(service_upstream, text)
    assert not ruled.edits
    assert ruled.only(NOT_A_MAPPING).field == "spec"


def test_each_list_of_variables_keeps_its_own() -> None:
    image = "quay.io/solo-io/gloo:1.17.5"
    gates = "".join(
        deployment(name, "edge", image=image).replace("image:", f"env: [{{name: A, value: {own}}}], image:")
        for name, own in (("a", "one"), ("b", "two"))
    )
    text = MESHED + namespace("edge") + gates + ingress(klass="gloo")
    variable = {"name": "ENABLE_ISTIO_SIDECAR_ON_GATEWAY", "value": "true"}
    ruled = run_rule(service_upstream, text)
    assert [(edit.item.name, edit.value) for edit in ruled.edits] == [
        ("a", [{"name": "A", "value": "one"}, variable]),
        ("b", [{"name": "A", "value": "two"}, variable]),
    ]
