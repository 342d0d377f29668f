"""``krm-fn graph``: which ways there are, by which status, in which scope; and where it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from krm_fn.commands import cli
from krm_fn.explaining.decisions import decisions_of
from krm_fn.files.find import FileError
from krm_fn.files.preview import preview
from krm_fn.picture.build import ALL_GATEWAYS, Scope, graph_of
from krm_fn.picture.graph import BYPASS, GATEWAY, MESH, OTHERS, OUTSIDE, REMOTE, ROUTE, UNKNOWN, WORKLOAD, Graph

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "fixtures" / "demo" / "package"
REAL = ROOT.parent / "shared" / "real"


def draw(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["graph", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)


def graph(path: Path, scope: Scope = ALL_GATEWAYS) -> Graph:
    decisions = decisions_of(preview([str(path)]))
    assert decisions is not None
    return graph_of(decisions, scope)


def statuses(drawn: Graph) -> dict[str, str]:
    return {way.service: way.status for way in drawn.ways}


def namespace(name: str, label: str = "enabled") -> str:
    return (
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{kuma.io/sidecar-injection: {label}}}}}\n"
    )


def workload(name: str, where: str = "shop", container: str = "{name: app, image: app}") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {where}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{app: {name}}}
      annotations: {{kuma.io/gateway: {"enabled" if name == "proxy-kong" else '""'}}}
    spec: {{containers: [{container}]}}
"""


def service(name: str, where: str = "shop", more: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {where}}}
spec:
  {more}
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
"""


def route(name: str, where: str = "shop", of_class: str = "kong", to: str = "") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: {where}}}
spec: {{ingressClassName: {of_class}, defaultBackend: {{service: {{name: {to or name}, port: {{number: 80}}}}}}}}
"""


CLASS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec: {controller: ingress-controllers.konghq.com/kong}
"""


def kong(label: str = "enabled") -> list[str]:
    return [namespace("edge", label), workload("proxy-kong", "edge", "{name: proxy, image: 'kong:3.9'}"), CLASS]


def package(tmp_path: Path, *documents: str) -> Path:
    (tmp_path / "a.yaml").write_text("---\n".join(documents))
    return tmp_path


SHOP = (namespace("shop"), workload("web"), service("web"), route("web"))


# --- Ways -------------------------------------------------------------------------------------------------------------
def test_the_demo() -> None:
    drawn = graph(DEMO)
    assert statuses(drawn) == {
        "kuma-demo/demo-app:http": MESH,
        "kuma-demo/manual:80": OUTSIDE,
        "kuma-demo/kv:5050": MESH,
    }
    assert [(node.title, node.mesh) for node in drawn.nodes if node.kind == GATEWAY] == [("proxy-kong", "default")]
    assert all(way.place.startswith(str(DEMO)) for way in drawn.ways)
    assert "zone-1" in drawn.title


def test_as_is_shows_what_the_package_does_without_krm_fn() -> None:
    assert set(statuses(graph(DEMO, Scope(as_is=True))).values()) == {OUTSIDE}


def test_a_headless_service_is_bypassed_up_to_its_pods(tmp_path: Path) -> None:
    documents = (*kong(), namespace("shop"), workload("web"), service("web", more="clusterIP: None"), route("web"))
    drawn = graph(package(tmp_path, *documents))
    assert [way.status for way in drawn.ways] == [BYPASS]
    ids = {node.title: node.id for node in drawn.nodes if node.kind == WORKLOAD}
    assert {edge.status for edge in drawn.edges if edge.target == ids["web"]} == {BYPASS}


def test_a_class_that_nobody_knows_is_unknown(tmp_path: Path) -> None:
    documents = (namespace("shop"), workload("web"), service("web"), route("web", of_class="mystery"))
    drawn = graph(package(tmp_path, *documents))
    assert [(way.status, way.gateway) for way in drawn.ways] == [(UNKNOWN, "unknown (mystery)")]
    assert [(node.title, node.absent) for node in drawn.nodes if node.kind == GATEWAY] == [("unknown gateway", True)]


def test_a_gateway_outside_of_the_package_is_drawn_as_absent(tmp_path: Path) -> None:
    drawn = graph(package(tmp_path, CLASS, *SHOP))
    gateways = [node for node in drawn.nodes if node.kind == GATEWAY]
    assert gateways
    assert all(node.absent for node in gateways)
    assert {way.status for way in drawn.ways} == {MESH}
    assert "the package does not show" in drawn.ways[0].how


def test_a_gateway_without_a_sidecar_goes_past_the_mesh(tmp_path: Path) -> None:
    drawn = graph(package(tmp_path, *kong("disabled"), *SHOP))
    assert [way.status for way in drawn.ways] == [BYPASS]
    assert drawn.ways[0].how.startswith("the gateway itself is in no mesh")


def test_a_gateway_in_another_mesh_is_not_through_the_mesh(tmp_path: Path) -> None:
    blue = namespace("shop").replace("enabled}", "enabled, kuma.io/mesh: blue}")
    drawn = graph(package(tmp_path, *kong(), blue, *SHOP[1:]))
    assert [way.status for way in drawn.ways] == [BYPASS]
    assert drawn.ways[0].how.startswith("the gateway itself is in mesh default, the pods behind it in mesh blue")


def test_nothing_in_a_mesh_is_outside_not_empty(tmp_path: Path) -> None:
    drawn = graph(package(tmp_path, *kong("disabled"), namespace("shop", "disabled"), *SHOP[1:]))
    assert [way.status for way in drawn.ways] == [OUTSIDE]


def test_one_service_of_two_routes_is_one_box(tmp_path: Path) -> None:
    drawn = graph(package(tmp_path, *kong(), *SHOP, route("more", to="web")))
    assert len(drawn.ways) == 2
    assert sum(node.title == "web" and node.kind == "service" for node in drawn.nodes) == 1
    assert sum(node.kind == ROUTE for node in drawn.nodes) == 2


def test_a_generated_external_name_leads_to_its_zone(tmp_path: Path) -> None:
    (tmp_path / "krm-fn.yaml").write_text(
        "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: setup}\nspec:\n  externalNames:\n"
        "  - {name: east, namespace: shop, meshService: {name: web, namespace: shop, port: 80, zone: east}}\n"
    )
    drawn = graph(package(tmp_path, *kong(), *SHOP, route("away", to="east")))
    remote = [node for node in drawn.nodes if node.kind == REMOTE]
    assert [node.subtitle for node in remote] == ["mesh hostname, zone east"]
    assert "east" in remote[0].title


# --- Scope ------------------------------------------------------------------------------------------------------------
def test_workloads_without_a_route_are_one_box_unless_all_are_asked_for(tmp_path: Path) -> None:
    directory = package(tmp_path, *kong(), *SHOP, workload("a"), workload("b"), service("b"))
    folded = [node for node in graph(directory).nodes if node.kind == OTHERS]
    assert [(node.title, node.namespace) for node in folded] == [("2 workloads, no route", "shop")]
    everything = graph(directory, Scope(everything=True))
    assert not [node for node in everything.nodes if node.kind == OTHERS]
    assert {node.title for node in everything.nodes if node.kind == WORKLOAD} == {"web", "a", "b"}


def test_namespace_and_gateway_narrow_it(tmp_path: Path) -> None:
    other = (namespace("cart"), workload("cart", "cart"), service("cart", "cart"), route("cart", "cart"))
    strange = route("strange", of_class="mystery", to="web")
    directory = package(tmp_path, *kong(), *SHOP, *other, strange)
    assert set(statuses(graph(directory, Scope(namespace="cart")))) == {"cart/cart:80"}
    assert set(statuses(graph(directory, Scope(namespace="edge")))) == {"cart/cart:80", "shop/web:80"}
    assert len(graph(directory).ways) == 3
    for name in ("kong-kic", "Kong Ingress Controller", "proxy-kong", "KONG-KIC"):
        narrowed = graph(directory, Scope(gateway=name))
        assert {way.gateway for way in narrowed.ways} == {"Kong Ingress Controller"}
        assert {node.kind for node in narrowed.nodes} >= {GATEWAY, WORKLOAD}
    assert graph(directory, Scope(gateway="traefik")).ways == ()


def test_a_large_package_is_summed_up(tmp_path: Path) -> None:
    many = [
        text for number in range(30) for text in (workload(f"w{number}"), service(f"w{number}"), route(f"w{number}"))
    ]
    headless = (workload("h"), service("h", more="clusterIP: None"), route("h"))
    drawn = graph(package(tmp_path, *kong(), namespace("shop"), *many, *headless), Scope(most_boxes=50))
    assert len(drawn.ways) == 31
    titles = sorted(node.title for node in drawn.nodes)
    assert titles == ["30 Services", "30 routes", "30 workloads", "clients", "h", "h", "h", "proxy-kong"]
    lines = {(e.source, e.target): e for e in drawn.edges}
    assert len(lines) == 7
    assert any(len(edge.ways) == 30 for edge in drawn.edges)
    assert "too many" in drawn.notes[0]


# --- The command ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "start"),
    [("a.mmd", "%% "), ("a.dot", "digraph"), ("a.svg", "<svg"), ("a.html", "<!doctype html>"), ("a.txt", "%% ")],
)
def test_the_ending_of_the_file_chooses_the_format(tmp_path: Path, name: str, start: str) -> None:
    result = draw(DEMO, "-o", tmp_path / name)
    assert (result.return_value, result.stdout) == (0, "")
    assert (tmp_path / name).read_text().startswith(start)


def test_the_format_that_is_named_counts(tmp_path: Path) -> None:
    draw(DEMO, "-o", tmp_path / "a.txt", "--format", "dot")
    assert (tmp_path / "a.txt").read_text().startswith("digraph")
    assert draw(DEMO).stdout.startswith("%% ")


@pytest.mark.parametrize("kind", ["mermaid", "dot", "svg", "html"])
def test_the_same_package_gives_the_same_bytes(kind: str) -> None:
    assert draw(DEMO, "--format", kind).stdout_bytes == draw(DEMO, "--format", kind).stdout_bytes


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        draw(DEMO, "-o", tmp_path / "missing" / "a.svg")


def test_no_route_is_said_on_stderr(tmp_path: Path) -> None:
    result = draw(package(tmp_path, namespace("shop"), workload("web")))
    assert result.return_value == 0
    assert "no route of the package leads to a Service" in result.stderr


def test_a_refused_configuration_gives_1(tmp_path: Path) -> None:
    (tmp_path / "krm-fn.yaml").write_text("apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nspec: {nonsense: 1}\n")
    result = draw(package(tmp_path, *SHOP))
    assert (result.return_value, result.stdout) == (1, "")


@pytest.mark.parametrize("value", ["null", "7", "[1]", "text", "{a: [b]}"])
@pytest.mark.parametrize("kind", ["mermaid", "html"])
def test_any_type_anywhere(tmp_path: Path, value: str, kind: str) -> None:
    documents = (
        *kong(),
        namespace("shop"),
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop}}\nspec: {{ports: {value}}}\n",
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: two, namespace: shop}}\nspec: {{ports: [{value}]}}\n",
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {value}\n",
        route("web"),
        route("two"),
    )
    assert draw(package(tmp_path, *documents), "--format", kind).return_value == 0


@pytest.mark.skipif(not REAL.is_dir(), reason="the specifications are not there")
def test_real_manifests() -> None:
    drawn = graph(REAL)
    assert [node.title for node in drawn.nodes if node.kind == GATEWAY] == ["proxy-kong"]
    assert drawn.ways == ()


def test_the_page_of_the_demo_has_all_its_ways() -> None:
    page = draw(DEMO, "--format", "html").stdout
    assert len(re.findall(r"<tr data-w=", page)) == 3
    assert json.dumps(page)  # no lone surrogates


def test_the_chart_in_the_page_is_the_one_that_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    shown = re.findall(r"```sh\nkrm-fn graph ([^\n]*)\n```\n\n```mermaid\n(.*?)```", page, re.DOTALL)
    assert [text for _, text in shown] == [draw(*command.split()).stdout for command, _ in shown]
    assert len(shown) == 1
