from __future__ import annotations

import pytest

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
