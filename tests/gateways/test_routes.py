"""Backends of a package: which Service each route names, and which products carry the traffic."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import NOBODY, Classes, Presence
from krm_fn.gateways.detect import recognise
from krm_fn.gateways.routes import GRANTED, NOT_GRANTED, NOT_NEEDED, Backend, routes
from krm_fn.krm.resources import Resources

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop, annotations: {annotations}}}
spec:
  ingressClassName: {name}
  rules: [{{http: {{paths: [{{path: /, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: edge}}
spec: {{controllerName: {controller}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: infra}}
spec: {{gatewayClassName: edge}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec:
  parentRefs: {parents}
  rules: [{{backendRefs: [{{name: web, port: 80}}]}}]
"""


def package(*texts: str) -> Resources:
    return Resources.read([d for text in texts for d in yaml.safe_load_all(text)], "default")


def present(*ids: str) -> Presence:
    return Presence.of([], ids)


def ingress(name: str = "null", annotations: str = "{}") -> str:
    return INGRESS.format(name=name, annotations=annotations)


def ingress_class(name: str, controller: str, default: str = "false") -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nspec: {{controller: {controller}}}\n"
        f"metadata: {{name: {name}, annotations: {{ingressclass.kubernetes.io/is-default-class: '{default}'}}}}\n"
    )


def gateway(controller: str, parents: str = "[{name: gw, namespace: infra}]") -> str:
    return GATEWAY.format(controller=controller, parents=parents)


def seen(backends: tuple[Backend, ...]) -> list[tuple[str, str, str, object]]:
    return [(b.path, b.namespace, b.service, b.port) for b in backends]


NGINX = ingress_class("nginx", "k8s.io/ingress-nginx")
ANNOTATED = "{kubernetes.io/ingress.class: kong}"

CLASSES: list[tuple[str, list[str], Presence, tuple[str, ...], str]] = [
    ("controller decides", [ingress("nginx"), NGINX], NOBODY, ("ingress-nginx",), "controller"),
    ("controller decides against the name", [ingress("nginx"), ingress_class("nginx", "nginx.org/ingress-controller")],
     present("ingress-nginx"), ("nginx-nic",), "controller"),
    ("a foreign controller behind a known name", [ingress("nginx"), ingress_class("nginx", "example.com/x")], NOBODY,
     (),
     "foreign-controller"),
    ("a class without controller", [ingress("nginx"), ingress_class("nginx", "null")], NOBODY, (),
     "foreign-controller"),
    ("a name that two products share", [ingress("nginx")], NOBODY, ("ingress-nginx", "nginx-nic"), "class-name"),
    ("a shared name, one product in the package", [ingress("nginx")], present("nginx-nic"), ("nginx-nic",),
     "class-name"),
    ("a shared name, another product in the package", [ingress("nginx")], present("kong-kic"),
     ("ingress-nginx", "nginx-nic"), "class-name"),
    ("HAProxy twins by controller", [ingress("haproxy"), ingress_class("haproxy",
     "haproxy.org/ingress-controller/prod")],
     NOBODY, ("haproxytech",), "controller"),
    ("HAProxy twins by name", [ingress("haproxy")], present("haproxy-ingress"), ("haproxy-ingress",), "class-name"),
    ("Kong's products share a controller", [ingress("k"), ingress_class("k", "ingress-controllers.konghq.com/kong")],
     present("kong-kic"), ("kong-kic",), "controller"),
    ("Contour with an instance name", [ingress("c"), ingress_class("c", "projectcontour.io/ns/contour")], NOBODY,
     ("contour",), "controller"),
    ("a controller that only begins like Contour's", [ingress("c"), ingress_class("c", "projectcontour.iot/x")],
     NOBODY, (), "foreign-controller"),
    ("an own class name", [ingress("edge"), ingress_class("edge", "traefik.io/ingress-controller")], NOBODY, ("traefik",
     ),
     "controller"),
    ("an unknown class", [ingress("edge")], NOBODY, (), "unknown-class"),
    ("the old annotation", [ingress(annotations=ANNOTATED)], present("kong-kic"), ("kong-kic",), "class-name"),
    ("the field wins over the annotation", [ingress("caddy", ANNOTATED)], NOBODY, ("caddy-ingress",), "class-name"),
    ("no class", [ingress()], present("kong-kic"), (), "no-class"),
    ("no class, and none is the default", [ingress(), NGINX], present("kong-kic"), (), "no-class"),
    ("the default class", [ingress(), ingress_class("nginx", "k8s.io/ingress-nginx", "true")], NOBODY,
     ("ingress-nginx",), "controller"),
    ("two default classes", [ingress(), ingress_class("a", "k8s.io/ingress-nginx", "true"),
     ingress_class("b", "traefik.io/ingress-controller", "true")], NOBODY, (), "no-class"),
    ("Traefik in the guise of ingress-nginx", [ingress("nginx"), NGINX],
     Presence(modes=(("traefik", ("kubernetesIngressNGINX",)),)), ("traefik",), "controller"),
    ("Traefik without that guise", [ingress("nginx"), NGINX], present("traefik"), ("ingress-nginx",), "controller"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "presence", "products", "basis"), [case[1:] for case in CLASSES], ids=[case[0] for case in CLASSES]
)
def test_ingress_classes(texts: list[str], presence: Presence, products: tuple[str, ...], basis: str) -> None:
    (backend,) = routes(package(*texts), presence)
    assert (backend.products, backend.basis) == (products, basis)
    assert seen((backend,)) == [("spec.rules[0].http.paths[0].backend.service", "shop", "web", 80)]


def test_products_of_class() -> None:
    classes = Classes(package(NGINX))
    assert classes.products_of_class("nginx").products == ("ingress-nginx",)
    assert classes.products_of_class("kong").basis == "class-name"


KIC = "konghq.com/kic-gateway-controller"
KUMA = "gateways.kuma.io/controller"
PARENTS: list[tuple[str, str, tuple[str, ...] | None, str]] = [
    ("a known controller", gateway(KIC), ("kong-kic",), "controller"),
    ("a foreign controller", gateway("example.com/x"), (), "foreign-controller"),
    ("a Gateway elsewhere", gateway(KIC, "[{name: gw}]"), (), "no-gateway"),
    ("a mesh route", gateway(KIC, "[{kind: Service, group: '', name: web}]"), None, ""),
    ("a mesh route beside a Gateway", gateway(KIC,
     "[{kind: Service, group: '', name: web}, {name: gw, namespace: infra}]"),
     ("kong-kic",), "controller"),
    ("Kuma's builtin gateway", gateway(KUMA), None, ""),
    ("an unknown parent beside a known one", gateway(KIC, "[{name: gw}, {name: gw, namespace: infra}]"), ("kong-kic",),
     "controller"),
    ("the kind in full", gateway(KIC,
     "[{group: gateway.networking.k8s.io, kind: Gateway, name: gw, namespace: infra}]"), ("kong-kic",), "controller"),
    ("a Gateway of another group", gateway(KIC, "[{group: example.com, kind: Gateway, name: gw, namespace: infra}]"),
     None, ""),
    ("no parents", gateway(KIC, "[]"), None, ""),
    ("garbage for parents", gateway(KIC, "[1, null, {}, {name: 5}, {name: gw, kind: [x]}]"), None, ""),
    ("parents of another shape", gateway(KIC, "gw"), None, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "products", "basis"), [case[1:] for case in PARENTS], ids=[case[0] for case in PARENTS]
)
def test_parent_gateways(text: str, products: tuple[str, ...] | None, basis: str) -> None:
    found = routes(package(text))
    if products is None:
        assert found == ()
    else:
        assert [(b.products, b.basis) for b in found] == [(products, basis)]


def test_of_several_parents_those_of_known_products_are_named() -> None:
    text = gateway(KIC, "[{name: no}, {name: gw, namespace: infra}, {name: gw2, namespace: infra}]")
    second = {"gatewayClassName": "edge"}
    meta = {"name": "gw2", "namespace": "infra"}
    more = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": meta, "spec": second}
    (backend,) = routes(package(text, yaml.safe_dump(more)))
    assert (backend.products, backend.via) == (("kong-kic",), "infra/gw, infra/gw2")


def test_of_several_parents_that_nobody_knows_the_first_is_named() -> None:
    (backend,) = routes(package(gateway(KIC, "[{name: far}, {name: farther}]")))
    assert (backend.products, backend.basis, backend.via) == ((), "no-gateway", "shop/far")


def test_a_mesh_route_before_one_of_a_gateway() -> None:
    mesh = gateway(KIC, "[{kind: Service, group: '', name: web}]").rpartition("---")[2]
    ours = gateway(KIC).replace("metadata: {name: web,", "metadata: {name: edge,")
    assert [b.item.name for b in routes(package(mesh, ours))] == ["edge"]


def test_a_gateway_whose_class_is_elsewhere() -> None:
    text = gateway(KIC).partition("---")[2]
    assert [(b.products, b.basis, b.via) for b in routes(package(text))] == [((), "no-gateway-class", "infra/gw")]


def test_a_listener_set_leads_to_its_gateway() -> None:
    listeners = """
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: more, namespace: infra}
spec: {parentRef: {name: gw}}
"""
    text = gateway(KIC, "[{kind: ListenerSet, name: more, namespace: infra}]")
    assert [b.products for b in routes(package(text, listeners))] == [("kong-kic",)]
    nested = text.replace("kind: ListenerSet, name: more", "kind: ListenerSet, name: inner")
    inner = listeners.replace("more", "inner").replace("{name: gw}", "{kind: ListenerSet, name: more}")
    assert routes(package(nested, listeners, inner)) == (), "only a Gateway may be the parent of a ListenerSet"
    loop = listeners.replace("{name: gw}", "{kind: ListenerSet, name: more}")
    assert routes(package(text, loop)) == ()


def test_all_backends_of_a_gateway_route() -> None:
    text = gateway(KIC).replace("rules: [{", "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: "
        "{name: mirror, port: 1}}}, {externalAuth: {backendRef: {name: auth, namespace: sec}}}], ").replace(
        "{name: web, port: 80}", "{name: web, port: 80, filters: [{requestMirror: {backendRef: {name: deep}}}]}, "
        "{name: t, kind: TraefikService, group: traefik.io}, {name: s, kind: Service, group: ''}")  # fmt: skip
    assert seen(routes(package(text))) == [
        ("spec.rules[0].backendRefs[0]", "shop", "web", 80),
        ("spec.rules[0].backendRefs[2]", "shop", "s", None),
        ("spec.rules[0].filters[0].requestMirror.backendRef", "shop", "mirror", 1),
        ("spec.rules[0].filters[1].externalAuth.backendRef", "sec", "auth", None),
        ("spec.rules[0].backendRefs[0].filters[0].requestMirror.backendRef", "shop", "deep", None),
    ]


GRANT = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: g, namespace: {namespace}}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: {source}}}]
  to: [{target}]
"""


@pytest.mark.parametrize(
    ("namespace", "source", "target", "expected"),
    [
        ("other", "shop", '{group: "", kind: Service}', GRANTED),
        ("other", "shop", '{group: "", kind: Service, name: web}', GRANTED),
        ("other", "shop", "{kind: Service}", GRANTED),
        ("other", "shop", '{group: "", kind: Service, name: api}', NOT_GRANTED),
        ("other", "shop", '{group: "", kind: Secret}', NOT_GRANTED),
        ("other", "shop", "{group: example.com, kind: Service}", NOT_GRANTED),
        ("other", "shop", "{kind: Secret}, {kind: Service, name: web}", GRANTED),
        ("other", "shop", "1, null, {kind: Service}", GRANTED),
        ("other", "other", '{group: "", kind: Service}', NOT_GRANTED),
        ("shop", "shop", '{group: "", kind: Service}', NOT_GRANTED),
        ("other", "shop", "{group: '', kind: Service, name: [web]}", NOT_GRANTED),
        ("other", "[shop]", "{kind: Service}", NOT_GRANTED),
        ("other", "shop", "Service", NOT_GRANTED),
    ],
)
def test_reference_grants(namespace: str, source: str, target: str, expected: str) -> None:
    route = gateway(KIC).replace("{name: web, port: 80}", "{name: web, namespace: other, port: 80}, {name: near}")
    grant = GRANT.format(namespace=namespace, source=source, target=target)
    assert [b.grant for b in routes(package(route, grant))] == [expected, NOT_NEEDED]


def test_a_grant_of_another_group_is_none() -> None:
    route = gateway(KIC).replace("{name: web, port: 80}", "{name: web, namespace: other, port: 80}")
    grant = GRANT.format(namespace="other", source="shop", target="{kind: Service}")
    foreign = grant.replace("gateway.networking.k8s.io/v1beta1", "example.com/v1")
    assert [b.grant for b in routes(package(route, foreign))] == [NOT_GRANTED]
    assert [b.grant for b in routes(package(route, foreign, grant))] == [GRANTED]


def test_ingress_of_old() -> None:
    text = """
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: nginx}}
spec:
  backend: {serviceName: fallback, servicePort: 80}
  rules: [{http: {paths: [{backend: {serviceName: web, servicePort: http}}]}}]
"""
    assert seen(routes(package(text))) == [
        ("spec.backend", "default", "fallback", 80),
        ("spec.rules[0].http.paths[0].backend", "default", "web", "http"),
    ]


VENDORS: list[tuple[str, str, str, str, list[tuple[str, str, str, object]]]] = [
    ("configuration.konghq.com/v1beta1", "TCPIngress", "{rules: [{backend: {serviceName: db, servicePort: 5432}}]}",
     "kong-kic", [("spec.rules[0].backend", "shop", "db", 5432)]),
    ("incubator.ingress-controller.konghq.com/v1alpha1", "KongServiceFacade", "{backendRef: {name: db, port: 80}}",
     "kong-kic", [("spec.backendRef", "shop", "db", 80)]),
    ("k8s.nginx.org/v1", "VirtualServer", "{upstreams: [{service: web, port: 80}, {service: other/api, port: 81}]}",
     "nginx-nic", [("spec.upstreams[0]", "shop", "web", 80), ("spec.upstreams[1]", "other", "api", 81)]),
    ("k8s.nginx.org/v1", "TransportServer", "{upstreams: [{service: web, port: 80}]}", "nginx-nic",
     [("spec.upstreams[0]", "shop", "web", 80)]),
    ("traefik.io/v1alpha1", "IngressRoute",
     "{routes: [{services: [{name: web, port: http}, {name: t, kind: TraefikService}, {name: x, namespace: y}]}]}",
     "traefik", [("spec.routes[0].services[0]", "shop", "web", "http"), ("spec.routes[0].services[2]", "y", "x",
     None)]),
    ("traefik.containo.us/v1alpha1", "IngressRouteTCP", "{routes: [{services: [{name: web, port: 80}]}]}", "traefik",
     [("spec.routes[0].services[0]", "shop", "web", 80)]),
    ("traefik.io/v1alpha1", "TraefikService",
     "{weighted: {services: [{name: a}]}, mirroring: {name: b, mirrors: [{name: c}, {name: d, kind: TraefikService}]}}",
     "traefik", [("spec.weighted.services[0]", "shop", "a", None), ("spec.mirroring", "shop", "b", None),
                 ("spec.mirroring.mirrors[0]", "shop", "c", None)]),
    ("traefik.io/v1alpha1", "Middleware", "{errors: {service: {name: errors, port: 80}}}", "traefik",
     [("spec.errors.service", "shop", "errors", 80)]),
    ("traefik.io/v1alpha1", "Middleware", "{stripPrefix: {prefixes: [/x]}}", "traefik", []),
    ("ingress.v3.haproxy.org/v3", "TCP", "[{service: {name: db, port: 5432}}]", "haproxytech",
     [("spec[0].service", "shop", "db", 5432)]),
    ("projectcontour.io/v1", "HTTPProxy",
     "{routes: [{services: [{name: web, port: 80}]}], tcpproxy: {services: [{name: t}]}}",
     "contour", [("spec.routes[0].services[0]", "shop", "web", 80), ("spec.tcpproxy.services[0]", "shop", "t", None)]),
    ("getambassador.io/v3alpha1", "Mapping", "{service: 'https://api.other:8443'}", "emissary", []),
    ("getambassador.io/v3alpha1", "Mapping", "{service: api.other.svc.cluster.local}", "emissary",
     [("spec.service", "other", "api", 80)]),
    ("gateway.solo.io/v1", "VirtualService",
     "{virtualHost: {routes: [{routeAction: {single: {kube: {ref: {name: web, namespace: n}, port: 80}}}}]}}",
     "gloo-edge",
     [("spec.virtualHost.routes[0].routeAction.single.kube.ref", "n", "web", 80)]),
    ("gloo.solo.io/v1", "Upstream", "{kube: {serviceName: web, serviceNamespace: n, servicePort: 80}}", "gloo-edge",
     [("spec.kube", "n", "web", 80)]),
    ("networking.istio.io/v1", "VirtualService", "{gateways: [gw], http: [{route: [{destination: {host: web}}]}]}",
     "istio-gateway", [("spec.http[0].route[0].destination", "shop", "web", None)]),
    ("networking.istio.io/v1", "VirtualService", "{gateways: [mesh], http: [{route: [{destination: {host: web}}]}]}",
     "istio-gateway", []),
    ("networking.istio.io/v1", "VirtualService", "{http: [{route: [{destination: {host: web}}]}]}", "istio-gateway",
     []),
    ("apisix.apache.org/v2", "ApisixRoute",
     "{http: [{backends: [{serviceName: web, servicePort: 80}]}], stream: [{backend: {serviceName: db}}]}",
     "apisix", [("spec.http[0].backends[0]", "shop", "web", 80), ("spec.stream[0].backend", "shop", "db", None)]),
    ("apisix.apache.org/v2", "ApisixUpstream", "{externalNodes: [{type: Domain, name: x.example}]}", "apisix", []),
    ("tyk.tyk.io/v1alpha1", "ApiDefinition",
     "{proxy: {target_url: 'http://web.shop.svc:80', target_list: ['http://a']}}",
     "tyk", [("spec.proxy.target_url", "shop", "web", 80), ("spec.proxy.target_list[0]", "shop", "a", 80)]),
    ("zalando.org/v1", "RouteGroup", "{backends: [{type: service, serviceName: web, servicePort: 80}, {type: shunt}]}",
     "skipper", [("spec.backends[0]", "shop", "web", 80)]),
    ("voyager.appscode.com/v1", "Ingress",
     "{backend: {serviceName: e, servicePort: '80'}, rules: [{http: {paths: [{backend: {serviceName: w.n, "
     "servicePort: 8}}]}}, {tcp: {backend: {serviceName: d}}}]}",
     "voyager", [("spec.backend", "shop", "e", "80"),
                 ("spec.rules[0].http.paths[0].backend", "n", "w", 8),
                 ("spec.rules[1].tcp.backend", "shop", "d", None)]),
    ("route.openshift.io/v1", "Route",
     "{to: {kind: Service, name: web}, port: {targetPort: http}, alternateBackends: [{kind: Service, name: b}]}",
     "openshift-router", [("spec.to", "shop", "web", "http"), ("spec.alternateBackends[0]", "shop", "b", None)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "product", "expected"),
    VENDORS,
    ids=[f"{case[1]} {index}" for index, case in enumerate(VENDORS)],
)
def test_kinds_of_vendors(
    api_version: str, kind: str, spec: str, product: str, expected: list[tuple[str, str, str, object]]
) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: route, namespace: shop}}\nspec: {spec}\n"
    found = routes(package(text))
    assert seen(found) == expected
    assert all((b.products, b.basis) == ((product,), "kind") for b in found)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("example.com/v1", "Ingress"),
        ("serving.knative.dev/v1", "Route"),
        ("example.com/v1", "HTTPRoute"),
        ("v1", "Ingress"),
    ],
)
def test_kinds_of_the_same_name_are_left_alone(api_version: str, kind: str) -> None:
    text = ingress("nginx") + "\n  to: {kind: Service, name: web}\n"
    text = text.replace("networking.k8s.io/v1", api_version).replace("kind: Ingress", f"kind: {kind}")
    assert routes(package(text)) == ()


def test_an_object_that_configures_the_service_of_its_own_name() -> None:
    upstream = "apiVersion: apisix.apache.org/v2\nkind: ApisixUpstream\nmetadata: {name: web, namespace: shop}\n"
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    assert seen(routes(package(upstream, service))) == [("metadata", "shop", "web", None)]
    assert routes(package(upstream)) == ()


def test_config_maps_count_where_a_flag_names_them() -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: tcp, namespace: infra}
data: {"5432": "shop/db:5432:PROXY", "1": broken, "2": 7}
"""
    resources = package(text)
    assert routes(resources) == ()
    container = {"name": "c", "image": "ingress-nginx/controller", "args": ["--tcp-services-configmap=$(NS)/tcp"]}
    recognition = recognise({}, {}, {"containers": [container]})
    assert recognition is not None
    (backend,) = routes(resources, Presence.of([(recognition, "infra")]))
    assert seen((backend,)) == [("data.5432", "shop", "db", 5432)]
    assert (backend.products, backend.basis) == (("ingress-nginx",), "flag")
    assert backend.route in products_by_id()["ingress-nginx"].routes
    assert routes(resources, Presence.of([(recognition, "other")])) == ()


@pytest.mark.parametrize("spec", [None, 1, "x", [], [[]], {"rules": 1}, {"rules": [None, "x", {"http": []}]},
    {"rules": [{"http": {"paths": {"a": 1}}}]}, {"rules": [{"http": {"paths": [{"backend": "web"}]}}]},
    {"rules": [{"http": {"paths": [{"backend": {"service": "web"}}]}}]}, {"defaultBackend": [1]},
    {"rules": [{"http": {"paths": [{"backend": {"service": {"name": ["web"]}}}]}}]},
    {"ingressClassName": ["x"], "rules": [{"backendRefs": [3, None, "x", {"name": {}}]}],
     "parentRefs": [{"name": "g"}]},
])  # fmt: skip
@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("networking.k8s.io/v1", "Ingress"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("k8s.nginx.org/v1", "VirtualServer"),
    ],
)
def test_hostile_shapes_hold_no_backend(api_version: str, kind: str, spec: Any) -> None:
    entry = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    assert routes(Resources.read([entry], "default")) == ()
