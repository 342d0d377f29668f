"""``krm-fn explain``: every decision with what decided, where; and how a resource is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from krm_fn.commands import cli
from krm_fn.commands.explain import resource_and_paths
from krm_fn.files.find import FileError

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "fixtures" / "demo" / "package"
REAL = ROOT.parent / "shared" / "real"


def explain(*arguments: object) -> Result:
    return CliRunner().invoke(
        cli, ["explain", *map(str, arguments)], catch_exceptions=False, standalone_mode=False
    )  # fmt: skip


def data(*arguments: object) -> Any:
    return json.loads(explain(*arguments, "-o", "json").stdout)


def deployment(
    name: str, namespace: str = "shop", labels: str = "", containers: str = "{name: app, image: app}"
) -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels:
        app: {name}
        {labels}
    spec:
      containers: [{containers}]
"""


def namespace(name: str = "shop", label: str = "") -> str:
    labels = f"\n  labels:\n    kuma.io/sidecar-injection: {label}" if label else ""
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}{labels}\n"


SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""


def package(tmp_path: Path, *documents: str, spec: str = "") -> Path:
    (tmp_path / "a.yaml").write_text("---\n".join(documents))
    if spec:
        head = "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: setup}\nspec:\n"
        (tmp_path / "krm-fn.yaml").write_text(head + spec)
    return tmp_path


INJECTED = "kuma.io/sidecar-injection: enabled"
OFF = "kuma.io/sidecar-injection: disabled"
SIDECAR = "{name: kuma-sidecar, image: x}"


# --- Membership -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("documents", "spec", "in_mesh", "decider", "code", "line"),
    [
        ((namespace(label="enabled"), deployment("web")), "", True, "Namespace label",
         "injected-by-namespace-label", 6),
        ((namespace(label="disabled"), deployment("web", labels=INJECTED)), "", True, "pod label",
         "injected-by-pod-label", 17),
        ((namespace(label="enabled"), deployment("web", labels=OFF)), "", False, "pod label",
         "injection-disabled-by-pod-label", 17),
        ((namespace(label="disabled"), deployment("web")), "", False, "Namespace label",
         "injection-disabled-by-namespace-label", 6),
        ((namespace(), deployment("web")), "", False, "neither label", "not-injected", 0),
        ((deployment("web"),), "", False, "neither label", "not-injected", 0),
        ((namespace(label="enabled"), deployment("web", containers=SIDECAR)), "", False,
         "a container of the sidecar's name", "already-injected", 0),
        ((namespace(label="enabled"), deployment("web", labels="openshift.io/build.name: x")), "", False,
         "exceptions in the control plane's configuration", "injection-exception", 0),
        ((namespace(), deployment("web", labels=INJECTED)), "", False, "selectors of the webhook",
         "webhook-namespace-not-labelled", 0),
        ((namespace(label="enabled"), deployment("web", labels="kuma.io/sidecar-injection: maybe")), "", False,
         "pod label", "injection-label-invalid", 17),
        ((namespace(), deployment("web", labels=INJECTED)), "  injection: {mode: none}\n", True, "pod label",
         "injected-by-pod-label", 15),
    ],
)  # fmt: skip
def test_each_decision_names_the_candidate_that_decided(
    tmp_path: Path, documents: tuple[str, ...], spec: str, in_mesh: bool, decider: str, code: str, line: int
) -> None:
    mesh = data("deployment/web", package(tmp_path, *documents, spec=spec))["mesh"]
    assert (mesh["inMesh"], mesh["decidedBy"], mesh["decision"]) == (in_mesh, decider, code)
    deciding = [row for row in mesh["injection"] if row["verdict"] == "decides"]
    assert [row["candidate"] for row in deciding] == [decider]
    if line:
        assert deciding[0]["place"] == f"{tmp_path}/a.yaml:{line}"


def test_candidates_stand_in_kumas_order_and_those_after_the_decision_are_not_asked(tmp_path: Path) -> None:
    directory = package(tmp_path, namespace(label="enabled"), deployment("web", labels=OFF))
    rows = data("deployment/web", directory)["mesh"]["injection"]
    assert [(row["candidate"], row["verdict"]) for row in rows] == [
        ("exceptions in the control plane's configuration", "says nothing"),
        ("a container of the sidecar's name", "says nothing"),
        ("pod label", "decides"),
        ("Namespace label", "not asked any more"),
    ]
    assert rows[3]["value"] == "enabled"


def test_a_webhook_that_overrules_the_injector_stands_last(tmp_path: Path) -> None:
    rows = data("deployment/web", package(tmp_path, namespace(), deployment("web", labels=INJECTED)))["mesh"][
        "injection"
    ]
    assert [(row["candidate"], row["verdict"]) for row in rows[2:]] == [
        ("pod label", "would decide"),
        ("Namespace label", "not asked any more"),
        ("selectors of the webhook", "decides"),
    ]


def test_a_namespace_that_nobody_declares_is_said(tmp_path: Path) -> None:
    rows = data("deployment/web", package(tmp_path, deployment("web", labels=INJECTED)))["mesh"]["injection"]
    assert rows[-1]["candidate"] == "selectors of the webhook"
    assert rows[-1]["verdict"] == "unknown"
    assert "nothing declares the Namespace shop" in rows[-1]["value"]


def test_a_label_that_a_rule_writes_leads_to_the_rule(tmp_path: Path) -> None:
    rules = "  injection:\n    rules:\n    - target: {kind: Job}\n      inject: true\n"
    rules += "    - target: {kind: Deployment}\n      inject: true\n      mesh: blue\n"
    directory = package(tmp_path, namespace(label="disabled"), deployment("web"), spec=rules)
    found = data("deployment/web", directory)
    row = next(row for row in found["mesh"]["injection"] if row["verdict"] == "decides")
    assert row["writtenBy"] == "rule 1 of spec.injection.rules"
    assert row["place"] == f"{tmp_path}/krm-fn.yaml:9"
    mesh = next(row for row in found["mesh"]["meshName"] if row["verdict"] == "decides")
    assert (mesh["candidate"], mesh["value"]) == ("pod label", "blue")
    assert {(change["field"], change["before"], change["after"], change["rule"]) for change in found["changes"]} == {
        ("spec.template.metadata.labels[kuma.io/sidecar-injection]", None, "enabled", "injection"),
        ("spec.template.metadata.labels[kuma.io/mesh]", None, "blue", "injection"),
    }


def test_the_default_mesh_decides_where_nobody_names_one(tmp_path: Path) -> None:
    directory = package(tmp_path, namespace(label="enabled"), deployment("web"), spec="  mesh: green\n")
    rows = data("deployment/web", directory)["mesh"]["meshName"]
    assert [row["verdict"] for row in rows] == ["says nothing"] * 4 + ["decides"]
    assert rows[-1]["value"] == "green"


# --- What else is told ------------------------------------------------------------------------------------------------
def test_the_gateway_of_the_demo() -> None:
    found = data("deploy/proxy-kong", "-n", "kong", DEMO)
    gateway = found["gateway"]
    assert (gateway["product"], gateway["role"], gateway["confidence"]) == ("kong-kic", "proxy", "certain")
    assert "image kong:3.9" in gateway["evidence"]
    assert gateway["mark"]["value"] == "enabled"
    assert gateway["mark"]["writtenBy"].startswith("krm-fn")
    assert gateway["switches"][0]["setting"] == "ingress.kubernetes.io/service-upstream"
    tags = found["dataplanes"][0]["spec"]["networking"]["gateway"]["tags"]
    assert tags["kuma.io/service"] == "kong-proxy_kong_svc_80"
    assert {(row["service"], row["status"]) for row in found["routes"]} >= {
        ("kuma-demo/demo-app", "switched"), ("kuma-demo/kv", "switched"), ("kuma-demo/manual", "outside"),
    }  # fmt: skip


def test_a_service_tells_who_leads_to_it_and_what_is_written() -> None:
    found = data("svc/kv", DEMO)
    assert [row["workload"] for row in found["selects"]] == ["Deployment kuma-demo/kv"]
    assert found["routes"][0]["route"] == "HTTPRoute kuma-demo/api"
    assert {row["annotation"]: row["written"] for row in found["upstream"]["annotations"]} == {
        "ingress.kubernetes.io/service-upstream": True,
        "nginx.ingress.kubernetes.io/service-upstream": True,
    }
    assert "it selects pods of Deployment kuma-demo/kv" in found["upstream"]["why"][0]


@pytest.mark.parametrize(
    ("documents", "spec", "why"),
    [
        ((namespace(), deployment("web"), SERVICE), "", "none of the pods that it selects are in a mesh"),
        ((namespace(), SERVICE), "", "it selects no pods of the package"),
        ((namespace(label="enabled"), SERVICE), "  serviceUpstream: {enabled: false}\n", "enabled is false"),
        ((namespace(label="enabled"), SERVICE), "  serviceUpstream: {exclude: [{kind: Service}]}\n", "names it"),
        ((namespace(label="enabled"), SERVICE.replace("ports:", "type: ExternalName\n  externalName: a.b\n  ports:")),
         "", "it is of type ExternalName"),
        ((namespace(label="disabled"), deployment("web", labels=INJECTED), SERVICE),
         "  serviceUpstream: {scope: namespace}\n", "scope is namespace"),
    ],
)  # fmt: skip
def test_why_no_annotation_is_written(tmp_path: Path, documents: tuple[str, ...], spec: str, why: str) -> None:
    upstream = data("service/web", package(tmp_path, *documents, spec=spec))["upstream"]
    assert upstream["annotations"] == []
    assert why in upstream["why"][0]


def test_a_namespace_lists_its_workloads() -> None:
    found = data("ns/kuma-demo", DEMO)
    assert found["injection"]["label"] == "disabled"
    assert found["injection"]["writtenBy"] == "spec.injection.rules"
    assert [(row["workload"], row["mesh"]) for row in found["workloads"]] == [
        ("Deployment kuma-demo/demo-app", "default"),
        ("Deployment kuma-demo/kv", "default"),
        ("CronJob kuma-demo/backup", None),
    ]


def test_a_route_a_gateway_and_a_product_tell_their_backends() -> None:
    assert len(data("ing/counter", DEMO)["routes"]) == 2
    assert [row["route"] for row in data("gateway/kong", DEMO)["routes"]] == ["HTTPRoute kuma-demo/api"]
    assert data("gatewayclass/kong", DEMO)["routes"] == data("gateway/kong", DEMO)["routes"]
    assert len(data("ingressclass/kong", DEMO)["routes"]) == 2
    assert len(data("product/kong-kic", DEMO)["routes"]) == 3


def test_a_gateway_without_a_sidecar_reaches_nothing_through_the_mesh(tmp_path: Path) -> None:
    documents = [
        namespace("edge", "disabled"), namespace(label="enabled"), deployment("web"), SERVICE,
        deployment("proxy-kong", "edge", "x: y", "{name: proxy, image: 'kong:3.9'}"),
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: kong}\n"
        "spec: {controller: ingress-controllers.konghq.com/kong}\n",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"
        "spec: {ingressClassName: kong, defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
    ]  # fmt: skip
    row = data("ingress/web", package(tmp_path, *documents))["routes"][0]
    assert (row["status"], row["obstacle"], row["inMesh"]) == (
        "switched", "the gateway itself is in no mesh: plain traffic, which strict mTLS refuses", False,
    )  # fmt: skip
    assert "at its address, but not through the mesh" in explain("ingress/web", tmp_path).stdout


def test_what_an_operator_makes_gateway_pods_of(tmp_path: Path) -> None:
    documents = [
        namespace(label="enabled"),
        "apiVersion: gateway-operator.konghq.com/v1beta1\nkind: DataPlane\nmetadata: {name: edge, namespace: shop}\n"
        "spec: {deployment: {podTemplateSpec: {metadata: {annotations: {kuma.io/gateway: enabled}}}}}\n",
    ]
    found = data("dataplane/edge", package(tmp_path, *documents))
    assert [(pods["namespace"], pods["inMesh"], pods["decidedBy"]) for pods in found["pods"]] == [
        ("shop", True, "Namespace label")
    ]
    assert (found["gateway"]["product"], found["gateway"]["mark"]["value"]) == ("kong-operator", "enabled")
    assert "mark kuma.io/gateway: enabled" in explain("dataplane/edge", tmp_path).stdout


def test_a_finding_has_its_place() -> None:
    finding = data("ingress/counter", DEMO)["findings"][0]
    assert finding["code"] == "backend-not-found"
    assert finding["place"].endswith("routes.yaml:22")


def test_the_tree_says_what_changes_and_prints_the_dataplane() -> None:
    text = explain("deployment/kv", DEMO).stdout
    assert text.startswith("Deployment kuma-demo/kv")
    assert "● pod label: enabled → decides, written by rule 0 of spec.injection.rules" in text
    assert "          kind: Dataplane\n" in text or "kind: Dataplane" in text
    assert "(absent) → enabled (by spec.injection.rules)" in text
    assert "\x1b[" not in text


def test_yaml_is_yaml() -> None:
    found = yaml.safe_load(explain("deployment/kv", DEMO, "-o", "yaml").stdout)
    assert found["mesh"]["inMesh"] is True


# --- The table --------------------------------------------------------------------------------------------------------
def test_the_table_of_the_demo() -> None:
    result = explain(DEMO)
    assert result.return_value == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0][:3] == ["NAMESPACE", "WORKLOAD", "MESH"]
    assert [row[1] for row in rows[1:]] == [
        "deploy/ingress-kong", "deploy/proxy-kong", "deploy/demo-app", "deploy/kv", "cronjob/backup",
    ]  # fmt: skip
    assert [row[2] for row in rows[1:]] == ["\u2013", "default", "default", "default", "\u2013"]


def test_the_table_fits_in_120_columns(tmp_path: Path) -> None:
    long = deployment("w" * 63, "n" * 63, INJECTED)
    lines = explain(package(tmp_path, long, deployment("web"), namespace(label="enabled"))).stdout.splitlines()
    assert max(map(len, lines)) <= 120
    assert any("…" in line for line in lines)


def test_a_namespace_narrows_the_table() -> None:
    assert len(data("-n", "kong", DEMO)["workloads"]) == 2


def test_json_has_the_whole_names_and_counts() -> None:
    rows = {row["name"]: row for row in data(DEMO)["workloads"]}
    assert rows["proxy-kong"]["gateway"] == {"product": "kong-kic", "role": "proxy", "confidence": "certain"}
    assert rows["proxy-kong"]["dataplanes"] == ["proxy-kong"]
    assert rows["kv"]["services"] == ["kv"]
    assert (rows["kv"]["changes"], rows["demo-app"]["changes"]) == (1, 0)


def test_an_empty_package_has_an_empty_answer(tmp_path: Path) -> None:
    result = explain(package(tmp_path, namespace()))
    assert (result.return_value, result.stdout) == (0, "")
    assert "no workloads" in result.stderr


# --- Names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    ["deployment/kv", "Deployment/kv", "deployments/kv", "deploy/kv", "deployment.apps/kv", "deployments.apps/kv"],
)
def test_a_kind_is_spelled_as_for_kubectl(name: str) -> None:
    assert data(name, DEMO)["resource"]["name"] == "kv"


def test_the_resource_comes_first_and_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text("")
    there, paths = str(tmp_path / "a"), ("deploy/web", "x")
    assert resource_and_paths(paths, paths) == ("deploy/web", ("x",))
    for other in ([there], ["apps/web/deep", "x"], ["/web"], ["deploy/"], [".", "deploy/web"], ["../web"], []):
        given = tuple(other)
        assert resource_and_paths(given, given) == (None, given)


def test_files_may_come_by_option() -> None:
    assert data("deploy/kv", "-f", DEMO) == data("deploy/kv", DEMO)
    assert len(data("-f", DEMO / "kong")["workloads"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["deploy/nothing"], "it has kong/ingress-kong"),
        (["secret/x"], "the package has no secret"),
        (["deploy/kv", "-n", "kong"], "but in kuma-demo"),
        (["product/none"], "no gateway product has this id"),
        (["deployment.batch/kv"], "the package has no deployment.batch"),
    ],
)
def test_what_is_not_there_is_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(FileError, match=said):
        explain(*arguments, DEMO)


def test_one_name_in_two_namespaces_asks_which(tmp_path: Path) -> None:
    directory = package(tmp_path, deployment("web"), deployment("web", "other"))
    with pytest.raises(FileError, match="several namespaces"):
        explain("deploy/web", directory)
    assert data("deploy/web", "-n", "other", directory)["resource"]["namespace"] == "other"


# --- Hostile and refused ----------------------------------------------------------------------------------------------
def test_a_refused_configuration_gives_1(tmp_path: Path) -> None:
    result = explain(package(tmp_path, deployment("web"), spec="  kumaVersion: 1\n"))
    assert result.return_value == 1
    assert result.stdout == ""
    assert "config-" in result.stderr


def test_terminal_codes_of_manifests_are_escaped(tmp_path: Path) -> None:
    text = deployment("web").replace("name: web", 'name: "we\\u001b[31mb"')
    directory = package(tmp_path, text)
    assert "\x1b" not in explain(directory).stdout
    item = explain("deploy/we\x1b[31mb", directory).stdout
    assert "\x1b" not in item


def test_colours_where_asked_for() -> None:
    assert "\x1b[32m" in explain("deploy/kv", DEMO, "--color", "always").stdout
    assert "\x1b[" not in explain("deploy/kv", DEMO, "--color", "never").stdout


@pytest.mark.parametrize("value", ["null", "7", "[1]", "text", "{a: [b]}"])
def test_any_type_anywhere(tmp_path: Path, value: str) -> None:
    documents = [
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {value}\n",
        f"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec: {{template: {{metadata: {value}}}}}\n",
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: shop, labels: {value}}}\nspec: {value}\n",
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i, namespace: shop}}\nspec: {value}\n",
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {value}}}\n",
    ]
    directory = package(tmp_path, *documents)
    for name in ("deploy/web", "sts/db", "svc/web", "ing/i", "ns/shop"):
        assert explain(name, directory).return_value == 0
    assert explain(directory).return_value == 0


@pytest.mark.skipif(not REAL.is_dir(), reason="the specifications are not there")
def test_real_manifests() -> None:
    rows = data(REAL)["workloads"]
    assert {row["name"]: row["mesh"] for row in rows}["kv"] == "default"
    assert {row["gateway"]["role"] for row in rows if row["gateway"]} == {"controller", "proxy"}


# --- The page ---------------------------------------------------------------------------------------------------------
def test_what_the_page_shows_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    shown = re.findall(r"```sh\nkrm-fn (explain [^\n]*)\n```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 2
    for command, text in shown:
        printed = explain(*command.split()[1:]).stdout.splitlines()
        lines = text.splitlines()
        if "..." not in text:
            assert lines == printed
        rest = iter(printed)  # in order, less what the dots stand for
        assert [line for line in lines if line.strip("│ ") != "..." and line not in rest] == []
