"""What `krm-fn init --write` leaves behind is run by the real kpt and the real kustomize as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.e2e.clients import GATEWAY, UPSTREAM, Clients, files, find, manifests, replace

pytestmark = pytest.mark.e2e


@pytest.fixture
def package(examples: Path) -> Path:
    """A kpt package that does not know krm-fn yet."""
    package = examples / "kpt"
    (package / "mesh-setup.yaml").unlink()
    kptfile = yaml.safe_load((package / "Kptfile").read_text())
    del kptfile["pipeline"]
    (package / "Kptfile").write_text(yaml.safe_dump(kptfile, sort_keys=False))
    return package


def test_kpt_renders(clients: Clients, package: Path) -> None:
    clients.ok("krm-fn", "init", "--write", package)
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    after = files(package)
    assert f"{GATEWAY}: enabled" in after["gateway.yaml"]
    assert UPSTREAM in after["web.yaml"]
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    assert files(package) == after


def test_kpt_renders_with_settings_in_the_kptfile(clients: Clients, package: Path) -> None:
    """The ConfigMap form of docs/kpt.md."""
    page = (Path(__file__).parents[2] / "docs" / "kpt.md").read_text()
    [example] = [part for part in page.split("```yaml\n")[1:] if "configMap:" in part]
    pipeline = yaml.safe_load(example.partition("```")[0])["pipeline"]
    kptfile = yaml.safe_load((package / "Kptfile").read_text())
    (package / "Kptfile").write_text(yaml.safe_dump({**kptfile, "pipeline": pipeline}, sort_keys=False))
    replace(package / "Kptfile", "image: localhost/krm-fn:latest", "exec: krm-fn")
    clients.ok("kpt", "fn", "render", package, "--allow-exec")
    assert f"{GATEWAY}: enabled" in files(package)["gateway.yaml"]


def test_kustomize_builds(clients: Clients, examples: Path) -> None:
    clients.ok("krm-fn", "init", "--write", examples / "base")
    flags = ("--enable-alpha-plugins", "--enable-exec")
    built = manifests(clients.ok("kustomize", "build", *flags, examples / "base"))
    template = find(built, "Deployment", "proxy-kong")["spec"]["template"]
    assert template["metadata"]["annotations"] == {GATEWAY: "enabled"}


def test_the_plugin_of_argo_cd_takes_it_as_it_stands(clients: Clients, examples: Path) -> None:
    clients.need("kubectl")
    clients.ok("krm-fn", "init", "--write", examples / "base")
    built = manifests(clients.ok("krm-fn", "argocd", "generate", cwd=examples / "base"))
    template = find(built, "Deployment", "proxy-kong")["spec"]["template"]
    assert template["metadata"]["annotations"] == {GATEWAY: "enabled"}
