from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import BackendPath, Product
from krm_fn.krm.outcome import Edit, Emit, Result
from krm_fn.rules.detours import (
    DETOUR_SET,
    DETOUR_UNSEEN,
    DIRECT_ACCESS_KEPT,
    DIRECT_ACCESS_SET,
    direct_access,
    external_name,
    has_direct_access,
    name_path,
    proxies,
)
from krm_fn.rules.product_switches import SWITCH_NONE
from krm_fn.rules.recognition import backends_of
from krm_fn.rules.route_doubts import BACKEND_NOT_FOUND
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.custom_tools import gateway
from tests.rules.tools import check_edit, codes, config, deployment, ingress, namespace, package, run_rule, service

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


# --- Direct access ----------------------------------------------------------------------------------------------------
def test_a_list_that_is_kept_does_not_keep_the_next_proxy_from_direct_access() -> None:
    listed = proxy(ANY.replace("*", "web_shop_svc_80"))
    other = deployment("second", "edge", image="haproxytech/kubernetes-ingress")
    ruled = run_rule(service_upstream, MESHED + listed + other + ROUTE, DIRECT)
    assert [(edit.item.name, edit.value) for edit in ruled.edits] == [("second", "*")]
    kept = ruled.only(DIRECT_ACCESS_KEPT)
    assert kept.field == "spec.template.metadata.annotations[kuma.io/direct-access-services]"
    assert kept.message.endswith(
        "direct access to 'web_shop_svc_80', which is kept: check that all pods are meant to which its routes lead, "
        'or write "*"'
    )


def test_each_product_has_its_own_proxies() -> None:
    controller = deployment("kic", "edge", image="projectcontour/contour")
    text = proxy() + controller + deployment("ease", "edge", annotations=ANY, image="megaease/easegress")
    setup, resources = config(), package(text)
    haproxy, easegress, contour = (products_by_id()[name] for name in ("haproxytech", "easegress", "contour"))
    assert [w.item.name for w in proxies(haproxy, resources, setup)] == ["gate"]
    assert [w.item.name for w in proxies(easegress, resources, setup)] == ["ease"]
    assert proxies(contour, resources, setup) == ()
    assert has_direct_access(easegress, package(text), setup)
    assert not has_direct_access(haproxy, package(text), setup)
    assert not has_direct_access(contour, package(text), setup)
    said = list(direct_access(haproxy, package(text), setup))
    assert [one.item.name for one in said if isinstance(one, Edit) and one.item] == ["gate"]


# --- ExternalName Services --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(BackendPath("spec.routes[].services[]"), ("spec", "routes", 0, "services", 1, "name"), id="plain"),
        pytest.param(
            BackendPath("spec.routes[].services[]", name="service.name"),
            ("spec", "routes", 0, "services", 1, "service", "name"),
            id="deeper",
        ),
        pytest.param(BackendPath("spec.routes[].services[]", syntax="prefixed"), None, id="with its namespace"),
        pytest.param(BackendPath("spec.routes[].services[]", name=""), None, id="the reference is a text"),
        pytest.param(BackendPath("spec.routes[].services[]", name="../name"), None, id="beside the reference"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_where_a_route_writes_the_name(written: BackendPath | None, expected: tuple[str | int, ...] | None) -> None:
    [backend] = backends_of(package(ROUTE), config())
    assert name_path(backend.replace(path="spec.routes[0].services[1]", written=written)) == expected


LONG = "a" * 58
ELSEWHERE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: front}
spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: any, namespace: shop}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: front}]
  to: [{group: "", kind: Service}]
"""
CONTOUR, _, IN_SHOP = gateway("projectcontour.io/gateway-controller").rpartition("---")


def named(name: str) -> str:
    return MESHED + service(name, app="web", annotations=BOTH) + CLASS + ingress(klass="haproxy", backend=name)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(named(LONG), [f"{LONG}-mesh"], id="the longest name"),
        pytest.param(named(LONG + "a"), [], id="one that would be too long"),
        pytest.param(MESHED + CONTOUR + ELSEWHERE, [], id="a reference that a ReferenceGrant allows"),
        pytest.param(MESHED + CONTOUR + "---" + IN_SHOP, ["web-mesh"], id="the same in its own Namespace"),
    ],
)
def test_which_references_can_lead_to_another_service(text: str, names: list[str]) -> None:
    ruled = run_rule(service_upstream, text, BY_NAME)
    assert [emitted["metadata"]["name"] for emitted in ruled.emits] == names
    assert [edit.value for edit in ruled.edits] == names
    assert [code for code in codes(ruled.results) if code != DETOUR_UNSEEN] == ([] if names else [SWITCH_NONE])


def made(text: str) -> Emit:
    setup = config(BY_NAME)
    [emit] = [one for one in service_upstream(package(text), setup) if isinstance(one, Emit)]
    return emit


def test_the_service_bears_the_annotations_that_its_product_asks_for() -> None:
    emit = made(MESHED + ingress(klass="voyager"))
    assert emit.origin is not None
    assert emit.origin.words == "Service shop/web"
    assert emit.data["metadata"] == {
        "name": "web-mesh",
        "namespace": "shop",
        "annotations": {"ingress.appscode.com/use-dns-resolver": "true"},
    }


APISIX = "apache/apisix-ingress-controller"


@pytest.mark.parametrize(
    ("image", "made"),
    [
        pytest.param("", False, id="not in the package"),
        pytest.param(f"{APISIX}:1.8.4", False, id="older"),
        pytest.param(f"{APISIX}:latest", False, id="no release"),
        pytest.param(f"{APISIX}:2.0.0-rc1", False, id="before that release"),
        pytest.param(f"{APISIX}:2.0.0", True, id="that release"),
        pytest.param(f"registry.example.com/mirror/{APISIX}:2.1.0", True, id="newer"),
        pytest.param("apache/apisix:3.14.1", False, id="another image of the product"),
    ],
)
def test_an_older_release_that_refuses_external_names(image: str, made: bool) -> None:
    pods = namespace("edge") + deployment("gate", "edge", image=image) if image else ""
    ruled = run_rule(service_upstream, MESHED + pods + ingress(klass="apisix"), BY_NAME)
    assert bool(ruled.emits) is made
    if not made:
        told = ruled.only(SWITCH_NONE).message
        assert "before release 2.0.0 a route that names an ExternalName Service is refused, and the package" in told


PROXY_ROUTE = """
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: web, namespace: shop}
spec: {virtualhost: {fqdn: web.example.com}, routes: [{services: [{name: web, port: 80}]}]}
"""


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("ContourConfiguration", "spec: {enableExternalNameService: true}", False),
        ("ContourConfiguration", "spec: {enableExternalNameService: false}", True),
        ("ContourConfiguration", "spec: text", True),
        ("ContourDeployment", "spec: {runtimeSettings: {enableExternalNameService: true}}", False),
        ("ContourDeployment", "spec: {enableExternalNameService: true}", True),
        ("ConfigMap", 'data: {contour.yaml: "debug: false\\nenableExternalNameService: true\\n"}', False),
        ("ConfigMap", 'data: {contour.yaml: "# enableExternalNameService: true\\n"}', True),
        ("ConfigMap", "data: [enableExternalNameService]", True),
        ("Secret", "data: {}", True),
    ],
)
def test_a_detour_that_the_product_has_to_allow(kind: str, body: str, told: bool) -> None:
    setting = f"""
---
apiVersion: {"v1" if kind in ("ConfigMap", "Secret") else "projectcontour.io/v1alpha1"}
kind: {kind}
metadata: {{name: contour, namespace: edge}}
{body}
"""
    ruled = run_rule(service_upstream, MESHED + PROXY_ROUTE + setting, BY_NAME)
    assert len(ruled.emits) == 1
    assert [result.field for result in ruled.of(DETOUR_UNSEEN)] == ["spec.routes[0].services[0]"] * told


def test_how_the_setting_is_named() -> None:
    told = run_rule(service_upstream, MESHED + PROXY_ROUTE, BY_NAME).only(DETOUR_UNSEEN)
    assert told.message == (
        "Contour refuses routes to ExternalName Services unless it is told otherwise, and nothing in the package does "
        "so: set ContourConfiguration or configuration file: enableExternalNameService: true, before this is applied, "
        "else the route ends with an error"
    )
    assert told.current == "web"


def test_a_detour_that_nobody_has_to_allow() -> None:
    ruled = run_rule(service_upstream, MESHED + ROUTE, BY_NAME)
    assert len(ruled.emits) == 1
    assert not ruled.of(DETOUR_UNSEEN)


def test_a_kind_that_takes_no_external_name() -> None:
    extension = """
---
apiVersion: projectcontour.io/v1alpha1
kind: ExtensionService
metadata: {name: auth, namespace: shop}
spec: {services: [{name: web, port: 80}]}
"""
    ruled = run_rule(service_upstream, MESHED + extension, BY_NAME)
    assert not ruled.edits
    assert not ruled.emits
    assert "; an ExternalName Service cannot stand in this reference; " in ruled.only(SWITCH_NONE).message


def test_a_label_that_a_product_asks_for_is_no_annotation() -> None:
    emit = made(MESHED + gateway("kgateway.dev/kgateway"))
    assert emit.data["metadata"] == {"name": "web-mesh", "namespace": "shop"}


def test_the_ports_are_those_that_the_service_offers() -> None:
    first = "{name: http, port: 80, targetPort: 8080, nodePort: 30080, protocol: TCP, appProtocol: http}"
    ports = f"ports: [{first}, {{name: none}}, odd]"
    emit = made(namespace() + deployment() + service(annotations=BOTH, spec=ports) + ROUTE)
    assert emit.data["spec"]["ports"] == [
        {"name": "http", "port": 80, "protocol": "TCP", "appProtocol": "http", "targetPort": 80}
    ]


def words(product: Product) -> list[str]:
    """What is said of a detour of an Ingress and, before it, of one that cannot name another Service."""
    resources = package(MESHED + ROUTE)
    [backend] = backends_of(resources, config())
    said = external_name(product, [backend.replace(written=None), backend], resources)
    return [one.message for one in said if isinstance(one, Result) and one.code == DETOUR_SET]


def test_what_a_product_needs_besides_is_said() -> None:
    contour = products_by_id()["contour"].replace(external_name_note="")
    [needed] = [switch for switch in contour.switches if switch.purpose == "detour"]
    by_flag = needed.replace(how="controller", object="flag")
    start = "Contour sends to the address of Service shop/web by the ExternalName Service web-mesh, which is "
    also = "generated for it; it follows ExternalName Services only with "
    one = "ContourConfiguration or configuration file: enableExternalNameService: true"
    second = needed.replace(object="file", key="a", value="b")
    other = needed.replace(purpose="harden", object="file", key="c")
    assert words(contour) == [f"{start}{also}{one}"]
    assert words(contour.replace(switches=(needed, by_flag, second, other))) == [f"{start}{also}{one} and file: a: b"]
    assert words(contour.replace(switches=())) == [f"{start}generated for it"]
    assert words(contour.replace(switches=(), external_name_note="By name.")) == [
        f"{start}generated for it. ExternalName Services there: By name."
    ]
