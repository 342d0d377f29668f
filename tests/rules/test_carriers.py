from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import OWN_PODS
from krm_fn.rules.carriers import carriers, shared_switches
from krm_fn.rules.recognition import backends_of
from tests.rules.tools import config, deployment, ingress, package, service

CLASS = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec:
  controller: ingress-controllers.konghq.com/kong
  parameters: %s
"""
PARAMETERS = """
---
apiVersion: configuration.konghq.com/v1alpha1
kind: IngressClassParameters
metadata: {name: all, namespace: edge}
spec: {%s}
"""
REFERENCE = "{apiGroup: configuration.konghq.com, kind: IngressClassParameters, name: all, namespace: edge}"


def of(product_id: str, text: str) -> list[tuple[object, bool]]:
    """What the carriers for the only backend say."""
    setup = config(f"serviceUpstream: {{products: [{product_id}]}}")
    resources = package(service() + text, setup)
    (backend,) = backends_of(resources, setup)
    product = products_by_id()[product_id]
    switches = shared_switches(product, backend)
    found = [carrier for switch in switches for carrier in carriers(switch, product, backend, resources)]
    return [(carrier.value, carrier.is_on) for carrier in found]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", (None, False)),
        ("serviceUpstream: true", (True, True)),
        ("serviceUpstream: false", (False, False)),
        ('serviceUpstream: "true"', ("true", False)),
        ("serviceUpstream: 1", (1, False)),
        ("other: {}", (None, False)),
    ],
)
def test_what_parameters_of_a_class_say(said: str, expected: tuple[object, bool]) -> None:
    assert of("kong-kic", CLASS % REFERENCE + PARAMETERS % said + ingress(klass="kong")) == [expected]


@pytest.mark.parametrize(
    "reference",
    [
        "null",
        "text",
        "[]",
        "{}",
        REFERENCE.replace("name: all", "name: other"),
        REFERENCE.replace("name: all", "name: [all]"),
        REFERENCE.replace("edge", "shop"),
        REFERENCE.replace("konghq.com", "example.com"),
        REFERENCE.replace("IngressClassParameters", "ConfigMap"),
    ],
)
def test_parameters_that_are_none(reference: str) -> None:
    assert of("kong-kic", CLASS % reference + PARAMETERS % "" + ingress(klass="kong")) == []


def conf(argument: str, name: str = "conf") -> str:
    image = "registry.k8s.io/ingress-nginx/controller:v1.13.2"
    controller = deployment("controller", "edge", image=image).replace("{name: ", f"{{args: [{argument}], name: ")
    return f"{controller}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: edge}}\n"


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("--configmap=edge/conf", 1),
        ('"--configmap=$(POD_NAMESPACE)/conf"', 1),
        ("--configmap, edge/conf", 1),
        ("--configmap=conf", 1),
        ("--configmap=other/conf", 0),
        ("--configmap=edge/", 0),
        ("--configmap", 0),
        ("--config=edge/conf", 0),
        ("1, null, {}", 0),
    ],
)
def test_the_config_map_that_a_flag_names(argument: str, found: int) -> None:
    assert len(of("ingress-nginx", conf(argument) + ingress())) == found


def test_a_mode_has_settings_of_its_own() -> None:
    traefik = deployment("traefik", "edge", image="docker.io/traefik:v3.5.0").replace(
        "{name: ", "{args: [--providers.kubernetesingress, --providers.kubernetesingressnginx], name: "
    )
    assert of("traefik", traefik + ingress(klass="traefik")) == [(None, False)]
    assert of("traefik", traefik + ingress()) == []


def test_each_provider_of_traefik_has_an_argument() -> None:
    switches = [switch for switch in products_by_id()["traefik"].switches if switch.found_by == OWN_PODS]
    kinds = [kind for switch in switches for kind in switch.routes]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == {route.kind for route in products_by_id()["traefik"].routes}
