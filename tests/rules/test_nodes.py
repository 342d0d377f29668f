"""Labels of Nodes that become tags of Dataplanes."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.rules.conversion import DATAPLANE_FAILED, Package
from krm_fn.rules.membership import members
from tests.rules.tools import config, namespace, package

POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {kuma.io/sidecar-injected: "true"}}
spec: {nodeName: n1, containers: [{name: web}, {name: kuma-sidecar}]}
status: {podIP: 10.0.0.1}
"""
NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: %s, labels: {topology.kubernetes.io/zone: %s, other: x}}
"""
ZONE = "topology.kubernetes.io/zone"


def made(text: str) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """The tags of the one Dataplane, and what is said with a field."""
    setup = config()
    resources = package(namespace() + text, setup)
    (one,) = Package(resources, setup).made(list(members(resources, setup).values()))
    tags = [data["spec"]["networking"]["inbound"][0]["tags"] for data in one.dataplanes]
    return (tags[0] if tags else None), [(result.code, result.field or "") for result in one.results]


@pytest.mark.parametrize(
    ("nodes", "zone"),
    [("", None), (NODE % ("n1", "a"), "a"), (NODE % ("n0", "b") + NODE % ("n1", "a"), "a")],
)
def test_the_zone_of_the_node(nodes: str, zone: str | None) -> None:
    """A package without any Node does not tell; that is no error."""
    tags, _ = made(POD + nodes)
    assert tags is not None
    assert tags.get(ZONE) == zone
    assert "other" not in tags


def test_a_node_that_is_missing_among_others_is_kumas_error() -> None:
    tags, said = made(POD + NODE % ("n0", "b"))
    assert tags is None
    assert said == [(DATAPLANE_FAILED, "spec.nodeName")]
