"""deploy/: what Argo CD and kpt read there is what they document, and builds with kubectl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from krm_fn.commands import cli
from krm_fn.commands.argocd.announcing import announcements
from krm_fn.commands.argocd.environment import OF_THE_PLUGIN, SETTINGS, read_environment
from krm_fn.report import PROGRAM

ROOT = Path(__file__).resolve().parent.parent
ARGOCD = ROOT / "deploy" / "argocd"
FILES = sorted((ROOT / "deploy").rglob("*.yaml"))

COMMAND = {
    "type": "object",
    "required": ["command"],
    "additionalProperties": False,
    "properties": {
        "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "args": {"type": "array", "items": {"type": "string"}},
    },
}
ANNOUNCEMENT = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "title": {"type": "string"},
        "tooltip": {"type": "string"},
        "required": {"type": "boolean"},
        "itemType": {"enum": ["string", "number", "boolean"]},
        "collectionType": {"enum": ["string", "array", "map"]},
        "string": {"type": "string"},
        "array": {"type": "array", "items": {"type": "string"}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
# cmpserver/plugin/config.go and reposerver/repository/repository.proto of Argo CD 3.
PLUGIN = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "argoproj.io/v1alpha1"},
        "kind": {"const": "ConfigManagementPlugin"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": {
            "type": "object",
            "required": ["generate"],
            "additionalProperties": False,
            "properties": {
                "version": {"type": "string"},
                "init": COMMAND,
                "generate": COMMAND,
                "discover": {
                    "type": "object",
                    "additionalProperties": False,
                    "minProperties": 1,
                    "properties": {
                        "fileName": {"type": "string"},
                        "find": {
                            **COMMAND,
                            "required": [],
                            "properties": {**COMMAND["properties"], "glob": {"type": "string"}},  # type: ignore[dict-item]  # a literal of mixed values
                        },
                    },
                },
                "parameters": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"static": {"type": "array", "items": ANNOUNCEMENT}, "dynamic": COMMAND},
                },
                "preserveFileMode": {"type": "boolean"},
                "provideGitCreds": {"type": "boolean"},
            },
        },
    },
}
# What of Argo CD's own manifests the plugin builds upon.
REPO_SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      initContainers:
      - name: copyutil
        image: quay.io/argoproj/argocd:v3.3.0
      containers:
      - name: argocd-repo-server
        image: quay.io/argoproj/argocd:v3.3.0
      volumes:
      - name: var-files
        emptyDir: {}
      - name: plugins
        emptyDir: {}
"""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


PLUGIN_FILE: Any = read(ARGOCD / "plugin.yaml")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_every_file_is_one_document(path: Path) -> None:
    assert isinstance(read(path), dict)


# --- plugin.yaml ------------------------------------------------------------------------------------------------------
def test_the_plugin_has_the_fields_that_argo_cd_documents() -> None:
    jsonschema.validate(PLUGIN_FILE, PLUGIN)


def test_announcements_have_them_too() -> None:
    jsonschema.validate(announcements(None), {"type": "array", "items": ANNOUNCEMENT})


def test_its_commands_exist() -> None:
    spec = PLUGIN_FILE["spec"]
    for command in (spec["generate"], spec["discover"]["find"], spec["parameters"]["dynamic"]):
        program, group, name = command["command"]
        assert program == PROGRAM
        found = cli.get_command(click.Context(cli), group)
        assert isinstance(found, click.Group)
        assert name in found.commands


def test_its_static_parameters_are_those_that_are_no_settings() -> None:
    static = {parameter["name"]: parameter for parameter in PLUGIN_FILE["spec"]["parameters"]["static"]}
    assert tuple(static) == OF_THE_PLUGIN
    assert static["kustomize"]["string"] == read_environment({}).kustomize
    assert not static.keys() & SETTINGS.keys()


# --- Manifests --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["application", "applicationset"])
def test_the_examples_set_parameters_that_exist(name: str) -> None:
    manifest = read(ARGOCD / "examples" / f"{name}.yaml")
    template = manifest["spec"]["template"] if name == "applicationset" else manifest
    plugin = template["spec"]["source"]["plugin"]
    assert plugin["name"] == PLUGIN_FILE["metadata"]["name"]
    assert {parameter["name"] for parameter in plugin["parameters"]} <= {*OF_THE_PLUGIN, *SETTINGS}
    assert all(set(parameter) <= {"name", "string", "array", "map"} for parameter in plugin["parameters"])
    assert "allowEmpty" not in template["spec"]["syncPolicy"]["automated"]


def kustomize(directory: Path) -> list[Any]:
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl in the PATH")
    done = subprocess.run(["kubectl", "kustomize", directory], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_the_directory_builds_alone() -> None:
    [config_map] = kustomize(ARGOCD)
    assert yaml.safe_load(config_map["data"]["plugin.yaml"]) == PLUGIN_FILE


@pytest.fixture
def pod(tmp_path: Path) -> Any:
    """The pod spec of a repo server with both components."""
    shutil.copytree(ARGOCD, tmp_path / "plugin")
    (tmp_path / "repo-server.yaml").write_text(REPO_SERVER)
    (tmp_path / "kustomization.yaml").write_text(
        "namespace: argocd\nresources: [repo-server.yaml]\ncomponents: [plugin, plugin/kustomize]\n"
    )
    built = {manifest["kind"]: manifest for manifest in kustomize(tmp_path)}
    config_map, deployment = built["ConfigMap"], built["Deployment"]
    spec = deployment["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["krm-fn-plugin"]["configMap"]["name"] == config_map["metadata"]["name"]
    return spec


def container(pod: Any, name: str, key: str = "containers") -> Any:
    [found] = [each for each in pod[key] if each["name"] == name]
    return found


def test_what_the_plugin_server_needs_is_there(pod: Any) -> None:
    sidecar = container(pod, "krm-fn")
    assert sidecar["command"] == ["/var/run/argocd/argocd-cmp-server"]
    mounts = {mount["mountPath"]: mount["name"] for mount in sidecar["volumeMounts"]}
    assert mounts["/var/run/argocd"] == "var-files"
    assert mounts["/home/argocd/cmp-server/plugins"] == "plugins"
    assert mounts["/home/argocd/cmp-server/config/plugin.yaml"] == "krm-fn-plugin"
    assert set(mounts.values()) <= {volume["name"] for volume in pod["volumes"]}


def test_nobody_shares_anything_with_the_sidecar(pod: Any) -> None:
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    others = {m["name"] for c in pod["containers"] if c["name"] != "krm-fn" for m in c.get("volumeMounts", ())}
    assert "krm-fn-tmp" not in others
    assert volumes["krm-fn-tmp"] == {"name": "krm-fn-tmp", "emptyDir": {}}


@pytest.mark.parametrize(("name", "key"), [("krm-fn", "containers"), ("krm-fn-kustomize", "initContainers")])
def test_nothing_more_is_allowed_than_needed(pod: Any, name: str, key: str) -> None:
    context = container(pod, name, key)["securityContext"]
    assert (context["runAsUser"], context["runAsNonRoot"]) == (999, True)
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_kustomize_is_the_one_of_the_repo_server(pod: Any) -> None:
    copier = container(pod, "krm-fn-kustomize", "initContainers")
    assert copier["image"] == container(pod, "argocd-repo-server")["image"]
    target = Path(copier["command"][-1]).parent
    [path] = [variable["value"] for variable in container(pod, "krm-fn")["env"] if variable["name"] == "PATH"]
    assert str(target) in path.split(":")


# --- kpt --------------------------------------------------------------------------------------------------------------
def test_the_metadata_for_a_catalog_of_kpt() -> None:
    """The fields that the catalog's own checker asks for."""
    metadata = read(ROOT / "deploy" / "kpt" / "metadata.yaml")
    assert set(metadata) == {
        "image", "description", "tags", "sourceURL", "examplePackageURLs", "emails", "license",
    }  # fmt: skip
    assert "mutator" in metadata["tags"]
    for url in metadata["examplePackageURLs"]:
        assert (ROOT / url.removeprefix(metadata["sourceURL"] + "/")).is_dir()
