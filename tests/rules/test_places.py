from __future__ import annotations

import pytest

from krm_fn.rules.check_routes import EXTERNAL_NAME_REFUSED
from krm_fn.rules.checks import checks
from krm_fn.rules.coverage import BYPASSED, coverage
from krm_fn.rules.product_objects import OBJECT_KEPT, OBJECT_LEFT, OBJECT_SET, POLICY_EMITTED
from krm_fn.rules.product_switches import SWITCH_ELSEWHERE
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import codes, config, deployment, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
API = "gateway.networking.k8s.io"

EDGE = f"""
---
apiVersion: {API}/v1
kind: GatewayClass
metadata: {{name: eg}}
spec: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
---
apiVersion: {API}/v1
kind: Gateway
metadata: {{name: gate, namespace: shop}}
spec:
  gatewayClassName: eg
  infrastructure: {{parametersRef: {{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: gate}}}}
  listeners: [{{name: a, port: 1}}, {{name: b, port: 2}}]
"""
EXTERNAL = """
---
apiVersion: v1
kind: Service
metadata: {name: legacy, namespace: shop}
spec: {type: ExternalName, externalName: legacy.example.com, ports: [{port: 80}]}
"""
HEADLESS = """
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}
"""
SERVICE, ENDPOINT = "routingType: Service", "routingType: Endpoint"


def proxy(spec: str = "") -> str:
    return f"""
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: gate, namespace: shop}}
spec: {{{spec}}}
"""


def route(*backends: str, name: str = "web", kind: str = "HTTPRoute", parent: str = "gate") -> str:
    refs = ", ".join(f"{{name: {backend}, port: 80}}" for backend in backends)
    return f"""
---
apiVersion: {API}/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec:
  parentRefs: [{{name: {parent}}}]
  rules: [{{name: one, backendRefs: [{refs}]}}]
"""


def policy(spec: str, kind: str = "HTTPRoute", name: str = "web", section: str = "", own: str = "mine") -> str:
    ref = f"{{group: {API}, kind: {kind}, name: {name}{section and f', sectionName: {section}'}}}"
    return f"""
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {{name: {own}, namespace: shop}}
spec: {{targetRefs: [{ref}]{spec and ", "}{spec}}}
"""


def controller(tag: str, role: str = "envoy-gateway") -> str:
    found = deployment("envoy-gateway", "shop", image=f"docker.io/envoyproxy/gateway:{tag}")
    return found.replace("labels: {", f"labels: {{control-plane: {role}, ")


def made(text: str, spec: str = "") -> tuple[list[str], list[str]]:
    """The objects that get the setting, and the targets of generated policies."""
    ruled = run_rule(service_upstream, MESHED + EDGE + text, spec)
    generated = [ref["name"] for emitted in ruled.emits for ref in emitted["spec"]["targetRefs"]]
    assert len(ruled.of(POLICY_EMITTED)) == len(generated)
    edited = [f"{edit.item.kind} {edit.item.name}" for edit in ruled.edits if edit.item.kind != "Service"]
    assert len(ruled.of(OBJECT_SET)) == len(edited)
    return edited, generated


EDITED, LEGACY = ["EnvoyProxy gate"], EXTERNAL + route("legacy", name="old")


@pytest.mark.parametrize(
    ("text", "edited", "generated"),
    [
        pytest.param(proxy() + route("web"), EDITED, [], id="EnvoyProxy"),
        pytest.param(proxy() + route("web") + LEGACY, [], ["web"], id="another route leads to an ExternalName"),
        pytest.param(
            proxy() + route("web") + EXTERNAL + route("legacy", name="old", parent="elsewhere"),
            EDITED,
            [],
            id="but at another Gateway",
        ),
        pytest.param(proxy() + route("web") + EXTERNAL, EDITED, [], id="no route leads to the ExternalName"),
        pytest.param(
            proxy() + route("web") + EXTERNAL + route("legacy", name="old", kind="UDPRoute"), [], ["web"], id="by UDP"
        ),
        pytest.param(proxy() + EXTERNAL + route("web", "legacy"), [], [], id="the route itself does"),
        pytest.param(EXTERNAL + route("web", "legacy"), [], [], id="and no EnvoyProxy is there"),
        pytest.param(route("web") + LEGACY, [], ["web"], id="another route, without EnvoyProxy"),
        pytest.param(EXTERNAL + policy("") + route("web", "legacy"), [], [], id="a policy of the route"),
        pytest.param(policy("") + route("web") + LEGACY, ["BackendTrafficPolicy mine"], [], id="of another route"),
        pytest.param(
            policy("", "Gateway", "gate") + route("web") + LEGACY, [], ["web"], id="a policy of the Gateway of both"
        ),
        pytest.param(policy("", "Gateway", "gate") + route("web"), ["BackendTrafficPolicy mine"], [], id="of one"),
        pytest.param(policy("", section="one") + route("web"), ["BackendTrafficPolicy mine"], [], id="of the rule"),
        pytest.param(policy("", section="two") + route("web"), [], ["web"], id="of no rule"),
        pytest.param(policy(SERVICE, "Gateway", "gate", "a") + route("web"), [], ["web"], id="on for one listener"),
        pytest.param(policy("", "Gateway", "gate", "a") + route("web"), [], ["web"], id="silent for one listener"),
        pytest.param(policy(ENDPOINT, "Gateway", "gate", "a") + route("web"), [], [], id="other word at one listener"),
    ],
)
def test_where_the_setting_is_made(text: str, edited: list[str], generated: list[str]) -> None:
    assert made(text) == (edited, generated)


def test_a_declared_external_name_counts() -> None:
    spec = "externalNames: [{name: legacy, namespace: shop, hostname: legacy.example.com, ports: [{port: 80}]}]"
    text = proxy() + route("web") + route("legacy", name="old")
    assert made(text, spec) == ([], ["web"])
    assert made(text) == (EDITED, [])


@pytest.mark.parametrize(
    ("given", "edited"),
    [
        ("", []),
        (controller("v1.7.0"), EDITED),
        (controller("v1.9.1"), EDITED),
        (controller("v1.6.9"), []),
        (controller("latest"), []),
        (controller("v1.7.0-rc.1"), []),
        (controller("v1.9.1").replace("envoyproxy/gateway", "example/other"), []),
    ],
)
def test_a_headless_neighbour_needs_a_release(given: str, edited: list[str]) -> None:
    headless = HEADLESS + route("db", name="db")
    assert made(given + proxy() + route("web") + headless)[0] == edited
    assert made(given + proxy() + route("web"))[0] == EDITED


@pytest.mark.parametrize(("tag", "generated"), [("v1.8.0", ["web"]), ("v1.7.5", []), ("v1.4.1", []), ("main", ["web"])])
def test_a_policy_needs_a_release_that_reads_it(tag: str, generated: list[str]) -> None:
    assert made(controller(tag) + route("web")) == ([], generated)
    assert made(controller(tag) + proxy() + route("web")) == (EDITED, [])


def test_a_policy_that_the_release_does_not_read_is_no_setting() -> None:
    text = MESHED + EDGE + controller("v1.7.5") + policy(SERVICE) + route("web")
    found = run_rule(service_upstream, text).only(SWITCH_ELSEWHERE)
    assert (
        "BackendTrafficPolicy has it since release 1.8.0, and the image docker.io/envoyproxy/gateway:v1.7.5 is older"
        in (found.message)
    )
    assert [covered.status for covered in coverage(package(text), config())] == [BYPASSED]


def test_nothing_is_generated_for_a_headless_service_alone() -> None:
    in_mesh = deployment("db").replace("app: web", "app: db")
    ruled = run_rule(service_upstream, MESHED + EDGE + HEADLESS + in_mesh + route("db", name="db"))
    assert not ruled.emits
    assert not ruled.of(SWITCH_ELSEWHERE)


@pytest.mark.parametrize(
    ("spec", "where", "said"),
    [
        (
            "targetSelectors: [{kind: HTTPRoute, matchLabels: {app: web}}]",
            "shop",
            "BackendTrafficPolicy shop/some does not get it: it selects by labels (targetSelectors) and may hold for "
            "more than the package shows; write the field there if that is meant; a BackendTrafficPolicy generated for "
            "the route would clash with it",
        ),
        (
            "targetSelectors: [{kind: HTTPRoute, namespaces: {from: All}}]",
            "shop",
            "BackendTrafficPolicy shop/some does not get it: it selects by labels (targetSelectors)",
        ),
        (
            "targetSelectors: [{kind: HTTPRoute, namespaces: {from: All}}]",
            "edge",
            "a BackendTrafficPolicy generated for the route would clash with BackendTrafficPolicy edge/some",
        ),
    ],
)
def test_what_selects_by_labels_is_left_and_nothing_beside_it_is_generated(spec: str, where: str, said: str) -> None:
    some = policy("", own="some").replace("namespace: shop", f"namespace: {where}")
    some = f"{some.partition('spec:')[0]}spec: {{{spec}}}\n"
    ruled = run_rule(service_upstream, MESHED + EDGE + route("web") + some)
    assert not ruled.edits
    assert not ruled.emits
    assert said in ruled.only(SWITCH_ELSEWHERE).message


@pytest.mark.parametrize(("value", "expected"), [(SERVICE, []), (ENDPOINT, [OBJECT_KEPT])])
def test_what_a_policy_says_that_selects_by_labels_counts(value: str, expected: list[str]) -> None:
    some = f"{policy('').partition('spec:')[0]}spec: {{targetSelectors: [{{kind: HTTPRoute}}], {value}}}\n"
    ruled = run_rule(service_upstream, MESHED + EDGE + route("web") + some)
    assert (ruled.edits, ruled.emits) == ([], [])
    assert codes(ruled.results) == expected


def test_a_gateway_policy_by_labels_leaves_room_for_a_merged_one() -> None:
    some = f"{policy('').partition('spec:')[0]}spec: {{targetSelectors: [{{kind: Gateway}}]}}\n"
    assert made(route("web") + some) == ([], ["web"])


def test_what_is_left_is_told_once_with_the_reason() -> None:
    ruled = run_rule(service_upstream, MESHED + EDGE + proxy() + route("web") + route("web", name="b") + LEGACY)
    found = ruled.only(OBJECT_LEFT)
    assert (
        "HTTPRoute shop/old leads to Service shop/legacy, which is of type ExternalName: before releases"
        in found.message
    )
    assert found.field == "spec.routingType"


def test_a_route_that_is_held_back_says_why() -> None:
    ruled = run_rule(service_upstream, MESHED + EDGE + EXTERNAL + route("web", "legacy"))
    found = ruled.only(SWITCH_ELSEWHERE)
    assert "HTTPRoute shop/web leads to Service shop/legacy, which is of type ExternalName" in found.message
    assert "as fqdn" in found.message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (proxy(SERVICE), "EnvoyProxy shop/gate has spec.routingType: Service for it"),
        (proxy(ENDPOINT), "let the route lead to a Backend"),
        (proxy(), "let the route lead to a Backend"),
        ("", "let the route lead to a Backend"),
        (proxy(SERVICE) + policy(ENDPOINT, name="old"), "let the route lead to a Backend"),
        (policy(SERVICE, name="old"), "BackendTrafficPolicy shop/mine has spec.routingType: Service for it"),
        (proxy(SERVICE) + policy("", name="old"), "EnvoyProxy shop/gate has spec.routingType: Service for it"),
    ],
)
def test_a_setting_that_is_on_beside_an_external_name(text: str, where: str) -> None:
    found = run_rule(checks, MESHED + EDGE + LEGACY + text).only(EXTERNAL_NAME_REFUSED)
    assert where in found.message


def test_a_policy_for_rules_of_two_routes_is_judged_by_both() -> None:
    target = f"{{group: {API}, kind: HTTPRoute, name: old, sectionName: one}}"
    both = policy("", section="one").replace("targetRefs: [", f"targetRefs: [{target}, ")
    assert made(route("web") + both) == (["BackendTrafficPolicy mine"], [])
    assert made(route("web") + LEGACY + both) == ([], [])


def for_both(own: str = "mine") -> str:
    """A silent policy of the route ``web`` and of ``old``, which leads to an ExternalName Service."""
    target = f"{{group: {API}, kind: HTTPRoute, name: old}}"
    return policy("", own=own).replace("targetRefs: [", f"targetRefs: [{target}, ")


BY_LABELS = policy("", own="some").partition("spec:")[0] + "spec: {targetSelectors: [{kind: HTTPRoute}]}\n"
OLD_BREAKS = "HTTPRoute shop/old leads to Service shop/legacy, which is of type ExternalName: "


@pytest.mark.parametrize(
    ("beside", "edited", "left"),
    [
        pytest.param(policy("", own="some"), ["some"], "", id="one of the same route"),
        pytest.param(for_both("some"), [], OLD_BREAKS, id="one that holds for a route that would break"),
        pytest.param(BY_LABELS, [], "it selects by labels (targetSelectors) and may hold for more", id="by labels"),
    ],
)
def test_a_silent_policy_beside_somebodys_other_word(beside: str, edited: list[str], left: str) -> None:
    text = MESHED + EDGE + proxy() + route("web") + LEGACY + policy(ENDPOINT) + beside
    ruled = run_rule(service_upstream, text)
    assert [edit.item.name for edit in ruled.edits] == edited
    assert not ruled.emits
    kept = ruled.only(OBJECT_KEPT)
    assert (kept.item and kept.item.name, kept.current, kept.proposed) == ("mine", "Endpoint", "Service")
    told = ruled.of(OBJECT_LEFT)
    assert [(one.item and one.item.name, one.field) for one in told] == [("some", "spec.routingType")] * bool(left)
    start = "Envoy Gateway reads spec.routingType: Service for many routes at once; it is not written here, and what"
    assert all(one.message.startswith(start) and f": {left}" in one.message for one in told)


def test_the_policy_of_a_route_gets_what_its_envoy_proxy_does_not() -> None:
    ruled = run_rule(service_upstream, MESHED + EDGE + proxy() + policy("") + route("web") + LEGACY)
    assert [edit.item.words for edit in ruled.edits] == ["BackendTrafficPolicy shop/mine"]
    assert not ruled.emits
    left = ruled.only(OBJECT_LEFT)
    assert left.item is not None
    assert left.item.kind == "EnvoyProxy"
    assert OLD_BREAKS in left.message


def test_neither_the_envoy_proxy_nor_a_policy_that_holds_for_a_route_which_would_break() -> None:
    text = MESHED + EDGE + proxy() + for_both() + route("web") + LEGACY
    ruled = run_rule(service_upstream, text)
    assert not ruled.edits
    assert not ruled.emits
    told = ruled.only(SWITCH_ELSEWHERE).message
    proxy_said, policy_said = (
        told.index(f"{words} does not get it: {OLD_BREAKS}")
        for words in ("EnvoyProxy shop/gate", "BackendTrafficPolicy shop/mine")
    )
    assert proxy_said < policy_said


def test_an_other_word_at_one_listener_is_told() -> None:
    text = MESHED + EDGE + policy(ENDPOINT, "Gateway", "gate", "a") + route("web")
    assert (
        "BackendTrafficPolicy shop/mine says spec.routingType: Endpoint for a part of its Gateway, which is kept"
        in run_rule(service_upstream, text).only(SWITCH_ELSEWHERE).message
    )


def test_each_object_that_is_left_is_told_of() -> None:
    far = f"{EDGE.split('---')[2]}---{proxy().partition('---')[2]}".replace("name: gate", "name: far")
    routes = [
        route(service, name=f"{service}-{to}", parent=to) for to in ("gate", "far") for service in ("web", "legacy")
    ]
    ruled = run_rule(service_upstream, f"{MESHED}{EXTERNAL}{EDGE}{proxy()}\n---{far}" + "".join(routes))
    assert [
        (result.item and result.item.kind, result.item and result.item.name) for result in ruled.of(OBJECT_LEFT)
    ] == [
        ("EnvoyProxy", "gate"),
        ("EnvoyProxy", "far"),
    ]
