from __future__ import annotations

import pytest

from krm_fn.rules.detours import DIRECT_ACCESS_SET
from krm_fn.rules.editing import NOT_A_MAPPING
from krm_fn.rules.product_switches import (
    SWITCH_ELSEWHERE,
    SWITCH_FORBIDDEN,
    SWITCH_KEPT,
    SWITCH_NONE,
    SWITCH_SET,
    SWITCH_VETOED,
    product_switches,
)
from krm_fn.rules.route_doubts import HEADLESS_BACKEND
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
    text = MESHED + ingress(klass="gloo")
    found = run_rule(service_upstream, text, "serviceUpstream: {products: [gloo-edge]}").only(SWITCH_ELSEWHERE)
    assert "ENABLE_ISTIO_SIDECAR_ON_GATEWAY" in found.message
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


# --- What a package shows by itself -----------------------------------------------------------------------------------
def test_a_package_whose_pods_alone_say_that_they_are_in_a_mesh() -> None:
    own = "kuma.io/sidecar-injection: enabled"
    text = deployment(labels=own) + service(annotations=BOTH) + TRAEFIK_ROUTE
    ruled = run_rule(product_switches, text)
    assert [(edit.item.kind, edit.value) for edit in ruled.edits] == [("IngressRoute", True)]
    check_noop(product_switches, text.replace(own, ""))


# --- Settings that cannot be set, or stand there already --------------------------------------------------------------
@pytest.mark.parametrize("annotations", ["text", "[a: b]", "1"])
def test_an_object_that_kubernetes_refuses_is_reported_and_left(annotations: str) -> None:
    text = ingress().replace("annotations: {}", f"annotations: {annotations}")
    ruled = run_rule(service_upstream, MESHED + text, BY_NAME)
    assert not ruled.edits
    assert ruled.only(NOT_A_MAPPING).field == "metadata.annotations"


APISIX_ROUTE = """
---
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: {name: web, namespace: shop}
spec: {http: [{name: web, backends: [{serviceName: web, servicePort: 80}]}]}
"""


def test_a_field_whose_value_is_a_text() -> None:
    after = APISIX_ROUTE.replace("servicePort: 80", "servicePort: 80, resolveGranularity: service")
    check_edit(service_upstream, MESHED + APISIX_ROUTE, "{}", MESHED + after)
    kept = run_rule(service_upstream, MESHED + after.replace(": service}", ": endpoint}")).only(SWITCH_KEPT)
    assert kept.message == (
        'Apache APISIX reads this field; the manifest says "endpoint", which is kept: it sends to the pods and '
        "bypasses the mesh, which strict mTLS refuses; take the field away, or name the ApisixRoute in "
        "spec.serviceUpstream.exclude if that is meant"
    )


def test_an_ingress_that_leads_to_several_services() -> None:
    text = MESHED + service("db", app="web", annotations=BOTH) + TWO_PATHS
    done = run_rule(service_upstream, text, BY_NAME).only(SWITCH_SET)
    assert done.message == ("ingress-nginx (Kubernetes community) sends to the Service address of shop/db, shop/web")
    assert (done.field, done.current, done.proposed) == (
        "metadata.annotations[nginx.ingress.kubernetes.io/service-upstream]",
        None,
        "true",
    )


@pytest.mark.parametrize(("annotation", "there"), [("", None), ('nginx.org/use-cluster-ip: "true"', "true")])
def test_what_the_manifest_says_where_a_setting_would_do_harm(annotation: str, there: str | None) -> None:
    outside = deployment("db", labels="kuma.io/sidecar-injection: disabled") + service(
        "db", annotations=BOTH, spec="clusterIP: None"
    )
    text = MESHED + outside + F5_CLASS + TWO_PATHS.replace("annotations: {}", f"annotations: {{{annotation}}}")
    found = run_rule(service_upstream, text).only(SWITCH_VETOED)
    assert (found.field, found.current) == ("metadata.annotations[nginx.org/use-cluster-ip]", there)


@pytest.mark.parametrize(
    ("field", "there", "does"),
    [
        ("", None, "subselector counts here, so that it sends to the pods which that selects, past the mesh"),
        (", use-cluster-ip: false", False, "subselector counts here"),
        (", use-cluster-ip: true", True, "both stand here, so that it refuses the object, or forgets one of them"),
    ],
)
def test_what_the_manifest_says_where_another_field_forbids_it(field: str, there: bool | None, does: str) -> None:
    route = f"""
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {{name: web, namespace: shop}}
spec: {{upstreams: [{{service: web, port: 80, subselector: {{a: b}}{field}}}]}}
"""
    found = run_rule(service_upstream, MESHED + route).only(SWITCH_FORBIDDEN)
    assert (found.field, found.current) == ("spec.upstreams[0].use-cluster-ip", there)
    assert f"cannot have use-cluster-ip together with subselector: {does}" in found.message
    assert "take subselector away, or name the VirtualServer in" in found.message


def test_a_subset_is_not_widened_to_the_whole_service() -> None:
    route = """
---
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: {name: web, namespace: shop}
spec: {http: [{backends: [{serviceName: web, servicePort: 80, subset: blue}, {serviceName: web, servicePort: 80}]}]}
"""
    done = run_rule(service_upstream, MESHED + route)
    assert done.only(SWITCH_FORBIDDEN).field == "spec.http[0].backends[0].resolveGranularity"
    assert done.only(SWITCH_SET).field == "spec.http[0].backends[1].resolveGranularity"


# --- Warnings about products without a setting ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("count", "more"),
    [
        (1, ""),
        (2, "the same holds for Ingress shop/r1; "),
        (4, "the same holds for Ingress shop/r1, Ingress shop/r2, Ingress shop/r3; "),
        (5, "the same holds for Ingress shop/r1, Ingress shop/r2, Ingress shop/r3 and 1 more; "),
        (7, "the same holds for Ingress shop/r1, Ingress shop/r2, Ingress shop/r3 and 3 more; "),
    ],
)
def test_one_warning_for_all_routes_to_a_service(count: int, more: str) -> None:
    routes = "".join(ingress(f"r{index}", klass="contour") for index in range(count))
    found = run_rule(service_upstream, MESHED + routes, "serviceUpstream: {products: [contour]}").only(SWITCH_NONE)
    assert found.message == (
        "Contour sends to the pods of Service shop/web instead of its address, past the mesh: it has no setting for "
        "that; spec.serviceUpstream.fallback: externalName or directAccess leads around that; "
        f"{more}what is seen to in another way can be named in spec.serviceUpstream.exclude"
    )


@pytest.mark.parametrize(
    ("klass", "products", "fallback", "words"),
    [
        (
            "contour",
            "[contour]",
            "directAccess",
            "; for direct access its proxy has to be in the package, or spec.template.metadata.annotations of the "
            "envoy workload or ContourDeployment spec.envoy.podAnnotations to be annotated by hand; what",
        ),
        ("voyager", "[voyager]", "directAccess", ": it has no setting for that; directAccess is no way around it for"),
        ("gce", "auto", "directAccess", "; directAccess is no way around it for this product; what"),
        ("gce", "auto", "externalName", "; externalName is no way around it for this product; what"),
        ("gce", "auto", "report", ": it can neither do that nor carry a sidecar; what"),
        ("skipper", "[skipper]", "report", "; spec.serviceUpstream.fallback: directAccess leads around that; what"),
    ],
)
def test_which_way_around_is_named(klass: str, products: str, fallback: str, words: str) -> None:
    spec = f"serviceUpstream: {{products: {products}, fallback: {fallback}}}"
    ruled = run_rule(service_upstream, MESHED + ingress(klass=klass), spec)
    assert not ruled.edits
    (found,) = ruled.of(SWITCH_NONE) + ruled.of(SWITCH_ELSEWHERE)
    assert words in found.message


def test_direct_access_is_given_once_for_all_services() -> None:
    gate = namespace("edge") + deployment("gate", "edge", image="haproxytech/kubernetes-ingress")
    klass = HAPROXY_CLASS.replace("haproxy-ingress.github.io/controller", "haproxy.org/ingress-controller")
    routes = ingress("a", klass="haproxy") + ingress("b", backend="db", klass="haproxy")
    text = MESHED + service("db", app="web", annotations=BOTH) + gate + klass + routes
    ruled = run_rule(service_upstream, text, "serviceUpstream: {fallback: directAccess}")
    assert [edit.item.name for edit in ruled.edits] == ["gate"]
    assert len(ruled.of(DIRECT_ACCESS_SET)) == 1
