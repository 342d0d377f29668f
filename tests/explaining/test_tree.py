"""The trees that ``krm-fn explain`` prints: what stands there for each kind of resource, and where there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.explaining.decisions import decisions_of
from krm_fn.files.preview import preview
from krm_fn.krm.outcome import INFO
from tests.commands.running import krm_fn
from tests.commands.test_explain import INJECTED, SERVICE, deployment, namespace, package

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {ingressClassName: kong, defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
CLASS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec: {controller: ingress-controllers.konghq.com/kong}
"""
OPERATED = """\
apiVersion: gateway-operator.konghq.com/v1beta1
kind: DataPlane
metadata: {name: edge, namespace: shop}
spec: {deployment: {podTemplateSpec: {spec: {containers: [{name: proxy}]}}}}
"""
PROXY = "{name: proxy, image: 'kong:3.9'}"
MANUAL = """\
  injection: {mode: manual}
  controlPlane:
    address: https://kuma-control-plane.kuma-system:5678
    caCert: |
      -----BEGIN CERTIFICATE-----
      bm90IGEgcmVhbCBjZXJ0aWZpY2F0ZQ==
      -----END CERTIFICATE-----
"""
DECLARED = """\
  namespaces:
  - name: shop
    labels: {kuma.io/sidecar-injection: enabled}
    annotations: {kuma.io/mesh: blue}
"""
ON = namespace(label="enabled")
MARKED = deployment("edge").replace("      labels:", "      annotations: {kuma.io/gateway: enabled}\n      labels:")


def tree(*arguments: object, expected: int = 0) -> str:
    done = krm_fn("explain", *map(str, arguments))
    assert done.returncode == expected, done.stderr
    return done.stdout.decode()


KONG = deployment("kong", containers=PROXY)
ON_THE_HOST = KONG.replace("    spec:\n", "    spec:\n      hostNetwork: true\n")
SWITCHED_OFF = SERVICE.replace(
    "metadata: {", 'metadata: {annotations: {ingress.kubernetes.io/service-upstream: "false"}, '
)
TEMPLATE = (
    "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: web, namespace: shop}\ntemplate: {spec: {containers: []}}\n"
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop}\n"
RULE = "  injection: {rules: [{target: {kind: Namespace}, inject: true}]}\n"
CASES: list[tuple[str, tuple[str, ...], str, list[str]]] = [
    ("deploy/web", (deployment("web"),), "", ["selected by no Service of the package", "in no mesh: not injected"]),
    ("deploy/web", (ON, deployment("web")), "", ["no Service", "sidecar: at admission", "krm-fn changes nothing"]),
    ("svc/web", (ON, SERVICE), "", ["selects no pods of the package", "how gateways are made to send"]),
    ("svc/web", (ON, SERVICE, deployment("web")), "", ["selects pods of", "Deployment shop/web: in mesh default"]),
    (
        "svc/web",
        (ON, SWITCHED_OFF),
        "",
        ["(written by krm-fn, before: false)", "false → true (by spec.serviceUpstream)"],
    ),
    ("svc/web", (ON, SWITCHED_OFF.replace("false", "true")), "", ["ingress.kubernetes.io/service-upstream: true   "]),
    ("svc/web", (namespace(label="perhaps"), SERVICE), "", ["service-upstream: not written: "]),
    ("ns/shop", (ON,), "", ["injection is on", "no workloads in the package"]),
    ("ns/shop", (namespace(),), "", ["injection is not on", "without the label Kuma's webhook sees none"]),
    ("ns/kube-system", (namespace("kube-system"),), "", ["Kuma's webhook leaves this Namespace out"]),
    ("ns/shop", (namespace(), deployment("web")), RULE, ["(written by spec.injection.rules)", "1 of 1 in a mesh"]),
    ("ing/web", (namespace(), SERVICE, INGRESS), "", ["names Services; nothing of the package is in a mesh"]),
    ("ing/web", (ON, SERVICE, INGRESS, CLASS), "", ["backends of routes: ", "→ Service shop/web:80: "]),
    ("deploy/edge", (ON, MARKED), "", ["gateway: marked as one, of no product", "mark kuma.io/gateway: enabled"]),
    ("deploy/kong", (ON, KONG), "", ["gateway: Kong Ingress Controller", "not marked: kuma.io/gateway"]),
    ("deploy/kong", (ON, KONG), "", ["what makes it send to Service addresses"]),
    ("deploy/kong", (ON, ON_THE_HOST), "", ["its pods use the network of the host"]),
    ("dataplane/edge", (OPERATED,), "", ["made by its operator", "its pods in namespace shop", "not marked"]),
    ("svc/edge", (ON, MARKED, SERVICE.replace("web", "edge")), "", ["leads to the gateway Deployment shop/edge"]),
    ("product/traefik", (ON,), "", ["none of its workloads are in the package"]),
    ("product/kong-kic", (ON, KONG), "", ["Deployment shop/kong", "recognised by"]),
    ("cm/x", (CONFIG_MAP,), "", ["changes nothing in it"]),
    ("podtemplate/web", (ON, TEMPLATE), "", ["no pods come of a PodTemplate by itself"]),
]


@pytest.mark.parametrize(("resource", "documents", "spec", "lines"), CASES)
def test_what_is_told(tmp_path: Path, resource: str, documents: tuple[str, ...], spec: str, lines: list[str]) -> None:
    text = tree(resource, package(tmp_path, *documents, spec=spec))
    assert [line for line in lines if line not in text] == []


def test_long_lists_and_long_values_are_cut(tmp_path: Path) -> None:
    many = [deployment(f"w{number}") for number in range(40)]
    text = tree("ns/shop", package(tmp_path, ON, *many))
    assert "workloads: 40 of 40 in a mesh" in text
    assert "... and 15 more: -o yaml shows all" in text
    assert text.count("Deployment shop/w") == 25


def test_values_of_manifests_are_one_line_and_cut(tmp_path: Path) -> None:
    spec = "  injection: {override: true, rules: [{target: {kind: Deployment}, inject: true}]}\n"
    for value, printed in (("a\\nb", "a\\nb"), ("x" * 400, "x" * 159 + "…")):
        label = f'kuma.io/sidecar-injection: "{value}"'
        text = tree("deploy/web", package(tmp_path, ON, deployment("web", labels=label), spec=spec))
        assert f"{printed} → enabled (by spec.injection.rules)" in text


def test_manual_mode(tmp_path: Path) -> None:
    documents = (ON, deployment("web"))
    text = tree("deploy/web", package(tmp_path, *documents, spec=MANUAL))
    assert "sidecar: in the manifest" in text
    assert "by spec.injection.mode" in text
    assert "manifest" in tree(package(tmp_path, *documents, spec=MANUAL))


def test_an_exception_leads_to_the_control_planes_configuration(tmp_path: Path) -> None:
    text = tree("deploy/web", package(tmp_path, ON, deployment("web", labels="openshift.io/build.name: x")))
    assert "● exceptions in the control plane's configuration" in text


def test_a_namespace_that_only_the_functionconfig_declares(tmp_path: Path) -> None:
    text = tree("deploy/web", package(tmp_path, deployment("web"), spec=DECLARED))
    assert "in mesh blue" in text
    assert f"● Namespace label: enabled → decides, declared in spec.namespaces   {tmp_path}/krm-fn.yaml:5" in text


def test_the_wide_table_has_the_reason_and_the_place(tmp_path: Path) -> None:
    documents = (ON, deployment("web", labels=INJECTED), deployment("kong", containers=PROXY), MARKED)
    head, *rows = tree("-o", "wide", package(tmp_path, *documents)).splitlines()
    assert head.split()[-2:] == ["CHANGES", "PLACE"]
    assert [row.split()[1] for row in rows] == ["deploy/web", "deploy/kong", "deploy/edge"]
    assert "Kong Ingress Controller, proxy (" in rows[1]
    assert "marked" in rows[2]
    assert rows[0].endswith(f"{tmp_path}/a.yaml:8")


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EDITED = [
    path for group in ("hardening", "gateways", "gateway-pods") for path in FIXTURES.glob(f"{group}/*/input.yaml")
]


@pytest.mark.parametrize("case", EDITED, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_the_changes_of_an_item_are_all_that_differs(case: Path) -> None:
    decisions = decisions_of(preview([str(case)], told=INFO))
    if decisions is None:
        return
    for item in decisions.before.items:
        changes = decisions.changes_of(item)
        assert bool(changes) == (decisions.now(item).data != item.data)
        assert [change for change in changes if change.before == change.after] == []
