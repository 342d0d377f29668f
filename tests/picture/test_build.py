"""krm_fn.picture.build: gateways of every sort are boxes, also those that nothing leads to."""

from __future__ import annotations

from pathlib import Path

from krm_fn.explaining.decisions import decisions_of
from krm_fn.files.preview import preview
from krm_fn.krm.outcome import INFO
from krm_fn.picture.build import ALL_GATEWAYS, Scope, graph_of
from krm_fn.picture.graph import GATEWAY, Graph, Node
from krm_fn.picture.html import html

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {kuma.io/sidecar-injection: enabled}}\n"
OPERATED = """\
apiVersion: gateway-operator.konghq.com/v1beta1
kind: DataPlane
metadata: {name: edge, namespace: shop}
spec: {deployment: {podTemplateSpec: {spec: {containers: [{name: proxy}]}}}}
"""
MARKED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: own, namespace: shop}
spec:
  template:
    metadata: {labels: {app: own}, annotations: {kuma.io/gateway: enabled}}
    spec: {containers: [{name: app, image: app}]}
"""


def drawn(directory: Path, *documents: str, scope: Scope = ALL_GATEWAYS) -> Graph:
    (directory / "a.yaml").write_text("---\n".join(documents))
    decisions = decisions_of(preview([str(directory)], told=INFO))
    assert decisions is not None
    return graph_of(decisions, scope)


def gateways(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.kind == GATEWAY]


def test_a_gateway_that_an_operator_makes(tmp_path: Path) -> None:
    [node] = gateways(drawn(tmp_path, NAMESPACE, OPERATED))
    assert (node.title, node.namespace, node.mesh, node.detail) == ("edge", "shop", "default", "DataPlane shop/edge")
    assert node.subtitle.endswith(", by DataPlane")
    [outside] = gateways(drawn(tmp_path, OPERATED))
    assert (outside.mesh, outside.subtitle.endswith(", by DataPlane, in no mesh")) == ("", True)


def test_a_gateway_of_no_known_product(tmp_path: Path) -> None:
    [node] = gateways(drawn(tmp_path, NAMESPACE, MARKED))
    assert (node.title, node.subtitle, node.mesh) == ("own", "delegated gateway", "default")
    assert gateways(drawn(tmp_path, NAMESPACE, MARKED, scope=Scope(gateway="OWN"))) == [node]
    assert drawn(tmp_path, NAMESPACE, MARKED, scope=Scope(gateway="other")).nodes == ()
    assert gateways(drawn(tmp_path, NAMESPACE, MARKED, scope=Scope(namespace="other"))) == []


def test_a_page_without_routes_says_so(tmp_path: Path) -> None:
    graph = drawn(tmp_path, NAMESPACE, MARKED)
    assert "<p>No route leads to a Service.</p>" in html(graph)
    assert graph.notes == ("no route of the package leads to a Service",)
    narrowed = drawn(tmp_path, NAMESPACE, MARKED, scope=Scope(namespace="shop"))
    assert narrowed.notes == ("no route of the package leads to a Service in what was asked for",)
