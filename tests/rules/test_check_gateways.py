from __future__ import annotations

import pytest

from krm_fn.rules.check_gateways import GATEWAY_CHECKS, GATEWAY_NAME, GATEWAY_OUTSIDE, OTHER_MESH, SWITCH_MISPLACED
from krm_fn.rules.checks import checks
from tests.rules.tools import (
    INJECTED,
    Ruled,
    check_noop,
    codes,
    deployment,
    ingress,
    namespace,
    run_rule,
    run_rules,
    service,
)

MARK = "kuma.io/gateway: enabled"
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
CONTROLLER = "kong/kubernetes-ingress-controller:3.4"
WEB = namespace() + deployment() + service()
EDGE = namespace("edge", labels="")
EDGE_IN_MESH = namespace("edge")
EDGE_IN_OTHER_MESH = namespace("edge", labels=f"{INJECTED}, kuma.io/mesh: edge")
HAPROXY = deployment("haproxy", "lb", image="quay.io/jcmoraisjr/haproxy-ingress:v0.14.7")


ANOTHER = ": name another"
NAMED = (
    "Kuma knows the gateway by the Service kong-admin, the first by name of those that select it (kong-admin, "
    "kong-proxy): name another in spec.gateways.rules[].service, or annotate kong-admin with kuma.io/ignore: "
    '"true"'
)


@pytest.mark.parametrize(
    "text",
    [
        namespace() + deployment(annotations=MARK),
        WEB + EDGE + deployment("nginx", "edge", image=IMAGE),
        WEB + EDGE_IN_MESH + deployment("nginx", "edge", annotations=MARK, image=IMAGE) + ingress(),
        namespace(labels="") + deployment() + service() + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress(),
        WEB + service("b", annotations="nginx.ingress.kubernetes.io/service-upstream: 'true'"),
        WEB + ingress(annotations="nginx.ingress.kubernetes.io/service-upstream: 'true'"),
        WEB + ingress(annotations="haproxy-ingress.github.io/service-upstream: 'true'", klass="haproxy"),
        WEB + ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'", klass="haproxy"),
        WEB + ingress(annotations="my.company/service-upstream-note: x"),
    ],
)
def test_nothing_to_say(text: str) -> None:
    check_noop(checks, text)


def told(text: str, code: str) -> list[str]:
    """The names of the items with such a result."""
    return [result.item.name for result in run_rule(checks, text).of(code) if result.item is not None]


def test_a_marked_gateway_in_no_mesh() -> None:
    found = run_rule(checks, namespace(labels="") + deployment(annotations=MARK)).only(GATEWAY_OUTSIDE)
    assert "spec.injection.rules" in found.message


def test_each_marked_gateway_in_no_mesh() -> None:
    text = namespace(labels="") + deployment() + deployment("a", annotations=MARK) + deployment("b", annotations=MARK)
    assert told(text, GATEWAY_OUTSIDE) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(deployment(annotations=MARK), id="nobody declares the Namespace"),
        pytest.param(
            namespace() + deployment(annotations=MARK, labels="kuma.io/sidecar-injection: maybe"), id="wrong label"
        ),
    ],
)
def test_a_marked_gateway_of_which_another_check_tells(text: str) -> None:
    ruled = run_rule(checks, text)
    assert ruled.of(GATEWAY_OUTSIDE) == []
    assert codes(ruled.results) != []


def test_a_marked_controller_is_not_asked_to_join() -> None:
    check_noop(checks, namespace(labels="") + deployment(annotations=MARK, image=CONTROLLER))
    text = namespace(labels="") + deployment(annotations=MARK, image=CONTROLLER)
    assert codes(run_rule(checks, text, "gateways: {detect: 'off'}").results) == [GATEWAY_OUTSIDE]


def test_a_recognised_proxy_in_no_mesh_that_leads_into_one() -> None:
    text = WEB + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress() + ingress("again")
    found = run_rule(checks, text).only(GATEWAY_OUTSIDE)
    assert "Ingress shop/web" in found.message


def test_proxies_in_no_mesh_are_told_of_once_and_marked_ones_as_such() -> None:
    proxies = "".join(
        deployment(name, "edge", image=IMAGE, annotations=marks) for name, marks in (("a", MARK), ("b", ""), ("c", ""))
    )
    two = service("second", app="web") + ingress() + ingress("again", backend="second")
    assert told(WEB + EDGE + proxies + two, GATEWAY_OUTSIDE) == ["a", "b", "c"]
    wrong = proxies.replace("app: b}", "app: b, kuma.io/sidecar-injection: maybe}")
    assert wrong.count("maybe") == 2
    assert told(WEB + EDGE + wrong + two, GATEWAY_OUTSIDE) == ["a", "c"]


def test_a_gateway_in_another_mesh() -> None:
    nginx = deployment("nginx", "edge", annotations=MARK, image=IMAGE)
    text = WEB + EDGE_IN_OTHER_MESH + nginx + ingress() + ingress("again")
    ruled = run_rule(checks, text)
    assert codes(ruled.results) == [OTHER_MESH]
    assert ruled.only(OTHER_MESH).message == (
        "it is in mesh edge, but Ingress shop/web leads it to the Service shop/web in mesh default: no mesh trusts the "
        "certificates of another, and strict mTLS refuses it; put both into one mesh"
    )
    assert ruled.only(OTHER_MESH).current is None


def test_gateways_in_another_mesh_are_told_of_by_the_first() -> None:
    proxies = "".join(
        deployment(name, "edge", labels="kuma.io/mesh: own", annotations=MARK, image=IMAGE) for name in ("a", "b")
    )
    pods = namespace() + service() + deployment() + deployment("more", labels="kuma.io/mesh: more")
    text = pods.replace("app: more, ", "app: web, ") + EDGE_IN_OTHER_MESH + proxies + ingress()
    assert told(text, OTHER_MESH) == ["a"]
    found = run_rule(checks, text).only(OTHER_MESH)
    assert found.current == "own"
    assert "the Service shop/web in mesh default, more: no mesh" in found.message


def test_each_product_of_a_route_is_looked_at() -> None:
    """Of two Gateways, the proxies of one are not in the package, those of the other are outside of the mesh."""
    text = "".join(
        f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: {name}}}
spec: {{controllerName: {controller}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: shop}}
spec: {{gatewayClassName: {name}}}
"""
        for name, controller in (
            ("kong", "konghq.com/kic-gateway-controller"),
            ("traefik", "traefik.io/gateway-controller"),
        )
    )
    text += """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: kong}, {name: traefik}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""
    traefik = deployment("traefik", "edge", image="docker.io/traefik:v3.5.0")
    assert told(WEB + EDGE + traefik + text, GATEWAY_OUTSIDE) == ["traefik"]


def test_one_proxy_in_the_mesh_is_enough() -> None:
    text = WEB + EDGE + deployment("nginx", "edge", image=IMAGE) + ingress()
    check_noop(checks, text + namespace("inner") + deployment("nginx", "inner", annotations=MARK, image=IMAGE))


def test_where_nobody_declares_the_namespace_the_proxy_may_be_in_the_mesh() -> None:
    text = WEB + deployment("nginx", "nowhere", image=IMAGE) + ingress()
    assert GATEWAY_OUTSIDE not in codes(run_rule(checks, text).results)


def test_the_service_that_names_a_gateway() -> None:
    gateway = namespace() + deployment("kong", annotations=MARK) + service("kong-admin", app="kong")
    assert run_rule(checks, gateway).of(GATEWAY_NAME) == []
    plain = run_rule(checks, gateway + service("kong-proxy", app="kong"))
    assert plain.only(GATEWAY_NAME).severity == "info"
    assert plain.only(GATEWAY_NAME).message == NAMED
    exposed = gateway + service("kong-proxy", app="kong", spec="type: LoadBalancer")
    found = run_rule(checks, exposed).only(GATEWAY_NAME)
    assert found.severity == "warning"
    assert found.message == NAMED.replace(": name another", f", although clients come in by kong-proxy{ANOTHER}")
    assert found.field == ""
    ignored = exposed.replace("{name: kong-admin, namespace: shop, labels: {}, annotations: {}", "{name: kong-admin, "
                              "namespace: shop, labels: {}, annotations: {kuma.io/ignore: 'true'}")  # fmt: skip
    assert run_rule(checks, ignored).of(GATEWAY_NAME) == []
    both = gateway.replace("ports: [{port: 80}]", "ports: [{port: 80}], type: NodePort")
    first = run_rule(checks, both + service("kong-proxy", app="kong", spec="type: LoadBalancer")).only(GATEWAY_NAME)
    assert (first.severity, first.message) == ("info", NAMED)


def test_which_workloads_are_named_by_a_service() -> None:
    text = namespace() + "".join(
        deployment(name, annotations=marks) + service(f"{name}-a", app=name) + service(f"{name}-b", app=name)
        for name, marks in (("first", MARK), ("plain", ""), ("last", MARK))
    )
    alone = deployment("alone", annotations=MARK) + service("alone")
    assert told(deployment() + alone + text, GATEWAY_NAME) == ["first", "last"]
    assert told(text.replace("enabled", "disabled", 1), GATEWAY_NAME) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'"), "ingress.kubernetes.io"),
        (service("b", annotations="nginx.org/use-cluster-ip: 'true'"), "nginx.org"),
        (ingress(annotations="traefik.ingress.kubernetes.io/service.nativelb: 'true'"), "traefik"),
        (
            namespace("b", annotations="ingress.kubernetes.io/service-upstream: 'true'"),
            "ingress.kubernetes.io",
        ),
    ],
)
def test_a_switch_where_nobody_reads_it(text: str, key: str) -> None:
    found = run_rule(checks, WEB + text).only(SWITCH_MISPLACED)
    assert key in found.field
    assert "reads it on the" in found.message


def test_a_misplaced_switch_among_others() -> None:
    both = "ingress.kubernetes.io/service-upstream: 'true', nginx.org/use-cluster-ip: 'true'"
    assert told(WEB + service("b", annotations=f"note: x, {both}"), SWITCH_MISPLACED) == ["b"]


def test_all_products_that_read_a_switch_elsewhere_are_named() -> None:
    found = run_rule(checks, WEB + ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'"))
    assert (
        "Kong Ingress Controller reads it on the Service; Kong Operator (Kong Gateway Operator) reads it on the "
        "Service; HAProxy Ingress (jcmoraisjr) reads it on the Service. Move it there"
    ) in found.only(SWITCH_MISPLACED).message


def test_a_product_that_reads_a_switch_under_another_prefix() -> None:
    """It may serve a route of any class where it is in the package, even one that leads nowhere."""
    route = ingress(annotations="ingress.kubernetes.io/service-upstream: 'true'", klass="mine")
    nowhere = route.partition("spec:")[0]
    assert told(WEB + namespace("lb") + HAPROXY + route, SWITCH_MISPLACED) == []
    assert told(WEB + route + nowhere.replace("name: web", "name: b"), SWITCH_MISPLACED) == ["web", "b"]


def test_the_checks_do_not_need_each_other() -> None:
    text = (
        WEB
        + EDGE_IN_OTHER_MESH
        + deployment("nginx", "edge", annotations=MARK, image=IMAGE)
        + ingress(annotations="traefik.io/service.nativelb: 'true'")
        + deployment("kong", annotations=MARK)
        + service("kong-a", app="kong")
        + service("kong-b", app="kong")
        + namespace("plain", labels="")
        + deployment("out", "plain", annotations=MARK)
    )

    def codes_of(ruled: Ruled) -> list[str]:
        return codes(ruled.results, "warning", "info")

    alone = [code for check in GATEWAY_CHECKS for code in codes_of(run_rule(check, text))]
    assert sorted(alone) == codes_of(run_rules(GATEWAY_CHECKS, text))
    assert set(alone) == {GATEWAY_NAME, GATEWAY_OUTSIDE, OTHER_MESH, SWITCH_MISPLACED}
