"""``krm-fn argocd``: what each command of the plugin answers, and that no empty answer ever looks like success."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from krm_fn.commands.argocd.announcing import announcements
from krm_fn.commands.argocd.environment import SETTINGS, ParameterError, directories_above, read_environment
from krm_fn.commands.argocd.generating import with_parameters
from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from tests.commands.running import krm_fn

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "fixtures" / "demo" / "package"
EXAMPLES = ROOT / "fixtures" / "examples"
HEAD = "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: mesh-setup}\n"
SETUP: dict[str, Any] = {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup"}
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web, kuma.io/sidecar-injection: enabled}}
    spec: {containers: [{name: app, image: "registry.example.com/web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, appProtocol: http}]}
"""
HAS_KUSTOMIZE = shutil.which("kustomize") is not None or shutil.which("kubectl") is not None
needs_kustomize = pytest.mark.skipif(not HAS_KUSTOMIZE, reason="neither kustomize nor kubectl is in the PATH")


def run(command: str, directory: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the plugin in an application's directory."""
    done = krm_fn("argocd", command, cwd=directory, env=environ)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def manifests(directory: Path, **environ: str) -> list[dict[str, Any]]:
    done = run("generate", directory, **environ)
    assert done.returncode == 0, done.stderr
    found = [document for document in yaml.safe_load_all(done.stdout) if document is not None]
    assert found
    return found


def refused(directory: Path, **environ: str) -> str:
    """What is said where generate must fail: non-zero, and nothing on stdout."""
    done = run("generate", directory, **environ)
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def app(directory: Path, **files: str) -> Path:
    """An application in a repository; `__` in a name is a dot, `___` a slash."""
    for name, text in files.items():
        path = directory / "repo" / "apps" / "shop" / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory / "repo" / "apps" / "shop"


def parameters(**values: Any) -> str:
    return json.dumps([{"name": name.replace("_", "-"), **value} for name, value in values.items()])


# --- generate ---------------------------------------------------------------------------------------------------------
def test_only_what_a_cluster_takes_is_printed(tmp_path: Path) -> None:
    directory = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    found = manifests(directory)
    kinds = {each["kind"] for each in found}
    assert not kinds & {"Kptfile", "MeshSetup", "Dataplane", "Kustomization"}
    assert {"Deployment", "Namespace", "Mesh"} <= kinds
    names = [(each["kind"], each["metadata"]["name"]) for each in found]
    assert ("Service", "demo-app-east") in names  # an ExternalName Service that the function generates is applied
    [proxy] = [each for each in found if each["metadata"]["name"] == "proxy-kong"]
    assert proxy["spec"]["template"]["metadata"]["annotations"]["kuma.io/gateway"] == "enabled"


DATAPLANES = "spec: {dataplanes: {emit: all, localConfig: false}}\n"


def test_dataplanes_are_never_printed_whatever_the_config_says(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, krm_fn__yaml="")
    (directory / "krm_fn.yaml").unlink()
    (directory / "krm-fn.yaml").write_text(HEAD + DATAPLANES)
    assert {each["kind"] for each in manifests(directory)} == {"Deployment", "Service"}


def test_nor_are_those_that_an_earlier_render_wrote_into_the_package(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=NAMESPACE + WEB)
    (directory / "krm-fn.yaml").write_text(HEAD + DATAPLANES)
    assert krm_fn("render", "--in-place", ".", cwd=directory).returncode == 0
    assert any(b"kind: Dataplane" in path.read_bytes() for path in directory.rglob("*.yaml"))
    assert {each["kind"] for each in manifests(directory)} == {"Namespace", "Deployment", "Service"}
    (directory / "krm-fn.yaml").write_text(HEAD + "spec: {dataplanes: {emit: none}}\n")
    assert {each["kind"] for each in manifests(directory)} == {"Namespace", "Deployment", "Service"}


NAMESPACE = (
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {kuma.io/sidecar-injection: enabled}}\n---\n"
)


VIRTUAL_MACHINE = """\
apiVersion: kuma.io/v1alpha1
kind: Dataplane
metadata: {name: vm, namespace: shop}
mesh: default
spec:
  networking:
    address: 192.0.2.1
    inbound: [{port: 80, tags: {kuma.io/service: vm}}]
"""


def test_dataplanes_of_others_are_theirs(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, vm__yaml=VIRTUAL_MACHINE)
    assert "Dataplane" in {each["kind"] for each in manifests(directory)}


def test_items_without_a_namespace_are_those_of_the_destination(tmp_path: Path) -> None:
    namespace = NAMESPACE.replace("name: default", "name: shop")
    directory = app(tmp_path, web__yaml=namespace + WEB.replace(", kuma.io/sidecar-injection: enabled", ""))
    services = {}
    for where in ("shop", "elsewhere"):
        found = manifests(directory, ARGOCD_APP_NAMESPACE=where)
        services[where] = next(each for each in found if each["kind"] == "Service")
    assert services["shop"]["metadata"]["annotations"]["ingress.kubernetes.io/service-upstream"] == "true"
    assert "annotations" not in services["elsewhere"]["metadata"]
    assert "namespace" not in services["shop"]["metadata"]


def test_parameters_count_over_the_function_config(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB)
    (directory / "krm-fn.yaml").write_text(HEAD + "spec: {markApplied: false}\n")
    for environ in (
        {"ARGOCD_APP_PARAMETERS": parameters(mark_applied={"string": "true"}, meshed_namespaces={"array": ["shop"]})},
        {"ARGOCD_ENV_KRM_FN_MARK_APPLIED": "true", "ARGOCD_ENV_KRM_FN_MESHED_NAMESPACES": "shop"},
        {
            "ARGOCD_ENV_KRM_FN_MARK_APPLIED": "false",
            "ARGOCD_ENV_KRM_FN_MESHED_NAMESPACES": "shop",
            "ARGOCD_APP_PARAMETERS": parameters(mark_applied={"string": "true"}),
        },
    ):
        service = manifests(directory, ARGOCD_APP_NAMESPACE="shop", **environ)[1]
        assert service["metadata"]["annotations"]["fn.kuma.io/applied"] == "mesh-setup"


def test_a_config_above_the_application_counts(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB)
    (tmp_path / "repo" / "krm-fn.yaml").write_text(HEAD + "spec: {markApplied: true}\n")
    (tmp_path / "krm-fn.yaml").write_text("out of the repository, so never read\n")
    found = manifests(directory, ARGOCD_APP_SOURCE_PATH="apps/shop", ARGOCD_APP_NAMESPACE="shop")
    assert "fn.kuma.io/applied" in found[0]["metadata"]["annotations"]
    without = manifests(directory, ARGOCD_APP_NAMESPACE="shop")
    assert "annotations" not in without[0]["metadata"]


@pytest.mark.parametrize("config", ["../../../outside.yaml", "/etc/hostname", "link.yaml"])
def test_no_config_from_outside_of_the_repository(tmp_path: Path, config: str) -> None:
    directory = app(tmp_path, web__yaml=WEB)
    (tmp_path / "outside.yaml").write_text(HEAD)
    (tmp_path / "repo" / ".git").mkdir()
    (directory / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    said = refused(directory, ARGOCD_APP_PARAMETERS=parameters(config={"string": config}))
    assert "out of the repository" in said or "out of the package" in said


def test_the_named_config_counts(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / "setup.yaml").write_text(HEAD + "spec: {markApplied: true}\n")
    found = manifests(directory, ARGOCD_APP_PARAMETERS=parameters(config={"string": "../../setup.yaml"}))
    assert "fn.kuma.io/applied" in found[0]["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"readme__md": "hello"}, "no"),
        ({"setup__yaml": HEAD}, "nothing to apply"),
        ({"a__yaml": "# nothing\n---\n---\n"}, "nothing to apply"),
        ({"a__yaml": "apiVersion: v1\nkind: ConfigMap\n  metadata: x\n"}, "a.yaml"),
        ({"web__yaml": WEB, "setup__yaml": HEAD + "spec: {zonee: a}\n"}, "zonee"),
        ({"web__yaml": WEB, "a__yaml": "apiVersion: v1\nkind: {{ .Kind }}\n"}, "template"),
        (
            {"web__yaml": WEB, "c___Chart__yaml": "apiVersion: v2\nname: c\n", "c___templates___a__yaml": "x: 1\n"},
            "Helm",
        ),
        ({"a__yaml": "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"}, "ResourceList"),
        ({"a__yaml": HEAD, "b__yaml": HEAD.replace("mesh-setup", "b"), "web__yaml": WEB}, "2 MeshSetups"),
    ],
)
def test_trouble_is_never_an_empty_success(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    assert expected in refused(app(tmp_path, **files))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"ARGOCD_APP_PARAMETERS": parameters(zonee={"string": "a"})}, "did you mean 'zone'?"),
        ({"ARGOCD_APP_PARAMETERS": parameters(kumaVersion={"string": "1.9"})}, '"1.9" is not allowed'),
        ({"ARGOCD_APP_PARAMETERS": parameters(zone={"map": {"a": "b"}})}, "a text or a list"),
        ({"ARGOCD_APP_PARAMETERS": parameters(meshes={"array": [1]})}, "a text or a list"),
        ({"ARGOCD_APP_PARAMETERS": parameters(default_namespace={"string": "x"})}, "does not exist"),
        ({"ARGOCD_APP_PARAMETERS": "[{"}, "is not JSON"),
        ({"ARGOCD_APP_PARAMETERS": "{}"}, "is not a list"),
        ({"ARGOCD_APP_PARAMETERS": '["a"]'}, "is not a list"),
        ({"ARGOCD_APP_PARAMETERS": parameters(kustomize={"string": "perhaps"})}, "auto, always, never"),
        ({"ARGOCD_APP_PARAMETERS": parameters(kustomize={"string": "always"})}, "no kustomization"),
        ({"ARGOCD_ENV_KRM_FN_ZOEN": "a"}, "parameter 'zoen' does not exist"),
        ({"ARGOCD_APP_PARAMETERS": parameters(config={"string": "none.yaml"})}, "none.yaml"),
    ],
)
def test_wrong_parameters_are_refused(tmp_path: Path, environ: dict[str, str], expected: str) -> None:
    assert expected in refused(app(tmp_path, web__yaml=WEB), **environ)


@pytest.mark.parametrize("text", ["", "null", "[]", " "])
def test_no_parameters(tmp_path: Path, text: str) -> None:
    assert len(manifests(app(tmp_path, web__yaml=WEB), ARGOCD_APP_PARAMETERS=text)) == 2


def test_variables_of_the_container_are_not_the_applications(tmp_path: Path) -> None:
    """Only what carries Argo CD's prefix comes from an application, and build options never do."""
    directory = app(tmp_path, web__yaml=WEB)
    assert len(manifests(directory, KRM_FN_ZONE="Not Valid", KRM_FN_ZOEN="x")) == 2
    assert "does not exist" in refused(directory, ARGOCD_ENV_KRM_FN_KUSTOMIZE_BUILD_OPTIONS="--enable-exec")


def test_generate_name_and_hooks_stay(tmp_path: Path) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: migrate-\n"
        "  annotations: {argocd.argoproj.io/hook: PreSync}\n"
        "spec: {template: {spec: {containers: [{name: a, image: b}]}}}\n"
    )
    found = manifests(app(tmp_path, web__yaml=WEB, job__yaml=job))
    [kept] = [each for each in found if each["kind"] == "Job"]
    assert kept["metadata"] == {"generateName": "migrate-", "annotations": {"argocd.argoproj.io/hook": "PreSync"}}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    directory = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    environ = {"ARGOCD_APP_NAMESPACE": "shop", "ARGOCD_APP_REVISION": "abc"}
    first = run("generate", directory, **environ).stdout
    assert run("generate", directory, **environ | {"ARGOCD_APP_REVISION": "def"}).stdout == first


# --- kustomize --------------------------------------------------------------------------------------------------------
KUSTOMIZATION = "resources: [web.yaml]\nnamePrefix: p-\n"


@needs_kustomize
def test_a_kustomization_is_built_first(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml=KUSTOMIZATION, unused__yaml=WEB)
    assert sorted(each["metadata"]["name"] for each in manifests(directory)) == ["p-web", "p-web"]
    plain = manifests(directory, ARGOCD_APP_PARAMETERS=parameters(kustomize={"string": "never"}))
    assert [each["metadata"]["name"] for each in plain] == ["web"] * 4


@needs_kustomize
def test_a_kustomization_that_lists_krm_fn_is_built_without_it(tmp_path: Path) -> None:
    """`krm-fn init --write` lists it, for those who call kustomize themselves; here it runs on the outcome."""
    function = "  annotations: {config.kubernetes.io/function: 'exec: {path: ./not-run}'}\n"
    setup = HEAD.replace("metadata: {name: mesh-setup}\n", "metadata:\n  name: mesh-setup\n" + function)
    text = KUSTOMIZATION + "transformers: [mesh-setup.yaml]\n"
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml=text, mesh_setup__yaml="")
    (directory / "mesh_setup.yaml").unlink()
    (directory / "mesh-setup.yaml").write_text(setup + "spec: {markApplied: true}\n")
    assert "fn.kuma.io/applied" in manifests(directory)[0]["metadata"]["annotations"]


OTHER = """\
apiVersion: example.com/v1
kind: Other
metadata:
  name: other
  annotations: {config.kubernetes.io/function: 'exec: {path: ./other}'}
"""


@needs_kustomize
@pytest.mark.parametrize("listed", ["[other.yaml]", "[krm-fn.yaml, other.yaml]"])
def test_other_functions_are_not_skipped_without_a_word(tmp_path: Path, listed: str) -> None:
    text = f"{KUSTOMIZATION}transformers: {listed}\n"
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml=text, other__yaml=OTHER)
    function = "  annotations: {config.kubernetes.io/function: 'exec: {path: krm-fn}'}\n"
    (directory / "krm-fn.yaml").write_text(
        HEAD.replace("metadata: {name: mesh-setup}\n", "metadata:\n  name: a\n" + function)
    )
    said = refused(directory)
    assert "external plugins disabled" in said
    assert "KRM_FN_KUSTOMIZE_BUILD_OPTIONS" in said


@needs_kustomize
def test_nor_are_those_of_a_base(tmp_path: Path) -> None:
    directory = app(
        tmp_path,
        kustomization__yaml="resources: [base]\ntransformers: [krm-fn.yaml]\n",
        base___kustomization__yaml=KUSTOMIZATION + "transformers: [other.yaml]\n",
        base___web__yaml=WEB,
        base___other__yaml=OTHER,
    )
    function = "  annotations: {config.kubernetes.io/function: 'exec: {path: krm-fn}'}\n"
    (directory / "krm-fn.yaml").write_text(
        HEAD.replace("metadata: {name: mesh-setup}\n", "metadata:\n  name: a\n" + function)
    )
    assert "external plugins disabled" in refused(directory)


@needs_kustomize
def test_a_broken_kustomization_is_an_error(tmp_path: Path) -> None:
    said = refused(app(tmp_path, kustomization__yaml="resources: [missing.yaml]\n"))
    assert "missing.yaml" in said


@needs_kustomize
def test_build_options_come_from_the_container(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [../web.yaml]\n")
    shutil.copy(directory / "web.yaml", directory.parent)
    assert "security" in refused(directory)
    assert manifests(directory, KRM_FN_KUSTOMIZE_BUILD_OPTIONS="--load-restrictor LoadRestrictionsNone")


# --- discover ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("files", "environ", "expected"),
    [
        ({"web.yaml": WEB, "krm-fn.yaml": HEAD}, {}, "krm-fn.yaml"),
        ({"web.yaml": WEB, "setup/mesh.yaml": HEAD}, {}, "mesh.yaml"),
        ({"web.yaml": WEB, "../../krm-fn.yaml": HEAD}, {"ARGOCD_APP_SOURCE_PATH": "apps/shop"}, "krm-fn.yaml"),
        ({"web.yaml": WEB, "mesh.yaml": HEAD + "  broken"}, {}, "mesh.yaml"),
        ({"web.yaml": WEB, "../../krm-fn.yaml": HEAD}, {}, ""),
        ({"web.yaml": WEB, "../../krm-fn.yaml": HEAD}, {"ARGOCD_APP_SOURCE_PATH": "other/shop"}, ""),
        ({"web.yaml": WEB}, {}, ""),
        ({"web.yaml": "# kind: MeshSetup\n" + WEB}, {}, ""),
        ({"krm-fn.yaml": HEAD, "Chart.yaml": "apiVersion: v2\nname: c\n"}, {}, ""),
        ({"a.txt": "x"}, {}, ""),
    ],
)
def test_discovery(tmp_path: Path, files: dict[str, str], environ: dict[str, str], expected: str) -> None:
    directory = tmp_path / "repo" / "apps" / "shop"
    for name, text in files.items():
        (directory / name).resolve().parent.mkdir(parents=True, exist_ok=True)
        (directory / name).resolve().write_text(text)
    directory.mkdir(parents=True, exist_ok=True)
    done = run("discover", directory, **environ)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).name == expected


@pytest.mark.parametrize(
    ("path", "levels"),
    [("apps/shop", 2), ("shop", 1), (".", 0), ("", 0), ("a/b/c/repo/apps/shop", 3), ("other", 0), ("/apps/shop", 0)],
)
def test_how_far_up_the_repository_reaches(tmp_path: Path, path: str, levels: int) -> None:
    directory = app(tmp_path, web__yaml=WEB)
    found = list(directories_above(directory, {"ARGOCD_APP_SOURCE_PATH": path}))
    assert found == [directory.resolve(), *directory.resolve().parents][: levels + 1]


# --- parameters -------------------------------------------------------------------------------------------------------
def announced(directory: Path, **environ: str) -> dict[str, dict[str, Any]]:
    done = run("parameters", directory, **environ)
    assert done.returncode == 0, done.stderr
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_parameters_are_announced_with_the_values_of_the_config(tmp_path: Path) -> None:
    directory = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    found = announced(directory)
    assert found["zone"]["string"] == "zone-1"
    assert found["injection-mode"]["string"] == "webhook"  # the default
    assert found["mark-applied"] == {**found["mark-applied"], "string": "false", "itemType": "boolean"}
    assert found["meshes"]["array"] == []


def test_announcements_have_the_fields_of_argo_cd(tmp_path: Path) -> None:
    allowed = {"name", "title", "tooltip", "required", "itemType", "collectionType", "string", "array", "map"}
    for each in announced(app(tmp_path, web__yaml=WEB)).values():
        assert set(each) <= allowed
        assert each["collectionType"] in ("string", "array")
        assert each["collectionType"] in each
        assert each["itemType"] in ("string", "boolean")
        assert each["tooltip"]


def test_what_is_announced_can_be_given_back() -> None:
    """Argo CD's UI may send any announced value: it must be accepted and, alone, change nothing."""
    given = [{k: e[k] for k in ("name", "string", "array") if k in e} for e in announcements(None)]
    kept = [each for each in given if each.get("string") or each.get("array")]
    environment = read_environment({"ARGOCD_APP_PARAMETERS": json.dumps(kept)})
    setup = load(with_parameters(None, environment.settings, ""))
    assert setup == MeshSetup()


def test_a_config_map_is_announced_too() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"zone": "east", "meshes": "a, b"}}
    found = {each["name"]: each for each in announcements(config)}
    assert found["zone"]["string"] == "east"
    assert found["meshes"]["array"] == ["a", "b"]


@pytest.mark.parametrize("spec", [None, 5, [], "x", {"zone": {"a": 1}}, {"meshes": 5}, {"injection": []}])
def test_odd_configs_are_announced_without_a_traceback(spec: Any) -> None:
    assert len(announcements({**SETUP, "spec": spec})) == len(SETTINGS)


def test_unknown_parameters_do_not_keep_the_rest_from_being_announced(tmp_path: Path) -> None:
    assert announced(app(tmp_path, web__yaml=WEB), ARGOCD_APP_PARAMETERS=parameters(zonee={"string": "a"}))


# --- Merging ----------------------------------------------------------------------------------------------------------
def spec_with(spec: Any, namespace: str = "", **settings: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in settings.items()}
    return with_parameters({**SETUP, "spec": spec}, names, namespace)["spec"]


LOCAL = {"dataplanes": {"localConfig": True}}


@pytest.mark.parametrize(
    ("spec", "settings", "expected"),
    [
        ({}, {}, LOCAL),
        (None, {"zone": "a"}, {"zone": "a", **LOCAL}),
        ({"zone": "a", "mesh": "m"}, {"zone": "b"}, {"zone": "b", "mesh": "m", **LOCAL}),
        (
            {"injection": {"mode": "manual", "rules": [{"inject": True}]}},
            {"injection_override": "true"},
            {"injection": {"mode": "manual", "rules": [{"inject": True}], "override": True}, **LOCAL},
        ),
        ({"meshes": ["a"]}, {"meshes": "b,c"}, {"meshes": ["b", "c"], **LOCAL}),
        ({"dataplanes": {"localConfig": False}}, {}, LOCAL),
        (
            {"gateways": {"rules": ["first"]}},
            {"gateways": "kong/p"},
            {"gateways": {"rules": [{"target": {"namespace": "kong", "name": "p"}}, "first"]}, **LOCAL},
        ),
        ({"injection": 5}, {"injection_mode": "manual"}, {"injection": 5, **LOCAL}),
    ],
)
def test_merging(spec: Any, settings: dict[str, str], expected: Any) -> None:
    assert spec_with(spec, **settings) == expected


def test_declared_namespaces_gain_labels() -> None:
    spec = {"namespaces": [{"name": "shop", "labels": {"a": "b"}}, {"name": "other"}]}
    merged = spec_with(spec, meshed_namespaces="shop,new")
    label = {"kuma.io/sidecar-injection": "enabled"}
    assert merged["namespaces"] == [
        {"name": "shop", "labels": {"a": "b", **label}},
        {"name": "other"},
        {"name": "new", "labels": label},
    ]


@pytest.mark.parametrize("config", [5, [], "x", {"kind": "Other"}, {**SETUP, "spec": 5}, {**SETUP, "spec": ["x"]}])
def test_a_config_that_is_none_is_left_for_the_function_to_refuse(config: Any) -> None:
    assert with_parameters(config, {"zone": "a"}, "shop") == config
    assert not isinstance(load(config), MeshSetup)


def test_a_config_map_is_overridden_as_texts() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"zone": "a", "dataplanes-local-config": "false"}}
    merged = with_parameters(config, {"zone": "b"}, "shop")
    assert merged["data"] == {"zone": "b", "dataplanes-local-config": "true", "default-namespace": "shop"}


def test_the_input_is_not_changed() -> None:
    spec = {"injection": {"rules": []}, "namespaces": [{"name": "shop"}]}
    before = json.dumps(spec)
    spec_with(spec, "x", meshed_namespaces="shop")
    assert json.dumps(spec) == before


def test_every_problem_of_the_parameters_is_said_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        read_environment({"ARGOCD_APP_PARAMETERS": parameters(a={"string": ""}, b={"string": ""})})
    assert len(caught.value.message.splitlines()) == 2


# --- what cannot be read ----------------------------------------------------------------------------------------------
def test_build_options_that_no_shell_would_read(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n")
    assert "KRM_FN_KUSTOMIZE_BUILD_OPTIONS: No closing quotation" in refused(
        directory, KRM_FN_KUSTOMIZE_BUILD_OPTIONS="--x 'y"
    )


def test_two_configs_beside_a_kustomization_ask_which(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, kustomization__yaml="resources: [web.yaml]\n", a__yaml=HEAD, b__yaml=HEAD)
    assert "there are several MeshSetups (a.yaml, b.yaml)" in refused(directory)


def test_a_broken_config_is_found_so_that_somebody_hears_of_it(tmp_path: Path) -> None:
    directory = app(tmp_path, web__yaml=WEB, setup__yaml=HEAD + "spec: [\n")
    assert run("discover", directory).stdout == "setup.yaml\n"
    assert "setup.yaml" in refused(directory)
