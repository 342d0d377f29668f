"""kpt runs the function: render, eval, and the pipe of source and sink."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.e2e.clients import (
    AWKWARD,
    IMAGE_OF_THE_EXAMPLES,
    UPSTREAM,
    UPSTREAM_NGINX,
    Clients,
    files,
    replace,
)

pytestmark = pytest.mark.e2e

Copied = Callable[[Path, str], Path]
DATAPLANES = "krm-fn/dataplane_kong_"


@pytest.fixture
def package(examples: Path) -> Path:
    """The example, to be run by programs."""
    package = examples / "kpt"
    replace(package / "Kptfile", f"image: {IMAGE_OF_THE_EXAMPLES}", "exec: krm-fn")
    return package


@pytest.fixture
def container_package(container_examples: Path) -> Path:
    """The example as it is, with the image built from these sources."""
    return container_examples / "kpt"


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """The lines that came (+) and went (-), by file."""
    found = {}
    for path in sorted(before.keys() | after.keys()):
        old, new = (side.get(path, "").splitlines() for side in (before, after))
        lines = [line for line in difflib.ndiff(old, new) if line[0] in "+-"]
        if lines:
            found[path] = lines
    return found


def expect_the_usual_changes(clients: Clients, before: Path, after: Path) -> None:
    """`after` is `before` as kpt alone rewrites it, plus exactly the function's lines and one Dataplane."""
    clients.ok("kpt", "fn", "eval", before, "--exec", "cat")
    found = changes(files(before), files(after))
    dataplanes = [path for path in found if path not in files(before)]
    assert len(dataplanes) == 1, found.keys()
    assert dataplanes[0].startswith(DATAPLANES)
    assert [d["kind"] for d in yaml.safe_load_all((after / dataplanes[0]).read_text())] == ["Dataplane"]
    assert found.keys() - dataplanes == {"gateway.yaml", "web.yaml"}
    assert found["web.yaml"] == [
        "+   annotations:",
        '+     ingress.kubernetes.io/service-upstream: "true"',
        '+     nginx.ingress.kubernetes.io/service-upstream: "true"',
    ]
    assert [line for line in found["gateway.yaml"] if line[0] == "-"] == []
    assert "+         kuma.io/gateway: enabled" in found["gateway.yaml"]


def test_render_with_the_image(container_clients: Clients, container_package: Path, copied: Copied) -> None:
    before = copied(container_package, "before")
    container_clients.ok("kpt", "fn", "render", container_package)
    expect_the_usual_changes(container_clients, before, container_package)


def test_render_with_the_program(clients: Clients, package: Path, copied: Copied) -> None:
    before = copied(package, "before")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    expect_the_usual_changes(clients, before, package)


def test_eval_with_the_image(container_clients: Clients, container_package: Path, image: str, copied: Copied) -> None:
    before = copied(container_package, "before")
    config = container_package / "mesh-setup.yaml"
    container_clients.ok("kpt", "fn", "eval", container_package, "--image", image, "--fn-config", config)
    expect_the_usual_changes(container_clients, before, container_package)


def test_eval_with_the_program(clients: Clients, package: Path, copied: Copied) -> None:
    before = copied(package, "before")
    clients.ok("kpt", "fn", "eval", package, "--exec", "krm-fn", "--fn-config", package / "mesh-setup.yaml")
    expect_the_usual_changes(clients, before, package)


def test_eval_with_settings_on_the_command_line(clients: Clients, package: Path, copied: Copied) -> None:
    before = copied(package, "before")
    settings = ("zone=zone-1", "kumaVersion=2.14", "gateways=kong/proxy-kong")
    clients.ok("kpt", "fn", "eval", package, "--exec", "krm-fn", "--", *settings)
    expect_the_usual_changes(clients, before, package)


def test_the_pipe_of_source_and_sink(clients: Clients, package: Path, tmp_path: Path) -> None:
    listed = clients.ok("kpt", "fn", "source", package, "--fn-config", package / "mesh-setup.yaml")
    processed = clients.ok("krm-fn", stdin=listed)
    clients.ok("kpt", "fn", "sink", tmp_path / "sunk", stdin=processed)
    expect_the_usual_changes(clients, package, tmp_path / "sunk")


def test_a_second_render_changes_nothing(clients: Clients, package: Path) -> None:
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    once = files(package)
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    assert changes(once, files(package)) == {}


def test_a_dataplane_that_is_no_longer_wanted_goes(clients: Clients, package: Path) -> None:
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    replace(package / "mesh-setup.yaml", "spec:\n", "spec:\n  dataplanes: {emit: none}\n")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    assert [path for path in files(package) if path.startswith("krm-fn/")] == []


def test_a_dataplane_lands_in_the_subpackage_of_its_gateway(clients: Clients, package: Path, copied: Copied) -> None:
    inner = package / "edge"
    inner.mkdir()
    (package / "gateway.yaml").rename(inner / "gateway.yaml")
    (inner / "Kptfile").write_text("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: edge\n")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    once = files(package)
    assert len([path for path in once if path.startswith(f"edge/{DATAPLANES}")]) == 1
    assert [path for path in once if path.startswith("krm-fn/")] == []
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    assert changes(once, files(package)) == {}


def test_files_of_the_same_name_in_subpackages_stay_apart(clients: Clients, package: Path) -> None:
    for name, label in (("one", "{kuma.io/sidecar-injection: disabled}"), ("two", "{}")):
        inner = package / name
        inner.mkdir()
        (inner / "Kptfile").write_text(f"apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: {name}\n")
        (inner / "web.yaml").write_text((package / "web.yaml").read_text().replace("demo-app", name))
        namespace = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {label}\n"
        (inner / "namespaces.yaml").write_text(namespace)
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    after = files(package)
    assert "namespace: one" in after["one/web.yaml"]
    assert "namespace: two" in after["two/web.yaml"]
    assert "namespace: demo-app" in after["web.yaml"]
    assert [path for path, text in after.items() if UPSTREAM in text] == ["gateway.yaml", "one/web.yaml", "web.yaml"]


def test_values_that_yaml_readers_disagree_on_arrive_unharmed(clients: Clients, package: Path, copied: Copied) -> None:
    (package / "awkward.yaml").write_text(AWKWARD)
    before = copied(package, "before")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    clients.ok("kpt", "fn", "eval", before, "--exec", "cat")
    assert changes(files(before), files(package))["awkward.yaml"] == [
        f'+     {key}: "true"' for key in (UPSTREAM, UPSTREAM_NGINX)
    ]


def test_a_mistake_leaves_every_file_as_it_is(clients: Clients, package: Path, tmp_path: Path) -> None:
    replace(package / "mesh-setup.yaml", "spec:\n", "spec:\n  meshh: default\n")
    before = files(package)
    done = clients.run("kpt", "fn", "render", package, "--allow-exec", "--results-dir", tmp_path / "results")
    assert done.returncode != 0
    assert files(package) == before
    assert "spec.meshh" in done.stderr
    [item] = yaml.safe_load((tmp_path / "results" / "results.yaml").read_text())["items"]
    [result] = [r for r in item["results"] if r["severity"] == "error"]
    assert item["exitCode"] == 1
    assert result["field"]["path"].endswith("spec.meshh")
    assert result["tags"]["code"]


def test_a_package_without_resources_is_not_deleted(clients: Clients, package: Path, copied: Copied) -> None:
    for file in package.glob("*.yaml"):
        if file.name != "mesh-setup.yaml":
            file.unlink()
    before = copied(package, "before")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    clients.ok("kpt", "fn", "eval", before, "--exec", "cat")
    assert changes(files(before), files(package)) == {}
    assert files(package).keys() == {"Kptfile", "mesh-setup.yaml"}


def test_doc_shows_the_help_of_the_image(container_clients: Clients, image: str) -> None:
    assert "krm-fn" in container_clients.ok("kpt", "fn", "doc", "--image", image)
