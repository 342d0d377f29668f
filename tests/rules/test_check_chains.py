from __future__ import annotations

import pytest

from krm_fn.rules.check_routes import ROUTE_CHECKS
from krm_fn.rules.coverage import BY_ITSELF, BYPASSED, DETOURED, OUTSIDE, UNKNOWN, coverage
from tests.rules.tools import (
    INJECTED,
    Ruled,
    codes,
    config,
    deployment,
    ingress,
    namespace,
    package,
    run_rules,
    service,
)

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""
PREFIX = "nginx.ingress.kubernetes.io"
DEFAULT = f"{PREFIX}/default-backend: web"
MISSING = f"{PREFIX}/default-backend: gone"
PROXY = deployment(
    "proxy",
    where="edge",
    labels="app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller, "
    "kuma.io/sidecar-injection: enabled",
    image="registry.k8s.io/ingress-nginx/controller:v1.12.0",
)


def route(name: str = "top", more: str = "") -> str:
    return f"""
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: r, namespace: shop}}
spec: {{routes: [{{services: [{{kind: TraefikService, name: {name}{more}}}]}}]}}
"""


def between(name: str = "top") -> str:
    return f"""
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {{name: {name}, namespace: shop}}
spec: {{weighted: {{services: [{{name: web, port: 80, nativeLB: true}}]}}}}
"""


def checked(text: str, spec: str = "") -> Ruled:
    return run_rules(ROUTE_CHECKS, text, spec)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(MESHED + route(), ["backend-not-found"], id="no such object"),
        pytest.param(MESHED + route() + route(), ["backend-not-found"] * 2, id="once for each route"),
        pytest.param(MESHED + CLASS + ingress(annotations=MISSING), ["backend-not-found"], id="default backend"),
        pytest.param(MESHED + CLASS + ingress(annotations=DEFAULT), ["gateway-without-switch"], id="to pods"),
    ],
)
def test_told(text: str, expected: list[str]) -> None:
    ruled = checked(text)
    assert codes(ruled.results) == expected
    assert not ruled.edits


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(MESHED + route() + between(), "", id="there"),
        pytest.param(MESHED + route("api@internal"), "", id="Traefik's own"),
        pytest.param(MESHED + route(more=", namespace: far"), "namespaces: [{name: far}]", id="lives elsewhere"),
        pytest.param(MESHED + route(), "serviceUpstream: {enabled: false}", id="nothing is written"),
        pytest.param(MESHED + route(), "serviceUpstream: {scope: namespace}", id="only what Kuma does"),
        pytest.param(namespace(labels="") + service() + route(), "", id="no mesh at all"),
        pytest.param(
            MESHED + CLASS + ingress(annotations=DEFAULT),
            "serviceUpstream: {exclude: [{kind: Ingress}]}",
            id="route excluded",
        ),
        pytest.param(
            MESHED + CLASS + ingress(annotations=DEFAULT),
            "serviceUpstream: {exclude: [{kind: Service, name: web}]}",
            id="Service excluded",
        ),
        pytest.param(MESHED + ingress(klass="traefik", annotations=DEFAULT), "", id="of another product"),
        pytest.param(
            MESHED
            + service("out")
            + deployment("out", labels="kuma.io/sidecar-injection: disabled")
            + CLASS
            + ingress(annotations=f"{PREFIX}/default-backend: out"),
            "",
            id="outside of the mesh",
        ),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    assert codes(checked(text, spec).results) == []


def test_each_missing_object_is_told_of_once_for_each_that_names_it() -> None:
    refs = ", ".join(
        f"{{kind: TraefikService, name: {name}}}" for name in ("top, namespace: far", "gone", "top", "gone", "more")
    )
    text = MESHED + route().replace("{kind: TraefikService, name: top}", refs)
    found = checked(text, "namespaces: [{name: far}]").results
    assert [(result.field, result.current) for result in found] == [
        ("spec.routes[0].services[1]", "gone"),
        ("spec.routes[0].services[2]", "top"),
        ("spec.routes[0].services[4]", "more"),
    ]


def test_a_default_backend_of_a_namespace_that_lives_elsewhere() -> None:
    elsewhere = f"namespaces: [{{name: shop, labels: {{{INJECTED}}}}}]"
    assert codes(checked(CLASS + ingress(annotations=MISSING), elsewhere).results) == []
    assert codes(checked(namespace() + CLASS + ingress(annotations=MISSING)).results) == ["backend-not-found"]


def test_routes_excluded_do_not_hide_others() -> None:
    text = MESHED + CLASS + ingress("a", annotations=DEFAULT) + ingress("b", annotations=DEFAULT)
    found = checked(text, "serviceUpstream: {exclude: [{kind: Ingress, name: a}]}").only("gateway-without-switch")
    assert found.item is not None
    assert (found.item.name, found.field) == ("b", f"metadata.annotations[{PREFIX}/default-backend]")


def test_a_url_beside_a_default_backend_is_not_taken_for_one() -> None:
    headless = service("db", app="web", spec="clusterIP: None")
    both = f"{DEFAULT}, {PREFIX}/auth-url: 'http://db.shop.svc/'"
    found = checked(MESHED + headless + CLASS + ingress(annotations=both)).only("gateway-without-switch")
    assert found.field == f"metadata.annotations[{PREFIX}/default-backend]"


def written(text: str, spec: str = "") -> list[tuple[str, str, str, str]]:
    setup = config(spec)
    found = coverage(package(text, setup), setup)
    return [(one.product, one.written_in, one.service, one.status) for one in found if one.written_in]


def auth(url: str) -> str:
    return CLASS + ingress(annotations=f'{PREFIX}/auth-url: "{url}"')


@pytest.mark.parametrize(
    ("text", "service_name", "status"),
    [
        pytest.param(MESHED + auth("http://web.shop.svc/"), "web", BY_ITSELF, id="through the mesh"),
        pytest.param(MESHED + auth("http://gone.shop.svc/"), "gone", UNKNOWN, id="absent"),
        pytest.param(MESHED + auth("http://web/"), "web", UNKNOWN, id="bare, and no gateway there"),
        pytest.param(MESHED + PROXY + auth("http://web/"), "web", UNKNOWN, id="bare, and the gateway elsewhere"),
        pytest.param(
            MESHED + PROXY.replace("namespace: edge", "namespace: shop") + auth("http://web/"),
            "web",
            BY_ITSELF,
            id="bare, and the gateway beside it",
        ),
        pytest.param(
            MESHED
            + service("out")
            + deployment("out", labels="kuma.io/sidecar-injection: disabled")
            + auth("http://out.shop/"),
            "out",
            OUTSIDE,
            id="outside",
        ),
        pytest.param(
            MESHED + service("db", app="web", spec="clusterIP: None") + auth("http://db.shop.svc/"),
            "db",
            BYPASSED,
            id="headless",
        ),
        pytest.param(
            MESHED
            + PROXY.replace(
                "annotations: {}", 'annotations: {kuma.io/gateway: enabled, kuma.io/direct-access-services: "*"}'
            )
            + service("db", app="web", spec="clusterIP: None")
            + auth("http://db.shop.svc/"),
            "db",
            DETOURED,
            id="headless, with direct access",
        ),
    ],
)
def test_coverage_of_a_url(text: str, service_name: str, status: str) -> None:
    assert written(text) == [("ingress-nginx", "auth-url", service_name, status)]


def test_coverage_of_a_url_nobody_is_known_to_read() -> None:
    found = written(MESHED + auth("http://web.shop.svc/"), "serviceUpstream: {products: [traefik]}")
    assert found == [("", "auth-url", "web", UNKNOWN)]


def test_coverage_by_chains() -> None:
    setup = config()
    twice = route().replace("name: r,", "name: s,")
    found = coverage(package(MESHED + route() + twice + between() + between("alone"), setup), setup)
    assert [([item.name for item in one.way], one.reached, one.status) for one in found] == [
        (["r", "top"], True, "switched"),
        (["s", "top"], True, "switched"),
        (["alone"], False, "switched"),
    ]
    assert all(one.path == "spec.weighted.services[0]" for one in found)
