"""``krm-fn init``: the functionConfig it writes is right for the package, valid, and accepted by the function."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from krm_fn.commands import cli
from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.files.find import FileError
from krm_fn.files.preview import preview

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "fixtures" / "demo" / "package"
EXAMPLES = ROOT / "fixtures" / "examples"
REAL = ROOT.parent / "shared" / "real"

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "registry.example.com/web:1"}]}
"""
KONG = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: proxy-kong, namespace: shop}
spec:
  template:
    metadata: {labels: {app: proxy-kong}}
    spec: {containers: [{name: proxy, image: "kong:3.9"}]}
---
apiVersion: v1
kind: Service
metadata: {name: kong-admin, namespace: shop}
spec: {clusterIP: None, selector: {app: proxy-kong}, ports: [{port: 8444}]}
---
apiVersion: v1
kind: Service
metadata: {name: kong-proxy, namespace: shop}
spec: {type: LoadBalancer, selector: {app: proxy-kong}, ports: [{port: 80}]}
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["init", *map(str, arguments)], standalone_mode=False)


def package(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        path = directory / name.replace("__", ".")
        path.write_text(text)
    return directory


def made(directory: Path, *options: str) -> dict[str, Any]:
    """The spec that init writes for a package; it must be valid, and the function must take it."""
    done = run(directory, *options)
    assert done.return_value == 0, done.stderr
    text = (directory / "krm-fn.yaml").read_text()
    config = yaml.safe_load(text)
    assert isinstance(load(config), MeshSetup), load(config)
    found = preview([str(directory)])
    assert [r for r in found.outcome.results if r.severity == "error"] == []
    assert [r for r in found.outcome.results if r.field.startswith("functionConfig")] == []
    spec: dict[str, Any] = config["spec"]
    return spec


# --- What is written --------------------------------------------------------------------------------------------------
def test_the_demo(tmp_path: Path) -> None:
    demo = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    (demo / "mesh-setup.yaml").unlink()
    spec = made(demo)
    assert spec["injection"]["rules"] == [
        {"target": {"kind": "Deployment", "namespace": "kuma-demo", "name": "demo-app"}, "inject": True}
    ]
    [gateway] = spec["gateways"]["rules"]
    assert gateway["target"]["name"] == "proxy-kong"
    assert gateway["service"] == "kong-proxy"


def test_a_package_that_says_nothing_of_the_mesh_joins_it(tmp_path: Path) -> None:
    spec = made(package(tmp_path, a__yaml=f"{NAMESPACE}---\n{WEB}"))
    assert spec["injection"] == {
        "mode": "webhook",
        "rules": [{"target": {"kind": "Namespace", "name": "shop"}, "inject": True}],
    }
    found = preview([str(tmp_path)])
    assert "kuma.io/sidecar-injection: enabled" in next(iter(found.outcome.changed.values()))


def test_namespaces_elsewhere_get_rules_for_their_workloads(tmp_path: Path) -> None:
    spec = made(package(tmp_path, web__yaml=WEB))
    [rule] = spec["injection"]["rules"]
    assert rule["target"] == {"kind": "Deployment|StatefulSet|DaemonSet", "namespace": "shop"}
    assert "# - name: shop" in (tmp_path / "krm-fn.yaml").read_text()


def test_items_without_a_namespace(tmp_path: Path) -> None:
    spec = made(package(tmp_path, web__yaml=WEB.replace(", namespace: shop", "")))
    assert spec["defaultNamespace"] == "default"
    assert [rule["target"] for rule in spec["injection"]["rules"]] == [{"kind": "Deployment|StatefulSet|DaemonSet"}]


@pytest.mark.parametrize(
    "text",
    [
        NAMESPACE.replace("shop}", "shop, labels: {kuma.io/sidecar-injection: enabled}}") + "---\n" + WEB,
        NAMESPACE.replace("shop}", "shop, labels: {kuma.io/sidecar-injection: disabled}}") + "---\n" + WEB,
        WEB.replace("{app: web}}\n    spec", "{app: web, kuma.io/sidecar-injection: disabled}}\n    spec"),
        WEB.replace("namespace: shop", "namespace: kube-system"),
        NAMESPACE,
    ],
)
def test_what_somebody_decided_stays(tmp_path: Path, text: str) -> None:
    assert "rules" not in made(package(tmp_path, a__yaml=text))["injection"]


def test_the_only_mesh_of_the_package_is_named(tmp_path: Path) -> None:
    mesh = "apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: payments}\n"
    spec = made(package(tmp_path, a__yaml=f"{NAMESPACE}---\n{WEB}---\n{mesh}"))
    assert spec["injection"]["rules"][0]["mesh"] == "payments"


def test_a_marked_gateway_is_only_mentioned(tmp_path: Path) -> None:
    one = KONG.partition("---\n")[0].replace("proxy-kong}}", "proxy-kong}, annotations: {kuma.io/gateway: enabled}}")
    spec = made(package(tmp_path, a__yaml=one))
    assert "gateways" not in spec
    assert "# Deployment shop/proxy-kong carries the gateway mark" in (tmp_path / "krm-fn.yaml").read_text()


def test_a_marked_gateway_with_two_services_gets_its_name(tmp_path: Path) -> None:
    marked = KONG.replace("proxy-kong}}", "proxy-kong}, annotations: {kuma.io/gateway: enabled}}", 1)
    assert made(package(tmp_path, a__yaml=marked))["gateways"]["rules"][0]["service"] == "kong-proxy"


def test_a_person_chooses_between_services_that_look_alike(tmp_path: Path) -> None:
    [rule] = made(package(tmp_path, a__yaml=KONG.replace("clusterIP: None", "type: NodePort")))["gateways"]["rules"]
    assert "service" not in rule
    assert "# service: kong-admin # which of kong-admin, kong-proxy" in (tmp_path / "krm-fn.yaml").read_text()


def test_version_zone_and_control_plane(tmp_path: Path) -> None:
    control_plane = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cp, namespace: mesh-system}\nspec: {template: {spec: "
        '{containers: [{name: cp, image: "kumahq/kuma-cp:2.12.1", env: '
        "[{name: KUMA_MULTIZONE_ZONE_NAME, value: east}]}]}}}\n"
    )
    spec = made(package(tmp_path, a__yaml=control_plane))
    assert (spec["kumaVersion"], spec["zone"]) == ("2.12", "east")
    assert spec["controlPlane"] == {"systemNamespace": "mesh-system"}
    assert "rules" not in spec["injection"]


def test_sidecars_that_krm_fn_wrote_mean_manual_mode(tmp_path: Path) -> None:
    text = WEB.replace("labels: {app: web}}\n    spec", 'annotations: {fn.kuma.io/injected: "v1 {}"}}\n    spec')
    run(package(tmp_path, a__yaml=text))
    assert yaml.safe_load((tmp_path / "krm-fn.yaml").read_text())["spec"]["injection"]["mode"] == "manual"


def test_sidecars_of_others_mean_no_injection(tmp_path: Path) -> None:
    text = WEB.replace('"registry.example.com/web:1"}', '"registry.example.com/web:1"}, {name: kuma-sidecar, image: x}')
    assert made(package(tmp_path, a__yaml=text))["injection"]["mode"] == "none"


def test_unknown_kinds_with_a_pod_template_are_proposed(tmp_path: Path) -> None:
    text = WEB.replace("apps/v1", "example.com/v1").replace("Deployment", "Fleet")
    made(package(tmp_path, a__yaml=text))
    assert "# - {group: example.com, kind: Fleet, podTemplate: spec.template}" in (tmp_path / "krm-fn.yaml").read_text()


def test_each_setting_has_a_comment_above_or_beside_it(tmp_path: Path) -> None:
    made(package(tmp_path, a__yaml=f"{NAMESPACE}---\n{WEB}---\n{KONG}"))
    lines = (tmp_path / "krm-fn.yaml").read_text().splitlines()
    settings = [
        n
        for n, line in enumerate(lines)
        if line.startswith("  ")
        and line.strip().split(":")[0] in ("kumaVersion", "mesh", "mode", "rules", "defaultNamespace", "service")
    ]
    assert len(settings) >= 5
    assert [lines[n] for n in settings if "#" not in lines[n] and "#" not in lines[n - 1]] == []


@pytest.mark.parametrize(
    "name", ['"a\\n# b\\nspec: {}"', '"a: b"', "[x]", '"\\e[31m"', "5", '"' + "x" * 300 + '"', '"*"', '"<<"', "null"]
)
def test_hostile_names_stay_out(tmp_path: Path, name: str) -> None:
    text = f"{NAMESPACE}---\n{WEB}---\n{KONG}".replace("shop", name).replace("proxy-kong, ", f"{name}, ")
    config = draft_of(package(tmp_path, a__yaml=text))
    assert isinstance(load(config), MeshSetup), config


def draft_of(directory: Path) -> Any:
    done = run(directory, "--dry-run")
    assert done.return_value == 0, done.stderr
    assert "\x1b" not in done.stdout
    return yaml.safe_load(done.stdout)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real packages are not here")
@pytest.mark.parametrize("name", [path.name for path in sorted(REAL.glob("*.yaml"))] if REAL.is_dir() else [])
def test_real_packages(tmp_path: Path, name: str) -> None:
    shutil.copy(REAL / name, tmp_path)
    made(tmp_path)
    assert preview([str(tmp_path)]).outcome.changed


@pytest.mark.parametrize("name", ["base", "kpt"])
def test_the_examples(tmp_path: Path, name: str) -> None:
    example = Path(shutil.copytree(EXAMPLES / name, tmp_path / name))
    (example / "mesh-setup.yaml").unlink(missing_ok=True)
    assert made(example)["gateways"]["rules"][0]["target"]["name"] == "proxy-kong"


def test_an_empty_directory_gets_nothing(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path).exception, FileError)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_workloads(tmp_path: Path) -> None:
    spec = made(package(tmp_path, a__yaml="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"))
    assert spec["injection"] == {"mode": "webhook"}


# --- Where it goes ----------------------------------------------------------------------------------------------------
def test_nothing_is_overwritten(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB)
    (tmp_path / "krm-fn.yaml").write_text("mine\n")
    done = run(tmp_path)
    assert done.return_value == 1
    assert "--force" in done.stderr
    assert (tmp_path / "krm-fn.yaml").read_text() == "mine\n"


def test_nor_is_another_function_config_put_out_of_force(tmp_path: Path) -> None:
    demo = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    done = run(demo)
    assert done.return_value == 1
    assert "mesh-setup.yaml is a functionConfig already" in done.stderr
    assert not (demo / "krm-fn.yaml").exists()


def test_force_writes_anew(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB)
    (tmp_path / "krm-fn.yaml").write_text("mine: old\n")
    assert run(tmp_path, "--force").return_value == 0
    assert "kind: MeshSetup" in (tmp_path / "krm-fn.yaml").read_text()


@pytest.mark.parametrize("options", [("--dry-run",), ("--output", "-"), ("--dry-run", "--write")])
def test_dry_runs_print_and_write_nothing(tmp_path: Path, options: tuple[str, ...]) -> None:
    package(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n")
    done = run(tmp_path, *options)
    assert yaml.safe_load(done.stdout)["kind"] == "MeshSetup"
    assert "transformers:" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kustomization.yaml", "web.yaml"]
    assert (tmp_path / "kustomization.yaml").read_text() == "resources: [web.yaml]\n"


def test_another_file_name(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n")
    assert "- setup.yaml" in run(tmp_path, "-o", "setup.yaml").stdout
    assert (tmp_path / "setup.yaml").exists()


KUSTOMIZATION = """\
# ours
resources:
- web.yaml   # the web

transformers:   # run in this order
- labels.yaml
"""
KPTFILE = """\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: "shop"} # keep
pipeline:
  mutators:
    - image: example.com/set-labels:v1
      configMap: {a: b}
"""


def test_the_lines_for_kustomize_and_kpt_are_printed(tmp_path: Path) -> None:
    done = run(package(tmp_path, web__yaml=WEB, kustomization__yaml=KUSTOMIZATION, Kptfile=KPTFILE))
    printed = [document for document in yaml.safe_load_all(done.stdout.replace("# to be", "---\n# to be")) if document]
    assert printed == [
        {"transformers": ["krm-fn.yaml"]},
        {"pipeline": {"mutators": [{"exec": "krm-fn", "configPath": "krm-fn.yaml"}]}},
    ]
    assert (tmp_path / "kustomization.yaml").read_text() == KUSTOMIZATION
    assert (tmp_path / "Kptfile").read_text() == KPTFILE


def test_write_adds_them_and_touches_nothing_else(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, kustomization__yaml=KUSTOMIZATION, Kptfile=KPTFILE)
    assert run(tmp_path, "--write").return_value == 0
    assert (tmp_path / "kustomization.yaml").read_text() == KUSTOMIZATION + "- krm-fn.yaml\n"
    assert (tmp_path / "Kptfile").read_text() == KPTFILE + "    - exec: krm-fn\n      configPath: krm-fn.yaml\n"
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert run(tmp_path, "--write").return_value == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_container_variant(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n", Kptfile=KPTFILE)
    run(tmp_path, "--write", "--run", "container", "--image", "registry.example.com/krm-fn:1.0")
    config = yaml.safe_load((tmp_path / "krm-fn.yaml").read_text())
    function = yaml.safe_load(config["metadata"]["annotations"]["config.kubernetes.io/function"])
    assert function == {"container": {"image": "registry.example.com/krm-fn:1.0"}}
    mutators = yaml.safe_load((tmp_path / "Kptfile").read_text())["pipeline"]["mutators"]
    assert mutators[1] == {"image": "registry.example.com/krm-fn:1.0", "configPath": "krm-fn.yaml"}


def test_an_empty_pipeline_and_no_transformers(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n", Kptfile="kind: Kptfile\n")
    run(tmp_path, "--write")
    assert yaml.safe_load((tmp_path / "kustomization.yaml").read_text())["transformers"] == ["krm-fn.yaml"]
    assert yaml.safe_load((tmp_path / "Kptfile").read_text())["pipeline"]["mutators"][0]["exec"] == "krm-fn"


def test_a_plain_directory_needs_no_function_annotation(tmp_path: Path) -> None:
    run(package(tmp_path, web__yaml=WEB))
    annotations = yaml.safe_load((tmp_path / "krm-fn.yaml").read_text())["metadata"]["annotations"]
    assert annotations == {"config.kubernetes.io/local-config": "true"}


def test_a_missing_directory_is_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere")
    assert done.exception is not None
    assert not (tmp_path / "nowhere").exists()


# --- hostile and odd packages -----------------------------------------------------------------------------------------
ASKS = "kuma.io/sidecar-injection: enabled"
NAMES = [
    "web\\n  override: {evil: true}\\n#",
    "web # x",
    "web|.*",
    "\\u001b[31m",
    "{{ .Values.x }}",
    "a: b",
    "- x",
    "$(x)",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["service", "services", "gateway", "workload", "mesh"])
def test_no_name_of_a_manifest_becomes_a_setting(tmp_path: Path, where: str, name: str) -> None:
    """What init writes is used by the next run, so no name may end a comment or widen a pattern."""
    text = {
        "service": KONG.replace("name: kong-admin", f'name: "{name}"'),
        "services": KONG.replace("name: kong-admin", f'name: "{name}"').replace("type: LoadBalancer, ", ""),
        "gateway": KONG.replace("name: proxy-kong,", f'name: "{name}",'),
        "workload": WEB.replace("name: web", f'name: "{name}"').replace(
            "app: web}}\n    spec", f"app: web, {ASKS}}}}}\n    spec"
        ),
        "mesh": WEB.replace("app: web}\n", f'app: web, {ASKS}, kuma.io/mesh: "{name}"}}\n'),
    }[where]
    done = run(package(tmp_path, a__yaml=f"{NAMESPACE}---\n{text}"), "--dry-run")
    spec = yaml.safe_load(done.stdout)["spec"]
    assert spec.keys() <= {"kumaVersion", "mesh", "injection", "gateways"}
    assert spec["injection"].keys() <= {"mode", "rules"}
    rules = [*spec["injection"].get("rules", []), *spec.get("gateways", {}).get("rules", [])]
    for target in (rule["target"] for rule in rules):
        assert re.fullmatch(target.get("name", ".*"), "another") is None


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, broken__yaml="a: [\n")
    assert "broken.yaml: it is no manifest and is left out" in run(tmp_path, "--dry-run").stderr
    assert "krm-fn: 1 workload, 0 of them in a mesh" in run(tmp_path, "--dry-run").stderr


@pytest.mark.parametrize("name", ["kustomization.yaml", "Kptfile"])
def test_a_broken_file_that_has_to_name_it_is_refused(tmp_path: Path, name: str) -> None:
    package(tmp_path, web__yaml=WEB)
    (tmp_path / name).write_text("a: [\n")
    done = run(tmp_path, "--write")
    assert isinstance(done.exception, FileError)
    assert "kustomization or Kptfile of" in str(done.exception)
    assert not (tmp_path / "krm-fn.yaml").exists()


def test_lines_that_cannot_be_put_in_are_left_to_people(tmp_path: Path) -> None:
    package(tmp_path, web__yaml=WEB, Kptfile="x: &p {mutators: []}\npipeline: *p\n")
    done = run(tmp_path, "--write")
    if done.exception is not None:
        assert "by hand; nothing was written" in str(done.exception)
        assert not (tmp_path / "krm-fn.yaml").exists()
    else:
        assert yaml.safe_load((tmp_path / "Kptfile").read_text())["pipeline"]["mutators"]


def test_meshes_that_are_named_and_not_there(tmp_path: Path) -> None:
    text = WEB.replace("app: web", "app: web, kuma.io/mesh: blue")
    said = run(package(tmp_path, web__yaml=text), "--dry-run").stdout
    assert "# meshes: [blue]" in said


def test_an_unknown_version_is_said(tmp_path: Path) -> None:
    text = WEB.replace("registry.example.com/web:1", "docker.io/kumahq/kuma-cp:1.2.3")
    said = run(package(tmp_path, web__yaml=text), "--dry-run").stdout
    assert "krm-fn does not know Kuma 1.2" in said


def test_what_an_operator_makes_pods_of(tmp_path: Path) -> None:
    text = (
        "apiVersion: gateway-operator.konghq.com/v1beta1\nkind: DataPlane\nmetadata: {name: edge, namespace: shop}\n"
        "spec: {deployment: {podTemplateSpec: {spec: {containers: [{name: proxy}]}}}}\n"
    )
    setup = made(package(tmp_path, web__yaml=text))
    assert setup["gateways"]["rules"] == [{"target": {"kind": "DataPlane", "namespace": "shop", "name": "edge"}}]


@pytest.mark.parametrize(("name", "service"), [("on", "on"), ("null", "null"), ("443", None), ("1e3", None)])
def test_names_that_yaml_would_take_for_something_else(tmp_path: Path, name: str, service: str | None) -> None:
    text = KONG.replace("name: kong-proxy", f'name: "{name}"')
    setup = made(package(tmp_path, kong__yaml=text))
    assert [rule.get("service") for rule in setup["gateways"]["rules"]] == [service]


def test_a_gateway_that_only_ways_around_lead_into_the_mesh(tmp_path: Path) -> None:
    text = KONG.replace("kong:3.9", "haproxytech/kubernetes-ingress:3.0")
    said = run(package(tmp_path, web__yaml=text), "--dry-run").stdout
    assert "cannot be told to send to Services" in said
    assert "# serviceUpstream: {fallback: directAccess}" in said


def test_the_service_that_names_a_gateway_is_asked_for_where_it_is_not_plain(tmp_path: Path) -> None:
    text = KONG.replace("type: LoadBalancer, ", "").replace("clusterIP: None, ", "")
    said = run(package(tmp_path, web__yaml=text), "--dry-run").stdout
    assert "# service: kong-admin # which of kong-admin, kong-proxy names the gateway?" in said


PERHAPS = WEB.replace("app: web}}\n    spec", "app.kubernetes.io/name: gateway}}\n    spec").replace(
    "name: app,", "name: proxy,"
)


@pytest.mark.parametrize("beside", ["", "---\n" + KONG])
def test_what_is_perhaps_a_gateway_is_a_proposal(tmp_path: Path, beside: str) -> None:
    done = run(package(tmp_path, web__yaml=PERHAPS + beside), "--dry-run")
    rules = (yaml.safe_load(done.stdout)["spec"].get("gateways") or {}).get("rules", [])
    assert [rule["target"]["name"] for rule in rules] == (["proxy-kong"] if beside else [])
    assert "perhaps" in done.stdout
    assert "Deployment shop/web is a gateway" not in done.stderr
