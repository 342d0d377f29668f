from __future__ import annotations

import pytest

from krm_fn.rules.recognition import addressed_by, backends_of, looks_up_in, presence_of, recognised
from tests.rules.tools import config, deployment, ingress, package, service

NGINX = deployment("nginx", image="registry.k8s.io/ingress-nginx/controller:v1.11.3")


def test_products_of_a_package() -> None:
    setup = config()
    resources = package(NGINX + deployment() + service() + ingress(), setup)
    ((workload, recognition),) = recognised(resources).values()
    assert (workload.item.name, recognition.product) == ("nginx", "ingress-nginx")
    assert presence_of(resources, setup).products == {"ingress-nginx"}
    (backend,) = backends_of(resources, setup)
    assert (backend.service, backend.products) == ("web", ("ingress-nginx",))


def test_products_that_the_configuration_names() -> None:
    setup = config("serviceUpstream: {products: [traefik]}")
    resources = package(deployment(), setup)
    assert recognised(resources) == {}
    assert presence_of(resources, setup).products == {"traefik"}
    assert backends_of(resources, setup) == ()


# --- Where the proxies look a bare name up ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(NGINX, True, id="one proxy there"),
        pytest.param(NGINX + NGINX.replace("name: nginx", "name: other", 1), True, id="two proxies there"),
        pytest.param(NGINX + deployment("t", "edge", image="traefik:v3.3"), True, id="another product elsewhere"),
        pytest.param(NGINX.replace("namespace: shop", "namespace: edge"), False, id="elsewhere"),
        pytest.param(NGINX + NGINX.replace("namespace: shop", "namespace: edge"), False, id="in two Namespaces"),
        pytest.param(deployment(), False, id="none in the package"),
    ],
)
def test_where_a_bare_name_is_looked_up(text: str, expected: bool) -> None:
    assert looks_up_in("shop", "ingress-nginx", package(text)) is expected


def test_a_controller_beside_no_proxy_looks_nothing_up() -> None:
    controller = deployment("controller", image="envoyproxy/gateway:v1.5.0")
    assert not looks_up_in("shop", "envoy-gateway", package(controller))


# --- Backends behind a detour -----------------------------------------------------------------------------------------
BY_NAME = "serviceUpstream: {fallback: externalName}"
DETOUR = ingress(backend="web-mesh")


@pytest.mark.parametrize(
    ("text", "spec", "expected"),
    [
        pytest.param(service() + DETOUR, BY_NAME, ("web", "web-mesh"), id="the Service of a detour"),
        pytest.param(service() + DETOUR, "{}", ("web-mesh", ""), id="no detours asked for"),
        pytest.param(service() + ingress(), BY_NAME, ("web", ""), id="an ordinary name"),
        pytest.param(ingress(), BY_NAME, ("web", ""), id="no Service at all"),
        pytest.param(DETOUR, BY_NAME, ("web-mesh", ""), id="no Service behind it"),
        pytest.param(service(where="edge") + DETOUR, BY_NAME, ("web-mesh", ""), id="one in another Namespace"),
        pytest.param(service() + service("web-mesh") + DETOUR, BY_NAME, ("web-mesh", ""), id="a Service of that name"),
        pytest.param(
            service() + DETOUR,
            BY_NAME + "\nexternalNames: [{name: web-mesh, namespace: shop, hostname: a.mesh}]",
            ("web-mesh", ""),
            id="declared by the user",
        ),
        pytest.param(
            service() + DETOUR,
            BY_NAME + "\nexternalNames: [{name: web-mesh, namespace: edge, hostname: a.mesh}]",
            ("web", "web-mesh"),
            id="declared elsewhere",
        ),
    ],
)
def test_which_service_a_reference_means(text: str, spec: str, expected: tuple[str, str]) -> None:
    setup = config(spec)
    (backend,) = backends_of(package(text, setup), setup)
    assert (backend.service, backend.detour) == expected


def test_backends_in_annotations() -> None:
    mirror = 'nginx.ingress.kubernetes.io/mirror-target: "http://web.shop.svc.cluster.local/copy"'
    (found,) = addressed_by(package(NGINX + service() + ingress(annotations=mirror)), config())
    assert (found.namespace, found.service, found.products) == ("shop", "web", ("ingress-nginx",))
    assert addressed_by(package(NGINX + service() + ingress()), config()) == ()
