"""kustomize and kubectl run the function, in each of the ways they know."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from krm_fn import plugin
from tests.e2e.clients import (
    AWKWARD,
    ROOT,
    UPSTREAM,
    UPSTREAM_NGINX,
    Clients,
    annotations_of,
    assert_processed,
    copy_examples,
    find,
    manifests,
    replace,
    without_additions,
)

pytestmark = pytest.mark.e2e

KUBECTL = ("kubectl", "kustomize", "--enable-alpha-plugins")
KUSTOMIZE = ("kustomize", "build", "--enable-alpha-plugins")
EXEC = "--enable-exec"


class Way(NamedTuple):
    """A way to have the function run: the client's command, and the example made for it."""

    command: tuple[str, ...]
    example: str
    container: bool = False


WAYS = {
    "kubectl-container": Way(KUBECTL, "kustomize-container", container=True),
    "kubectl-plugin": Way(KUBECTL, "kustomize-plugin"),
    "kustomize-container": Way(KUSTOMIZE, "kustomize-container", container=True),
    "kustomize-exec": Way((*KUSTOMIZE, EXEC), "kustomize-exec"),
    "kustomize-plugin": Way(KUSTOMIZE, "kustomize-plugin"),
}


@pytest.fixture
def plugin_home(tmp_path: Path) -> str:
    """A plugin folder in which the function is installed."""
    plugin.install(tmp_path / "plugins")
    return str(tmp_path / "plugins")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture
def started(way: Way, request: pytest.FixtureRequest, plugin_home: str) -> Clients:
    """The clients that can go this way; only those that start containers need an engine."""
    clients: Clients = request.getfixturevalue("container_clients" if way.container else "clients")
    return Clients(clients.environ | {"KUSTOMIZE_PLUGIN_HOME": plugin_home})


@pytest.fixture
def package(way: Way, request: pytest.FixtureRequest) -> Path:
    """The example of this way."""
    examples: Path = request.getfixturevalue("container_examples" if way.container else "examples")
    return examples / way.example


def test_the_example_is_processed_and_else_unchanged(way: Way, started: Clients, package: Path) -> None:
    built = manifests(started.ok(*way.command, package))
    assert_processed(built)
    plain = manifests(started.ok(way.command[0], way.command[1], package.parent / "base"))
    assert without_additions(built) == [d for d in plain if d["kind"] != "Mesh"]


def test_generated_names_keep_their_hash_and_their_references(way: Way, started: Clients, package: Path) -> None:
    replace(package / "kustomization.yaml", "resources:", "namePrefix: east-\nresources:")
    replace(package / "mesh-setup.yaml", "name: proxy-kong", "name: east-proxy-kong")
    replace(package / "mesh-setup.yaml", "service: kong-proxy", "service: east-kong-proxy")
    built = manifests(started.ok(*way.command, package))
    assert_processed(built, prefix="east-")
    [settings] = [d["metadata"]["name"] for d in built if d["kind"] == "ConfigMap"]
    assert settings.startswith("east-web-settings-")
    [container] = find(built, "Deployment", "east-web")["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": settings}}]


def test_what_is_local_stays_local_and_no_bookkeeping_leaks(way: Way, started: Clients, package: Path) -> None:
    text = started.ok(*way.command, package)
    assert {"Mesh", "Dataplane", "MeshSetup"}.isdisjoint(d["kind"] for d in manifests(text))
    assert "config.kubernetes.io" not in text
    assert "config.k8s.io" not in text


def test_dataplanes_can_be_kept_in_the_build(way: Way, started: Clients, package: Path) -> None:
    replace(package / "mesh-setup.yaml", "spec:\n", "spec:\n  dataplanes: {localConfig: false}\n")
    built = manifests(started.ok(*way.command, package))
    [dataplane] = [d for d in built if d["kind"] == "Dataplane"]
    assert dataplane["metadata"]["namespace"] == "kong"
    assert annotations_of(dataplane)["fn.kuma.io/generated-by"] == "mesh-setup"


def test_a_mistake_in_the_configuration_ends_the_build(way: Way, started: Clients, package: Path) -> None:
    replace(package / "mesh-setup.yaml", "spec:\n", "spec:\n  meshh: default\n")
    done = started.run(*way.command, package)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "meshh" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_build_of_a_build_adds_nothing(way: Way, started: Clients, package: Path) -> None:
    first = started.ok(*way.command, package)
    (package / "built.yaml").write_text(first)
    replace(package / "kustomization.yaml", "../base", "built.yaml")
    assert started.ok(*way.command, package) == first


def test_kubectl_skips_exec_functions_without_a_word(clients: Clients, examples: Path) -> None:
    skipped = clients.run(*KUBECTL, examples / "kustomize-exec")
    assert (skipped.returncode, skipped.stderr) == (0, "")
    assert manifests(skipped.stdout) == without_additions(manifests(skipped.stdout))


def test_the_mark_tells_a_skipped_function_from_one_that_ran(clients: Clients, examples: Path) -> None:
    replace(examples / "kustomize-exec" / "mesh-setup.yaml", "spec:\n", "spec:\n  markApplied: true\n")
    setup = examples / "kustomize-exec" / "mesh-setup.yaml"
    (examples / "skipped.yaml").write_text(clients.ok(*KUBECTL, examples / "kustomize-exec"))
    (examples / "processed.yaml").write_text(clients.ok(*KUSTOMIZE, EXEC, examples / "kustomize-exec"))
    check = ("krm-fn", "check", "--require-applied", "--fail-if-empty", "--config", setup)
    skipped = clients.run(*check, examples / "skipped.yaml")
    assert skipped.returncode == 1
    assert "[not-applied]" in skipped.stdout
    assert "[not-applied]" not in clients.ok(*check, examples / "processed.yaml")


def test_values_that_yaml_readers_disagree_on_arrive_unharmed(way: Way, started: Clients, package: Path) -> None:
    (package.parent / "base" / "awkward.yaml").write_text(AWKWARD)
    replace(package.parent / "base" / "kustomization.yaml", "resources:", "resources:\n- awkward.yaml")
    plain = started.ok(way.command[0], way.command[1], package.parent / "base").split("---\n")
    processed = started.ok(*way.command, package).split("---\n")
    awkward = [text for text in plain if "awkward" in text]
    assert len(awkward) == 3
    added = "".join(f'    {key}: "true"\n' for key in (UPSTREAM, UPSTREAM_NGINX))
    assert [_less(text, added) for text in processed if "awkward" in text] == awkward


def _less(text: str, added: str) -> str:
    for line in added.splitlines(keepends=True):
        text = text.replace(line, "")
    return text


def test_the_example_at_the_top_of_the_project(container_clients: Clients, image: str, tmp_path: Path) -> None:
    copy_examples(tmp_path / "fixtures", image)
    shutil.copy(ROOT / "kustomization.example.yaml", tmp_path / "kustomization.yaml")
    replace(tmp_path / "kustomization.yaml", "localhost/krm-fn:latest", image)
    built = manifests(container_clients.ok(*KUBECTL, tmp_path))
    assert [d["metadata"]["namespace"] for d in built if d["kind"] == "Dataplane"] == ["kong"]
    marked = {(d["kind"], d["metadata"]["name"]) for d in built if "fn.kuma.io/applied" in annotations_of(d)}
    assert {("Namespace", "kong"), ("Service", "web"), ("Deployment", "proxy-kong")} <= marked
