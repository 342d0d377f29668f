"""Ways from routes over objects such as TraefikServices, and what is missing on them."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.gateways.catalog import route_kinds
from krm_fn.gateways.chains import DEPTH, SELECTED, WAYS, Intermediate, chains
from krm_fn.gateways.routes import routes
from krm_fn.krm.resources import Resources

TRAEFIK = "traefik.io/v1alpha1"
KONG = "incubator.ingress-controller.konghq.com"


def item(api: str, kind: str, name: str, spec: object, where: str = "shop", **annotations: str) -> dict[str, Any]:
    keys = {key.replace("__", "/").replace("_", "."): value for key, value in annotations.items()}
    metadata = {"name": name, "namespace": where, "annotations": keys}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def to(name: str, where: str | None = None) -> dict[str, Any]:
    ref = {"kind": "TraefikService", "name": name}
    return ref | ({"namespace": where} if where else {})


def ingress_route(name: str, *services: object, middlewares: object = None) -> dict[str, Any]:
    rule = {"services": list(services)} | ({"middlewares": middlewares} if middlewares is not None else {})
    return item(TRAEFIK, "IngressRoute", name, {"routes": [rule]})


def weighted(name: str, *services: object, where: str = "shop", api: str = TRAEFIK) -> dict[str, Any]:
    return item(api, "TraefikService", name, {"weighted": {"services": list(services)}}, where)


def facade_path(ref: object) -> dict[str, Any]:
    return {"rules": [{"http": {"paths": [{"path": "/", "backend": {"resource": ref}}]}}]}


def facade(name: str = "shop") -> dict[str, Any]:
    return item(f"{KONG}/v1alpha1", "KongServiceFacade", name, {"backendRef": {"name": "web", "port": 80}})


def named_by_route(ref: object) -> dict[str, Any]:
    return item(GATEWAY_API, "HTTPRoute", "r", {"rules": [{"backendRefs": [ref]}]})


def filtered(ref: object) -> dict[str, Any]:
    return {"rules": [{"filters": [{"type": "ExtensionRef", "extensionRef": ref}]}]}


WEB = {"name": "web", "port": 80}
GATEWAY_API = "gateway.networking.k8s.io/v1"
TOP = weighted("top", WEB)
PAGES = item(TRAEFIK, "Middleware", "pages", {"errors": {"service": WEB}})


def ways_to(name: str, *items: dict[str, Any]) -> list[str]:
    """The ways to the object of that name, each as the names on it."""
    resources = Resources.read(items, "default")
    place = next(one.place for one in resources.items if one.name == name and one.kind not in ("Ingress", "HTTPRoute"))
    return [" ".join(f"{one.name}" for one in chain) for chain in chains(resources).ways.get(place, ())]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([ingress_route("r", to("top")), TOP], ["r"], id="route"),
        pytest.param([TOP, ingress_route("r", to("top"))], ["r"], id="order of the input"),
        pytest.param([ingress_route("a", to("top")), ingress_route("b", to("top")), TOP], ["a", "b"], id="two routes"),
        pytest.param([ingress_route("r", to("top"), to("top")), TOP], ["r"], id="one route twice"),
        pytest.param([ingress_route("r", to("in")), weighted("in", to("top")), TOP], ["r in"], id="over another"),
        pytest.param(
            [ingress_route("r", to("in"), to("top")), weighted("in", to("top")), TOP], ["r"], id="the shortest way"
        ),
        pytest.param(
            [ingress_route("r", to("in")), weighted("in", to("top")), weighted("top", to("in"))], ["r in"], id="circle"
        ),
        pytest.param([weighted("in", to("top")), weighted("top", to("in"))], [], id="circle without a route"),
        pytest.param(
            [ingress_route("r", to("in")), weighted("in", to("in"), to("top")), TOP], ["r in"], id="circle on the way"
        ),
        pytest.param([weighted("in", to("top")), TOP], [], id="named by what no route names"),
        pytest.param([TOP], [], id="not named"),
        pytest.param([ingress_route("r", {"name": "top"}), TOP], [], id="a Service of that name"),
        pytest.param([ingress_route("r", to("top", "far")), TOP], [], id="another namespace"),
        pytest.param(
            [ingress_route("r", to("top", "far")), weighted("top", WEB, where="far")], ["r"], id="across namespaces"
        ),
        pytest.param(
            [ingress_route("r", to("top")), weighted("top", WEB, api="traefik.containo.us/v1alpha1")],
            ["r"],
            id="older group",
        ),
        pytest.param(
            [
                item(
                    GATEWAY_API, "HTTPRoute", "r", {"rules": [{"backendRefs": [to("top") | {"group": "traefik.io"}]}]}
                ),
                TOP,
            ],
            ["r"],
            id="HTTPRoute",
        ),
        pytest.param(
            [item(GATEWAY_API, "HTTPRoute", "r", {"rules": [{"backendRefs": [to("top")]}]}), TOP],
            [],
            id="HTTPRoute without the group",
        ),
        pytest.param(
            [named_by_route(to("top", "other") | {"group": "traefik.io"}), weighted("top", WEB, where="other")],
            ["r"],
            id="HTTPRoute to another namespace",
        ),
        pytest.param(
            [named_by_route(to("top", "other") | {"group": "traefik.io"}), TOP],
            [],
            id="HTTPRoute to a namesake's namespace",
        ),
        *(
            pytest.param(
                [ingress_route("r", to("in")), item(TRAEFIK, "TraefikService", "in", spec), TOP], ["r in"], id=name
            )
            for name, spec in {
                "mirroring": {"mirroring": to("top")},
                "mirrors": {"mirroring": {"name": "web", "mirrors": [to("top")]}},
                "highestRandomWeight": {"highestRandomWeight": {"services": [to("top")]}},
                "failover": {"failover": {"service": WEB, "fallback": to("top")}},
            }.items()
        ),
        pytest.param(
            [ingress_route("r", WEB, middlewares=[{"name": "pages"}]), PAGES | {"spec": {"errors": {}}}, TOP],
            [],
            id="-",
        ),
    ],
)
def test_ways_to_a_traefik_service(items: list[dict[str, Any]], expected: list[str]) -> None:
    assert ways_to("top", *items) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([ingress_route("r", middlewares=[{"name": "pages"}])], ["r"], id="IngressRoute"),
        pytest.param([ingress_route("r", middlewares=[{"name": "pages@file"}])], [], id="of another provider"),
        pytest.param(
            [
                ingress_route("r", middlewares=[{"name": "all"}]),
                item(TRAEFIK, "Middleware", "all", {"chain": {"middlewares": [{"name": "pages"}]}}),
            ],
            ["r all"],
            id="chain",
        ),
        pytest.param(
            [
                item(
                    GATEWAY_API,
                    "HTTPRoute",
                    "r",
                    filtered({"group": "traefik.io", "kind": "Middleware", "name": "pages"}),
                )
            ],
            ["r"],
            id="HTTPRoute",
        ),
        *(
            pytest.param(
                [
                    item(
                        "networking.k8s.io/v1",
                        "Ingress",
                        "r",
                        {},
                        traefik_ingress_kubernetes_io__router_middlewares=value,
                    )
                ],
                expected,
                id=value,
            )
            for value, expected in {
                "other-x@kubernetescrd, shop-pages@kubernetescrd": ["r"],
                "shop-pages@kubernetescrd,other-x@kubernetescrd": ["r"],
                "shop-pages@file": [],
                "pages@kubernetescrd": [],
                "": [],
            }.items()
        ),
    ],
)
def test_ways_to_a_middleware(items: list[dict[str, Any]], expected: list[str]) -> None:
    assert ways_to("pages", *items, PAGES) == expected


def test_an_annotation_names_no_middleware_of_another_product() -> None:
    annotation = {"traefik_ingress_kubernetes_io__router_middlewares": "shop-pages@kubernetescrd"}
    route = item("networking.k8s.io/v1", "Ingress", "r", {}, **annotation)
    foreign = item("example.com/v1", "Middleware", "pages", {})
    assert ways_to("pages", route, PAGES, foreign) == ["r"]
    assert ways_to("pages", route, foreign) == []


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ({"apiGroup": KONG, "kind": "KongServiceFacade", "name": "shop"}, ["i"]),
        ({"apiGroup": KONG, "kind": "KongServiceFacade", "name": "other"}, []),
        ({"apiGroup": "k8s.example.com", "kind": "KongServiceFacade", "name": "shop"}, []),
        ({"kind": "KongServiceFacade", "name": "shop"}, []),
        ("shop", []),
        (None, []),
    ],
)
def test_ways_to_a_facade(ref: object, expected: list[str]) -> None:
    assert ways_to("shop", item("networking.k8s.io/v1", "Ingress", "i", facade_path(ref)), facade()) == expected


CONTOUR = "projectcontour.io/v1"
NGINX = "k8s.nginx.org/v1"
GLOO = "gateway.solo.io/v1"
ROOT = {"virtualhost": {"fqdn": "shop.example.com"}}


def proxy(name: str, spec: dict[str, Any], where: str = "shop") -> dict[str, Any]:
    return item(CONTOUR, "HTTPProxy", name, spec, where)


def including(*names: str, **more: Any) -> dict[str, Any]:
    return {"includes": [dict(zip(("name", "namespace"), name.split("."), strict=False)) for name in names]} | more


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([proxy("r", including("top") | ROOT), proxy("top", {})], ["r"], id="included"),
        pytest.param([proxy("r", including("top.far") | ROOT), proxy("top", {}, "far")], ["r"], id="elsewhere"),
        pytest.param(
            [proxy("r", including("in") | ROOT), proxy("in", including("top")), proxy("top", {})], ["r in"], id="twice"
        ),
        *(
            pytest.param([proxy("r", {"tcpproxy": {field: {"name": "top"}}} | ROOT), proxy("top", {})], ["r"], id=field)
            for field in ("include", "includes")
        ),
        pytest.param([proxy("in", including("top")), proxy("top", {})], [], id="by a child that nobody includes"),
        pytest.param([proxy("r", including("top") | ROOT), proxy("top", ROOT)], [], id="a root includes no root"),
        pytest.param([proxy("r", including("top") | ROOT), proxy("top", {}, "far")], [], id="other namespace"),
        pytest.param([proxy("top", ROOT)], [], id="a root needs nobody"),
    ],
)
def test_ways_to_an_http_proxy(items: list[dict[str, Any]], expected: list[str]) -> None:
    assert ways_to("top", *items) == expected


def test_what_an_http_proxy_leads_to_is_reached_from_a_root() -> None:
    routes_to_web = {"routes": [{"services": [WEB]}]}
    items = [
        proxy("r", including("in", **routes_to_web) | ROOT),
        proxy("in", routes_to_web),
        proxy("alone", routes_to_web),
        item(CONTOUR + "alpha1", "ExtensionService", "auth", {"services": [WEB]}),
    ]
    found = routes(Resources.read(items, "default"))
    assert {b.item.name: b.is_reached for b in found} == {"r": True, "in": True, "alone": False, "auth": True}


def test_ways_to_an_extension_service() -> None:
    asking = {"virtualhost": {"fqdn": "x", "authorization": {"extensionRef": {"name": "auth", "namespace": "far"}}}}
    service = item(CONTOUR + "alpha1", "ExtensionService", "auth", {"services": [WEB]}, "far")
    assert ways_to("auth", proxy("r", asking), service) == ["r"]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({"route": "top"}, ["r"]),
        ({"route": "shop/top"}, ["r"]),
        ({"route": "far/top"}, []),
        ({"routeSelector": {"matchLabels": {"part": "a"}}}, ["r"]),
        ({"routeSelector": {"matchLabels": {"part": "b"}}}, []),
        ({"routeSelector": {"matchLabels": {"part": 7}}}, []),
        ({"routeSelector": "part"}, []),
        ({"action": {"pass": "top"}}, []),
    ],
)
def test_ways_to_a_virtual_server_route(route: object, expected: list[str]) -> None:
    top = item(NGINX, "VirtualServerRoute", "top", {})
    top["metadata"]["labels"] = {"part": "a", "more": "b"}
    assert ways_to("top", item(NGINX, "VirtualServer", "r", {"routes": [route]}), top) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"ref": {"name": "top", "namespace": "far"}}, ["r"]),
        ({"name": "top", "namespace": "far"}, ["r"]),
        ({"ref": {"name": "top", "namespace": "shop"}}, []),
        ({"selector": {"labels": {"part": "a"}, "namespaces": ["far"]}}, ["r"]),
        ({"selector": {"labels": {"part": "a", "more": "b"}, "namespaces": ["*"]}}, ["r"]),
        ({"selector": {"labels": {}, "namespaces": ["far", "shop"]}}, ["r"]),
        ({"selector": {"labels": {"part": "a"}}}, []),
        ({"selector": {"labels": {"part": "a", "more": "c"}, "namespaces": ["far"]}}, []),
        ({"selector": {"labels": {"part": "a"}, "namespaces": ["shop"]}}, []),
        ({"selector": {"labels": {"part": "a"}, "namespaces": [["far"], None]}}, []),
        ({"selector": 7}, []),
    ],
)
def test_ways_to_a_route_table(action: object, expected: list[str]) -> None:
    top = item(GLOO, "RouteTable", "top", {}, "far")
    top["metadata"]["labels"] = {"part": "a", "more": "b"}
    server = item(GLOO, "VirtualService", "r", {"virtualHost": {"routes": [{"delegateAction": action}]}})
    assert ways_to("top", server, top) == expected


def test_each_of_several_selectors_is_followed() -> None:
    def table(name: str, where: str, part: str) -> dict[str, Any]:
        entry = item(GLOO, "RouteTable", name, {}, where)
        return entry | {"metadata": entry["metadata"] | {"labels": {"part": part}}}

    selectors: list[Any] = [
        7,
        {"labels": {"part": ["a"]}, "namespaces": ["far"]},
        {"labels": {"part": "a"}, "namespaces": ["far"]},
    ]
    routed = [{"delegateAction": {"selector": selector}} for selector in selectors]
    server = item(GLOO, "VirtualService", "r", {"virtualHost": {"routes": routed}})
    tables = [table("near", "shop", "a"), table("top", "far", "a"), table("other", "far", "b")]
    found = {name: ways_to(name, server, *tables) for name in ("near", "top", "other")}
    assert found == {"near": [], "top": ["r"], "other": []}


def test_products_beside_each_other() -> None:
    """What one product leads to depends on nothing that another has."""
    middle = weighted("in", to("top"))
    delegate: dict[str, Any] = {"virtualHost": {"routes": [{"delegateAction": {"selector": {}}}]}}
    selecting: dict[str, Any] = {"routes": [{"routeSelector": {"matchLabels": {}}}]}
    package = [
        middle,
        TOP,
        item(NGINX, "VirtualServer", "server", selecting),
        item(NGINX, "VirtualServerRoute", "part", {}),
        item(GLOO, "VirtualService", "service", delegate),
        item(GLOO, "RouteTable", "table", {}, "shop"),
    ]
    found = {name: ways_to(name, *package) for name in ("in", "top", "part", "table")}
    assert found == {"in": [], "top": [], "part": ["server"], "table": ["service"]}


def test_a_selector_is_not_followed_to_thousands() -> None:
    tables = [item(GLOO, "RouteTable", f"t{number}", {}) for number in range(SELECTED + 5)]
    delegate: dict[str, Any] = {"virtualHost": {"routes": [{"delegateAction": {"selector": {}}}]}}
    found = chains(Resources.read([item(GLOO, "VirtualService", "r", delegate), *tables], "default"))
    assert len(found.ways) == SELECTED


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("gateway.envoyproxy.io", "Backend"),
        ("gateway.kgateway.dev", "Backend"),
        ("agentgateway.dev", "AgentgatewayBackend"),
    ],
)
def test_ways_to_a_backend(group: str, kind: str) -> None:
    top = item(f"{group}/v1alpha1", kind, "top", {})
    for said, expected in ((group, ["r"]), ("example.com", [])):
        ref = {"group": said, "kind": kind, "name": "top"}
        route = item(GATEWAY_API, "GRPCRoute", "r", {"rules": [{"backendRefs": [ref]}]})
        assert ways_to("top", route, top) == expected


def test_what_is_missing() -> None:
    found = chains(
        Resources.read(
            [
                ingress_route("r", to("gone"), to("api@internal"), to("top"), WEB, middlewares=[{"name": "gone"}]),
                weighted("top", to("gone", "far")),
                item(
                    "networking.k8s.io/v1",
                    "Ingress",
                    "i",
                    {"defaultBackend": {"resource": {"apiGroup": KONG, "kind": "KongServiceFacade", "name": "no"}}},
                ),
            ],
            "default",
        )
    ).missing
    assert [(one.item.name, one.path, one.kind, one.namespace, one.name) for one in found] == [
        ("i", "spec.defaultBackend.resource", "KongServiceFacade", "shop", "no"),
        ("r", "spec.routes[0].services[0]", "TraefikService", "shop", "gone"),
        ("top", "spec.weighted.services[0]", "TraefikService", "far", "gone"),
    ]


def test_backends_know_their_ways() -> None:
    found = routes(Resources.read([ingress_route("r", to("top"), WEB), TOP, weighted("alone", WEB), PAGES], "default"))
    assert [(b.item.name, [[i.name for i in chain] for chain in b.chains], b.is_reached) for b in found] == [
        ("r", [], True),
        ("top", [["r"]], True),
        ("alone", [], False),
        ("pages", [], True),  # settings of an entry point may bring a Middleware into use
    ]


def test_many_routes_to_one_object_are_not_all_kept() -> None:
    items = [ingress_route(f"r{number}", to("top")) for number in range(WAYS + 5)]
    assert len(ways_to("in", *items, weighted("top", to("in")), weighted("in", WEB))) == WAYS


def test_a_long_chain_is_followed_to_its_end() -> None:
    length = 3 * DEPTH
    items = [weighted(f"t{number}", to(f"t{number + 1}")) for number in range(length)]
    (way,) = ways_to(f"t{length}", ingress_route("r", to("t0")), *items, weighted(f"t{length}", WEB))
    assert way.split()[:2] == ["r", "t0"]
    assert len(way.split()) == DEPTH


HOSTILE: list[Any] = [None, True, 7, "text", [], {}, [None, [], "a"], {"services": 3}, {"name": ["x"]}]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize("kind", ["IngressRoute", "TraefikService", "Middleware"])
def test_any_shape_is_walked(kind: str, value: Any) -> None:
    for spec in (value, {"weighted": value, "routes": value, "mirroring": value, "failover": {"service": value}}):
        found = chains(Resources.read([item(TRAEFIK, kind, "x", spec)], "default"))
        assert not found.ways
        assert not found.missing


def test_each_kind_that_refers_is_a_route_kind() -> None:
    kinds = {route.kind for route, _ in route_kinds()}
    between = [route for route, _ in route_kinds() if isinstance(route, Intermediate)]
    assert between
    for route in between:
        assert route.referred_by
        assert {link.kind for link in route.referred_by} <= kinds
        assert all((link.at is None) == bool(link.annotation) for link in route.referred_by)


@pytest.mark.parametrize(("where", "expected"), [("other", ["r"]), ("shop", [])])
def test_a_backend_of_another_namespace(where: str, expected: list[str]) -> None:
    ref = {"group": "gateway.kgateway.dev", "kind": "Backend", "name": "b", "namespace": "other"}
    backend = item("gateway.kgateway.dev/v1alpha1", "Backend", "b", {"static": {"hosts": []}}, where)
    assert ways_to("b", named_by_route(ref), backend) == expected


def test_a_route_that_names_what_is_not_in_kubernetes() -> None:
    ref = to("top@file") | {"group": "traefik.io"}
    assert ways_to("top@file", named_by_route(ref), weighted("top@file", WEB)) == []
