from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import TARGET_REFS
from krm_fn.rules.carriers import attached_policies, carriers
from krm_fn.rules.recognition import backends_of
from tests.rules.tools import config, package, service

API = "gateway.networking.k8s.io"
(SWITCH,) = [s for s in products_by_id()["envoy-gateway"].switches if s.found_by == TARGET_REFS]

GATEWAY = f"""
---
apiVersion: {API}/v1
kind: GatewayClass
metadata: {{name: eg}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: {API}/v1
kind: Gateway
metadata: {{name: gate, namespace: shop, labels: {{tier: edge}}}}
spec:
  gatewayClassName: eg
  listeners: [{{name: http, port: 80}}, {{name: https, port: 443}}]
"""
ROUTE = f"""
---
apiVersion: {API}/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop, labels: {{app: web}}}}
spec:
  parentRefs: [{{name: gate}}]
  rules:
  - name: one
    backendRefs: [{{name: web, port: 80}}]
  - backendRefs: [{{name: web, port: 80}}]
"""
ONE_LISTENER = GATEWAY.replace(", {name: https, port: 443}", "")
BY_HTTP = ROUTE.replace("{name: gate}", "{name: gate, sectionName: http}")
SERVICE, ENDPOINT = "routingType: Service", "routingType: Endpoint"
MERGED = "mergeType: StrategicMerge"


def policy(name: str, target: str, spec: str = "", where: str = "shop") -> str:
    return f"""
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {{name: {name}, namespace: {where}}}
spec: {{{target}{spec and ", "}{spec}}}
"""


def of_route(name: str, spec: str = "", section: str = "", route: str = "web") -> str:
    ref = f"{{group: {API}, kind: HTTPRoute, name: {route}{section and f', sectionName: {section}'}}}"
    return policy(name, f"targetRefs: [{ref}]", spec)


def of_gateway(name: str, spec: str = "", section: str = "") -> str:
    ref = f"{{group: {API}, kind: Gateway, name: gate{section and f', sectionName: {section}'}}}"
    return policy(name, f"targetRefs: [{ref}]", spec)


def selecting(name: str, selector: str, spec: str = "", where: str = "shop") -> str:
    return policy(name, f"targetSelectors: [{{{selector}}}]", spec, where)


def deciding(text: str) -> list[str]:
    """The policies that decide, for the first and for the second rule."""
    resources = package(service() + text)
    product = products_by_id()["envoy-gateway"]
    return [
        " ".join(carrier.item.name for carrier in carriers(SWITCH, product, backend, resources))
        for backend in backends_of(resources, config())
    ]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        pytest.param("", ["", ""], id="none"),
        pytest.param(of_route("a"), ["a", "a"], id="of the route"),
        pytest.param(of_route("a", route="other"), ["", ""], id="of another route"),
        pytest.param(of_route("a", section="one"), ["a", ""], id="of a rule"),
        pytest.param(of_route("a", section="two"), ["", ""], id="of a rule that is not there"),
        pytest.param(of_route("a", section="one") + of_route("b"), ["a", "b"], id="of a rule and of the route"),
        pytest.param(of_route("a", "", "one") + of_route("b", SERVICE), ["a", "b"], id="a silent rule hides the route"),
        pytest.param(
            of_route("a", MERGED, "one") + of_route("b", SERVICE), ["a", "b"], id="though merged: with the Gateway's"
        ),
        pytest.param(
            of_route("a", "", "one") + of_route("b", ENDPOINT), ["b", "b"], id="but nobody's other word is overruled"
        ),
        pytest.param(of_gateway("g", SERVICE), ["g", "g"], id="of the Gateway"),
        pytest.param(of_gateway("g", SERVICE) + of_route("a"), ["a", "a"], id="a silent route hides the Gateway"),
        pytest.param(of_gateway("g", SERVICE) + of_route("a", MERGED), ["g", "g"], id="unless it is merged with it"),
        pytest.param(
            of_gateway("g", SERVICE) + of_route("a", MERGED, "one"), ["g", "g"], id="a merged rule is no wall either"
        ),
        pytest.param(of_gateway("g") + of_route("a", MERGED), ["a", "a"], id="all silent: the narrowest"),
        pytest.param(of_gateway("g", ENDPOINT) + of_route("a"), ["g", "g"], id="somebody's other word at the Gateway"),
        pytest.param(of_gateway("g", ENDPOINT) + of_route("a", SERVICE), ["a", "a"], id="the narrower word counts"),
        pytest.param(of_gateway("g", SERVICE, "http"), ["", ""], id="of one of two listeners"),
    ],
)
def test_which_policies_decide(policies: str, expected: list[str]) -> None:
    assert deciding(GATEWAY + ROUTE + policies) == expected


@pytest.mark.parametrize(
    ("gateway", "route", "policies", "expected"),
    [
        pytest.param(ONE_LISTENER, ROUTE, of_gateway("l", SERVICE, "http"), "l", id="the only listener"),
        pytest.param(ONE_LISTENER, ROUTE, of_gateway("l", SERVICE, "https"), "", id="a listener that is not there"),
        pytest.param(GATEWAY, BY_HTTP, of_gateway("l", SERVICE, "http"), "l", id="the listener of the route"),
        pytest.param(GATEWAY, BY_HTTP, of_gateway("l", SERVICE, "https"), "", id="another listener"),
        pytest.param(
            GATEWAY, BY_HTTP, of_gateway("l", SERVICE, "http") + of_gateway("g", ENDPOINT), "l", id="before the Gateway"
        ),
        pytest.param(
            GATEWAY, BY_HTTP, of_gateway("l", "", "http") + of_gateway("g", SERVICE), "g", id="a silent one is no wall"
        ),
        pytest.param(
            GATEWAY,
            BY_HTTP.replace("sectionName: http}", "sectionName: http}, {name: gate, sectionName: https}"),
            of_gateway("l", SERVICE, "http"),
            "",
            id="a route of two listeners",
        ),
    ],
)
def test_policies_of_listeners(gateway: str, route: str, policies: str, expected: str) -> None:
    assert deciding(gateway + route + policies) == [expected, expected]


SECOND = GATEWAY.rpartition("---")[2].replace("name: gate,", "name: gone,")
OF_TWO = ROUTE.replace("{name: gate}", "{name: gate}, {name: gone}")


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (of_gateway("g", SERVICE), ""),
        (of_gateway("g", SERVICE) + of_gateway("h").replace("name: gate}", "name: gone}"), ""),
        (of_gateway("g", SERVICE) + of_gateway("h", SERVICE).replace("name: gate}", "name: gone}"), "g h"),
        (of_gateway("g") + of_gateway("h").replace("name: gate}", "name: gone}"), "g h"),
        (of_gateway("g") + of_route("a"), "a"),
    ],
)
def test_a_route_of_two_gateways_needs_both(policies: str, expected: str) -> None:
    assert deciding(f"{GATEWAY}\n---{SECOND}{OF_TWO}{policies}") == [expected, expected]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ("{name: gate, sectionName: http}, {name: gone, sectionName: https}", "l m"),
        ("{name: gate, sectionName: http}, {name: gone, sectionName: http}", ""),
        ("{name: gate, sectionName: http}, {name: gone}", ""),
    ],
)
def test_each_gateway_of_a_route_has_a_listener_of_its_own(parents: str, expected: str) -> None:
    route = ROUTE.replace("{name: gate}", parents)
    other = of_gateway("m", SERVICE, "https").replace("name: gate,", "name: gone,")
    found = deciding(f"{GATEWAY}\n---{SECOND}{route}{of_gateway('l', SERVICE, 'http')}{other}")
    assert found == [expected, expected]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ("{name: gate, namespace: edge, sectionName: http}", "far"),
        ("{name: gate, namespace: edge, sectionName: https}", ""),
        ("{name: gate, sectionName: https}", "near"),
        ("{name: gate, namespace: shop, sectionName: https}", "near"),
        ("{name: gate, namespace: edge, sectionName: http}, {name: gate, sectionName: https}", "far near"),
        ("{name: gate, namespace: edge, sectionName: https}, {name: gate, sectionName: https}", ""),
    ],
)
def test_gateways_of_one_name_are_told_apart_by_namespace(parents: str, expected: str) -> None:
    far = GATEWAY.rpartition("---")[2].replace("namespace: shop", "namespace: edge")
    far = far.replace("port: 80}", "port: 80, allowedRoutes: {namespaces: {from: All}}}")
    far = far.replace("port: 443}", "port: 443, allowedRoutes: {namespaces: {from: All}}}")
    policies = of_gateway("far", SERVICE, "http").replace("namespace: shop", "namespace: edge")
    policies += of_gateway("near", SERVICE, "https")
    route = ROUTE.replace("{name: gate}", parents)
    assert deciding(f"{GATEWAY}\n---{far}{route}{policies}") == [expected, expected]


@pytest.mark.parametrize(
    ("selector", "where", "found", "perhaps"),
    [
        ("kind: HTTPRoute, matchLabels: {app: web}", "shop", True, False),
        ("kind: HTTPRoute", "shop", True, False),
        (f"group: {API}, kind: HTTPRoute", "shop", True, False),
        ("kind: HTTPRoute, matchExpressions: [{key: app, operator: In, values: [web, api]}]", "shop", True, False),
        ("kind: HTTPRoute, matchExpressions: [{key: app, operator: Exists}]", "shop", True, False),
        ("kind: HTTPRoute, matchExpressions: [{key: app, operator: DoesNotExist}]", "shop", False, False),
        ("kind: HTTPRoute, matchExpressions: 7", "shop", False, False),
        ("kind: HTTPRoute, matchLabels: {app: api}", "shop", False, False),
        ("kind: HTTPRoute, matchLabels: [app]", "shop", False, False),
        ("group: example.com, kind: HTTPRoute", "shop", False, False),
        ("kind: GRPCRoute, matchLabels: {app: web}", "shop", False, False),
        ("kind: [HTTPRoute]", "shop", False, False),
        ("kind: HTTPRoute", "edge", False, False),
        ("kind: HTTPRoute, namespaces: {from: Same}", "edge", False, False),
        ("kind: HTTPRoute, namespaces: {from: All}", "shop", True, False),
        ("kind: HTTPRoute, namespaces: {from: All}", "edge", False, True),
        ("kind: HTTPRoute, namespaces: {from: Selector, selector: {matchLabels: {a: b}}}", "edge", False, True),
        ("kind: HTTPRoute, namespaces: {from: Selector, selector: {matchLabels: {a: b}}}", "shop", False, True),
        ("kind: HTTPRoute, namespaces: All", "edge", False, False),
        ("kind: Gateway, matchLabels: {tier: edge}", "shop", True, False),
        ("kind: Gateway, matchLabels: {tier: core}", "shop", False, False),
        ("kind: Gateway, namespaces: {from: All}", "edge", False, False),
    ],
)
def test_what_policies_select_by_labels(selector: str, where: str, found: bool, perhaps: bool) -> None:
    text = GATEWAY + ROUTE + selecting("s", selector, SERVICE, where)
    assert deciding(text) == (["s", "s"] if found else ["", ""])
    resources = package(service() + text)
    backend = backends_of(resources, config())[0]
    assert any(each.perhaps for each in attached_policies(SWITCH, backend, resources).doubtful) is perhaps


def test_what_is_named_and_selected_counts_once() -> None:
    ref = f"targetRefs: [{{group: {API}, kind: HTTPRoute, name: web}}]"
    both = policy("both", f"{ref}, targetSelectors: [{{kind: HTTPRoute}}, {{kind: HTTPRoute}}]")
    assert deciding(GATEWAY + ROUTE + both) == ["both", "both"]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        pytest.param(of_route("n") + selecting("s", "kind: HTTPRoute"), "n s", id="one names it, one selects it"),
        pytest.param(
            selecting("b", "kind: HTTPRoute, matchLabels: {app: web}") + selecting("a", "kind: HTTPRoute"),
            "b a",
            id="in the order of the package",
        ),
        pytest.param(
            policy(
                "s", "targetSelectors: [{kind: Gateway}, {kind: HTTPRoute}, {kind: HTTPRoute, matchLabels: {a: b}}]"
            ),
            "s",
            id="one of several selectors",
        ),
        pytest.param(
            policy("s", "targetSelectors: [{kind: Gateway, matchLabels: {tier: core}}, {kind: GRPCRoute}]"),
            "",
            id="none of several selectors",
        ),
        pytest.param(
            of_route("x").replace("gateway.envoyproxy.io/v1alpha1", "example.com/v1") + of_route("a"),
            "a",
            id="of this kind of another API group, which comes first",
        ),
    ],
)
def test_several_policies_of_a_route(policies: str, expected: str) -> None:
    assert deciding(GATEWAY + ROUTE + policies) == [expected, expected]


@pytest.mark.parametrize(
    "targets", ["targetSelectors: 7", "targetSelectors: [7, null, text]", "targetRefs: {}", "a: b"]
)
def test_targets_of_a_wrong_shape_are_none(targets: str) -> None:
    assert deciding(GATEWAY + ROUTE + policy("odd", targets, SERVICE)) == ["", ""]


def test_a_route_whose_parents_and_rules_have_a_wrong_shape() -> None:
    odd = ROUTE.replace("name: one", "name: [one]").replace("{name: gate}", "{name: gate, sectionName: [http]}, 7")
    assert deciding(GATEWAY + odd + of_gateway("l", SERVICE, "http") + of_route("r", SERVICE, "one")) == ["", ""]
