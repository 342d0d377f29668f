from __future__ import annotations

import pytest

from krm_fn.gateways.product import ALTERNATIVE, Product, Switch
from krm_fn.krm.outcome import field_path
from krm_fn.rules.backends import Facts
from krm_fn.rules.class_wide import CLASS_WIDE_LEFT, ClassWide
from krm_fn.rules.product_objects import OBJECT_KEPT, OBJECT_SET, Objects
from krm_fn.rules.product_switches import SWITCH_ELSEWHERE
from krm_fn.rules.recognition import backends_of
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import codes, config, deployment, ingress, kong_class, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)
OUTSIDE = namespace("out", labels="") + deployment(where="out") + service(where="out")
EDGE = namespace("edge", labels="")


def gateway(image: str, arguments: str, name: str = "gate") -> str:
    return deployment(name, "edge", image=image).replace('image: "', f'args: [{arguments}], image: "')


VARIABLE = {"name": "ENABLE_ISTIO_SIDECAR_ON_GATEWAY", "value": "true"}
GLOO = gateway("quay.io/solo-io/gloo:1.17.5", "")
INGRESS = "--providers.kubernetesingress"
CRD = "--providers.kubernetescrd"
TRAEFIK = gateway("docker.io/traefik:v3.3.4", f"{INGRESS}, {CRD}")
GLOOED = MESHED + EDGE + GLOO + ingress(klass="gloo")
TRAEFIK_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik}
spec: {controller: traefik.io/ingress-controller}
"""
TRAEFIKED = MESHED + EDGE + TRAEFIK_CLASS + TRAEFIK + ingress(klass="traefik")


def route(kind: str = "IngressRoute", service: str = "name: web, port: 80", name: str = "web") -> str:
    return f"""
---
apiVersion: traefik.io/v1alpha1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
spec: {{routes: [{{services: [{{{service}}}]}}]}}
"""


def added(text: str, spec: str = "{}") -> list[object]:
    """The last arguments or variables of the workloads that are edited."""
    edits = [edit for edit in run_rule(service_upstream, text, spec).edits if edit.item.kind == "Deployment"]
    return [edit.value[-1] for edit in edits]


def test_a_variable_for_a_product_that_has_nothing_else() -> None:
    ruled = run_rule(service_upstream, GLOOED)
    assert [edit.value for edit in ruled.edits] == [[VARIABLE]]
    assert codes(ruled.results) == []
    assert ruled.only(OBJECT_SET).item is ruled.edits[0].item


@pytest.mark.parametrize(
    ("text", "spec", "reason"),
    [
        pytest.param(MESHED + ingress(klass="gloo"), "{}", "not in the package", id="no pods"),
        pytest.param(GLOOED + OUTSIDE + ingress(where="out", klass="gloo"), "{}", "not in a mesh", id="outside"),
        pytest.param(
            GLOOED + ingress("none", klass="gloo", backend="none"), "{}", "not in the package", id="Service unknown"
        ),
        pytest.param(
            GLOOED + service("ext", spec="type: ExternalName") + ingress("ext", klass="gloo", backend="ext"),
            "{}",
            "ExternalName",
            id="ExternalName",
        ),
        pytest.param(
            GLOOED + OUTSIDE + ingress(where="out", klass="internal"),
            "{}",
            "not in a mesh",
            id="class of nobody known",
        ),
        pytest.param(
            GLOOED, "serviceUpstream: {exclude: [{kind: Deployment, name: gate}]}", "excluded", id="pods excluded"
        ),
        pytest.param(
            GLOOED + service("api", annotations=BOTH) + deployment("api") + ingress("api", klass="gloo", backend="api"),
            "serviceUpstream: {exclude: [{kind: Service, name: api}]}",
            "excluded",
            id="Service excluded",
        ),
    ],
)
def test_what_keeps_it_from_being_made(text: str, spec: str, reason: str) -> None:
    ruled = run_rule(service_upstream, text, spec)
    assert [edit for edit in ruled.edits if edit.item.kind == "Deployment"] == []
    assert any(reason in result.message for result in ruled.of(SWITCH_ELSEWHERE))


FOREIGN_CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: internal}
spec: {controller: example.com/other}
"""


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(TRAEFIK_CLASS + OUTSIDE + ingress(where="out", klass="traefik"), id="of a known product"),
        pytest.param(FOREIGN_CLASS + OUTSIDE + ingress(where="out", klass="internal"), id="of a foreign controller"),
    ],
)
def test_another_products_routes_do_not_count(other: str) -> None:
    assert added(GLOOED + other) == [VARIABLE]


def test_routes_of_another_provider_of_the_product_do_not_count() -> None:
    """Traefik reads Ingresses of class nginx by a provider of its own, which has settings of its own."""
    like_nginx = TRAEFIKED.replace("v3.3.4", "v3.5.0").replace(CRD, "--providers.kubernetesingressnginx")
    assert added(like_nginx + OUTSIDE + ingress(where="out", klass="nginx")) == [f"{INGRESS}.nativelbbydefault=true"]


def test_all_pods_of_a_product_that_has_nothing_else() -> None:
    second = gateway("quay.io/solo-io/gloo:1.17.5", "", "second")
    assert len(added(GLOOED + second)) == 2


def test_a_value_of_the_author_is_kept_and_told_once() -> None:
    own_no = GLOOED.replace("args: []", f'env: [{{name: {VARIABLE["name"]}, value: "false"}}]')
    ruled = run_rule(service_upstream, own_no)
    assert ruled.edits == []
    assert codes(ruled.results) == [OBJECT_KEPT]


def test_two_arguments_for_one_list() -> None:
    ruled = run_rule(service_upstream, TRAEFIKED + route())
    assert ruled.edits[-1].value == [INGRESS, CRD, f"{INGRESS}.nativelbbydefault=true", f"{CRD}.nativelbbydefault=true"]
    assert {edit.item.kind for edit in ruled.edits} == {"Deployment"}


def test_each_provider_for_itself() -> None:
    headless = service("db", spec="clusterIP: None") + route(service="name: db, port: 80", name="db")
    ruled = run_rule(service_upstream, TRAEFIKED + route() + headless)
    assert [edit.value[-1] for edit in ruled.edits if edit.item.kind == "Deployment"] == [
        f"{INGRESS}.nativelbbydefault=true"
    ]
    assert [edit.item.kind for edit in ruled.edits if edit.item.kind not in ("Deployment", "Service")] == [
        "IngressRoute"
    ]
    assert "headless" in ruled.only(CLASS_WIDE_LEFT).message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            TRAEFIKED + gateway("docker.io/traefik:v3.3.4", INGRESS, "second"), id="two of them, and no telling which"
        ),
        pytest.param(TRAEFIKED + OUTSIDE + ingress(where="out", klass="traefik"), id="outside"),
        pytest.param(TRAEFIKED.replace("v3.3.4", "v2.11"), id="too old"),
        pytest.param(TRAEFIKED.replace(f"{INGRESS},", f"{INGRESS}.nativelbbydefault=false,"), id="own no"),
    ],
)
def test_settings_of_routes_where_nothing_is_made_for_all(text: str) -> None:
    ruled = run_rule(service_upstream, text)
    assert {edit.item.kind for edit in ruled.edits if edit.item.namespace == "shop"} == {"Service"}
    assert not any(edit.item.kind == "Deployment" for edit in ruled.edits)


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param(route(service="name: web, port: 80, nativeLB: true"), id="all have it"),
        pytest.param(route(service="name: web, port: 80, nativeLB: false"), id="one says no"),
        pytest.param(route() + route("IngressRouteUDP", name="udp"), id="one by UDP"),
    ],
)
def test_no_argument_over_what_routes_say(routes: str) -> None:
    assert added(MESHED + EDGE + TRAEFIK + routes) == []


def test_why_it_is_not_written_for_all_routes() -> None:
    two = TRAEFIKED + gateway("docker.io/traefik:v3.3.4", INGRESS, "second")
    told = run_rule(service_upstream, two).only(CLASS_WIDE_LEFT)
    assert told.message.startswith("Traefik Proxy ")
    assert told.message.endswith(
        " reads --providers.kubernetesingress.nativelbbydefault: true for all routes at once; it is not "
        "written, and what leads into a mesh gets a setting of its own: the package holds several of them, and does "
        "not tell which of them serves which routes"
    )
    assert (told.field, told.current) == ("spec.template.spec.containers[0].args", None)
    assert told.proposed == "--providers.kubernetesingress.nativelbbydefault=true"
    own_no = MESHED + EDGE + TRAEFIK + route() + route(service="name: web, port: 80, nativeLB: false", name="plain")
    told = run_rule(service_upstream, own_no).only(CLASS_WIDE_LEFT)
    assert told.message.endswith(
        ": IngressRoute shop/plain or its Service says spec.routes[].services[].nativeLB: false"
    )


def test_nothing_is_wanted_for_udp_alone() -> None:
    ruled = run_rule(service_upstream, MESHED + EDGE + TRAEFIK + route("IngressRouteUDP"))
    assert not ruled.of(CLASS_WIDE_LEFT)
    assert not added(MESHED + EDGE + TRAEFIK + route("IngressRouteUDP"))


def test_reasons_are_those_of_the_settings_that_the_kind_of_route_takes() -> None:
    setup = config()
    resources = package(MESHED + ingress(), setup)
    (backend,) = backends_of(resources, setup)
    facts = Facts(resources, setup)
    walk = ClassWide(facts, Objects(setup), (backend,))
    product = Product(
        "it",
        "It",
        "switch",
        "endpoints",
        "documented",
        (),
        switches=(
            Switch("policy", "Policy", "a", left="no release has it"),
            Switch("proxy", "Proxy", "b", routes=("Ingress",), left="it harms"),
            Switch("proxy", "Proxy", "c", left="no release has it"),
            Switch("proxy", "Proxy", "nothing known"),
            Switch("proxy", "Proxy", "e", routes=("HTTPRoute",), left="of another kind of route"),
            Switch("proxy", "Proxy", "f", purpose=ALTERNATIVE, left="of another way"),
        ),
    )
    assert walk.why_not(product, backend) == "no release has it; it harms"


def test_classes_have_parameters_of_their_own() -> None:
    text = MESHED + OUTSIDE + kong_class("a") + kong_class("b")
    ruled = run_rule(service_upstream, text + ingress(klass="a") + ingress(where="out", klass="b"))
    assert [(edit.item.name, edit.path, edit.value) for edit in ruled.edits] == [
        ("a", ("spec", "serviceUpstream"), True)
    ]
    assert ruled.of(CLASS_WIDE_LEFT) == []


def test_each_class_gets_the_setting() -> None:
    text = MESHED + kong_class("a") + kong_class("b")
    ruled = run_rule(service_upstream, text + ingress(klass="a") + ingress("second", klass="b"))
    assert [edit.item.name for edit in ruled.edits] == ["a", "b"]


HTTP_ROUTE = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gate}
spec: {controllerName: %s}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gate, namespace: edge}
spec: {gatewayClassName: gate}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: db, namespace: shop}
spec: {parentRefs: [{name: gate, namespace: edge}], rules: [{backendRefs: [{name: db, port: 80}]}]}
"""
TCP_INGRESS = """
---
apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: db, namespace: shop, annotations: {%s}}
spec: {rules: [{backend: {serviceName: db, servicePort: 80}}]}
"""
DATABASE = service("db", spec="clusterIP: None")
BY_KONG = HTTP_ROUTE % "konghq.com/kic-gateway-controller"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(DATABASE + BY_KONG, id="an HTTPRoute to a headless Service"),
        pytest.param(service("db", spec="type: ExternalName") + BY_KONG, id="an HTTPRoute to an ExternalName"),
        pytest.param(DATABASE + "---" + BY_KONG.rpartition("---")[2], id="an HTTPRoute of a Gateway elsewhere"),
        pytest.param(DATABASE + TCP_INGRESS % "kubernetes.io/ingress.class: a", id="a TCPIngress of the class"),
        pytest.param(DATABASE + TCP_INGRESS % "", id="a TCPIngress without a class"),
        pytest.param(
            DATABASE + kong_class("b", parameters="a") + ingress("db", klass="b", backend="db"), id="second class"
        ),
    ],
)
def test_parameters_of_a_class_hold_for_all_that_its_controller_serves(other: str) -> None:
    ruled = run_rule(service_upstream, MESHED + kong_class("a") + ingress(klass="a") + other)
    assert [edit for edit in ruled.edits if edit.item.kind == "IngressClassParameters"] == []
    assert "shop/db leads to Service shop/db, which is" in ruled.only(CLASS_WIDE_LEFT).message


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(HTTP_ROUTE % "example.com/other", id="an HTTPRoute of another controller"),
        pytest.param(TCP_INGRESS % "kubernetes.io/ingress.class: b", id="a TCPIngress of another class"),
    ],
)
def test_what_another_controller_serves_does_not_keep_them_back(other: str) -> None:
    ruled = run_rule(service_upstream, MESHED + DATABASE + kong_class("a") + ingress(klass="a") + other)
    parameters = [edit for edit in ruled.edits if edit.item.kind == "IngressClassParameters"]
    assert [edit.path for edit in parameters] == [("spec", "serviceUpstream")]


@pytest.mark.parametrize(
    ("kind", "spec", "path"),
    [
        ("TraefikService", "mirroring: {name: web, port: 80}", "spec.mirroring.nativeLB"),
        ("Middleware", "errors: {service: {name: web, port: 80}}", "spec.errors.service.nativeLB"),
    ],
)
def test_what_the_default_of_a_provider_does_not_hold_for(kind: str, spec: str, path: str) -> None:
    """Traefik makes its TraefikServices and error pages without looking at nativeLBByDefault."""
    other = route(kind, name="other").partition("spec:")[0] + f"spec: {{{spec}}}"
    ruled = run_rule(service_upstream, MESHED + EDGE + TRAEFIK + route() + other)
    assert [field_path(*edit.path) for edit in ruled.edits if edit.item.kind == kind] == [path]
    assert [edit.value[-1] for edit in ruled.edits if edit.item.kind == "Deployment"] == [
        f"{CRD}.nativelbbydefault=true"
    ]


def test_what_stands_beside_a_route_keeps_a_setting_for_all_back() -> None:
    checked = route(service="name: web, port: 80, passiveHealthCheck: {}", name="checked")
    ruled = run_rule(service_upstream, MESHED + EDGE + TRAEFIK + route() + checked)
    assert [edit.item.name for edit in ruled.edits] == ["web"]
    assert ruled.only(CLASS_WIDE_LEFT).message.endswith(": IngressRoute shop/checked says passiveHealthCheck")
