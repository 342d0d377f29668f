from __future__ import annotations

from krm_fn.rules.recognition import backends_of, presence_of, recognised
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
