"""Settings that somebody made in an object, in the environment or in the arguments of a product's pods."""

from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import ALTERNATIVE, Product, Switch
from krm_fn.rules.other_switches import some_switch_is_on
from krm_fn.rules.recognition import backends_of
from tests.rules.tools import config, deployment, package, service

ROUTE = """
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: web, namespace: shop}
spec: {routes: [{match: Host(`a`), services: [{name: web, port: 80}]}]}
"""
OBJECT = """
---
apiVersion: example.com/v1
kind: Options
metadata: {name: all, namespace: shop}
spec: {upstream: %s}
"""


def traefik(*switches: Switch) -> Product:
    """Traefik as if it had these settings and no others."""
    return products_by_id()["traefik"].replace(switches=switches)


def pod(fields: str, image: str = "docker.io/traefik:v3.3") -> str:
    labelled = deployment("traefik", labels="app.kubernetes.io/name: traefik", image=image)
    return labelled.replace('image: "', f'{fields}, image: "')


def is_on(switch: Switch, text: str) -> bool:
    setup = config("serviceUpstream: {products: [traefik]}")
    resources = package(service() + ROUTE + text, setup)
    (backend,) = backends_of(resources, setup)
    return some_switch_is_on(traefik(switch), backend, resources)


VARIABLE = Switch("environment", "traefik", "DIAL_SERVICES", "yes")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (pod("env: [{name: DIAL_SERVICES, value: 'yes'}]"), True),
        (pod("env: [{name: A, value: b}, {name: DIAL_SERVICES, value: 'yes'}]"), True),
        (pod("env: [{name: DIAL_SERVICES, value: 'no'}]"), False),
        (pod("env: [{name: DIAL_SERVICES, value: 'no'}, {name: DIAL_SERVICES, value: 'yes'}, {name: A}]"), True),
        (pod("env: [{name: DIAL_SERVICES, value: 'yes'}, {name: DIAL_SERVICES, value: 'no'}]"), False),
        (pod("env: [{name: DIAL_SERVICES, value: 'yes'}, {name: DIAL_SERVICES, valueFrom: {}}]"), False),
        (pod("env: [{name: dial_services, value: 'yes'}]"), False),
        (pod("env: [{name: DIAL_SERVICES}, x, null]"), False),
        (pod("env: {DIAL_SERVICES: 'yes'}"), False),
        (pod("args: [DIAL_SERVICES=yes]"), False),
        (pod("env: [{name: DIAL_SERVICES, value: 'yes'}]", image="other:1").replace("name: traefik", "name: x"), False),
        ("", False),
    ],
)
def test_the_environment(text: str, found: bool) -> None:
    assert is_on(VARIABLE, text) is found


FLAG = Switch("controller", "traefik", "--Dial-Services", "true")
WORD = Switch("configuration", "traefik", "dial", "service")


@pytest.mark.parametrize(
    ("switch", "text", "found"),
    [
        (FLAG, pod("args: [--dial-services]"), True),
        (FLAG, pod("args: [-dial-services=true]"), True),
        (FLAG, pod("command: [traefik, --DIAL-SERVICES=True]"), True),
        (FLAG, pod("args: [--dial-services=false]"), False),
        (FLAG, pod("args: [--dial-services-not]"), False),
        (FLAG, pod("args: [7, null, {a: b}]"), False),
        (FLAG, pod("args: --dial-services"), False),
        (FLAG, pod("env: [{name: --dial-services, value: 'true'}]"), False),
        (WORD, pod("args: [--dial=service]"), True),
        (WORD, pod("args: [--dial]"), False),
        (WORD, pod("args: [--dial=endpoints]"), False),
        (WORD.replace(purpose=ALTERNATIVE), pod("args: [--dial=service]"), True),
        (WORD.replace(purpose="other"), pod("args: [--dial=service]"), False),
        (WORD.replace(routes=("IngressRoute",)), pod("args: [--dial=service]"), True),
        (WORD.replace(routes=("Ingress",)), pod("args: [--dial=service]"), False),
    ],
)
def test_the_arguments(switch: Switch, text: str, found: bool) -> None:
    assert is_on(switch, text) is found


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [("service", "Options", True), ("endpoints", "Options", False), ("service", "Choices", False)],
)
def test_an_object_that_configures_the_product(value: str, kind: str, found: bool) -> None:
    switch = Switch("proxy", kind, "spec.upstream", "service")
    assert is_on(switch, OBJECT % value) is found


def test_without_settings_none_is_on() -> None:
    setup = config("serviceUpstream: {products: [traefik]}")
    resources = package(service() + ROUTE + pod("args: [--dial-services]"), setup)
    (backend,) = backends_of(resources, setup)
    assert not some_switch_is_on(traefik(), backend, resources)
