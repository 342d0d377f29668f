"""URLs and names that lead to a Service, and all those that may as well lead elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.gateways.addresses import ADDRESSES, service_of_url
from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.classes import NOBODY, Presence
from krm_fn.gateways.routes import walked
from krm_fn.krm.resources import Resources

THERE = {("shop", "auth"), ("svc", "auth")}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://auth.far.svc.cluster.local/check", ("far", "auth", 80, False)),
        ("http://auth.far.svc.cluster.local./check", ("far", "auth", 80, False)),
        ("https://auth.far.svc:8443/check?rd=$escaped_request_uri", ("far", "auth", 8443, False)),
        ("HTTPS://Auth.Far.svc", ("far", "auth", 443, False)),
        ("http://me:secret@auth.far.svc/", ("far", "auth", 80, False)),
        ("http://auth.shop/check", ("shop", "auth", 80, False)),
        ("http://auth.shop.svc.k8s.example.com", ("shop", "auth", 80, False)),
        ("http://auth:8080", ("shop", "auth", 8080, True)),
        ("http://my-auth.far-away.svc", ("far-away", "my-auth", 80, False)),
        ("http://auth.far.svc?rd=1", ("far", "auth", 80, False)),
        ("https://auth.far.svc/start?rd=http://www.example.com/", ("far", "auth", 443, False)),
    ],
)
def test_a_service(url: str, expected: tuple[str, str, int, bool]) -> None:
    assert service_of_url(url, "shop", lambda *key: key in THERE) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "auth.far.svc",
        "//auth.far.svc",
        "ftp://auth.far.svc",
        "http://",
        "http://.far.svc",
        "http://auth.example.com",
        "http://auth.far",
        "http://auth",
        "http://auth.far.svc.example.com",
        "http://auth.shop.svc.80.mesh",
        "http://auth.shop.svc.80",
        "http://-",
        "http://---.far.svc",
        "http://a.b.c.svc.cluster.local",
        "http://auth.shop.pod.cluster.local",
        "http://$host/check",
        "http://auth.$ns.svc/check",
        "http://10.0.0.1/check",
        "http://[::1]/check",
        "http://auth.far.svc:http",
        "http://auth.far.svc:123456",
        "http://auth_far.svc",
        "http://..svc",
    ],
)
def test_nobody_knows(url: str) -> None:
    named = {("example", "auth"), ("web", "x"), ("shop", "auth"), ("other", "-")}
    assert service_of_url(url, "other", lambda *key: key in named) is None


def ingress(klass: str, **annotations: str) -> dict[str, Any]:
    keys = {f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "i", "namespace": "shop", "annotations": keys},
        "spec": {"ingressClassName": klass},
    }


def middleware(address: object) -> dict[str, Any]:
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": "m", "namespace": "shop"},
        "spec": {"forwardAuth": {"address": address}},
    }


CLASS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "edge"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}
URL = "http://auth.shop.svc/check"


def read(*items: dict[str, Any], presence: Presence = NOBODY) -> list[tuple[tuple[str, ...], str, str, bool]]:
    found = walked(Resources.read(items, "default"), presence).addressed
    return [(one.products, one.key, f"{one.namespace}/{one.service}:{one.port}", one.to_pods) for one in found]


def test_of_an_ingress() -> None:
    assert read(CLASS, ingress("edge", auth_url=URL, mirror_target=URL, default_backend="pages")) == [
        (("ingress-nginx",), "auth-url", "shop/auth:80", False),
        (("ingress-nginx",), "mirror-target", "shop/auth:80", False),
        (("ingress-nginx",), "default-backend", "shop/pages:None", True),
    ]


def test_of_a_class_that_two_products_serve_only_the_reader_counts() -> None:
    assert read(ingress("nginx", auth_url=URL)) == [(("ingress-nginx",), "auth-url", "shop/auth:80", False)]


def test_of_traefik_in_the_guise_of_ingress_nginx() -> None:
    guise = Presence(modes=(("traefik", ("kubernetesIngressNGINX",)),))
    found = walked(Resources.read([CLASS, ingress("edge", auth_url=URL)], "default"), guise).addressed
    assert [(one.products, one.basis, one.via, one.modes) for one in found] == [
        (("traefik",), "controller", "edge", (("traefik", "kubernetesIngressNGINX"),))
    ]


def test_of_a_middleware() -> None:
    assert read(middleware(URL)) == [(("traefik",), "spec.forwardAuth.address", "shop/auth:80", False)]


def holder(api: str, kind: str, spec: object) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "h", "namespace": "shop"}, "spec": spec}


HOST = "auth.shop.svc.cluster.local"
ENVOY = "gateway.envoyproxy.io/v1alpha1"


@pytest.mark.parametrize(
    ("api", "kind", "spec", "product", "field"),
    [
        (ENVOY, "Backend", {"endpoints": [{"ip": {}}, {"fqdn": {"hostname": HOST, "port": 80}}]}, "envoy-gateway",
         "spec.endpoints[1].fqdn.hostname"),
        ("gateway.kgateway.dev/v1alpha1", "Backend", {"static": {"hosts": [{"host": HOST, "port": 80}]}}, "kgateway",
         "spec.static.hosts[0].host"),
        ("agentgateway.dev/v1alpha1", "AgentgatewayBackend", {"static": {"host": HOST, "port": 80}}, "agentgateway",
         "spec.static.host"),
        ("gloo.solo.io/v1", "Upstream", {"static": {"hosts": [{"addr": HOST, "port": 80}]}}, "gloo-edge",
         "spec.static.hosts[0].addr"),
        ("apisix.apache.org/v2", "ApisixUpstream",
         {"externalNodes": [{"type": "Service", "name": HOST}, {"type": "Domain", "name": HOST, "port": 80}]},
         "apisix", "spec.externalNodes[1].name"),
    ],
)  # fmt: skip
def test_of_what_holds_hosts(api: str, kind: str, spec: object, product: str, field: str) -> None:
    found = walked(Resources.read([holder(api, kind, spec)], "default")).addressed
    assert [(one.products, one.field, f"{one.namespace}/{one.service}:{one.port}") for one in found] == [
        ((product,), field, "shop/auth:80")
    ]


def test_a_host_elsewhere_beside_one_that_names_a_service() -> None:
    hosts = ["www.example.com", HOST, "other.far.svc"]
    spec = {"endpoints": [{"fqdn": {"hostname": host, "port": 80}} for host in hosts]}
    assert [service for _, _, service, _ in read(holder(ENVOY, "Backend", spec))] == ["shop/auth:80", "far/other:80"]


def test_a_bare_host_names_a_service_of_the_same_namespace() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "auth", "namespace": "shop"}}
    backend = holder(ENVOY, "Backend", {"endpoints": [{"fqdn": {"hostname": "auth", "port": 80}}]})
    found = walked(Resources.read([service, backend], "default")).addressed
    assert [(one.namespace, one.service, one.port, one.bare) for one in found] == [("shop", "auth", 80, True)]
    assert read(backend) == []


@pytest.mark.parametrize(
    "fqdn",
    [
        {"hostname": "www.example.com", "port": 80},
        {"hostname": f"http://{HOST}", "port": 80},
        {"hostname": f"{HOST}:80"},
        {"hostname": ["auth"]},
        {"hostname": ""},
        {"port": 80},
        "auth.shop.svc",
        None,
    ],
    ids=str,
)
def test_hosts_that_name_no_service(fqdn: object) -> None:
    assert read(holder(ENVOY, "Backend", {"endpoints": [{"fqdn": fqdn}]})) == []


def test_a_port_that_is_no_number_is_unknown() -> None:
    spec = {"endpoints": [{"fqdn": {"hostname": HOST, "port": "80"}}]}
    [found] = read(holder(ENVOY, "Backend", spec))
    assert found == (("envoy-gateway",), "spec.endpoints[].fqdn.hostname", "shop/auth:None", False)


@pytest.mark.parametrize(
    "item",
    [
        ingress("traefik", auth_url=URL),  # Traefik reads it in the mode that imitates ingress-nginx
        ingress("kong", auth_url=URL, default_backend="pages"),
        ingress("nobodys", auth_url=URL),
        ingress("nginx", default_backend="no/name"),
        ingress("nginx", default_backend=""),
        ingress("nginx", auth_url="https://login.example.com"),
        middleware("https://login.example.com"),
        middleware(None),
        middleware([URL]),
        middleware({"address": URL}),
    ],
)
def test_left_alone(item: dict[str, Any]) -> None:
    assert read(item) == []


def test_readers_are_in_the_catalog() -> None:
    for address in ADDRESSES:
        for product_id, mode in address.readers:
            product = products_by_id()[product_id]
            assert any(route.kind == address.kind for route in product.routes)
            assert not mode or any(one.id == mode for one in product.modes)
