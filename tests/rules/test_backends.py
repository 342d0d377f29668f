from __future__ import annotations

import pytest

from krm_fn.gateways.classes import BY_CLASS_NAME, BY_CONTROLLER
from krm_fn.rules.backends import Facts, concerns_a_mesh
from tests.rules.tools import INJECTED, config, deployment, namespace, package, service

OFF = "kuma.io/sidecar-injection: disabled"


@pytest.mark.parametrize(
    ("text", "spec", "expected"),
    [
        (service(), "{}", "cluster"),
        (service(spec="clusterIP: None"), "{}", "headless"),
        (service(spec="type: ExternalName"), "{}", "external"),
        (service("other"), "{}", "absent"),
        ("", "externalNames: [{name: web, namespace: shop, hostname: a.b}]", "external"),
    ],
)
def test_what_a_service_is(text: str, spec: str, expected: str) -> None:
    setup = config(spec)
    assert Facts(package(text, setup), setup).state("shop", "web") == expected


def test_whether_the_package_has_a_service() -> None:
    setup = config("externalNames: [{name: declared, namespace: shop, hostname: a.b}]")
    facts = Facts(package(service(), setup), setup)
    assert facts.has_service("shop", "web")
    assert not facts.has_service("shop", "declared")
    assert not facts.has_service("web", "shop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (namespace(), True),
        (namespace(labels=OFF) + deployment(labels=INJECTED), True),
        (namespace(labels="") + deployment(), False),
        ("", False),
    ],
)
def test_whether_a_mesh_is_concerned(text: str, expected: bool) -> None:
    setup = config()
    assert concerns_a_mesh(package(text, setup), setup) is expected


NGINX = deployment("nginx", "edge", image="registry.k8s.io/ingress-nginx/controller:v1.13.2")


@pytest.mark.parametrize(
    ("products", "basis", "expected"),
    [
        pytest.param("traefik", BY_CLASS_NAME, "traefik", id="the only one"),
        pytest.param("kong-kic haproxy-ingress", BY_CLASS_NAME, "kong-kic haproxy-ingress", id="one annotation"),
        pytest.param("traefik pomerium", BY_CLASS_NAME, "", id="nobody knows which"),
        pytest.param("haproxy-ingress pomerium", BY_CLASS_NAME, "", id="other annotations"),
        pytest.param("traefik pomerium", BY_CONTROLLER, "traefik pomerium", id="each named by its controller"),
        pytest.param("traefik ingress-nginx", BY_CLASS_NAME, "ingress-nginx", id="one is here"),
        pytest.param("traefik ingress-nginx", BY_CONTROLLER, "ingress-nginx", id="one is here, the other elsewhere"),
        pytest.param("", BY_CLASS_NAME, "", id="none"),
    ],
)
def test_which_products_settings_are_written_for(products: str, basis: str, expected: str) -> None:
    setup = config()
    assert Facts(package(NGINX, setup), setup).chosen_of(tuple(products.split()), basis) == tuple(expected.split())


def test_the_products_that_a_person_names_are_the_only_ones() -> None:
    setup = config("serviceUpstream: {products: [traefik, ingress-nginx]}")
    facts = Facts(package(NGINX, setup), setup)
    assert facts.chosen_of(("pomerium", "traefik"), BY_CONTROLLER) == ("traefik",)
    assert facts.chosen_of(("pomerium",), BY_CONTROLLER) == ()
