"""Which annotation goes on which object, and when none does."""

from __future__ import annotations

import pytest
import yaml

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import Presence
from krm_fn.gateways.routes import routes
from krm_fn.gateways.switches import REASONS, annotation_switches, wishes
from krm_fn.krm.resources import Resources

STATES = {"web": "cluster", "api": "cluster", "db": "headless", "ext": "external"}

KONG = "ingress.kubernetes.io/service-upstream"
NGINX = "nginx.ingress.kubernetes.io/service-upstream"
F5 = "nginx.org/use-cluster-ip"
TRAEFIK_INGRESS = "traefik.ingress.kubernetes.io/service.nativelb"
TRAEFIK_GATEWAY = "traefik.io/service.nativelb"
HAPROXY = "haproxy-ingress.github.io/service-upstream"
POMERIUM = "ingress.pomerium.io/service_proxy_upstream"


def state(namespace: str, name: str) -> str:
    return STATES.get(name, "absent")


def ingress(name: str, *services: str, annotations: str = "{}") -> str:
    paths = ", ".join(f"{{backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}" for service in services)
    return (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        f"metadata: {{name: in, namespace: shop, annotations: {annotations}}}\n"
        f"spec: {{ingressClassName: {name}, rules: [{{http: {{paths: [{paths}]}}}}]}}\n"
    )


def gateway_route(kind: str, controller: str, *services: str) -> str:
    refs = ", ".join(f"{{name: {service}, port: 80}}" for service in services)
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: edge}}
spec: {{controllerName: {controller}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: shop}}
spec: {{gatewayClassName: edge}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: route, namespace: shop}}
spec: {{parentRefs: [{{name: gw}}], rules: [{{backendRefs: [{refs}]}}]}}
"""


def vendor(api_version: str, kind: str, spec: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: route, namespace: shop}}\nspec: {spec}\n"


def given(text: str, *present: str, modes: tuple[str, ...] = ()) -> tuple[str, Presence]:
    return text, Presence(modes=tuple((product, modes) for product in present))


def said(text: str, presence: Presence) -> list[tuple[object, ...]]:
    resources = Resources.read(list(yaml.safe_load_all(text)), "default")
    found = wishes(routes(resources, presence), state)
    assert all(wish.reason in ("", *REASONS) and wish.backends for wish in found)
    assert all((wish.item is None) == (wish.on == "Service") for wish in found)
    return [(wish.on, wish.name, wish.key, wish.value, wish.reason) for wish in found]


MASTER = "{nginx.org/mergeable-ingress-type: master}"
MINION = "{nginx.org/mergeable-ingress-type: minion}"
LIKE_NGINX = ("kubernetesIngressNGINX",)

CASES: list[tuple[str, tuple[str, Presence], list[tuple[object, ...]]]] = [
    # Kong: on the Service, whatever the route
    ("Kong", given(ingress("kong", "web", "api"), "kong-kic"),
     [("Service", "web", KONG, "true", ""), ("Service", "api", KONG, "true", "")]),
    ("Kong names a Service twice", given(ingress("kong", "web", "web"), "kong-kic"), [("Service", "web", KONG, "true",
     "")]),
    ("Kong, headless", given(ingress("kong", "db"), "kong-kic"), [("Service", "db", KONG, "true", "headless")]),
    ("Kong, ExternalName", given(ingress("kong", "ext"), "kong-kic"), [("Service", "ext", "", "", "external-name")]),
    ("Kong, Service elsewhere", given(ingress("kong", "far"), "kong-kic"),
     [("Service", "far", KONG, "true", "service-absent")]),
    ("Kong, TCPRoute", given(gateway_route("TCPRoute", "konghq.com/kic-gateway-controller", "web")),
     [("Service", "web", KONG, "true", "")]),
    ("Kong, UDPRoute", given(gateway_route("UDPRoute", "konghq.com/kic-gateway-controller", "web")),
     [("Service", "web", "", "", "udp")]),
    ("Kong Operator", given(gateway_route("HTTPRoute", "konghq.com/gateway-operator", "web")),
     [("Service", "web", KONG, "true", "")]),
    # ingress-nginx: on the Ingress, once
    ("ingress-nginx", given(ingress("nginx", "web", "api"), "ingress-nginx"), [("Ingress", "in", NGINX, "true", "")]),
    ("ingress-nginx, one backend headless", given(ingress("nginx", "db", "web"), "ingress-nginx"),
     [("Ingress", "in", NGINX, "true", "")]),
    ("ingress-nginx, all headless", given(ingress("nginx", "db", "db"), "ingress-nginx"),
     [("Ingress", "in", NGINX, "true", "headless")]),
    ("ingress-nginx, Service elsewhere", given(ingress("nginx", "far"), "ingress-nginx"),
     [("Ingress", "in", NGINX, "true", "")]),
    ("ingress-nginx, ExternalName", given(ingress("nginx", "ext"), "ingress-nginx"),
     [("Service", "ext", "", "", "external-name")]),
    ("an Ingress with the reader's key set stays a wish",
     given(ingress("nginx", "web", annotations=f"{{{NGINX}: 'false'}}"), "ingress-nginx"),
     [("Ingress", "in", NGINX, "true", "")]),
    # F5: on the Ingress, never with a headless backend, never on a master
    ("F5", given(ingress("nginx", "web"), "nginx-nic"), [("Ingress", "in", F5, "true", "")]),
    ("F5, two backends", given(ingress("nginx", "web", "api"), "nginx-nic"), [("Ingress", "in", F5, "true", "")]),
    ("F5, one backend headless", given(ingress("nginx", "web", "db"), "nginx-nic"),
     [("Ingress", "in", F5, "true", "headless")]),
    ("F5, master", given(ingress("nginx", "web", annotations=MASTER), "nginx-nic"),
     [("Ingress", "in", F5, "true", "excluded")]),
    ("F5, minion", given(ingress("nginx", "web", annotations=MINION), "nginx-nic"),
     [("Ingress", "in", F5, "true", "")]),
    ("F5, VirtualServer", given(vendor("k8s.nginx.org/v1", "VirtualServer", "{upstreams: [{service: web}]}")),
     [("VirtualServer", "route", "use-cluster-ip", True, "")]),
    ("F5, VirtualServer with one headless upstream",
     given(vendor("k8s.nginx.org/v1", "VirtualServer", "{upstreams: [{service: db}, {service: web}]}")),
     [("VirtualServer", "route", "use-cluster-ip", True, "headless"),
      ("VirtualServer", "route", "use-cluster-ip", True, "")]),
    ("F5, VirtualServer with subselector",
     given(vendor("k8s.nginx.org/v1", "VirtualServer", "{upstreams: [{service: web, subselector: {a: b}}]}")),
     [("VirtualServer", "route", "use-cluster-ip", True, "forbidden-beside")]),
    ("F5, TransportServer", given(vendor("k8s.nginx.org/v1", "TransportServer", "{upstreams: [{service: web}]}")),
     [("Service", "web", "", "", "no-switch")]),
    ("a class of two products, neither in the package", given(ingress("nginx", "web")),
     [("Ingress", "in", NGINX, "true", ""), ("Ingress", "in", F5, "true", "")]),
    # Traefik: another key for each provider
    ("Traefik, Ingress", given(ingress("traefik", "web", "db"), "traefik"),
     [("Service", "web", TRAEFIK_INGRESS, "true", ""), ("Service", "db", TRAEFIK_INGRESS, "true", "headless")]),
    ("Traefik, HTTPRoute", given(gateway_route("HTTPRoute", "traefik.io/gateway-controller", "web")),
     [("Service", "web", TRAEFIK_GATEWAY, "true", "")]),
    ("Traefik, TLSRoute", given(gateway_route("TLSRoute", "traefik.io/gateway-controller", "web")),
     [("Service", "web", TRAEFIK_GATEWAY, "true", "")]),
    ("Traefik in the guise of ingress-nginx", given(ingress("nginx", "web"), "traefik", modes=LIKE_NGINX),
     [("Ingress", "in", NGINX, "true", "")]),
    ("Traefik in that guise, with its own class", given(ingress("traefik", "web"), "traefik", modes=LIKE_NGINX),
     [("Service", "web", TRAEFIK_INGRESS, "true", "")]),
    ("Traefik, IngressRoute", given(vendor("traefik.io/v1alpha1", "IngressRoute",
     "{routes: [{services: [{name: web}, {name: ts, kind: TraefikService}]}]}")),
     [("IngressRoute", "route", "nativeLB", True, "")]),
    ("Traefik, IngressRouteTCP, headless", given(vendor("traefik.io/v1alpha1", "IngressRouteTCP",
     "{routes: [{services: [{name: db}]}]}")),
     [("IngressRouteTCP", "route", "nativeLB", True, "headless")]),
    ("Traefik, IngressRouteUDP", given(vendor("traefik.io/v1alpha1", "IngressRouteUDP",
     "{routes: [{services: [{name: web}]}]}")),
     [("Service", "web", "", "", "udp")]),
    ("Traefik, TraefikService", given(vendor("traefik.io/v1alpha1", "TraefikService",
     "{mirroring: {name: web, mirrors: [{name: web}]}}")),
     [("TraefikService", "route", "nativeLB", True, ""), ("TraefikService", "route", "nativeLB", True, "")]),
    ("Traefik, Middleware", given(vendor("traefik.io/v1alpha1", "Middleware", "{errors: {service: {name: web}}}")),
     [("Middleware", "route", "nativeLB", True, "")]),
    ("APISIX, ApisixRoute", given(vendor("apisix.apache.org/v2", "ApisixRoute",
     "{http: [{backends: [{serviceName: web}]}], stream: [{backend: {serviceName: db}}]}")),
     [("ApisixRoute", "route", "resolveGranularity", "service", ""),
      ("ApisixRoute", "route", "resolveGranularity", "service", "headless")]),
    # HAProxy Ingress: Kuma's own key, and an override for headless Services
    ("HAProxy Ingress", given(ingress("haproxy", "web", "db"), "haproxy-ingress"),
     [("Service", "web", KONG, "true", ""), ("Service", "db", HAPROXY, "false", "")]),
    ("HAProxy Ingress, HTTPRoute", given(gateway_route("HTTPRoute", "haproxy-ingress.github.io/controller", "web")),
     [("Service", "web", "", "", "no-switch")]),
    ("HAProxy Technologies", given(ingress("haproxy", "web"), "haproxytech"),
     [("Service", "web", "", "", "no-switch")]),
    # Pomerium: on the Ingress; HTTPRoutes need nothing
    ("Pomerium", given(ingress("pomerium", "web", "db"), "pomerium"), [("Ingress", "in", POMERIUM, "true", "")]),
    ("Pomerium, HTTPRoute", given(gateway_route("HTTPRoute", "pomerium.io/gateway-controller", "web")),
     [("Service", "web", "", "", "dials-service")]),
    # the other families
    ("Caddy dials Services", given(ingress("caddy", "web")), [("Service", "web", "", "", "dials-service")]),
    ("Contour has no switch", given(ingress("contour", "web")), [("Service", "web", "", "", "no-switch")]),
    ("Gloo has a variable", given(ingress("gloo", "web")), [("Service", "web", "", "", "other-switch")]),
    ("Skipper has no switch", given(ingress("skipper", "web")), [("Service", "web", "", "", "no-switch")]),
    ("Skipper, RouteGroup",
     given(vendor("zalando.org/v1", "RouteGroup", "{backends: [{type: service, serviceName: web}]}")),
     [("Service", "web", "", "", "no-switch")]),
    ("Cilium cannot", given(ingress("cilium", "web")), [("Service", "web", "", "", "impossible")]),
    ("an unknown class says nothing", given(ingress("elsewhere", "web")), []),
]  # fmt: skip


@pytest.mark.parametrize(("package", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_wishes(package: tuple[str, Presence], expected: list[tuple[object, ...]]) -> None:
    assert said(*package) == expected


def test_a_wish_keeps_all_its_backends() -> None:
    resources = Resources.read([yaml.safe_load(ingress("nginx", "web", "api", "db"))], "default")
    (wish,) = wishes(routes(resources, Presence.of([], ["ingress-nginx"])), state)
    assert [backend.service for backend in wish.backends] == ["web", "api", "db"]
    assert wish.item is resources.items[0]


def test_a_headless_backend_that_is_not_asked_for_forbids_the_switch_too() -> None:
    resources = Resources.read([yaml.safe_load(ingress("nginx", "web", "api", "db"))], "default")
    web, api, db = routes(resources, Presence.of([], ["nginx-nic"]))
    (wish,) = wishes([web, api], state, [db])
    assert (wish.key, wish.reason, [b.service for b in wish.backends]) == (F5, "vetoed", ["web", "api"])
    (wish,) = wishes([web], state, [api])
    assert (wish.key, wish.reason) == (F5, "")
    web, api, db = routes(resources, Presence.of([], ["ingress-nginx"]))
    (wish,) = wishes([web], state, [db])
    assert (wish.key, wish.reason) == (NGINX, ""), "ingress-nginx copes with a headless Service"


def test_a_headless_backend_elsewhere_forbids_nothing() -> None:
    documents = [yaml.safe_load(ingress("nginx", name)) for name in ("web", "db")]
    documents[1]["metadata"]["name"] = "other"
    web, db = routes(Resources.read(documents, "default"), Presence.of([], ["nginx-nic"]))
    (wish,) = wishes([web], state, [db])
    assert (wish.name, wish.reason) == ("in", "")


def test_routes_of_one_name_in_two_groups_are_two_objects() -> None:
    route = vendor("traefik.io/v1alpha1", "IngressRoute", "{routes: [{services: [{name: web}]}]}")
    old = route.replace("traefik.io", "traefik.containo.us")
    resources = Resources.read([yaml.safe_load(text) for text in (route, old)], "default")
    found = wishes(routes(resources), state)
    assert [(wish.item and wish.item.group, wish.path[-1]) for wish in found] == [
        ("traefik.io", "nativeLB"),
        ("traefik.containo.us", "nativeLB"),
    ]


def test_where_a_wish_belongs() -> None:
    resources = Resources.read([yaml.safe_load(ingress("nginx", "web"))], "default")
    (wish,) = wishes(routes(resources, Presence.of([], ["ingress-nginx"])), state)
    assert (wish.product, wish.on, wish.namespace, wish.name) == ("ingress-nginx", "Ingress", "shop", "in")
    assert wish.path == ("metadata", "annotations", NGINX)
    text = vendor("traefik.io/v1alpha1", "IngressRoute", "{routes: [{services: [{name: web}]}]}")
    resources = Resources.read([yaml.safe_load(text)], "default")
    (wish,) = wishes(routes(resources), state)
    assert (wish.product, wish.on, wish.namespace, wish.name) == ("traefik", "IngressRoute", "shop", "route")
    assert wish.path == ("spec", "routes", 0, "services", 0, "nativeLB")
    (wish,) = wishes(routes(Resources.read([yaml.safe_load(ingress("contour", "web"))], "default")), state)
    assert (wish.product, wish.on, wish.namespace, wish.name) == ("contour", "Service", "shop", "web")
    assert (wish.path, wish.switch, wish.item) == ((), None, None)


def test_annotations_of_a_product_by_route() -> None:
    traefik = products_by_id()["traefik"]
    assert [switch.key for switch in annotation_switches(traefik, "Ingress")] == [TRAEFIK_INGRESS]
    assert [switch.key for switch in annotation_switches(traefik, "Ingress", LIKE_NGINX[0])] == [NGINX]
    assert annotation_switches(traefik, "IngressRoute") == ()
    voyager = products_by_id()["voyager"]
    assert annotation_switches(voyager, "Ingress") == (), "an annotation for a detour is no switch"
