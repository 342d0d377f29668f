from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.product import BY_FIELD, TARGET_REFS, UPSTREAM
from krm_fn.rules.check_fields import NAMED
from krm_fn.rules.check_routes import OBJECTS, ROUTE_CHECKS
from tests.rules.tools import Ruled, codes, deployment, namespace, run_rules, service

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = namespace(labels="") + deployment() + service()
MESHED = namespace() + deployment() + service()


def checked(text: str, spec: str = "results: {level: info}") -> Ruled:
    return run_rules(ROUTE_CHECKS, text, spec)


def of(kind: str, spec: str, api: str = "traefik.io/v1alpha1", annotations: str = "", name: str = "x") -> str:
    return f"""
---
apiVersion: {api}
kind: {kind}
metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}
spec: {spec}
"""


TOP = of("TraefikService", "{weighted: {services: [{name: web}]}}", name="top")
APISIX = "apisix.apache.org/v2"
ENVOY = "gateway.envoyproxy.io/v1alpha1"
KONG = "configuration.konghq.com/v1"
TO_ROUTE = "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop}"
HTTP_ROUTE = of(
    "HTTPRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}", "gateway.networking.k8s.io/v1", name="shop"
)
MISPLACED = "gateway-switch-misplaced"


@pytest.mark.parametrize(
    ("text", "code", "fields"),
    [
        pytest.param(
            of("IngressRoute", "{routes: [{services: [{kind: TraefikService, name: top, nativeLB: true}]}]}") + TOP,
            MISPLACED,
            ["spec.routes[0].services[0].nativeLB"],
            id="beside another reference",
        ),
        pytest.param(
            of("IngressRoute", "{nativeLB: true, routes: [{nativeLB: 'true', services: [{name: web}]}]}"),
            MISPLACED,
            ["spec.routes[0].nativeLB", "spec.nativeLB"],
            id="above",
        ),
        pytest.param(
            of("TraefikService", "{nativeLB: true, weighted: {nativeLB: true}, failover: {nativeLB: true}}"),
            MISPLACED,
            ["spec.weighted.nativeLB", "spec.nativeLB", "spec.failover.nativeLB"],
            id="above, each once",
        ),
        pytest.param(
            of("VirtualServer", "{use-cluster-ip: true, upstreams: [{service: web}]}", "k8s.nginx.org/v1"),
            MISPLACED,
            ["spec.use-cluster-ip"],
            id="another product",
        ),
        pytest.param(
            of("IngressRoute", "{routes: [{services: [{name: web, nativeLB: 'true'}, {name: web, nativeLB: 1}]}]}"),
            "not-a-boolean",
            ["spec.routes[0].services[0].nativeLB", "spec.routes[0].services[1].nativeLB"],
            id="text",
        ),
        pytest.param(
            of(
                "IngressRoute",
                "{routes: [{services: [{name: web, nativeLB: true}, {name: web, nativeLB: no thanks}]}]}",
            ),
            "not-a-boolean",
            ["spec.routes[0].services[1].nativeLB"],
            id="text after a boolean",
        ),
        pytest.param(
            of("IngressRoute", "{routes: [{services: [{kind: 7, name: web, nativeLB: true}]}]}"),
            MISPLACED,
            ["spec.routes[0].services[0].nativeLB"],
            id="beside a kind that is none",
        ),
        pytest.param(
            of("IngressClassParameters", "{serviceUpstream: 'true'}", "configuration.konghq.com/v1alpha1"),
            "not-a-boolean",
            ["spec.serviceUpstream"],
            id="text in an object",
        ),
        pytest.param(
            of("BackendTrafficPolicy", f"{{routingType: Service, targetRefs: [{TO_ROUTE}]}}", ENVOY),
            "policy-target-not-found",
            ["spec.targetRefs[0].name"],
            id="no such route",
        ),
        pytest.param(
            of("BackendTrafficPolicy", f"{{routingType: Endpoint, targetRef: {TO_ROUTE}}}", ENVOY),
            "policy-target-not-found",
            ["spec.targetRef.name"],
            id="whatever it says",
        ),
        pytest.param(
            of("KongUpstreamPolicy", "{}", KONG) + service(annotations="konghq.com/upstream-policy: y"),
            "gateway-object-not-referred-to",
            ["metadata.name"],
            id="not named",
        ),
        pytest.param(
            of("KongUpstreamPolicy", "{}", KONG)
            + of("Ingress", "{}", "networking.k8s.io/v1", annotations="konghq.com/upstream-policy: x"),
            "gateway-object-not-referred-to",
            ["metadata.name"],
            id="named where nobody reads it",
        ),
    ],
)
def test_told(text: str, code: str, fields: list[str]) -> None:
    ruled = checked(HERE + text)
    assert [(result.code, result.field) for result in ruled.results] == [(code, field) for field in fields]
    assert not ruled.edits


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(of("IngressRoute", "{routes: [{services: [{name: web, nativeLB: true}]}]}"), id="in place"),
        pytest.param(
            of("IngressRoute", "{routes: [{services: [{kind: TraefikService, name: top, nativeLB: false}]}]}") + TOP,
            id="false where nobody looks",
        ),
        pytest.param(
            of("TraefikService", "{mirroring: {name: web, nativeLB: true, mirrors: [{name: web, nativeLB: true}]}}"),
            id="a level above that is read too",
        ),
        pytest.param(of("IngressRoute", "{nativeLB: true}", "example.com/v1"), id="another group"),
        pytest.param(
            of("IngressRoute", "{routes: [{services: [{kind: TraefikService, name: top, nativeLB: 'false'}]}]}") + TOP,
            id="text where nobody looks",
        ),
        pytest.param(
            of("ApisixRoute", "{http: [{backends: [{serviceName: web, resolveGranularity: endpoint}]}]}", APISIX),
            id="a field that is text",
        ),
        pytest.param(of("IngressRoute", "{routes: {services: []}}"), id="wrong types"),
        pytest.param(of("IngressRoute", "[1, text]"), id="no mapping"),
        pytest.param(
            of("IngressClassParameters", "{serviceUpstream: true}", "configuration.konghq.com/v1alpha1"), id="boolean"
        ),
        pytest.param(
            HTTP_ROUTE + of("BackendTrafficPolicy", f"{{routingType: Service, targetRef: {TO_ROUTE}}}", ENVOY),
            id="target there",
        ),
        pytest.param(
            of("BackendTrafficPolicy", f"{{targetRef: {TO_ROUTE}, retry: {{}}}}", ENVOY), id="about something else"
        ),
        pytest.param(
            of(
                "BackendTrafficPolicy",
                f"{{routingType: Service, targetSelectors: [{{}}], targetRef: {TO_ROUTE}}}",
                ENVOY,
            ),
            id="chosen by labels",
        ),
        pytest.param(
            of("BackendTrafficPolicy", "{routingType: Service, targetRef: {group: x, kind: Thing, name: y}}", ENVOY),
            id="a kind that we do not know",
        ),
        *(
            pytest.param(of("BackendTrafficPolicy", f"{{routingType: Service, targetRef: {target}}}", ENVOY), id=name)
            for name, target in (
                ("a kind that we do not know of a group that we know", TO_ROUTE.replace("HTTPRoute", "Thing")),
                ("a kind that we know of another group", TO_ROUTE.replace("gateway.networking.k8s.io", "x")),
                ("no name", "{group: gateway.networking.k8s.io, kind: HTTPRoute}"),
            )
        ),
        pytest.param(
            of("BackendTrafficPolicy", "{routingType: Service, targetRef: 7, targetRefs: [a]}", ENVOY), id="odd"
        ),
        pytest.param(
            of("BackendTrafficPolicy", f"{{routingType: x, targetRef: {TO_ROUTE}}}", "example.com/v1"), id="group"
        ),
        pytest.param(
            of("KongUpstreamPolicy", "{}", KONG) + service("api", annotations="konghq.com/upstream-policy: x"),
            id="named",
        ),
        pytest.param(
            of("KongIngress", "{}", KONG)
            + of("Ingress", "{}", "networking.k8s.io/v1", annotations="konghq.com/override: x"),
            id="named by a route",
        ),
        pytest.param(of("KongUpstreamPolicy", "{}", "example.com/v1"), id="another group of that name"),
    ],
)
def test_left_alone(text: str) -> None:
    assert checked(HERE + text).results == []


def test_text_for_a_boolean_is_told_once() -> None:
    """Of references into the mesh the rule that writes the field tells already."""
    route = of("IngressRoute", "{routes: [{services: [{name: web, nativeLB: 'true'}]}]}")
    assert codes(checked(MESHED + route).results) == []
    assert codes(checked(MESHED + route, "serviceUpstream: {enabled: false}").results) == ["not-a-boolean"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("TraefikService", "a reference to a TraefikService"), ("7", "a reference to another kind")],
)
def test_the_reference_beside_which_nobody_reads_a_field(kind: str, said: str) -> None:
    text = of("IngressRoute", f"{{routes: [{{services: [{{kind: {kind}, name: top, nativeLB: true}}]}}]}}")
    message = checked(HERE + text + TOP).only(MISPLACED).message
    assert message.startswith(f"nobody reads this field beside {said}: Traefik Proxy")


def traefik(name: str, home: str, where: str) -> str:
    """A route in one Namespace to a Service of another, with text for a boolean."""
    spec = f"{{routes: [{{services: [{{name: {name}, namespace: {home}, nativeLB: 'true'}}]}}]}}"
    return of("IngressRoute", spec).replace("namespace: shop, annotations", f"namespace: {where}, annotations")


def nginx(name: str, home: str, where: str) -> str:
    spec = f"{{upstreams: [{{service: {home}/{name}, use-cluster-ip: 'true'}}]}}"
    route = of("VirtualServer", spec, "k8s.nginx.org/v1")
    return route.replace("namespace: shop, annotations", f"namespace: {where}, annotations")


@pytest.mark.parametrize("write", [traefik, nginx])
def test_text_for_a_boolean_beside_a_service_of_another_namespace(write: Callable[[str, str, str], str]) -> None:
    """What counts is the Service: of one in the mesh, the rule that writes the field tells."""
    package = MESHED + namespace("plain", labels="") + deployment("old", "plain") + service("old", "plain")
    assert codes(checked(package + write("web", "shop", "plain")).results) == []
    assert codes(checked(package + write("old", "plain", "shop")).results) == ["not-a-boolean"]


def test_the_annotation_that_names_an_object() -> None:
    found = checked(HERE + of("KongIngress", "{}", KONG)).only("gateway-object-not-referred-to")
    assert found.message == (
        "Kong reads a KongIngress only where the annotation konghq.com/override of a Service or Ingress in its "
        "namespace names it, and none of the package does"
    )


@pytest.mark.parametrize("spec", ["gateways: {harden: 'off'}", "gateways: {detect: 'off'}"])
def test_objects_are_part_of_hardening(spec: str) -> None:
    policy = of("BackendTrafficPolicy", f"{{routingType: Service, targetRef: {TO_ROUTE}}}", ENVOY)
    assert not checked(HERE + policy + of("KongUpstreamPolicy", "{}", KONG), spec).results


def test_a_target_of_a_namespace_that_lives_elsewhere() -> None:
    policy = of("BackendTrafficPolicy", f"{{routingType: Service, targetRef: {TO_ROUTE}}}", ENVOY)
    assert not checked(policy, "namespaces: [{name: shop}]").results


def test_the_kinds_worth_a_look_are_those_of_the_catalog() -> None:
    targeting = {s.object for p in catalog() for s in p.switches if s.found_by == TARGET_REFS}
    assert targeting | {named.kind for named in NAMED} <= set(OBJECTS)


def test_each_field_that_dials_services_stands_beside_a_reference() -> None:
    """Elsewhere in a route, `check_fields` would pass it over."""
    for product in catalog():
        for route in product.routes:
            beside = {path.path for path in route.backends}
            keys = {s.key for s in product.switches if (s.object, s.how, s.purpose) == (route.kind, BY_FIELD, UPSTREAM)}
            assert {key.rpartition(".")[0] for key in keys} <= beside
