"""render and diff with the real kubectl, kustomize and git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.clients import ROOT, Clients, manifests

pytestmark = pytest.mark.e2e

DEMO = ROOT / "fixtures" / "demo" / "package"
SHAPES = {
    "1.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n1"}}',
    "2.yaml": "%YAML 1.1\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: n2}\n...\n",
    "3.yaml": "# why\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: n3}\ndata:\n  a: |\n    text",
    "4.yaml": "---\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: n4}\r\n---\r\n",
    "5.yaml": "\ufeffapiVersion: v1\nkind: ConfigMap\nmetadata: {name: n5}\n--- # next\n# only a comment\n",
    "6.yaml": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\n---\n"
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n6}\n---\nreplicas: 1\n",
    "7.yml": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n7"}}\n---\n'
    '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n8"}}',
}


def names_for_kubectl(clients: Clients, stream: str) -> list[str]:
    """The objects that kubectl finds in a stream, without a cluster."""
    return clients.ok("kubectl", "label", "--local", "-f", "-", "-o", "name", "x=y", stdin=stream).split()


def test_kubectl_finds_every_document_of_a_stream(clients: Clients, tmp_path: Path) -> None:
    for name, text in SHAPES.items():
        (tmp_path / name).write_bytes(text.encode())
    stream = clients.ok("krm-fn", "render", tmp_path)
    assert names_for_kubectl(clients, stream) == [f"configmap/n{number}" for number in range(1, 9)]


def test_kubectl_takes_the_demo(clients: Clients) -> None:
    stream = clients.ok("krm-fn", "render", DEMO)
    found = names_for_kubectl(clients, stream)
    assert len(found) == len(manifests(stream)) > 10
    assert "service/demo-app-east" in found


@pytest.mark.parametrize("program", ["kustomize", "kubectl"])
def test_kustomize_renders_first(clients: Clients, tmp_path: Path, program: str) -> None:
    clients.need(program)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [namespace.yaml]\n"
        "buildMetadata: [originAnnotations]\ncommonLabels: {team: shop}\n"
    )
    (tmp_path / "base" / "namespace.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    (tmp_path / "base" / "krm-fn.yaml").write_text(
        "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: x}\n"
        "spec: {injection: {rules: [{target: {kind: Namespace}, inject: true}]}}\n"
    )
    found = shutil.which(program, path=clients.environ["PATH"])
    assert found is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program).symlink_to(found)
    python = Path(shutil.which("krm-fn", path=clients.environ["PATH"]) or "krm-fn")
    path = str(tmp_path / "bin")
    done = clients.run(python, "render", "--kustomize", tmp_path / "base", PATH=path)
    assert done.returncode == 0, done.stderr
    (namespace,) = manifests(done.stdout)
    assert namespace["metadata"]["labels"] == {"team": "shop", "kuma.io/sidecar-injection": "enabled"}
    assert "krm-fn: kustomize: # Warning: 'commonLabels' is deprecated" in done.stderr
    diff = clients.run(python, "diff", "--kustomize", tmp_path / "base", PATH=path)
    assert (diff.returncode, "+    kuma.io/sidecar-injection: enabled\n" in diff.stdout) == (1, True)


def test_git_applies_the_diff_of_the_demo(clients: Clients, tmp_path: Path) -> None:
    for name in ("patched", "rendered"):
        shutil.copytree(DEMO, tmp_path / name)
    clients.ok("krm-fn", "render", "--in-place", "rendered", cwd=tmp_path)
    diff = clients.run("krm-fn", "diff", ".", cwd=tmp_path / "patched")
    assert diff.returncode == 1
    clients.ok("git", "apply", stdin=diff.stdout, cwd=tmp_path / "patched")
    clients.ok("diff", "-r", "patched", "rendered", cwd=tmp_path)
    assert clients.run("krm-fn", "diff", ".", cwd=tmp_path / "patched").returncode == 0
